"""Published accuracies, from a CSV file with columns norm, sweep, value, accuracy."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from ...numerics.input_error import InputError

_COLUMNS = ("norm", "sweep", "value", "accuracy")


def published_curve(path: Path, norm: str, sweep: str) -> dict[float, float]:
    """Accuracy by value for the rows of one norm and sweep. Lines that begin with # are comments.

    Raises:
        InputError: the file cannot be read, has other columns, a number that is none or out of
            range, a value twice, or no such row.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"{path}: published numbers cannot be read ({reason})") from None
    numbered = [(k, line) for k, line in enumerate(lines, start=1) if line.strip()]
    numbered = [(k, line) for k, line in numbered if not line.lstrip().startswith("#")]
    cells = csv.reader(line for _, line in numbered)
    rows = [(k, row) for (k, _), row in zip(numbered, cells, strict=False)]
    if not rows or tuple(cell.strip() for cell in rows[0][1]) != _COLUMNS:
        raise InputError(f"{path}: the first line must name the columns {', '.join(_COLUMNS)}")
    curve: dict[float, float] = {}
    for number, row in rows[1:]:
        if len(row) != len(_COLUMNS):
            raise InputError(f"{path}: line {number}: {len(row)} cells, should be 4")
        value = _number(row[2], path, number)
        accuracy = _number(row[3], path, number)
        if not 0 <= accuracy <= 1:
            raise InputError(f"{path}: line {number}: accuracy must lie in [0, 1], found {row[3]}")
        if (row[0].strip(), row[1].strip()) != (norm, sweep):
            continue
        if value in curve:
            raise InputError(f"{path}: line {number}: a second row for {norm}, {sweep}, {row[2]}")
        curve[value] = accuracy
    if not curve:
        raise InputError(f"{path}: no row with norm {norm!r} and sweep {sweep!r}")
    return curve


def _number(text: str, path: Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{path}: line {line}: {text!r} is not a number")
    return value
