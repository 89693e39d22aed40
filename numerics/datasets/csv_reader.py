"""Reading a table from a ``.csv`` file: every fault is named with its line."""

from __future__ import annotations

import csv
import math

import numpy as np

from ..input_error import InputError

_LABEL_NAMES = ("y", "label")


def read_csv(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples float64 (N, d) and labels (N,), numbers when all of them are, else text.

    Comma-separated UTF-8, one sample a line, blank lines ignored. The first line is a header when
    none of its cells is a number or one of them is ``y`` or ``label``; the column of that name
    holds the labels, otherwise the last column does.

    Raises InputError for ragged lines, cells that are no finite number, or fewer than two columns.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            lines = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a readable .csv file ({error})") from None
    if not lines:
        raise InputError(f"{path}: the file is empty")
    names = [cell.strip().lower() for cell in lines[0][1]]
    columns, label_column = len(names), len(names) - 1
    if columns < 2:
        raise InputError(f"{path}: at least one feature and one label column are needed")
    named = [column for column, name in enumerate(names) if name in _LABEL_NAMES]
    if len(named) > 1:
        raise InputError(f"{path}: line 1: more than one column is named 'y' or 'label'")
    if named or not any(map(_is_number, names)):
        lines = lines[1:]
        label_column = named[0] if named else label_column
    features = np.empty((len(lines), columns - 1))
    labels: list[str] = []
    for row, (line, cells) in enumerate(lines):
        if len(cells) != columns:
            raise InputError(f"{path}: line {line} has {len(cells)} cells, not {columns}")
        labels.append(cells.pop(label_column).strip())
        if named and labels[-1].lower() == names[label_column]:
            raise InputError(
                f"{path}: line {line}: the label {labels[-1]!r} is also the header's name for the "
                "label column; give the file a header with the other name"
            )
        try:
            features[row] = cells
        except ValueError:
            features[row] = math.nan
        if not np.isfinite(features[row]).all():
            cells.insert(label_column, "0")
            bad = next(c for c, cell in enumerate(cells) if not _is_finite_number(cell))
            raise InputError(
                f"{path}: line {line}, column {bad + 1}: {cells[bad].strip()!r} is not a finite "
                "number"
            )
    if all(map(_is_number, labels)):
        return features, np.array(labels, dtype=np.float64)
    return features, np.array(labels, dtype=np.str_)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_finite_number(cell: str) -> bool:
    return _is_number(cell) and math.isfinite(float(cell))
