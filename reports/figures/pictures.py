"""Rows of small pictures with captions: images, perturbations, means of classes.

Pictures are the one thing here that is not vector: each is a grid of numbers, drawn as such.
"""

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from matplotlib.figure import Figure
from pydantic import Field, model_validator

from ..style import FigureData, FigureKind

Picture = tuple[tuple[tuple[float, ...], ...], ...]
"""Channels (1 or 3), rows, columns."""

_MOST = 20


class PictureRow(FigureData):
    """Pictures of numbers in [0, 1]; of any, around 0, where ``signed``: grey is 0, and the largest
    of the row is white or black. Under each its caption."""

    name: str
    pictures: tuple[Picture, ...] = Field(min_length=1, max_length=_MOST)
    captions: tuple[str, ...] | None = None
    signed: bool = False

    together = ("pictures", "captions")

    @model_validator(mode="after")
    def _drawable(self) -> Self:
        for picture in self.pictures:
            if len(picture) not in (1, 3):
                raise ValueError(f"a picture has 1 or 3 channels, not {len(picture)}")
            widths = {len(line) for channel in picture for line in channel}
            if len(widths) != 1 or 0 in widths or len({len(channel) for channel in picture}) != 1:
                raise ValueError("the lines of a picture should have one length, and its channels")
        return self


class PicturesData(FigureData):
    """Rows, drawn from above; one with more pictures has smaller ones."""

    rows: tuple[PictureRow, ...] = Field(min_length=1, max_length=8)


def draw(data: PicturesData, figure: Figure) -> None:
    """Rows of pictures, each with its name on the left, and room for captions."""
    heights = [1 / len(row.pictures) + 0.03 for row in data.rows]
    lines = figure.add_gridspec(len(data.rows), 1, height_ratios=heights)
    for place, row in enumerate(data.rows):
        grid = lines[place].subgridspec(1, len(row.pictures))
        scale = np.abs(np.array(row.pictures)).max() or 1.0
        size = 7.5 if len(row.pictures) <= 6 else 6.0
        for k, picture in enumerate(row.pictures):
            axes = figure.add_subplot(grid[k])
            shown = np.moveaxis(np.array(picture), 0, -1)
            shown = 0.5 + shown / (2 * scale) if row.signed else np.clip(shown, 0, 1)
            axes.imshow(
                shown[..., 0] if shown.shape[-1] == 1 else shown,
                cmap="gray",
                vmin=0,
                vmax=1,
                interpolation="nearest",
            )
            axes.set_xticks([])
            axes.set_yticks([])
            for edge in axes.spines.values():
                edge.set_visible(False)
            if row.captions is not None:
                axes.set_xlabel(row.captions[k][:14], fontsize=size, labelpad=1.5)
            if not k:
                axes.set_ylabel(row.name[:14], fontsize=size, labelpad=2)


def rows(data: PicturesData) -> Iterator[Sequence[object]]:
    """One line for each number of each picture."""
    yield ["row", "picture", "caption", "channel", "line", "column", "value"]
    for row in data.rows:
        for k, picture in enumerate(row.pictures):
            caption = "" if row.captions is None else row.captions[k]
            for place, value in np.ndenumerate(np.array(picture)):
                yield [row.name, k, caption, *place, float(value)]


KIND = FigureKind("pictures", PicturesData, draw, rows, height=2.7)
