"""Capture along training: least own activation, its bound for ever, and the certified share."""

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure
from pydantic import model_validator

from .drawing import decades, label_right
from .style import BLUE, DASHED, DOTTED, GREEN, GREY, INK, VERMILLION, FigureData, FigureKind

Values = tuple[float | None, ...]


class CaptureData(FigureData):
    """At some steps: the least own activation over rho, its bound, and the share certified.

    ``captured`` is the step from which on no own pair changes its sign; None where there is none.
    """

    steps: tuple[int, ...]
    activation: Values
    bound: Values
    share: tuple[float, ...]
    captured: int | None = None

    @model_validator(mode="after")
    def _same_length(self) -> "CaptureData":
        lengths = {len(self.steps), len(self.activation), len(self.bound), len(self.share)}
        if len(lengths) != 1 or not self.steps or min(self.steps) < 1:
            raise ValueError("steps (>= 1), activation, bound and share should have one length")
        return self


def draw(data: CaptureData, figure: Figure) -> None:
    """Two panels over the steps: activation and bound above, the certified share below."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.3, 1))
    curves = (
        (upper, data.activation, "measured", BLUE, "-", "o"),
        (upper, data.bound, "certified", VERMILLION, DASHED, "s"),
        (lower, data.share, "certified", GREEN, "-", "o"),
    )
    # Far below zero says no more than below zero, and would flatten the rest.
    top = max((v for v in data.activation if v is not None), default=1.0) or 1.0
    labels = []
    for axes, values, name, colour, dash, marker in curves:
        pairs = zip(data.steps, values, strict=True)
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
    if data.captured is not None:
        for axes in (upper, lower):
            axes.axvline(data.captured, color=INK, linewidth=0.8)
        upper.set_title(f"captured at step {data.captured}", fontsize=7.5, loc="left", pad=4)
    upper.set_ylabel("least own activation / $\\rho$")
    lower.set_ylabel("share")
    lower.set_xlabel("training step")
    for axes in (upper, lower):
        label_right(axes, [label for own, label in labels if own is axes])


def rows(data: CaptureData) -> Iterator[Sequence[object]]:
    """One row per try."""
    yield ["step", "activation", "bound", "share"]
    yield from zip(data.steps, data.activation, data.bound, data.share, strict=True)


KIND = FigureKind("capture", CaptureData, draw, rows)
