"""Reading a table from a ``.csv`` file: every fault is named with its line."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from ..configuration import InputError

_LABEL_NAMES = ("y", "label")
# numpy gives every label the room of the longest: one long label would take the memory of all.
_LONGEST_LABEL = 200

_Line = tuple[int, list[str]]


def read_csv(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples float64 (N, d) and labels (N,), numbers when all of them are, else text.

    Comma-separated UTF-8, one sample a line, blank lines ignored. The first line is a header when
    none of its cells is a number or one of them is ``y`` or ``label``; the column of that name
    holds the labels, otherwise the last column does.

    Raises InputError for ragged lines, cells that are no finite number, labels of more than 200
    characters, or fewer than two columns.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            lines = ((reader.line_num, cells) for cells in reader if any(map(str.strip, cells)))
            first = next(lines, None)
            if first is None:
                raise InputError(f"{path}: the file is empty")
            layout = _layout(path, first[1])
            samples = lines if layout.header else chain([first], lines)
            features, labels = _read(path, layout, samples)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a readable .csv file ({error})") from None
    if all(map(_is_number, labels)):
        return features, np.array(labels, dtype=np.float64)
    return features, np.array(labels, dtype=np.str_)


@dataclass(frozen=True)
class _Layout:
    """Columns in all, the one of the labels, whether line 1 is a header, and their name in it."""

    columns: int
    labels: int
    header: bool
    name: str | None


def _layout(path: str, cells: list[str]) -> _Layout:
    names = [cell.strip().lower() for cell in cells]
    if len(names) < 2:
        raise InputError(f"{path}: at least one feature and one label column are needed")
    named = [column for column, name in enumerate(names) if name in _LABEL_NAMES]
    if len(named) > 1:
        raise InputError(f"{path}: line 1: more than one column is named 'y' or 'label'")
    if named:
        return _Layout(len(names), named[0], True, names[named[0]])
    return _Layout(len(names), len(names) - 1, not any(map(_is_number, names)), None)


def _read(path: str, layout: _Layout, lines: Iterator[_Line]) -> tuple[np.ndarray, list[str]]:
    rows: list[np.ndarray] = []
    labels: list[str] = []
    for line, cells in lines:
        if len(cells) != layout.columns:
            raise InputError(f"{path}: line {line} has {len(cells)} cells, not {layout.columns}")
        label = cells.pop(layout.labels).strip()
        if layout.name is not None and label.lower() == layout.name:
            raise InputError(
                f"{path}: line {line}: the label {label!r} is also the header's name for the "
                "label column; give the file a header with the other name"
            )
        if len(label) > _LONGEST_LABEL:
            raise InputError(f"{path}: line {line}: a label of {len(label)} characters")
        labels.append(label)
        try:
            row = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            row = None
        if row is None or not np.isfinite(row).all():
            bad = next(
                c
                for c, cell in enumerate(cells)
                if not (_is_number(cell) and math.isfinite(float(cell)))
            )
            column = bad + 1 + (bad >= layout.labels)
            raise InputError(
                f"{path}: line {line}, column {column}: {cells[bad].strip()!r} is not a finite "
                "number"
            )
        rows.append(row)
    if not rows:
        raise InputError(f"{path}: there are 0 labels in it, only a header")
    return np.array(rows), labels


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
