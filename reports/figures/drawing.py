"""Pieces that figures share: marks, bands, labels at the edge, axes of decades, text."""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.font_manager import findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ..style import CLASSES, FONTS
from ..words import superscripted

# Characters of a label along an axis, and of one beside the axes. Longer ones would leave the axes
# no room, and take minutes to draw.
_LONGEST = 80
BESIDE = 24


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
            arrowprops={
                "arrowstyle": "-",
                "color": colour,
                "linewidth": 0.5,
                "shrinkA": 0,
                "relpos": (0, 0.5),
            },
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
    fonts = (get_font(findfont(name)) for name in FONTS)
    return frozenset(code for font in fonts for code in font.get_charmap())


def plain(text: str, longest: int = _LONGEST) -> str:
    """Text of a report as Matplotlib can print it: cut short, no mathtext, known characters."""
    known = _characters()
    short = text if len(text) <= longest else f"{text[: longest - 1]}…"
    printable = "".join(c if ord(c) in known else "\ufffd" for c in short if c.isprintable())
    return printable.replace("\\", "\\\\").replace("$", r"\$")
