"""Loads of the assumptions along a swept field: below 1 an assumption holds."""

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
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
from .drawing import band, decades, label_right, plain

_LOOKS = (
    (BLUE, "-", "o"),
    (VERMILLION, DASHED, "s"),
    (GREEN, DOTTED, "D"),
    (PURPLE, (0, (4, 1, 1, 1)), "^"),
    (ORANGE, (0, (6, 2)), "v"),
    (INK, (0, (2, 1)), "x"),
)


class LoadPoint(FigureData):
    """The loads at one value of the field, over all values of the other fields."""

    value: float
    low: float = Field(ge=0)
    middle: float = Field(ge=0)
    high: float = Field(ge=0)


class LoadSeries(FigureData):
    """The loads of one theorem's most loaded assumption."""

    name: str
    points: tuple[LoadPoint, ...]


class LoadsData(FigureData):
    """At most six series, which is as many as can be told apart."""

    axis: str
    series: tuple[LoadSeries, ...] = Field(max_length=len(_LOOKS))

    @model_validator(mode="after")
    def _some(self) -> "LoadsData":
        if not any(series.points for series in self.series):
            raise ValueError("series should have at least one point")
        return self


def draw(data: LoadsData, figure: Figure) -> None:
    """Medians as lines with marks, the range over the other fields as a band, a line at 1."""
    axes = figure.add_subplot()
    points = [point for series in data.series for point in series.points]
    if all(point.low > 0 for point in points):
        axes.set_yscale("log")
    values = [point.value for point in points]
    logarithmic = min(values) > 0 and max(values) / min(values) > 10
    if logarithmic:
        axes.set_xscale("log")
    labels = []
    for series, (colour, dash, marker) in zip(data.series, _LOOKS, strict=False):
        if not series.points:
            continue
        ordered = sorted(series.points, key=lambda point: point.value)
        x = [point.value for point in ordered]
        band(axes, x, [point.low for point in ordered], [point.high for point in ordered], colour)
        middle = [point.middle for point in ordered]
        axes.plot(x, middle, color=colour, linestyle=dash, marker=marker, markerfacecolor="none")
        labels.append((middle[-1], plain(series.name), colour))
    axes.axhline(1, color=GREY, linewidth=0.8, zorder=1)
    if logarithmic:
        decades(axes.xaxis)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    if axes.get_yscale() == "log":
        decades(axes.yaxis)
    axes.set_xlabel(plain(data.axis))
    axes.set_ylabel("load (assumption holds below 1)")
    label_right(axes, [*labels, (1, "limit", GREY)])


def rows(data: LoadsData) -> Iterator[Sequence[object]]:
    """One row per theorem and value."""
    yield ["theorem", data.axis, "smallest", "median", "largest"]
    for series in data.series:
        for point in series.points:
            yield [series.name, point.value, point.low, point.middle, point.high]


KIND = FigureKind("loads", LoadsData, draw, rows)
