"""The kinds of figures a report may hold: one file each.

A new kind is one new file in this folder with a ``KIND``; it is found by that.
"""

import csv
import io
import warnings
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
from pydantic import ValidationError

from .. import any_backend as _before_all_figures  # noqa: F401
from ..files import ReportError, first_error
from ..schema import FigureRecord
from ..style import FigureKind, svg


def _kinds() -> dict[str, FigureKind]:
    modules = (import_module(f".{module.name}", __name__) for module in iter_modules(__path__))
    kinds = (module.KIND for module in modules if hasattr(module, "KIND"))
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)}


FIGURES = _kinds()
"""Every kind of figure by its name, in alphabetical order."""


@dataclass(frozen=True)
class Drawing:
    """A drawn figure: SVG text and the CSV behind it."""

    svg: str
    csv: str


def draw(figure: FigureRecord, where: str = "figure") -> Drawing:
    """Draw a figure of a report. ``where`` is its JSON path, for errors.

    Raises ReportError for an unknown kind and for data that do not fit the kind, or any axes.
    """
    kind = FIGURES.get(figure.kind)
    if kind is None:
        known = ", ".join(FIGURES)
        raise ReportError(f"{where}.kind: {figure.kind!r} is not a kind of figure; known: {known}")
    try:
        data = kind.data.model_validate(figure.data)
    except ValidationError as error:
        raise ReportError(first_error(error, (where, "data"))) from None
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    try:
        # Numbers near the ends of what a float holds overflow in the scales of the axes.
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.filterwarnings("error", "constrained_layout not applied")  # no room
            writer.writerows(
                ["" if cell is None else cell for cell in row] for row in kind.rows(data)
            )
            return Drawing(svg(kind, data), table.getvalue())
    except (ValueError, ArithmeticError, UserWarning) as error:
        raise ReportError(f"{where}: cannot be drawn: {error}") from error
