"""Capture along training: least own activation, its bound for ever, and the certified shares."""

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure
from pydantic import Field, model_validator

from ..style import (
    BLUE,
    DASHED,
    DOTTED,
    GREEN,
    GREY,
    INK,
    PURPLE,
    VERMILLION,
    FigureData,
    FigureKind,
)
from .drawing import decades, label_right

Values = tuple[float | None, ...]


class CaptureData(FigureData):
    """At some steps: the least own activation over rho, its bound, and the share certified.

    ``share`` is that of own pairs, ``natural`` and ``isotropic`` that of test points whose sign is
    certified for ever; None where that is not spoken of. ``captured`` is the step from which on no
    own pair changes its sign; None where there is none. ``ended`` is the step of the network that
    the report is about, where training went on for the figure.
    """

    together = ("steps", "activation", "bound", "share", "natural", "isotropic")

    steps: tuple[int, ...] = Field(min_length=1)
    activation: Values
    bound: Values
    share: Values
    natural: Values | None = None
    isotropic: Values | None = None
    captured: int | None = None
    ended: int | None = None

    @model_validator(mode="after")
    def _on_the_axis(self) -> "CaptureData":
        if min(self.steps) < 1:
            raise ValueError("steps should be at least 1")
        return self


def draw(data: CaptureData, figure: Figure) -> None:
    """Two panels over the steps: activation and bound above, the certified shares below."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1))
    curves = (
        (upper, data.activation, "measured", BLUE, "-", "o"),
        (upper, data.bound, "certified", VERMILLION, DASHED, "s"),
        (lower, data.share, "own pairs", GREEN, "-", "o"),
        (lower, data.natural, "natural", PURPLE, DASHED, "s"),
        (lower, data.isotropic, "isotropic", GREY, DOTTED, "^"),
    )
    # Far below zero says no more than below zero, and would flatten the rest.
    top = max((v for v in data.activation if v is not None), default=1.0) or 1.0
    labels = []
    for axes, values, name, colour, dash, marker in curves:
        pairs = zip(data.steps, values or (), strict=False)
        known = [(k, v) for k, v in pairs if v is not None and v >= -top]
        if not known:
            continue
        x, y = zip(*known, strict=True)
        axes.plot(x, y, color=colour, linestyle=dash, marker=marker, markersize=3)
        labels.append((axes, (y[-1], name, colour)))
    upper.axhline(0, color=GREY, linewidth=0.8, linestyle=DOTTED)
    upper.set_ylim(-top, 1.15 * top)
    lower.set_ylim(0, 1.1)
    lower.set_xscale("log")
    decades(lower.xaxis)
    for axes in (upper, lower):
        if data.captured is not None:
            axes.axvline(data.captured, color=INK, linewidth=0.8)
        if data.ended is not None:
            axes.axvline(data.ended, color=INK, linewidth=0.8, linestyle=DOTTED)
    if data.captured is not None:
        upper.set_title(f"captured at step {data.captured}", fontsize=7.5, loc="left", pad=4)
    upper.set_ylabel("least own activation / $\\rho$")
    lower.set_ylabel("certified share")
    lower.set_xlabel("training step")
    for axes in (upper, lower):
        label_right(axes, [label for own, label in labels if own is axes])


def rows(data: CaptureData) -> Iterator[Sequence[object]]:
    """One row per try."""
    yield ["step", "activation", "bound", "share", "natural", "isotropic"]
    nothing = (None,) * len(data.steps)
    points = (data.natural or nothing, data.isotropic or nothing)
    yield from zip(data.steps, data.activation, data.bound, data.share, *points, strict=True)


KIND = FigureKind("capture", CaptureData, draw, rows, height=3.0)
