"""Boundaries of several homogeneous networks in one plane: rays on a disc, and the predicted lines.

f(t z) = t f(z) for t > 0, so the disc shows the whole plane.
"""

import math
import re
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Wedge
from pydantic import model_validator

from ..style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, FigureData, FigureKind
from .drawing import plain, samples

# Broad lines for what was trained, told apart by colour, width and dash.
_TRAINED = (
    (GREY, 4.6, "-"),
    (GREEN, 2.2, "-"),
    (PURPLE, 2.2, (0, (1, 1))),
)
_PREDICTED = ((0, (5, 2)), (0, (5, 1.2, 1, 1.2)))
# Lines closer than this (radians) share a label; labels are kept that far apart.
_TOGETHER = math.radians(4)
_GAP = math.radians(12)
_RIM = 1.07
_TURN = 2 * math.pi
# Samples fill the disc up to here.
_FILLED = 0.9


Arc = tuple[float, float]


class Network(FigureData):
    """A network under a name, and the arcs [from, to] (radians) where its output is positive."""

    name: str
    positive: tuple[Arc, ...]

    @property
    def rays(self) -> tuple[float, ...]:
        """The angles at which its sign changes."""
        if any(end - start >= _TURN - 1e-9 for start, end in self.positive):
            return ()
        return tuple(end for arc in self.positive for end in arc)

    @property
    def regions(self) -> Iterator[tuple[str, str, Sequence[Arc]]]:
        """Sign, colour and arcs of where its output is positive, and negative."""
        ordered = sorted(self.positive)
        starts = [start for start, _ in ordered[1:]] + [ordered[0][0] + _TURN] if ordered else []
        gaps = [(arc[1], start) for arc, start in zip(ordered, starts, strict=True)]
        yield ">", BLUE, self.positive
        yield "<", ORANGE, [g for g in gaps if g[1] - g[0] > 1e-9] if ordered else [(0, _TURN)]


class Normal(FigureData):
    """The normal of a predicted line under a name: the angle of its direction in radians."""

    name: str
    angle: float


class BoundariesData(FigureData):
    """Networks, normals of predicted lines, samples ``(x, y, label)``, and the axes' names."""

    networks: tuple[Network, ...]
    normals: tuple[Normal, ...] = ()
    samples: tuple[tuple[float, float, int], ...] = ()
    axes: tuple[str, str] = ("x", "y")

    @model_validator(mode="after")
    def _arcs(self) -> "BoundariesData":
        if not self.networks or len(self.networks) > len(_TRAINED):
            raise ValueError(f"networks should be 1 to {len(_TRAINED)}")
        if any(start > end for network in self.networks for start, end in network.positive):
            raise ValueError("an arc should be (from, to) with from <= to")
        return self


def draw(data: BoundariesData, figure: Figure) -> None:
    """The second network's regions tinted, every boundary labelled at the rim."""
    axes = figure.add_subplot()
    axes.set(xlim=(-1.5, 1.5), ylim=(-1.42, 1.2), aspect="equal")
    axes.axis("off")
    tinted = data.networks[min(1, len(data.networks) - 1)]
    # Tints by opacity, so that the figure also sits on a dark page.
    for _, colour, arcs in tinted.regions:
        for start, end in arcs:
            ends, look = (math.degrees(start), math.degrees(end)), {"alpha": 0.18, "linewidth": 0}
            axes.add_patch(Wedge((0, 0), 1, *ends, facecolor=colour, zorder=0, **look))
    axes.add_patch(Circle((0, 0), 1, facecolor="none", edgecolor=INK, linewidth=0.6))
    labels: list[tuple[float, str, str]] = []
    for network, (colour, width, dash) in zip(data.networks, _TRAINED, strict=False):
        for angle in network.rays:
            look = {"color": colour, "linewidth": width, "linestyle": dash, "alpha": 0.75}
            x, y = [0, math.cos(angle)], [0, math.sin(angle)]
            axes.plot(x, y, solid_capstyle="butt", zorder=2, **look)
            # A line that goes on beyond the origin is named at its upper end alone.
            straight = any(_apart(angle + math.pi, other) < _TOGETHER for other in network.rays)
            if angle % _TURN < math.pi - 1e-9 or not straight:
                labels.append((angle, _symbol(network.name), colour))
    for normal, dash in zip(data.normals, _PREDICTED * len(data.normals), strict=False):
        angle = normal.angle + math.pi / 2
        x, y = math.cos(angle), math.sin(angle)
        axes.plot([-x, x], [-y, y], color=INK, linewidth=1.0, linestyle=dash, zorder=4)
        lower = angle if y < 0 else angle + math.pi
        labels.append((lower, rf"$\langle${_symbol(normal.name)}$, z\rangle=0$", INK))
    size = 3.4 if len(data.samples) <= 100 else 2.0
    handles = samples(axes, _on_disc(data), size, 0.7, "natural sample, ")
    _name_lines(axes, labels)
    _name_regions(axes, data, tinted)
    # Arrows for the axes: the disc has no ticks, as only directions mean something.
    along = plain(f"→ {data.axes[0]},  ↑ {data.axes[1]}")
    # Letters with one above are mathematics.
    along = re.sub(r"\b[a-z]\^[a-z]\b", r"$\g<0>$", along)
    axes.text(0, -1.42, along, ha="center", va="bottom", fontsize=7.5)
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _apart(first: float, second: float) -> float:
    """The angle between two rays, in [0, pi]."""
    return abs((first - second + math.pi) % _TURN - math.pi)


def _symbol(name: str) -> str:
    """A name as mathematics if it is a letter, with or without one above, else as it is."""
    return f"${name}$" if re.fullmatch(r"[a-z](\^[a-z])?", name) else plain(name)


def _name_regions(axes: Axes, data: BoundariesData, network: Network) -> None:
    """Say where the tinted network is positive and negative, away from lines and samples."""
    taken = np.array([(x, y) for x, y, _ in _on_disc(data)]).reshape(-1, 2)
    lines = [ray for one in data.networks for ray in one.rays]
    lines += [n.angle + side * math.pi / 2 for n in data.normals for side in (1, -1)]

    def room(angle: float, radius: float) -> tuple[float, float, float]:
        """How far a point is from everything, and its coordinates."""
        x, y = radius * math.cos(angle), radius * math.sin(angle)
        # The words are wider than high, so sideways distances count less.
        to_samples = np.hypot(*((taken - (x, y)) * (0.5, 1)).T).min(initial=1)
        to_lines = min((math.sin(min(_apart(angle, r), 1.5)) for r in lines), default=1)
        return min(radius * to_lines, float(to_samples)), x, y

    for sign, _, arcs in network.regions:
        angles = [angle for arc in arcs for angle in np.linspace(*arc, 61).tolist()]
        points = (room(angle, radius) for angle in angles for radius in (0.5, 0.65, 0.8))
        best, x, y = max(points, key=lambda point: point[0], default=(0.0, 0.0, 0.0))
        if best > 0.05:
            words = f"{_symbol(network.name)} ${sign}$ 0"
            axes.text(x, y, words, ha="center", va="center", fontsize=8.5, zorder=6)


def _on_disc(data: BoundariesData) -> list[tuple[float, float, int]]:
    """The samples, the farthest one moved to `_FILLED` and the others in proportion."""
    largest = max((math.hypot(x, y) for x, y, _ in data.samples), default=1.0) or 1.0
    return [(x * _FILLED / largest, y * _FILLED / largest, own) for x, y, own in data.samples]


def _name_lines(axes: Axes, labels: list[tuple[float, str, str]]) -> None:
    """Write labels ``(angle, text, colour)`` round the rim, kept from overlapping."""
    if not labels:
        return
    turned: list[tuple[float, str, str]] = []
    for angle, text, colour in sorted((a % _TURN, text, colour) for a, text, colour in labels):
        if turned and angle - turned[-1][0] < _TOGETHER:
            first, known, _ = turned.pop()
            turned.append((first, f"{known}, {text}", INK))
        else:
            turned.append((angle, text, colour))
    places = _spread([angle for angle, _, _ in turned])
    for (angle, text, colour), place in zip(turned, places, strict=True):
        x, y = math.cos(place), math.sin(place)
        axes.annotate(
            text,
            xy=(math.cos(angle), math.sin(angle)),
            xytext=(_RIM * x, _RIM * y),
            color=colour,
            fontsize=7.5,
            ha="left" if x > 0.15 else "right" if x < -0.15 else "center",
            va="bottom" if y > 0.5 else "top" if y < -0.5 else "center",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkB": 0},
        )


def _spread(angles: list[float]) -> list[float]:
    """Sorted angles moved apart to at least `_GAP`, about where they were."""
    places = np.array(angles)
    for _ in range(200):
        gaps = np.diff(np.append(places, places[0] + _TURN))
        short = np.maximum(_GAP - gaps, 0) / 2
        if len(places) < 2 or short.max() < 1e-6:
            break
        places = places - short + np.roll(short, 1)
    return places.tolist()


def rows(data: BoundariesData) -> Iterator[Sequence[object]]:
    """Arcs where a network is positive, normals of predicted lines, and samples."""
    yield ["item", "name", "from_or_x", "to_or_y", "label"]
    for network in data.networks:
        for start, end in network.positive:
            yield ["positive arc (rad)", network.name, start, end, None]
    for normal in data.normals:
        yield ["normal (rad)", normal.name, normal.angle, None, None]
    for x, y, label in data.samples:
        yield ["sample", None, x, y, label]


KIND = FigureKind("boundaries", BoundariesData, draw, rows, height=3.5)
