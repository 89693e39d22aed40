"""Accuracies of learners of images with their intervals, and what one of them confuses."""

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import Field, model_validator

from ..style import BLUE, DOTTED, GREY, INK, VERMILLION, FigureData, FigureKind
from .drawing import points

_Share = float


class LearnerMark(FigureData):
    """One learner; its accuracy is ``right`` of ``total``, certainly within lower and upper."""

    arm: str
    seed: int
    right: int = Field(ge=0)
    total: int = Field(ge=1)
    lower: _Share
    upper: _Share
    highest: _Share | None = None


class LearnersData(FigureData):
    """Learners, and the confusion matrix of one: rows true classes, columns answers."""

    learners: tuple[LearnerMark, ...] = Field(min_length=1)
    chance: _Share
    published: tuple[_Share, ...] = ()
    classes: tuple[str, ...] = Field(min_length=2, max_length=100)
    confusion: tuple[tuple[int, ...], ...]

    @model_validator(mode="after")
    def _square(self) -> Self:
        count = len(self.classes)
        if len(self.confusion) != count or {len(row) for row in self.confusion} != {count}:
            raise ValueError("confusion should have a row and a column for each class")
        return self


def draw(data: LearnersData, figure: Figure) -> None:
    """Intervals by arm above, the confusion matrix below."""
    above, below = figure.subplots(2, 1, height_ratios=[1, 1.5])
    _intervals(above, data)
    _matrix(below, data)


def _intervals(axes: Axes, data: LearnersData) -> None:
    arms = list(dict.fromkeys(one.arm for one in data.learners))
    for k, arm in enumerate(arms):
        own = [one for one in data.learners if one.arm == arm]
        colour, marker = (VERMILLION, "D") if arm == "perturbed" else (BLUE, "o")
        offsets = np.linspace(-0.22, 0.22, len(own)) if len(own) > 1 else [0.0]
        for one, offset in zip(own, offsets, strict=True):
            y = k + float(offset)
            axes.plot([one.lower, one.upper], [y, y], color=colour, linewidth=1.2, alpha=0.6)
            points(axes, [one.right / one.total], [y], marker, colour, 2.6, 0.8, filled=True)
            if one.highest is not None:
                points(axes, [one.highest], [y], "|", colour, 5.0, 1.0)
    for value in data.published:
        points(axes, [value], [0.0], "x", INK, 5.0, 1.1, zorder=5)
    axes.axvline(data.chance, color=GREY, linestyle=DOTTED, linewidth=1.0)
    axes.set_yticks(range(len(arms)), [arm[:24] for arm in arms])
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("share of test images")


def _matrix(axes: Axes, data: LearnersData) -> None:
    counts = np.array(data.confusion, dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=0.3)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    places = np.arange(len(data.classes)) + 0.5
    size = 6.0 if len(data.classes) <= 12 else 4.0
    names = [name[:12] for name in data.classes]
    axes.set_xticks(places, names, fontsize=size, rotation=90 if max(map(len, names)) > 2 else 0)
    axes.set_yticks(places, names, fontsize=size)
    axes.tick_params(length=0)
    axes.set_xlabel("answer", labelpad=2)
    axes.set_ylabel("true class", labelpad=2)
    if len(data.classes) <= 12:
        for (i, j), share in np.ndenumerate(shares):
            if counts[i, j]:
                dark = "white" if share > 0.5 else INK
                axes.text(
                    j + 0.5,
                    i + 0.53,
                    f"{counts[i, j]:.0f}",
                    ha="center",
                    va="center",
                    fontsize=5.0,
                    color=dark,
                )


def rows(data: LearnersData) -> Iterator[Sequence[object]]:
    """One line a learner, then one for each cell of the matrix."""
    yield ["arm", "seed", "right", "total", "lower", "upper", "highest"]
    for one in data.learners:
        yield [one.arm, one.seed, one.right, one.total, one.lower, one.upper, one.highest]
    yield ["true class", "answer", "count"]
    for i, row in enumerate(data.confusion):
        for j, count in enumerate(row):
            yield [data.classes[i], data.classes[j], count]


KIND = FigureKind("learners", LearnersData, draw, rows, height=3.15)
