"""What perturbations and base samples each teach about every test point."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure
from pydantic import model_validator

from ..style import BLUE, GREEN, GREY, INK, PURPLE, VERMILLION, FigureData, FigureKind
from .drawing import decades, plain, points

_STYLES = ((BLUE, "o"), (VERMILLION, "s"), (GREEN, "^"), (PURPLE, "D"))
# Of parts that vanish, and those smaller than this share of the largest, the axis shows the edge.
_SMALLEST = 1e-6
# Points of one set that are drawn; the table has all.
_DRAWN = 300


class PointsOfOneKind(FigureData):
    """T1 and T2 at points under a name; ``agreeing`` is 1, -1, or 0 where it is uncertain."""

    together = ("t1", "t2", "covered", "agreeing")

    name: str
    t1: tuple[float, ...]
    t2: tuple[float, ...]
    covered: tuple[bool, ...]
    agreeing: tuple[int, ...]


class PartsData(FigureData):
    """Sets of test points."""

    sets: tuple[PointsOfOneKind, ...]

    @model_validator(mode="after")
    def _some(self) -> "PartsData":
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
    axes.set(xscale="log", yscale="log")
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
