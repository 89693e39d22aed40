"""A sweep of accuracies: published, exact, predicted, trained, and the control."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from pydantic import Field

from ..style import BLUE, DASHED, DOTTED, GREEN, GREY, INK, VERMILLION, FigureData, FigureKind
from .drawing import label_right, plain, points

Share = float | None


class SweepPoint(FigureData):
    """One point: ``lowest`` and ``highest`` are the spread of ``exact`` over seeds.

    tight : the exact solution is a linear solve, else a quadratic program. linear_pattern : its
    activation pattern is the one it presumes.
    """

    value: float = Field(gt=0)
    published: Share = None
    exact: Share = None
    lowest: Share = None
    highest: Share = None
    tight: bool = False
    linear_pattern: bool = False
    prediction: Share = None
    trained: Share = None
    control: Share = None


class SweepData(FigureData):
    """Points along an axis, drawn on a logarithmic scale."""

    axis: str = "value"
    points: tuple[SweepPoint, ...] = Field(min_length=1)


def draw(data: SweepData, figure: Figure) -> None:
    """Lines for what is connected by a formula, marks for what was measured or published."""
    axes = figure.add_subplot()
    ordered = sorted(data.points, key=lambda point: point.value)
    labels: list[tuple[float, str, str]] = []
    for name, colour, dash in (
        ("prediction", GREEN, DASHED),
        ("control", GREY, DOTTED),
    ):
        if line := _series(ordered, name):
            axes.plot(*zip(*line, strict=True), color=colour, linestyle=dash, linewidth=1.1)
            labels.append((line[-1][1], name, colour))
    if line := _series(ordered, "exact"):
        axes.plot(*zip(*line, strict=True), color=BLUE, linewidth=0.8, alpha=0.7)
        labels.append((line[-1][1], "exact", BLUE))
        _draw_exact(axes, ordered)
    for name, colour, marker, size in (
        ("trained", VERMILLION, "D", 4.2),
        ("published", INK, "x", 5.0),
    ):
        if line := _series(ordered, name):
            x, y = zip(*line, strict=True)
            points(axes, x, y, marker, colour, size, 1.1, zorder=5)
            labels.append((line[-1][1], name, colour))
    _set_axes(axes, data.axis, ordered)
    label_right(axes, labels)


def _series(given: Sequence[SweepPoint], name: str) -> list[tuple[float, float]]:
    pairs = ((point.value, getattr(point, name)) for point in given)
    return [(x, y) for x, y in pairs if y is not None]


def _draw_exact(axes: Axes, given: Sequence[SweepPoint]) -> None:
    for point in given:
        if point.exact is None:
            continue
        low, high = point.lowest, point.highest
        if low is not None and high is not None and high > low:
            axes.plot([point.value] * 2, [low, high], color=BLUE, linewidth=2.4, alpha=0.45)
        marker = "o" if point.tight else "s"
        mark = points(axes, [point.value], [point.exact], marker, BLUE, 3.8, 0.9, zorder=4)
        mark.set_markerfacecolor(BLUE if point.linear_pattern else "white")


def _set_axes(axes: Axes, name: str, given: Sequence[SweepPoint]) -> None:
    axes.set_xscale("log")
    values = [point.value for point in given]
    if len(values) == 1:
        axes.set_xlim(values[0] / 2, values[0] * 2)
    # The points themselves are the ticks, those that would overlap left out.
    ticks: list[float] = []
    span = max(values) / min(values)
    for value in values:
        if not ticks or value / ticks[-1] >= max(1.05, span**0.13):
            ticks.append(value)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel(plain(name))
    axes.set_ylabel("accuracy")


def rows(data: SweepData) -> Iterator[Sequence[object]]:
    """One row per point."""
    names = list(SweepPoint.model_fields)
    yield [data.axis, *names[1:]]
    for point in data.points:
        yield [getattr(point, name) for name in names]


KIND = FigureKind("sweep", SweepData, draw, rows)
