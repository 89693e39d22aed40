"""Reading a table from a text file: every fault is named with its line."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np

from ...configuration import InputError
from .columns import (
    ColumnLike,
    Columns,
    arrays_of,
    is_header,
    is_label,
    is_number,
    number,
    place_of,
)
from .guards import UNFOLDS_BY, UNFOLDS_TO, Arrays, refuse_unfolding

# numpy gives every label the room of the longest: one long label would take the memory of all.
_LONGEST_LABEL = 200
_LOOKED_AT = 20
"""Lines from which the separator is found."""
_SEPARATORS = ",;\t "
_NAMES = {"\t": "tabs", " ": "spaces"}

_Line = tuple[int, list[str]]


def read_table(
    path: str,
    label_column: ColumnLike | None = None,
    drop_columns: Iterable[ColumnLike] = (),
    *,
    labels: bool = True,
) -> Arrays:
    """Samples float64 (N, d) and labels (N,), numbers when all of them are, else text.

    One sample a line, in UTF-8 or UTF-16, plain or gzipped; blank lines are ignored. Cells are
    separated by commas, semicolons, tabs or spaces, whichever makes numbers of most of them, or as
    a first line ``sep=;`` says. Beside other separators than commas a comma is a decimal one.
    Which column is what, `columns.arrays_of` says; without `labels` all are features.

    Raises InputError for ragged lines, cells that are no finite number, missing labels, labels of
    more than 200 characters, fewer than two columns, or where it is in doubt which column holds
    the labels.
    """
    with _lines_of(path) as (separator, lines, told):
        table = _Table(path, separator, label_column, tuple(drop_columns))
        return table.read(lines, told, labels=labels)


def check_table(
    path: str, label_column: ColumnLike | None, drop_columns: Iterable[ColumnLike]
) -> None:
    """InputError for what its first lines show to be wrong: no text, or no such columns."""
    with _lines_of(path) as (separator, lines, _):
        _Table(path, separator, label_column, tuple(drop_columns)).head(lines)


@contextmanager
def _lines_of(path: str) -> Iterator[tuple[str, Iterator[_Line], tuple[str, ...]]]:
    """The separator, the lines that are not blank, and in words what separates their cells."""
    try:
        with _opened(path) as stream:
            separator, lines, told = _separated(path, stream)
            reader = csv.reader(
                lines, delimiter=separator, strict=True, skipinitialspace=separator == " "
            )
            offset = any("sep=" in one for one in told)
            numbered = ((reader.line_num + offset, cells) for cells in reader)
            yield separator, _not_blank(numbered), told
    except (UnicodeError, csv.Error, gzip.BadGzipFile, zlib.error, EOFError) as error:
        why = "it is not UTF-8; save it so" if isinstance(error, UnicodeError) else error
        raise InputError(f"{path}: not a readable .csv file ({why})") from None


@contextmanager
def _opened(path: str) -> Iterator[Iterator[str]]:
    with open(path, "rb") as file:
        stream: io.BufferedIOBase = file
        if path.lower().endswith(".gz"):
            stored = Path(path).stat().st_size
            with gzip.open(file) as unfolding:
                content = unfolding.read(max(UNFOLDS_TO, UNFOLDS_BY * stored) + 1)
            refuse_unfolding(path, "it", len(content), stored)
            stream = io.BytesIO(content)
        begins = stream.read(2)
        stream.seek(0)
        encoding = "utf-16" if begins in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with io.TextIOWrapper(stream, encoding, newline="") as text:
            yield text


def _separated(path: str, stream: Iterator[str]) -> tuple[str, Iterator[str], tuple[str, ...]]:
    """The separator, the lines that are cells, and in words what separates them."""
    head = list(islice(stream, _LOOKED_AT))
    if not any(map(str.strip, head)):
        raise InputError(f"{path}: the file is empty")
    if said := re.fullmatch(r"sep=(.)\s*", head[0]):
        told = (f"cells separated as its line {said[0].strip()} says",)
        return said[1], chain(head[1:], stream), told
    best = max(_SEPARATORS, key=lambda separator: _numbers(head, separator))
    if not _numbers(head, best):
        best = ","
    told = () if best == "," else (f"cells separated by {_NAMES.get(best, repr(best))}",)
    lines = chain(head, stream)
    return best, (map(str.strip, lines) if best == " " else lines), told


def _numbers(head: list[str], separator: str) -> float:
    """The share of numbers among the cells below the first line; 0 where there is one column."""
    lines = [line.strip() for line in head if line.strip()]
    try:
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=separator == " "))
    except csv.Error:
        return 0.0
    if max(map(len, rows)) < 2:
        return 0.0
    cells = [cell for row in rows[1:] or rows for cell in row]
    # Text alone is separated by what makes columns of it.
    return 1e-6 + sum(is_number(cell, separator) for cell in cells) / len(cells)


def _not_blank(lines: Iterable[_Line]) -> Iterator[_Line]:
    return ((number, cells) for number, cells in lines if any(map(str.strip, cells)))


@dataclass
class _Decimals:
    """The first lines with a decimal point and with a decimal comma: one file has one of them."""

    path: str
    separator: str
    point: int | None = None
    comma: int | None = None

    def numbers(self, line: int, cells: list[str], text: set[int]) -> np.ndarray:
        """The cells of a line as float64; NaN in those columns that may hold text."""
        if self.separator != ",":
            joined = " ".join(
                cell
                for place, cell in enumerate(cells)
                if place not in text or is_number(cell, self.separator)
            )
            self.point = self.point or (line if "." in joined else None)
            self.comma = self.comma or (line if "," in joined else None)
            if self.point and self.comma:
                raise InputError(
                    f"{self.path}: line {self.point} has a decimal point and line {self.comma} a "
                    "comma; write all numbers with a point"
                )
        plain = cells.copy()
        for place in text:
            plain[place] = "nan"
        try:
            row = np.fromiter(map(float, plain), np.float64, len(cells))
        except ValueError:
            return self._one_by_one(line, cells, text)
        for place in text:
            with suppress(ValueError):
                row[place] = number(cells[place], self.separator)
        return row

    def _one_by_one(self, line: int, cells: list[str], text: set[int]) -> np.ndarray:
        row = np.empty(len(cells))
        for place, cell in enumerate(cells):
            try:
                row[place] = number(cell, self.separator)
            except ValueError:
                if place not in text:
                    raise InputError(
                        f"{self.path}: line {line}, column {place + 1}: {cell.strip()!r} is not a "
                        "finite number"
                    ) from None
                row[place] = np.nan
        return row


@dataclass(frozen=True)
class _Table:
    """A table in a file, and which of its columns the user names."""

    path: str
    separator: str
    label_column: ColumnLike | None
    drop_columns: tuple[ColumnLike, ...]

    def head(self, lines: Iterator[_Line]) -> tuple[_Line, list[str] | None, int | None, set[int]]:
        """The first line, its names if it is a header, and the columns the user chose."""
        first = next(lines, None)
        if first is None:
            raise InputError(f"{self.path}: the file is empty")
        header = is_header(first[1], self.separator)
        names = [cell.strip() for cell in first[1]] if header else None
        place = partial(place_of, self.path, names, len(first[1]))
        chosen = None if self.label_column is None else place(self.label_column, "label_column")
        return first, names, chosen, {place(each, "drop_columns") for each in self.drop_columns}

    def read(self, lines: Iterator[_Line], told: tuple[str, ...], *, labels: bool) -> Arrays:
        first, names, chosen, dropped = self.head(lines)
        width, header = len(first[1]), names is not None
        texts: dict[int, list[str]] = {}
        rows: list[np.ndarray] = []
        numbers: list[int] = []
        decimals = _Decimals(self.path, self.separator)
        text = {0, width - 1, *dropped, *(() if chosen is None else (chosen,))}
        text |= {at for at, name in enumerate(names or ()) if is_label(name)}
        for line, cells in lines if header else chain([first], lines):
            if len(cells) != width:
                raise InputError(f"{self.path}: line {line} has {len(cells)} cells, not {width}")
            if not rows:  # a column that begins with text may hold text
                text |= {at for at, cell in enumerate(cells) if not is_number(cell, self.separator)}
            for at in text:
                cell = cells[at].strip()
                if len(cell) > _LONGEST_LABEL:
                    raise InputError(f"{self.path}: line {line}: a cell of {len(cell)} characters")
                texts.setdefault(at, []).append(cell)
            rows.append(decimals.numbers(line, cells, text))
            numbers.append(line)
        if not rows:
            raise InputError(f"{self.path}: there are 0 labels in it, only a header")
        table = Columns(self.path, names, np.array(rows), texts, numbers, self.separator, told)
        return arrays_of(table, chosen, dropped, labels=labels)


def labels_in_text(path: str) -> np.ndarray:
    """Labels (N,) from a text file with one a line: numbers when all of them are, else text.

    Blank lines are ignored. A first line is a header where it is the name of labels, or text above
    numbers.

    Raises InputError for a label of more than 200 characters, or numbers and text mixed.
    """
    try:
        with _opened(path) as stream:
            told = [(line, text.strip()) for line, text in enumerate(stream, 1) if text.strip()]
    except (UnicodeError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputError(f"{path}: not a readable .csv file ({error})") from None
    cells = [(line, text.strip('"')) for line, text in told]
    numeric = [is_number(cell, ",") for _, cell in cells]
    if cells and not numeric[0] and (is_label(cells[0][1]) or any(numeric[1:])):
        del cells[0], numeric[0]
    for (line, cell), plain in zip(cells, numeric, strict=True):
        if plain != numeric[0] or len(cell) > _LONGEST_LABEL:
            raise InputError(f"{path}: line {line}: {cell[:40]!r} is not a label")
    values = [cell for _, cell in cells]
    return np.array(values, dtype=np.str_ if values and not numeric[0] else np.float64)
