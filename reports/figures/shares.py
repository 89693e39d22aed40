"""Shares along an axis: some series with their spread over seeds, and published numbers."""

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
from .drawing import label_right, plain, points

_STYLES = (
    (BLUE, "-"),
    (GREEN, DASHED),
    (GREY, DOTTED),
    (VERMILLION, "-"),
    (PURPLE, "-"),
    (INK, "-"),
)


class ShareSeries(FigureData):
    """Means under a name, one a value; ``lowest`` and ``highest`` are their spread, if any."""

    name: str
    values: tuple[float, ...]
    lowest: tuple[float, ...] = ()
    highest: tuple[float, ...] = ()


class SharesData(FigureData):
    """Values of the axis, and what was found there; ``published`` where there is something."""

    axis: str = "value"
    values: tuple[float, ...] = Field(min_length=1)
    published: tuple[float | None, ...] = ()
    series: tuple[ShareSeries, ...] = Field(max_length=len(_STYLES))

    @model_validator(mode="after")
    def _one_each(self) -> "SharesData":
        lengths = {len(one.values) for one in self.series}
        lengths |= {n for s in self.series for n in (len(s.lowest), len(s.highest)) if n}
        if lengths - {len(self.values)} or len(self.published) not in (0, len(self.values)):
            raise ValueError("every series should have a number for every value")
        if any(len(one.lowest) != len(one.highest) for one in self.series):
            raise ValueError("a spread has two ends")
        return self


def draw(data: SharesData, figure: Figure) -> None:
    """A line a series, bars for a spread, crosses for what was published."""
    axes = figure.add_subplot()
    labels: list[tuple[float, str, str]] = []
    order = sorted(range(len(data.values)), key=lambda k: data.values[k])
    x = [data.values[k] for k in order]
    for one, (colour, dash) in zip(data.series, _STYLES, strict=False):
        y = [one.values[k] for k in order]
        axes.plot(x, y, color=colour, linestyle=dash, linewidth=1.1)
        points(axes, x, y, "o", colour, 3.0, 0.8)
        if one.lowest:
            ends = ([one.lowest[k] for k in order], [one.highest[k] for k in order])
            axes.vlines(x, *ends, color=colour, linewidth=2.4, alpha=0.45)
        labels.append((y[-1], one.name, colour))
    known = [(data.values[k], p) for k, p in enumerate(data.published) if p is not None]
    if known:
        places, found = zip(*known, strict=True)
        points(axes, places, found, "x", INK, 5.0, 1.1, zorder=5)
        labels.append((known[-1][1], "published", INK))
    if min(x) > 0 and max(x) > 3 * min(x):
        axes.set_xscale("log")
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel(plain(data.axis))
    axes.set_ylabel("share of test points")
    label_right(axes, labels)


def rows(data: SharesData) -> Iterator[Sequence[object]]:
    """One row a value."""
    spread = [one for one in data.series if one.lowest]
    ends = [f"{one.name}, {end}" for one in spread for end in ("lowest", "highest")]
    yield [data.axis, "published", *(one.name for one in data.series), *ends]
    for k, value in enumerate(data.values):
        published = data.published[k] if data.published else None
        found = [one.values[k] for one in data.series]
        found += [end[k] for one in spread for end in (one.lowest, one.highest)]
        yield [value, published, *found]


KIND = FigureKind("shares", SharesData, draw, rows)
