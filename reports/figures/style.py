"""The one style of all figures: vector, reproducible, for colour-blind readers and in grey.

A figure is drawn at 84 mm, half the width of a page, so nothing in it shrinks on paper. Every
distinction is made twice, by colour and by shape or dash.
"""

import io
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from pydantic import BaseModel, ConfigDict

from ..files import MADE_BY
from ..words.numbers import superscripted

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
HEIGHT = 2.7
# Characters of a label along an axis, and of one beside the axes. Longer ones would leave the axes
# no room, and take minutes to draw.
_LONGEST = 80
BESIDE = 24

_SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "perturbproof",
    "svg.fonttype": "path",
    "font.family": ["STIXGeneral", "DejaVu Sans"],
    "mathtext.fontset": "stix",
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.color": GREY,
    "hatch.linewidth": 0.5,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.direction": "in",
    "ytick.direction": "in",
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


class FigureData(BaseModel):
    """Base of the data of a figure: immutable, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


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
        figure.savefig(buffer, format="svg", metadata=metadata)
    text = buffer.getvalue()
    # The remaining block of metadata is empty; the DTD is a network address no reader needs.
    text = re.sub(r"<!DOCTYPE.*?>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Matplotlib's style sheet names every element there is; inside a page it would leak out.
    text = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    return text.replace("<svg ", f'<svg {MADE_BY} stroke-linejoin="round" ', 1)


def points(
    axes: Axes,
    x: Any,
    y: Any,
    marker: str,
    colour: str,
    size: float,
    edge: float,
    filled: bool = False,
    zorder: float = 2,
    label: str | None = None,
) -> Line2D:
    """Marks without a line; ``size`` and the width of the ``edge`` are in typographic points."""
    (line,) = axes.plot(
        x,
        y,
        marker,
        color=colour,
        markersize=size,
        markeredgewidth=edge,
        markerfacecolor=colour if filled else "none",
        zorder=zorder,
        label=label,
    )
    return line


def samples(
    axes: Axes,
    placed: Sequence[tuple[float, float, int]],
    size: float,
    edge: float,
    says: str = "",
) -> list[Line2D]:
    """Samples ``(x, y, label)`` over all else, and what the legend shows for each class."""
    handles = []
    for sign, colour, marker, filled in CLASSES:
        members = [(x, y) for x, y, label in placed if (label > 0) == (sign > 0)]
        if members:
            x, y = zip(*members, strict=True)
            label = rf"{says}$y_n={sign:+d}$"
            handles.append(points(axes, x, y, marker, colour, size, edge, filled, 5, label))
    return handles


def band(axes: Axes, x: Any, low: Any, high: Any, colour: str) -> None:
    """The room between two curves, tinted."""
    axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def label_right(axes: Axes, labels: Iterable[tuple[float, str, str]]) -> None:
    """Name lines at the right edge: ``(y in data units, text, colour)``, kept from overlapping.

    Call it after the limits are final. Labels above or below the axes get an arrow at the edge.
    """
    left, _ = axes.get_xlim()
    low, high = axes.get_ylim()
    to_fraction = (axes.transScale + axes.transLimits).transform
    placed: list[tuple[float, str, str]] = []
    for y, text, colour in labels:
        arrow = " ↑" if y > high else " ↓" if y < low else ""
        height = float(to_fraction((left, min(max(y, low), high)))[1])
        placed.append((height, text + arrow, colour))
    placed.sort(key=lambda item: item[0])
    for (y, text, colour), at in zip(placed, _spread([item[0] for item in placed]), strict=True):
        axes.annotate(
            text,
            xy=(1, y),
            xytext=(1.05, at),
            xycoords="axes fraction",
            textcoords="axes fraction",
            color=colour,
            fontsize=7.5,
            va="center",
            ha="left",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 0},
            annotation_clip=False,
        )


def _spread(targets: list[float], gap: float = 0.085) -> list[float]:
    # Push apart upwards, then back down from the top edge: enough for the handful of labels here.
    places = list(targets)
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    limit = 1.02
    for i in reversed(range(len(places))):
        places[i] = min(places[i], limit)
        limit = places[i] - gap
    return places


def decades(axis: Axis) -> None:
    """Label a logarithmic axis by a few powers of ten; a short one also at 2 and 5 times them."""
    axis.set_major_locator(_Decades(numticks=4))
    # Plain Unicode: Matplotlib's own labels go through mathtext, half of a figure's drawing time.
    axis.set_major_formatter(FuncFormatter(_power_of_ten))
    axis.set_minor_locator(NullLocator())


class _Decades(LogLocator):
    """Powers of ten, with 2 and 5 times them where less than two decades are shown."""

    def tick_values(self, vmin: float, vmax: float) -> Any:
        self.set_params(subs=(1.0, 2.0, 5.0) if 0 < vmin and vmax < 100 * vmin else (1.0,))
        return super().tick_values(vmin, vmax)


def _power_of_ten(value: float, position: int | None) -> str:
    exponent = math.floor(math.log10(value) + 1e-9) if value > 0 else 0
    if -2 <= exponent <= 2:
        return f"{value:g}"
    mantissa = round(value / 10.0**exponent)
    times = "" if mantissa == 1 else f"{mantissa} × "
    return times + superscripted(f"10^{exponent}".replace("-", "−"))


def powers(value: float) -> str:
    """A number as mathtext with three digits: ``3.3 \\times 10^{-4}``."""
    if 1e-2 <= abs(value) < 1e4 or value == 0:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return rf"{float(mantissa):g} \times 10^{{{int(exponent)}}}"


@cache
def _characters() -> frozenset[int]:
    fonts = (get_font(findfont(name)) for name in _SETTINGS["font.family"])
    return frozenset(code for font in fonts for code in font.get_charmap())


def plain(text: str, longest: int = _LONGEST) -> str:
    """Text of a report as Matplotlib can print it: cut short, no mathtext, known characters."""
    known = _characters()
    short = text if len(text) <= longest else f"{text[: longest - 1]}…"
    printable = "".join(c if ord(c) in known else "\ufffd" for c in short if c.isprintable())
    return printable.replace("\\", "\\\\").replace("$", r"\$")
