"""The plane of a limit's two vectors: samples, boundary, kinks, and which samples support it."""

import math
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pydantic import Field, model_validator

from ..style import CLASSES, DASHED, DOTTED, GREEN, INK, PURPLE, Dash, FigureData, FigureKind
from .drawing import points

# Colour, dash and words of the line that each arrow is the normal of.
_LINES: dict[str, tuple[str, Dash | str, str]] = {
    "v": (GREEN, DASHED, "kink of the + half"),
    "u": (PURPLE, DOTTED, "kink of the − half"),
    "q": (INK, "-", "boundary"),
}
# Roles of samples: what the legend says, marker, size and width of the edge.
_SUPPORT, _KINK = 1, 2
_ROLES = ((_SUPPORT, "supports", "o", 5.6, 0.8), (_KINK, "supports, at a kink", "D", 6.2, 1.0))
# Relative to the farthest sample: length of the longest arrows, their names, and the frame.
_LENGTH, _NAME, _MARGIN = 0.9, 1.07, 1.14


class Arrow(FigureData):
    """A vector in the plane: ``v`` or ``u``, or ``q`` for its direction."""

    name: str
    x: float
    y: float


class LimitPlaneData(FigureData):
    """Arrows, samples ``(x, y, label, role)``, and the part of the samples that lies in the plane.

    Roles: 0 supports nothing, 1 supports the limit, 2 does so at a kink of the other half.
    ``part`` is that of the sum of squared norms, in [0, 1].
    """

    arrows: tuple[Arrow, ...]
    samples: tuple[tuple[float, float, int, int], ...] = ()
    part: float = Field(ge=0, le=1 + 1e-9)

    @model_validator(mode="after")
    def _known(self) -> "LimitPlaneData":
        if not self.arrows or any(arrow.name not in _LINES for arrow in self.arrows):
            raise ValueError(f"arrows should be of {', '.join(_LINES)}")
        return self


def draw(data: LimitPlaneData, figure: Figure) -> None:
    """Samples under the lines that the arrows are normals of; marks round those that support."""
    axes = figure.add_subplot()
    reach = max((abs(c) for x, y, *_ in data.samples for c in (x, y)), default=1.0) or 1.0
    longest = max((math.hypot(a.x, a.y) for a in data.arrows if a.name != "q"), default=0.0)
    tips = {
        arrow: (arrow.x * scale, arrow.y * scale)
        for arrow in data.arrows
        if (length := math.hypot(arrow.x, arrow.y))
        for scale in [_LENGTH * reach / (length if arrow.name == "q" else longest)]
    }
    _frame(axes, reach, [y for _, y, *_ in data.samples] + [y for _, y in tips.values()])
    axes.axis("off")
    handles = []
    for sign, colour, marker, filled in CLASSES:
        members = [(x, y) for x, y, label, _ in data.samples if (label > 0) == (sign > 0)]
        if members:
            x, y = zip(*members, strict=True)
            label = f"$y_n={sign:+d}$"
            handles.append(points(axes, x, y, marker, colour, 1.8, 0.4, filled, label=label))
    for role, says, marker, size, width in _ROLES:
        members = [(x, y) for x, y, _, own in data.samples if own == role]
        if members:
            x, y = zip(*members, strict=True)
            handles.append(points(axes, x, y, marker, INK, size, width, zorder=4, label=says))
    for arrow, tip in tips.items():
        handles.append(_line(axes, arrow, 4 * reach / math.hypot(arrow.x, arrow.y)))
        _arrow(axes, arrow.name, tip, reach)
    note = f"{100 * data.part:.3g} % of the samples' squared norm lies in this plane"
    axes.set_title(note, fontsize=7.5, loc="center", pad=3)
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _frame(axes: Axes, reach: float, heights: Sequence[float]) -> None:
    """As high as what is shown, and not much wider than high."""
    low, high = min(heights, default=0.0), max(heights, default=0.0)
    edge = _MARGIN * reach
    more = max((high - low) * (_MARGIN - 1), 1.3 * edge - (high - low)) / 2
    axes.set(xlim=(-edge, edge), ylim=(low - more, high + more), aspect="equal")


def _line(axes: Axes, arrow: Arrow, scale: float) -> Line2D:
    """The line through 0 that the arrow is the normal of."""
    colour, dash, says = _LINES[arrow.name]
    x, y = -arrow.y * scale, arrow.x * scale
    label = rf"$\langle {arrow.name}, z\rangle = 0$: {says}"
    look = {"color": colour, "linestyle": dash, "linewidth": 1.3, "zorder": 3}
    (line,) = axes.plot([-x, x], [-y, y], label=label, **look)
    return line


def _arrow(axes: Axes, name: str, tip: tuple[float, float], reach: float) -> None:
    """An arrow from 0; its name where it points to, beyond the samples."""
    colour = _LINES[name][0]
    look = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=tip, xytext=(0, 0), arrowprops=look, zorder=5)
    x, y = tip
    height = axes.get_ylim()[1 if y > 0 else 0]
    beyond = min(
        (_NAME * reach / abs(x)) if x else math.inf,
        (_NAME / _MARGIN * height / y) if y else math.inf,
    )
    at = (beyond * x, beyond * y)
    axes.text(*at, f"${name}$", color=colour, ha="center", va="center", fontsize=9.5, zorder=6)


def rows(data: LimitPlaneData) -> Iterator[Sequence[object]]:
    """One row per arrow and sample, told apart by the first column."""
    yield ["item", "x", "y", "label", "role"]
    for arrow in data.arrows:
        yield [arrow.name, arrow.x, arrow.y, None, None]
    words = {_SUPPORT: "supports", _KINK: "supports at a kink"}
    for x, y, label, role in data.samples:
        yield ["sample", x, y, label, words.get(role, "")]
    yield ["part of the squared norms in the plane", data.part, None, None, None]


KIND = FigureKind("limit-plane", LimitPlaneData, draw, rows, height=2.8)
