"""Two classes of a labelled source, and what is done with their samples."""

from __future__ import annotations

import abc
import math
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
import pydantic

from ..configuration import InputError
from .files.guards import Arrays
from .sample import Dataset, Sample, centred, row_list, standardised, with_bias

_EXACT = 2**53
"""Whole numbers up to this are all in float64."""
_NAMED_LABELS = 6

Label = int | float | str


class LabelledDataset(Dataset, abc.ABC, frozen=True, extra="forbid"):
    """Samples of a source of labelled ones, in its order.

    classes: which two labels to take, the first as +1, the second as -1; None takes a source of
    exactly two labels, the smaller (numbers by size, text by alphabet) as -1. samples: so many of
    these, the first ones, or with take = "random" drawn without replacement and kept in order; None
    takes all. centred: subtract the mean of the samples taken; standardised: that, and divide each
    feature by its standard deviation. scale > 0 multiplies then. unit_norm: divide each sample by
    its norm, then. bias: append a coordinate 1, last, so that hidden neurons have a bias.
    """

    classes: tuple[Label, Label] | None = None
    samples: Annotated[int, pydantic.Field(ge=2)] | None = None
    take: Literal["first", "random"] = "first"
    centred: bool = False
    standardised: bool = False
    scale: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] = 1.0
    unit_norm: bool = False
    bias: bool = False

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> LabelledDataset:
        if self.classes is not None and self.classes[0] == self.classes[1]:
            raise InputError(f"classes: two different labels are needed, found {self.classes}")
        if self.take == "random" and self.samples is None:
            raise InputError("take: at random needs a number of samples")
        if self.centred and self.standardised:
            raise InputError("centred: standardised subtracts the mean, too; choose one")
        return self

    @property
    @abc.abstractmethod
    def place(self) -> str:
        """Where the samples come from, as messages name it."""

    def labelled(self, arrays: Arrays, rng: np.random.Generator) -> Sample:
        """The sample that samples (N, d) and labels (N,), as stored, make under these options.

        Raises InputError when the labels are not finite or not two classes, and as `Sample`.
        """
        x, labels = arrays.x, arrays.y
        if labels.dtype.kind == "f" and not np.isfinite(labels).all():
            raise InputError(
                f"{self.place}: the label of {row_list(np.flatnonzero(~np.isfinite(labels)))} "
                "(counted from 0) is not finite"
            )
        if labels.dtype.kind == "U" and (labels == "").any():
            raise InputError(
                f"{self.place}: {row_list(np.flatnonzero(labels == ''))} (counted from 0) without "
                "a label"
            )
        negative, positive = self._classes(labels)
        rows = np.flatnonzero((labels == negative) | (labels == positive))
        rows, told = self._taken(rows, rng)
        y = np.where(labels[rows] == positive, 1, -1)
        if self.samples is not None and self.take == "first" and (y == y[0]).all():
            raise InputError(
                f"{self.place}: samples: the first {self.samples} have one label; take = 'random' "
                "draws them"
            )
        # Only so wide ones can be beyond, and older NumPy crashes on comparing others with it.
        wide = x.dtype.kind in "iu" and x.dtype.itemsize == 8
        if wide and ((x > _EXACT) | (x < -_EXACT)).any():
            told = (*told, "whole numbers beyond 2^53 are rounded to float64")
        # Built before centring and scaling, so that the checks speak of the file as it is.
        names = (_shown(negative), _shown(positive))
        sample = Sample(x[rows], y, self.place, rows, names, (*arrays.told, *told))
        inputs = sample.x
        if self.centred:
            inputs = centred(inputs, rows, self.place)
        elif self.standardised:
            inputs = standardised(inputs, rows, self.place)
        inputs = self.scaled(inputs)
        return sample if inputs is sample.x else replace(sample, x=inputs)

    def scaled(self, x: np.ndarray) -> np.ndarray:
        """Samples (N, d), centred where that is asked for, with what else is done to them."""
        with np.errstate(over="ignore"):
            x = x * self.scale if self.scale != 1 else x
        if self.unit_norm:
            x = x / np.linalg.norm(x, axis=1, keepdims=True)
        return with_bias(x) if self.bias else x

    def _taken(
        self, rows: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, tuple[str, ...]]:
        """As many of the rows of both classes as asked for, and in words which."""
        if self.samples is None:
            return rows, ()
        if self.samples > len(rows):
            raise InputError(
                f"{self.place}: samples: {self.samples} were asked for, there are {len(rows)}"
            )
        told = (f"the first {self.samples} of {len(rows)} samples",)
        if self.take == "first":
            return rows[: self.samples], told
        chosen = np.sort(rng.choice(rows, self.samples, replace=False))
        return chosen, (f"{self.samples} of {len(rows)} samples, drawn at random",)

    def _classes(self, labels: np.ndarray) -> tuple[Label, Label]:
        """The labels of the source that stand for -1 and +1."""
        if not len(labels):
            raise InputError(f"{self.place}: there are no samples")
        present = np.unique(labels).tolist()
        if self.classes is not None:
            found = [self._as_stored(label, present) for label in self.classes]
            return found[1], found[0]
        if len(present) != 2:
            what = "is only one label" if len(present) == 1 else f"are {len(present)} labels"
            mend = "" if len(present) < 2 else "; choose two with 'classes'"
            raise InputError(
                f"{self.place}: exactly two labels are needed, there {what} "
                f"({_label_list(present)}){mend}"
            )
        return present[0], present[1]

    def _as_stored(self, wanted: Label, present: list[Label]) -> Label:
        """The label there equal to ``wanted``; 3, 3.0 and "3" are the same label."""
        for label in present:
            if same_label(label, wanted):
                return label
        raise InputError(
            f"{self.place}: classes: no sample has the label {wanted!r}; "
            f"the file has {_label_list(present)}"
        )


def same_label(one: Label, other: Label) -> bool:
    """Whether two labels are one: 3, 3.0 and "3" are."""
    return one == other or str(one) == str(other) or _number(one) == _number(other)


def _number(label: Label) -> float:
    """The label as a number, or NaN (equal to nothing) when it is text."""
    try:
        return float(label)
    except ValueError:
        return math.nan


def _shown(label: Label) -> str:
    whole = isinstance(label, float) and label.is_integer() and abs(label) <= _EXACT
    return str(int(label) if whole else label)


def _label_list(labels: list[Label]) -> str:
    more = len(labels) - _NAMED_LABELS
    return ", ".join(map(repr, labels[:_NAMED_LABELS])) + (f" and {more} more" if more > 0 else "")
