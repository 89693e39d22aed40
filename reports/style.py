"""The one style of all figures: vector, reproducible, for colour-blind readers and in grey.

A figure is drawn at 84 mm, half the width of a page, so nothing in it shrinks on paper. Every
distinction is made twice, by colour and by shape or dash.
"""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import matplotlib.style
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from pydantic import BaseModel, ConfigDict, model_validator

from .files import MADE_BY

# Okabe and Ito's palette (2008), told apart by readers with any common colour deficiency.
BLUE = "#0072b2"
VERMILLION = "#d55e00"
GREEN = "#009e73"
ORANGE = "#e69f00"
PURPLE = "#a94f83"  # darker than the palette's, to be legible as text
# Ink is not pure black so that it is written out in the SVG, where a page may restyle it.
INK = "#1c1e21"
GREY = "#74787d"

Dash = tuple[float, tuple[float, ...]]
DASHED: Dash = (0, (4, 2))
DOTTED: Dash = (0, (1, 1.5))

# The two classes: label, colour, marker, and whether the marker is filled.
CLASSES = ((1, BLUE, "o", True), (-1, VERMILLION, "s", False))

WIDTH = 3.35
HEIGHT = 2.4
FONTS = ["STIXGeneral", "DejaVu Sans"]
_SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "perturbproof",
    "svg.fonttype": "path",
    "font.family": FONTS,
    "mathtext.fontset": "stix",
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "legend.fontsize": 7.5,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "hatch.color": GREY,
    "hatch.linewidth": 0.5,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "legend.columnspacing": 1.2,
    "legend.handletextpad": 0.5,
    "legend.borderaxespad": 0.2,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
for _ticks in ("xtick", "ytick"):
    _SETTINGS |= {f"{_ticks}.labelsize": 7.5, f"{_ticks}.color": INK, f"{_ticks}.direction": "in"}
    _SETTINGS |= {f"{_ticks}.major.width": 0.6, f"{_ticks}.minor.width": 0.4}


class FigureData(BaseModel):
    """Base of the data of a figure: immutable, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    together: ClassVar[tuple[str, ...]] = ()
    """Fields that go together entry by entry; one that is None is left out."""

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        columns = [own for name in self.together if (own := getattr(self, name)) is not None]
        if len({len(column) for column in columns}) > 1:
            *names, last = self.together
            raise ValueError(f"{', '.join(names)} and {last} should have one length")
        return self


@dataclass(frozen=True)
class FigureKind:
    """A kind of figure: its name, the data it takes, how it is drawn, and the table behind it.

    ``rows`` yields the header first; ``None`` becomes an empty cell.
    """

    name: str
    data: type[FigureData]
    draw: Callable[[Any, Figure], None]
    rows: Callable[[Any], Iterable[Sequence[object]]]
    height: float = HEIGHT


def svg(kind: FigureKind, data: FigureData) -> str:
    """The figure as SVG text: the same for the same data, whatever the user's own settings."""
    # A context on top of Matplotlib's defaults: neither a matplotlibrc nor an earlier plot shows.
    with matplotlib.style.context(["default", _SETTINGS]):
        figure = Figure(figsize=(WIDTH, kind.height), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02)  # type: ignore[union-attr]
        kind.draw(data, figure)
        buffer = io.StringIO()
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        # Not `savefig`: it draws the figure once more before, for what only its other formats need.
        FigureCanvasSVG(figure).print_svg(buffer, metadata=metadata)
    text = buffer.getvalue()
    # The remaining block of metadata is empty; the DTD is a network address no reader needs.
    text = re.sub(r"<!DOCTYPE.*?>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Matplotlib's style sheet names every element there is; inside a page it would leak out.
    text = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    return text.replace("<svg ", f'<svg {MADE_BY} stroke-linejoin="round" ', 1)
