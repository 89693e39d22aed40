"""The kinds of figures a report may hold: one file each, listed here.

A new kind is one new file with a ``KIND`` and one line in `FIGURES`.
"""

import csv
import io
from dataclasses import dataclass

import numpy as np
from pydantic import ValidationError

from ..schema import FigureRecord, ReportError, first_error
from . import boundaries, convergence, decision_map, growth, loads, multipliers, parts, sweep
from .style import FigureKind, svg

FIGURES: dict[str, FigureKind] = {
    "multipliers": multipliers.KIND,
    "convergence": convergence.KIND,
    "decision-map": decision_map.KIND,
    "sweep": sweep.KIND,
    "boundaries": boundaries.KIND,
    "parts": parts.KIND,
    "growth": growth.KIND,
    "loads": loads.KIND,
}


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
        with np.errstate(all="ignore"):
            writer.writerows(
                ["" if cell is None else cell for cell in row] for row in kind.rows(data)
            )
            return Drawing(svg(kind, data), table.getvalue())
    except (ValueError, ArithmeticError) as error:
        raise ReportError(f"{where}: cannot be drawn: {error}") from error
