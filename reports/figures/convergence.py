"""How far training is from the exact limit: certified angle, distance and loss over steps."""

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure
from pydantic import Field

from ..style import BLUE, DASHED, DOTTED, GREEN, GREY, INK, VERMILLION, FigureData, FigureKind
from .drawing import decades, label_right, points, powers

Values = tuple[float | None, ...]


class Certified(FigureData):
    """The step at which an upper bound on tau was certified."""

    step: int
    tau: float


class ConvergenceData(FigureData):
    """Steps and, for each, tau, the relative distance to the limit and the loss (None: unknown)."""

    together = ("steps", "tau", "relative_distance", "loss")

    steps: tuple[int, ...] = Field(min_length=1)
    tau: Values
    relative_distance: Values
    loss: Values
    certified: Certified | None = None
    asked: float | None = None


def draw(data: ConvergenceData, figure: Figure) -> None:
    """Two panels on logarithmic axes: tau and distance above, the loss below."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.3, 1))
    labels = []
    # Step 0 has no place on a logarithmic axis; it is in the table.
    curves = (
        (upper, data.tau, r"$\tau$ (angle)", BLUE, "-", "o"),
        (upper, data.relative_distance, "distance", GREEN, DASHED, "s"),
        (lower, data.loss, "loss", VERMILLION, "-", "o"),
    )
    for axes, values, name, colour, dash, marker in curves:
        pairs = zip(data.steps, values, strict=True)
        known = [(k, v) for k, v in pairs if k > 0 and v is not None and v > 0]
        if not known:
            continue
        x, y = zip(*known, strict=True)
        every = max(1, len(x) // 6)
        fill = colour if marker == "o" else "none"
        marks = {"marker": marker, "markevery": every, "markersize": 3, "markerfacecolor": fill}
        axes.plot(x, y, color=colour, linestyle=dash, **marks)
        labels.append((axes, (y[-1], name, colour)))
    for axes in (upper, lower):
        axes.set(xscale="log", yscale="log")
        decades(axes.yaxis)
    decades(lower.xaxis)
    if data.asked is not None and data.asked > 0:
        upper.axhline(data.asked, color=GREY, linewidth=0.8, linestyle=DOTTED)
        labels.append((upper, (data.asked, f"asked ${powers(data.asked)}$", GREY)))
    if data.certified is not None:
        step, tau = data.certified.step, data.certified.tau
        if step > 0 and tau > 0:
            points(upper, [step], [tau], "D", INK, 5.5, 1.1, zorder=5)
        note = rf"$\diamondsuit$ certified: $\tau \leq {powers(tau)}$ at step {step}"
        upper.set_title(note, fontsize=7.5, loc="left", pad=4)
    upper.set_ylabel(r"$\tau$, relative distance")
    lower.set_ylabel("loss")
    lower.set_xlabel("training step")
    for axes in (upper, lower):
        low, high = axes.dataLim.intervaly
        if low == high:  # no training, or one that moved nothing
            axes.update_datalim([(1, low / 2), (1, 2 * high)], updatex=False)
        label_right(axes, [label for own, label in labels if own is axes])


def rows(data: ConvergenceData) -> Iterator[Sequence[object]]:
    """One row per recorded step."""
    yield ["step", "tau", "relative_distance", "loss"]
    yield from zip(data.steps, data.tau, data.relative_distance, data.loss, strict=True)


KIND = FigureKind("convergence", ConvergenceData, draw, rows)
