"""The network's output in the plane of its two neuron directions, and the predicted line on it."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from pydantic import Field, model_validator

from ..style import BLUE, DASHED, GREY, INK, ORANGE, FigureData, FigureKind
from .drawing import plain, powers, samples

# A cone narrower than this (radians) cannot be seen at print size; it is stated instead.
_VISIBLE = math.radians(0.4)
_PREDICTED: dict[str, Any] = {"color": INK, "linewidth": 1.1, "linestyle": DASHED}
_EXCLUDED: dict[str, Any] = {"facecolor": "none", "edgecolor": GREY, "hatch": "/////"}


class DecisionMapData(FigureData):
    """Output ``values[i][j]`` on a grid over ``extent`` = (x0, x1, y0, y1), rows bottom to top.

    ``linear`` holds predicted lines ``nx*x + ny*y = offset``; ``samples`` are ``(x, y, label)``;
    ``cone`` is the half-angle in radians about the line in which nothing is claimed.
    """

    extent: tuple[float, float, float, float]
    values: tuple[tuple[float, ...], ...]
    linear: tuple[tuple[float, float, float], ...] = ()
    samples: tuple[tuple[float, float, int], ...] = ()
    cone: float | None = Field(default=None, ge=0, le=math.pi / 2)
    axes: tuple[str, str] = ("x", "y")

    @model_validator(mode="after")
    def _is_grid(self) -> "DecisionMapData":
        if len(self.values) < 2 or len(self.values[0]) < 2:
            raise ValueError("values should be a grid of at least 2 by 2")
        if any(len(row) != len(self.values[0]) for row in self.values):
            raise ValueError("the rows of values should have one length")
        if not (self.extent[0] < self.extent[1] and self.extent[2] < self.extent[3]):
            raise ValueError("extent should be (x0, x1, y0, y1) with x0 < x1 and y0 < y1")
        return self


def draw(data: DecisionMapData, figure: Figure) -> None:
    """Tinted sign regions, the trained boundary as a broad line, the predicted one thin on top."""
    axes = figure.add_subplot()
    x0, x1, y0, y1 = data.extent
    values = np.asarray(data.values, dtype=np.float64)
    x = np.linspace(x0, x1, values.shape[1])
    y = np.linspace(y0, y1, values.shape[0])
    largest = float(np.abs(values).max()) or 1.0
    levels = [level * largest for level in (-1.001, -0.5, -0.2, 0, 0.2, 0.5, 1.001)]
    tints = ((ORANGE, 0.55), (ORANGE, 0.38), (ORANGE, 0.2), (BLUE, 0.14), (BLUE, 0.26), (BLUE, 0.4))
    # Tints by opacity, so that the map also sits on a dark page.
    axes.contourf(x, y, values, levels=levels, colors=list(tints))
    handles = []
    if values.min() < 0 < values.max():
        axes.contour(x, y, values, levels=[0], colors=[GREY], linewidths=3.2, alpha=0.6)
        handles.append(Line2D([], [], color=GREY, linewidth=3.2, alpha=0.6, label="trained $f=0$"))
    for line in data.linear:
        _draw_line(axes, data, line)
    if data.linear:
        handles.append(Line2D([], [], label="predicted", **_PREDICTED))
    handles += samples(axes, data.samples, 3.4, 0.9)
    _name_regions(axes, x, y, values)
    axes.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal")
    axes.set_xlabel(plain(data.axes[0]))
    axes.set_ylabel(plain(data.axes[1]))
    if data.cone is not None and data.cone < _VISIBLE:
        note = rf"excluded: within ${powers(math.degrees(data.cone))}°$ of the line"
        axes.set_title(note, fontsize=7.5, loc="left", pad=3)
    elif data.cone is not None and data.linear:
        handles.append(Polygon([[0, 0]], linewidth=0, label="excluded", **_EXCLUDED))
    # Up to four entries fit on one line.
    look = {"columnspacing": 0.9, "handlelength": 1.4, "ncols": 4 if len(handles) < 5 else 3}
    figure.legend(handles=handles, loc="outside lower center", **look)


def _draw_line(axes: Axes, data: DecisionMapData, line: tuple[float, float, float]) -> None:
    nx, ny, offset = line
    length = math.hypot(nx, ny)
    if not length:
        return
    foot = np.array([nx, ny]) * offset / length**2
    along = np.array([-ny, nx]) / length
    reach = 2 * (data.extent[1] - data.extent[0] + data.extent[3] - data.extent[2])
    ends = np.array([foot - reach * along, foot + reach * along])
    axes.plot(ends[:, 0], ends[:, 1], zorder=4, **_PREDICTED)
    if data.cone is None or data.cone < _VISIBLE:
        return
    across = math.sin(data.cone) * np.array([nx, ny]) / length
    for side in (1, -1):
        rim = side * math.cos(data.cone) * along
        wedge = [foot, foot + reach * (rim + across), foot + reach * (rim - across)]
        axes.add_patch(Polygon(wedge, linewidth=0.5, zorder=3, **_EXCLUDED))


def _name_regions(axes: Axes, x: np.ndarray, y: np.ndarray, values: np.ndarray) -> None:
    # Look for the strongest output away from the frame, so that the words stay inside.
    rows, columns = values.shape
    inner = np.zeros_like(values, dtype=bool)
    inner[rows // 10 : rows - rows // 10, columns // 6 : columns - columns // 6] = True
    for sign, text in ((1, "$f>0$"), (-1, "$f<0$")):
        strength = np.where(inner, sign * values, -np.inf)
        i, j = np.unravel_index(int(strength.argmax()), values.shape)
        if strength[i, j] > 0:
            axes.text(x[j], y[i], text, ha="center", va="center", fontsize=9, zorder=6)


def rows(data: DecisionMapData) -> Iterator[Sequence[object]]:
    """The grid in long form, then lines and samples, told apart by the first column."""
    yield ["item", "x", "y", "value"]
    x0, x1, y0, y1 = data.extent
    for y, row in zip(np.linspace(y0, y1, len(data.values)), data.values, strict=True):
        for x, value in zip(np.linspace(x0, x1, len(row)), row, strict=True):
            yield ["output", float(x), float(y), value]
    for nx, ny, offset in data.linear:
        yield ["line nx*x+ny*y=value", nx, ny, offset]
    for x, y, label in data.samples:
        yield ["sample", x, y, label]
    if data.cone is not None:
        yield ["cone half-angle (rad)", None, None, data.cone]


KIND = FigureKind("decision-map", DecisionMapData, draw, rows, height=2.45)
