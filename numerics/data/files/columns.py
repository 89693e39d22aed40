"""Which columns of a table are features, which hold the labels, and which are neither.

Whatever is not certain is said, or refused where another reading is as likely.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from ...configuration import InputError
from .guards import Arrays
from .names import LABELS

ColumnLike = int | str
"""A column by its name or its number, counted from 1, or back from -1, the last."""
_INDEX = ("", "unnamed: 0", "index", "id")
_NO_LABEL = ("", "na", "n/a", "nan", "null", "?")
_RANGE = 4
"""Columns from which a first line 0, 1, 2, ... is a header that pandas wrote."""
_HINT = "choose by the option label_column, a name or a number (from 1)"


@dataclass(frozen=True)
class Columns:
    """A table as read.

    names: those of the columns, from a header. values: float64 (N, columns), NaN where a cell is no
    number. texts: the cells of columns that may hold text. lines: the line of each row in the file.
    separator: of the cells. told: in words what was decided in reading.
    """

    path: str
    names: list[str] | None
    values: np.ndarray
    texts: dict[int, list[str]]
    lines: list[int]
    separator: str = ","
    told: tuple[str, ...] = field(default=())

    def called(self, place: int) -> str:
        """Number and name of a column."""
        name = self.names[place] if self.names else ""
        return f"column {place + 1}" + (f" ({name})" if name else "")

    def is_text(self, place: int) -> bool:
        """Whether a column has a cell that is neither a number nor blank."""
        cells = self.texts.get(place, ())
        return any(cell and not is_number(cell, self.separator) for cell in cells)


def number(cell: str, separator: str) -> float:
    """The number in a cell; beside other separators than commas a comma is a decimal one."""
    return float(cell.replace(",", ".") if separator != "," and "." not in cell else cell)


def is_number(cell: str, separator: str) -> bool:
    """Whether a cell holds a number, or what stands for one."""
    try:
        number(cell, separator)
    except ValueError:
        return False
    return True


def is_label(name: str) -> bool:
    """Whether a column of that name holds labels."""
    return name.strip().lower() in LABELS


def is_header(cells: list[str], separator: str) -> bool:
    """Whether a first line names the columns.

    So it does when none of its cells is a number, one is the name of labels, or it counts from 0
    like that of a table without names of its own, whose index comes first or was left out.
    """
    stripped = [cell.strip() for cell in cells]
    counted = stripped[1:] if stripped[0] == "" else stripped
    return (
        not any(is_number(cell, separator) for cell in stripped)
        or any(map(is_label, stripped))
        or (
            counted == [str(place) for place in range(len(counted))]
            and (counted is not stripped or len(counted) >= _RANGE)
        )
    )


def place_of(
    path: str, names: list[str] | None, width: int, wanted: ColumnLike, option: str
) -> int:
    """Which of `width` columns the user means; InputError where there is none."""
    if isinstance(wanted, str) and wanted in (names or ()):
        return (names or []).index(wanted)
    try:
        number = int(wanted)
    except ValueError:
        number = 0
    if not 0 < abs(number) <= width:
        named = f": {', '.join(names[:8])}{', ...' if width > 8 else ''}" if names else ""
        raise InputError(f"{path}: {option}: no column {wanted!r}; there are {width}{named}")
    return number - 1 if number > 0 else width + number


def arrays_of(
    table: Columns, chosen: int | None, dropped: Collection[int], *, labels: bool
) -> Arrays:
    """The features float64 (N, d) and the labels (N,) of a table, as the user chose or as is clear.

    `chosen` is the column of the labels that the user names, `dropped` are those to leave out.
    Without `labels` all columns are features, and the labels returned are zeros.

    Raises InputError for a cell that is no finite number, a missing
    label, fewer than two columns, or where it is in doubt which column holds the labels.
    """
    left, told = set(dropped), list(table.told)
    for place in range(table.values.shape[1]):
        if place not in left and place != chosen and (why := _no_feature(table, place)):
            told.append(f"{table.called(place)} left out: {why}")
            left.add(place)
    there = [place for place in range(table.values.shape[1]) if place not in left]
    if len(there) < 1 + labels:
        raise InputError(f"{table.path}: at least one feature and one label column are needed")
    if not labels:
        return Arrays(_features(table, there), np.zeros(len(table.lines)), tuple(told))
    if chosen is not None:
        places, why = (chosen,), ""
    else:
        places, why = _label_places(table, there)
    told.append(f"labels from {' and '.join(map(table.called, places))}{why}")
    features = [place for place in there if place not in places]
    if not features:
        raise InputError(f"{table.path}: at least one feature and one label column are needed")
    if table.names is None and _counts(table.values[:, features[0]]):
        told.append(
            f"{table.called(features[0])} counts the rows and was taken for a feature all the same;"
            " drop_columns leaves it out"
        )
    y = _labels(table, places[0]) if len(places) == 1 else _one_hot_labels(table, places)
    return Arrays(_features(table, features), y, tuple(told))


def _no_feature(table: Columns, place: int) -> str:
    """Why a column is neither a feature nor the labels; empty where it may be."""
    if table.names is not None and is_label(table.names[place]):
        return ""
    if not any(table.texts.get(place, ["0"])):
        return "it is blank"
    if table.names is None or table.names[place].lower() not in _INDEX:
        return ""
    values = table.values[:, place]
    cells = table.texts.get(place, ()) if table.is_text(place) else values.tolist()
    whole = table.is_text(place) or bool((values == np.round(values)).all())
    if whole and len(set(cells)) == len(cells) > 1:
        return "its cells are distinct, as those of an index are"
    if not table.names[place]:
        raise InputError(
            f"{table.path}: {table.called(place)} has no name and is no index; name it, or leave "
            "it out by the option drop_columns"
        )
    return ""


def _counts(values: np.ndarray) -> bool:
    """Whether a column counts from 0 or 1, far enough to be no chance."""
    return (
        len(values) > 2
        and bool((values == np.arange(len(values)) + values[0]).all())
        and (values[0] in (0, 1))
    )


def _label_places(table: Columns, there: list[int]) -> tuple[tuple[int, ...], str]:
    """The column that holds the labels, or those of one-hot labels, and why it is that."""
    named = [place for place in there if table.names and is_label(table.names[place])]
    if len(named) > 1:
        raise InputError(
            f"{table.path}: {' and '.join(map(table.called, named))} are named like labels; {_HINT}"
        )
    if named:
        return (named[0],), ""
    texts = [place for place in there if table.is_text(place)]
    if len(texts) == 1:
        cells = table.texts[texts[0]]
        if any(is_number(cell, table.separator) for cell in cells):
            strange = next(c for c in cells if c and not is_number(c, table.separator))
            raise InputError(
                f"{table.path}: {table.called(texts[0])} has numbers beside {strange!r}; if it "
                f"holds the labels, {_HINT}"
            )
        return (texts[0],), ", the only one that holds text"
    for count in range(2, len(there)):
        block = table.values[:, there[-count:]]
        if not ((block == 0) | (block == 1)).all():
            break
        if (block.sum(axis=1) == 1).all():
            return tuple(there[-count:]), ", one-hot"
    first, last = (_kinds(table, place) for place in (there[0], there[-1]))
    if 1 < first <= last and first < len(table.lines) and there[-1] not in texts:
        raise InputError(
            f"{table.path}: {table.called(there[0])}, of {first} different values, and "
            f"{table.called(there[-1])}, of {last}, may hold the labels; {_HINT}"
        )
    return (there[-1],), ", the last one, as none is named for them"


def _kinds(table: Columns, place: int) -> int:
    texts = table.texts.get(place)
    return len(set(texts) if texts else np.unique(table.values[:, place]))


def _labels(table: Columns, place: int) -> np.ndarray:
    cells = table.texts.get(place) or list(map(str, table.values[:, place]))
    for line, cell in zip(table.lines, cells, strict=True):
        if cell.lower() in _NO_LABEL:
            raise InputError(f"{table.path}: line {line} has no label ({cell!r})")
        if table.names and cell.lower() == table.names[place].lower() and is_label(cell):
            raise InputError(
                f"{table.path}: line {line}: the label {cell!r} is also the header's name for the "
                "label column; give the file a header with the other name"
            )
    if all(is_number(cell, table.separator) for cell in cells):
        return np.array([number(cell, table.separator) for cell in cells])
    return np.array(cells, dtype=np.str_)


def _one_hot_labels(table: Columns, places: Iterable[int]) -> np.ndarray:
    """Of each row the name of the column that has the 1, or its number, counted from 0."""
    chosen = table.values[:, list(places)].argmax(axis=1)
    if table.names is None:
        return chosen
    return np.array([table.names[place] for place in places], dtype=np.str_)[chosen]


def _features(table: Columns, places: list[int]) -> np.ndarray:
    values = table.values[:, places]
    wrong = ~np.isfinite(values)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        place = places[column]
        cell = table.texts[place][row] if place in table.texts else f"{values[row, column]:g}"
        raise InputError(
            f"{table.path}: line {table.lines[row]}, column {place + 1}: {cell!r} is not a finite "
            "number" + ("; drop_columns leaves a column out" if table.is_text(place) else "")
        )
    return values if len(places) < table.values.shape[1] else table.values
