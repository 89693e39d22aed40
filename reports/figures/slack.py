"""The slack of claims along training, in plain floating point: no verdict rests on it."""

import math
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from pydantic import Field, model_validator

from ..style import (
    BLUE,
    DASHED,
    DOTTED,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    VERMILLION,
    FigureData,
    FigureKind,
)
from ..words import superscripted
from .drawing import BESIDE, decades, plain, points

_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, GREY)
_DASHES = ("-", DASHED, (0, (5, 1.2, 1, 1.2)), DOTTED)
_MARKERS = ("o", "s", "^", "D", "v")
# Decades that are shown on either side of zero, at most, and how many of them are named.
_DECADES, _NAMED = 9, 3

Values = tuple[float | None, ...]


class ClaimAlong(FigureData):
    """A claim: its formula, both sides, slack (positive where it holds), and whether it holds."""

    together = ("left", "right", "slack", "holds")

    name: str
    formula: str = ""
    left: Values
    right: Values
    slack: Values
    holds: tuple[bool | None, ...]


class SlackData(FigureData):
    """Claims at some steps; ``ended`` as for the figure of capture."""

    steps: tuple[int, ...] = Field(min_length=1)
    lines: tuple[ClaimAlong, ...] = Field(min_length=1)
    ended: int | None = None

    @model_validator(mode="after")
    def _fits(self) -> "SlackData":
        if min(self.steps) < 1 or any(len(one.slack) != len(self.steps) for one in self.lines):
            raise ValueError("steps should be at least 1, and every line as long as they are")
        return self


def draw(data: SlackData, figure: Figure) -> None:
    """One line a claim, zero marked; filled where it holds, hollow where it does not."""
    axes = figure.add_subplot()
    axes.set_xscale("log")
    decades(axes.xaxis)
    _scale(axes, [[abs(v) for v in one.slack if v] for one in data.lines])
    axes.axhline(0, color=INK, linewidth=1.0)
    handles = []
    for k, one in enumerate(data.lines):
        colour, marker = _COLOURS[k % len(_COLOURS)], _MARKERS[k % len(_MARKERS)]
        known = [
            (step, value, holds)
            for step, value, holds in zip(data.steps, one.slack, one.holds, strict=True)
            if value is not None
        ]
        if not known:
            continue
        x, y, _ = zip(*known, strict=True)
        axes.plot(x, y, color=colour, linestyle=_DASHES[k % len(_DASHES)], linewidth=1.0)
        for filled in (True, False):
            chosen = [(a, b) for a, b, holds in known if bool(holds) is filled]
            if chosen:
                x, y = zip(*chosen, strict=True)
                points(axes, x, y, marker, colour, 3.2, 0.8, filled, 4)
        look = {"color": colour, "linestyle": _DASHES[k % len(_DASHES)], "marker": marker}
        handles += axes.plot([], [], label=plain(one.name, 2 * BESIDE), markersize=3.2, **look)
    if data.ended is not None:
        axes.axvline(data.ended, color=INK, linewidth=0.8, linestyle=DOTTED)
    axes.set_xlabel("training step")
    axes.set_ylabel("slack (positive: holds)")
    note = "plain floating point, no verdict; hollow: does not hold"
    axes.set_title(note, fontsize=7.5, loc="left", pad=4)
    figure.legend(handles=handles, loc="outside lower center", ncols=1 + (len(handles) > 3))


def _scale(axes: Axes, sizes: Sequence[Sequence[float]]) -> None:
    """Logarithmic on both sides of zero, to a tenth of where the smallest line ends."""
    known = [line for line in sizes if line]
    largest = max((max(line) for line in known), default=1.0)
    top = math.ceil(math.log10(largest))
    low = math.floor(math.log10(min((line[-1] for line in known), default=1.0)))
    low = min(max(low - 1, top - _DECADES), top - 1)
    axes.set_yscale("symlog", linthresh=10.0**low, linscale=0.5)
    named = range(top, low, (low - top) // _NAMED)
    powers = [10.0**k for k in named]
    labels = [superscripted(f"10^{k}".replace("-", "−")) for k in named]
    axes.set_yticks([-v for v in powers] + [0.0] + powers)
    axes.set_yticklabels([f"−{text}" for text in labels] + ["0"] + labels)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.autoscale(axis="y")


def rows(data: SlackData) -> Iterator[Sequence[object]]:
    """One row per claim and step."""
    yield ["claim", "formula", "step", "left", "right", "slack", "holds"]
    for one in data.lines:
        columns = zip(data.steps, one.left, one.right, one.slack, one.holds, strict=True)
        for step, left, right, slack, holds in columns:
            yield [one.name, one.formula, step, left, right, slack, holds]


KIND = FigureKind("slack", SlackData, draw, rows)
