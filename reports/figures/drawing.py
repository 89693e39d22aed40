"""Pieces that figures share: marks, bands, labels at the edge, axes of decades, text."""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from pydantic import model_validator

from ..words import superscripted
from .style import (
    BLUE,
    CLASSES,
    FONTS,
    GREEN,
    GREY,
    INK,
    PURPLE,
    VERMILLION,
    FigureData,
    FigureKind,
)

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
    fonts = (get_font(findfont(name)) for name in FONTS)
    return frozenset(code for font in fonts for code in font.get_charmap())


def plain(text: str, longest: int = _LONGEST) -> str:
    """Text of a report as Matplotlib can print it: cut short, no mathtext, known characters."""
    known = _characters()
    short = text if len(text) <= longest else f"{text[: longest - 1]}…"
    printable = "".join(c if ord(c) in known else "\ufffd" for c in short if c.isprintable())
    return printable.replace("\\", "\\\\").replace("$", r"\$")


# What perturbations and base samples each teach about every test point.

_STYLES = ((BLUE, "o"), (VERMILLION, "s"), (GREEN, "^"), (PURPLE, "D"))
# Of parts that vanish, and those smaller than this share of the largest, the axis shows the edge.
_SMALLEST = 1e-6
# Points of one set that are drawn; the table has all.
_DRAWN = 300


class PointsOfOneKind(FigureData):
    """T1 and T2 at points under a name; ``agreeing`` is 1, -1, or 0 where it is uncertain."""

    name: str
    t1: tuple[float, ...]
    t2: tuple[float, ...]
    covered: tuple[bool, ...]
    agreeing: tuple[int, ...]


class PartsData(FigureData):
    """Sets of test points."""

    sets: tuple[PointsOfOneKind, ...]

    @model_validator(mode="after")
    def _same_length(self) -> "PartsData":
        for one in self.sets:
            if len({len(one.t1), len(one.t2), len(one.covered), len(one.agreeing)}) != 1:
                raise ValueError("t1, t2, covered and agreeing of a set should have one length")
        if not any(one.t1 for one in self.sets) or len(self.sets) > len(_STYLES):
            raise ValueError(f"sets should be 1 to {len(_STYLES)}, with at least one point")
        return self


def draw(data: PartsData, figure: Figure) -> None:
    """|T2| over |T1| on logarithmic axes, the line where they are equal, one marker per set."""
    axes = figure.add_subplot()
    sizes = np.abs([value for one in data.sets for value in (*one.t1, *one.t2)])
    largest = float(sizes.max()) or 1.0
    least = largest * _SMALLEST
    for one, (colour, marker) in zip(data.sets, _STYLES, strict=False):
        every = slice(None, None, -(-len(one.t1) // _DRAWN) or 1)
        x, y = (np.maximum(np.abs(values[every]), least) for values in (one.t1, one.t2))
        covered = np.array(one.covered[every], bool)
        apart = np.array(one.agreeing[every]) < 0
        for chosen, filled in ((covered, True), (~covered, False)):
            points(axes, x[chosen], y[chosen], marker, colour, 2.8, 0.6, filled)
        points(axes, x[apart], y[apart], "x", INK, 2.6, 0.5, filled=True)
        handle = axes.plot([], [], marker, color=colour, markersize=3.2, linestyle="none")[0]
        handle.set_label(plain(one.name))
    axes.set_xscale("log")
    axes.set_yscale("log")
    ends = (float(max(sizes[sizes > 0].min(initial=largest), least)), largest)
    axes.axline((ends[0], ends[0]), (ends[1] * 1.0001, ends[1] * 1.0001), color=GREY, linewidth=0.8)
    key = "filled: covered   ×: signs differ"
    axes.text(0.98, 0.02, key, transform=axes.transAxes, ha="right", fontsize=7)
    for axis in (axes.xaxis, axes.yaxis):
        decades(axis)
    axes.set_xlabel("base samples: $|T_1(z)|$")
    axes.set_ylabel("perturbations: $|T_2(z)|$")
    figure.legend(loc="outside upper left", ncols=2)


def rows(data: PartsData) -> Iterator[Sequence[object]]:
    """One row per test point."""
    yield ["set", "point", "T1", "T2", "T2_over_T1", "covered", "signs_agree"]
    for one in data.sets:
        columns = zip(one.t1, one.t2, one.covered, one.agreeing, strict=True)
        for k, (t1, t2, covered, agreeing) in enumerate(columns, start=1):
            ratio = t2 / t1 if t1 else None
            yield [one.name, k, t1, t2, ratio, int(covered), agreeing]


KIND = FigureKind("parts", PartsData, draw, rows)
