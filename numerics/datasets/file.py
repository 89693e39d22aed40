"""Data from the user's own file or folder, in any format that `formats` reads."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pydantic

from ..input_error import InputError
from .base import Dataset, Sample, centred, row_list
from .formats import read_data

_NAMED_LABELS = 6

_Label = int | float | str


class FromFile(Dataset, frozen=True, extra="forbid"):
    """All samples of a file (or IDX or CIFAR-10 folder), in its order.

    path: the file, already resolved. labels: the file of the labels of a ``.npy`` or IDX file,
    relative to the folder of ``path``; None seeks it beside the samples. classes: which two labels
    to take, the first as +1, the second as -1; None takes a file of exactly two labels, the smaller
    (numbers by size, text by alphabet) as -1. centred: subtract the mean of the samples taken.
    scale > 0 multiplies last.
    """

    kind: Literal["file"] = "file"
    path: str
    labels: str | None = None
    classes: tuple[_Label, _Label] | None = None
    centred: bool = False
    scale: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] = 1.0

    @pydantic.model_validator(mode="after")
    def _two_classes(self) -> FromFile:
        if self.classes is not None and self.classes[0] == self.classes[1]:
            raise InputError(f"classes: two different labels are needed, found {self.classes}")
        return self

    def draw(self, rng: np.random.Generator) -> Sample:
        """The samples; ``rng`` is not used."""
        labels_path = None if self.labels is None else str(Path(self.path).parent / self.labels)
        return self.labelled(*read_data(self.path, labels_path))

    def labelled(self, x: np.ndarray, labels: np.ndarray) -> Sample:
        """The sample that samples (N, d) and labels (N,), as stored, make under these options.

        Raises InputError when the labels are not finite or not two classes, and as `Sample`.
        """
        if labels.dtype.kind == "f" and not np.isfinite(labels).all():
            raise InputError(
                f"{self.path}: the label of {row_list(np.flatnonzero(~np.isfinite(labels)))} "
                "(counted from 0) is not finite"
            )
        negative, positive = self._classes(labels)
        rows = np.flatnonzero((labels == negative) | (labels == positive))
        y = np.where(labels[rows] == positive, 1, -1)
        # Built before centring and scaling, so that the checks speak of the file as it is.
        sample = Sample(x[rows], y, self.path, rows)
        if not self.centred and self.scale == 1:
            return sample
        inputs = centred(sample.x, rows, self.path) if self.centred else sample.x
        with np.errstate(over="ignore"):
            return Sample(inputs * self.scale, y, self.path, rows)

    def _classes(self, labels: np.ndarray) -> tuple[_Label, _Label]:
        """The labels of the file that stand for -1 and +1."""
        present = np.unique(labels).tolist()
        if self.classes is not None:
            found = [self._as_stored(label, present) for label in self.classes]
            return found[1], found[0]
        if len(present) != 2:
            what = "is only one label" if len(present) == 1 else f"are {len(present)} labels"
            mend = "" if len(present) < 2 else "; choose two with 'classes'"
            raise InputError(
                f"{self.path}: exactly two labels are needed, there {what} "
                f"({_label_list(present)}){mend}"
            )
        return present[0], present[1]

    def _as_stored(self, wanted: _Label, present: list[_Label]) -> _Label:
        """The label of the file equal to ``wanted``; 3, 3.0 and "3" are the same label."""
        for label in present:
            if label == wanted or str(label) == str(wanted) or _number(label) == _number(wanted):
                return label
        raise InputError(
            f"{self.path}: classes: no sample has the label {wanted!r}; "
            f"the file has {_label_list(present)}"
        )


def _number(label: _Label) -> float:
    """The label as a number, or NaN (equal to nothing) when it is text."""
    try:
        return float(label)
    except ValueError:
        return math.nan


def _label_list(labels: list[_Label]) -> str:
    more = len(labels) - _NAMED_LABELS
    return ", ".join(map(repr, labels[:_NAMED_LABELS])) + (f" and {more} more" if more > 0 else "")
