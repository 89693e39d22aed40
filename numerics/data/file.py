"""Samples from the user's own file or folder, and labels from a file: which reader gets what."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pydantic

from ..configuration import InputError
from .read_csv import read_csv
from .read_images import (
    looks_like_idx,
    read_cifar,
    read_idx_pair,
    training_batches,
    training_images,
)
from .read_numpy import read_npy, read_npy_pair, read_npz
from .read_torch import check_pt, read_pt, read_safetensors
from .sample import (
    Dataset,
    Sample,
    centred,
    existing,
    opened_for_reading,
    refuse_no_file,
    row_list,
    with_bias,
)

_READERS: Mapping[str, Callable[[str], Any]] = {
    ".npz": read_npz,
    ".csv": read_csv,
    ".pt": read_pt,
    ".pth": read_pt,
    ".safetensors": read_safetensors,
    ".bin": lambda path: read_cifar([path]),
}
_AT_A_GLANCE: Mapping[str, Callable[[str], Any]] = {
    **_READERS,
    ".npz": partial(read_npz, headers=True),
    ".csv": lambda path: open(path, "rb").close(),  # has no header to be held against
    ".pt": check_pt,
    ".pth": check_pt,
    ".safetensors": partial(read_safetensors, headers=True),
}
"""What tells in an instant whether a file is one of data; none of it loads torch."""
_OF_TORCH = (".pt", ".pth", ".safetensors")
_SMALL = 2**20
"""Bytes of a file that is read in an instant, all of it."""


def read_data(path: str, labels: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Samples (N, d) and labels (N,), as stored in a file, or in a folder of IDX or CIFAR-10 files.

    `labels` names the file of the labels of a ``.npy`` or IDX file; the other kinds hold their own.

    Raises InputError, one line that names the file, for whatever cannot be read.
    """
    with opened_for_reading(labels or path), opened_for_reading(path):
        return _read(path, labels, _READERS)


def _read(path: str, labels: str | None, readers: Mapping[str, Callable[[str], Any]]) -> Any:
    suffix = Path(path).suffix.lower()
    reader = readers.get(suffix)
    if reader is None and suffix != ".npy" and Path(path).is_dir():
        if (images := training_images(path)) is not None:
            return read_idx_pair(images, labels)
        if not (batches := training_batches(path)):
            raise InputError(
                f"{path}: is a folder without train-images-idx3-ubyte[.gz] (MNIST, Fashion-MNIST) "
                "and without data_batch_*.bin (CIFAR-10)"
            )
        _refuse_labels(path, labels)
        return read_cifar(batches)
    refuse_no_file(path, "data file")
    if suffix == ".npy":
        return read_npy_pair(path, labels)
    if looks_like_idx(path):
        return read_idx_pair(path, labels)
    if reader is None:
        existing(path)
        raise InputError(
            f"{path}: unknown type of data file; .npz, .csv, .npy, .pt, .safetensors, an IDX file "
            "(...-idx3-ubyte) or a folder of IDX or binary CIFAR-10 files is needed"
        )
    _refuse_labels(path, labels)
    return reader(path)


def _refuse_labels(path: str, labels: str | None) -> None:
    if labels is not None:
        raise InputError(
            f"{path}: holds its own labels; a file of labels goes with a .npy or IDX file"
        )


def read_labels(path: str, count: int | None) -> np.ndarray:
    """The labels, int8 (count,), of a ``.npy`` or of a ``.csv`` with one label a line, in order.

    Any number of them where ``count`` is None.
    Nothing is unpickled. A first line of a ``.csv`` that is no number is a header.
    Raises InputError, naming the file and where it fails, unless it holds exactly ``count`` labels,
    each -1 or +1.
    """
    reader = {".npy": _read_npy, ".csv": _read_csv}.get(Path(path).suffix.lower())
    if reader is None:
        raise InputError(f"{path}: unknown type of label file; .npy or .csv is needed")
    with opened_for_reading(path):
        refuse_no_file(path, "label file")
        labels = reader(path)
    if labels.ndim != 1 or count not in (None, len(labels)):
        needed = "" if count is None else f"{count} "
        raise InputError(
            f"{path}: {needed}labels are needed, one for each perturbed sample, found an array of "
            f"shape {labels.shape}"
        )
    wrong = np.flatnonzero(~np.isin(labels, (-1, 1)))
    if len(wrong):
        raise InputError(
            f"{path}: label {wrong[0]} (counted from 0) is {labels[wrong[0]]}; labels must be "
            "-1 or +1"
        )
    return labels.astype(np.int8)


def _read_npy(path: str) -> np.ndarray:
    labels = read_npy(path)
    if labels.dtype.kind not in "iuf":
        raise InputError(f"{path}: an array of numbers is needed")
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def _read_csv(path: str) -> np.ndarray:
    labels: list[float] = []
    try:
        with open(path, encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if not (cell := line.strip()):
                    continue
                try:
                    labels.append(float(cell))
                except ValueError:
                    if number > 1:
                        raise InputError(
                            f"{path}: line {number}: {cell!r} is not a label"
                        ) from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a readable .csv file ({error})") from None
    return np.array(labels)


_NAMED_LABELS = 6

_Label = int | float | str


class FromFile(Dataset, frozen=True, extra="forbid"):
    """All samples of a file (or IDX or CIFAR-10 folder), in its order.

    path: the file, already resolved. labels: the file of the labels of a ``.npy`` or IDX file,
    relative to the folder of ``path``; None seeks it beside the samples. classes: which two labels
    to take, the first as +1, the second as -1; None takes a file of exactly two labels, the smaller
    (numbers by size, text by alphabet) as -1. centred: subtract the mean of the samples taken.
    scale > 0 multiplies then. bias: append a coordinate 1, last, so that hidden neurons have a
    bias.
    """

    kind: Literal["file"] = "file"
    path: str
    labels: str | None = None
    classes: tuple[_Label, _Label] | None = None
    centred: bool = False
    scale: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] = 1.0
    bias: bool = False

    @pydantic.model_validator(mode="after")
    def _two_classes(self) -> FromFile:
        if self.classes is not None and self.classes[0] == self.classes[1]:
            raise InputError(f"classes: two different labels are needed, found {self.classes}")
        return self

    def draw(self, rng: np.random.Generator) -> Sample:
        """The samples; ``rng`` is not used."""
        return self.labelled(*read_data(self.path, self._labels_path))

    def check(self) -> None:
        labels = self._labels_path
        with opened_for_reading(labels or self.path), opened_for_reading(self.path):
            _read(self.path, labels, _AT_A_GLANCE)
        small = os.path.isfile(self.path) and os.path.getsize(self.path) <= _SMALL
        if small and Path(self.path).suffix.lower() not in _OF_TORCH:
            self.draw(np.random.default_rng())

    @property
    def _labels_path(self) -> str | None:
        return None if self.labels is None else str(Path(self.path).parent / self.labels)

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
        if not self.centred and self.scale == 1 and not self.bias:
            return sample
        inputs = centred(sample.x, rows, self.path) if self.centred else sample.x
        with np.errstate(over="ignore"):
            inputs = inputs * self.scale
        return Sample(with_bias(inputs) if self.bias else inputs, y, self.path, rows)

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
