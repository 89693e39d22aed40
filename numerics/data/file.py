"""Samples from the user's own file or folder, and which two of its labels."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from .files.columns import ColumnLike
from .files.kept import read_once
from .files.reading import Wanted, check_data, files_of
from .labelled import LabelledDataset
from .sample import Sample


class FromFile(LabelledDataset, frozen=True, extra="forbid"):
    """Samples of a file (or IDX or CIFAR-10 folder), in its order.

    path: the file, already resolved. labels: the file of the labels, for samples without,
    relative to the folder of ``path``; None seeks it beside the samples. x, y: names of the arrays
    of samples and labels in it; None takes those named so that it is clear. label_column: name or
    number (from 1) of the column of labels in a table; drop_columns: columns to leave out.
    """

    kind: Literal["file"] = "file"
    path: str
    labels: str | None = None
    x: str | None = None
    y: str | None = None
    label_column: ColumnLike | None = None
    drop_columns: tuple[ColumnLike, ...] = ()

    @property
    def place(self) -> str:
        return self.path

    def draw(self, rng: np.random.Generator) -> Sample:
        """The samples; ``rng`` is used for those at random."""
        return self.labelled(read_once(self.path, self._wanted), rng)

    def check(self) -> None:
        check_data(self.path, self._wanted)

    @property
    def files(self) -> list[str]:
        """Every file that the data may be read from; InputError as for reading them."""
        return files_of(self.path, self._wanted.labels)

    @property
    def _wanted(self) -> Wanted:
        labels = None if self.labels is None else str(Path(self.path).parent / self.labels)
        return Wanted(labels, self.x, self.y, self.label_column, self.drop_columns)
