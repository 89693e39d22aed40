"""Labelled images of many classes, split into training and test, by name.

A named set is an `ImageSet` in `IMAGE_SETS`; `ImageChoice` is what a file asks of one: its name,
classes, and how many images. Two-class data sets of vectors are `Dataset`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

import numpy as np
import pydantic

from ..configuration import Configuration, InputError
from .files.image_sets import IMAGE_FILES, ImageFiles, Split


@dataclass(frozen=True, eq=False)
class Images:
    """Images with their labels.

    train_x, test_x : float32 (N, channels, rows, columns), in [0, 1]. train_y, test_y : int64 (N,),
    the place of each image's class in ``classes``, from 0. classes : their names. sha256 : of the
    files that were read, or of the arrays where a package ships them. source : in words.
    """

    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    classes: tuple[str, ...]
    sha256: str
    source: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, rows, columns."""
        channels, rows, columns = self.train_x.shape[1:]
        return channels, rows, columns

    def chosen(self, classes: tuple[int, ...], train: int | None, test: int | None) -> Images:
        """Images of these classes only, which are counted anew; the first so many of each split.

        InputError where there are not as many.
        """
        place = np.full(len(self.classes), -1)
        place[list(classes)] = np.arange(len(classes))

        def taken(
            split: str, x: np.ndarray, y: np.ndarray, count: int | None
        ) -> tuple[np.ndarray, np.ndarray]:
            rows = np.flatnonzero(place[y] >= 0)
            if count is not None and count > len(rows):
                raise InputError(f"{split}: {count} images are asked for, there are {len(rows)}")
            return x[rows[:count]], place[y[rows[:count]]]

        return Images(
            *taken("train", self.train_x, self.train_y, train),
            *taken("test", self.test_x, self.test_y, test),
            tuple(self.classes[k] for k in classes),
            self.sha256,
            self.source,
        )


@dataclass(frozen=True)
class ImageSet:
    """A set of images known by name, and how to read it.

    shape : channels, rows, columns. train, test : how many images there are. find : InputError
    unless what ``read`` reads is there, told without reading it. Both take the folder to look in;
    None is where the system keeps such files.
    """

    name: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    train: int
    test: int
    find: Callable[[Path | None], None]
    read: Callable[[Path | None], Images]


class ImageChoice(Configuration, frozen=True, extra="forbid"):
    """Which images: a named set, some of its classes (by number, None: all), and how many.

    train, test : so many images, the first ones of these classes; None takes all.
    """

    name: str
    classes: Annotated[tuple[int, ...], pydantic.Field(min_length=2)] | None = None
    train: Annotated[int, pydantic.Field(ge=2)] | None = None
    test: Annotated[int, pydantic.Field(ge=1)] | None = None

    @classmethod
    def section(cls) -> str:
        return "images"

    @pydantic.model_validator(mode="after")
    def _there(self) -> ImageChoice:
        if self.name not in IMAGE_SETS:
            raise InputError(f"name: no images {self.name!r}; known: {', '.join(IMAGE_SETS)}")
        for split, wanted, there in (
            ("train", self.train, self.known.train),
            ("test", self.test, self.known.test),
        ):
            if wanted is not None and wanted > there:
                raise InputError(f"{split}: {wanted} images are asked for, there are {there}")
        count = len(self.known.classes)
        if any(not 0 <= k < count for k in self.numbers):
            raise InputError(f"classes: must be from 0 to {count - 1}, found {self.numbers}")
        if len(set(self.numbers)) < len(self.numbers):
            raise InputError(f"classes: a class is named twice in {self.numbers}")
        return self

    @property
    def known(self) -> ImageSet:
        """The set that is named."""
        return IMAGE_SETS[self.name]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The classes, by their numbers in the set."""
        return self.classes or tuple(range(len(self.known.classes)))

    def load(self, root: Path | None = None) -> Images:
        """The images. InputError where they are not there, or too few of these classes."""
        return self.known.read(root).chosen(self.numbers, self.train, self.test)


_TRAINING_DIGITS = 1200


def _digits(_: Path | None) -> Images:
    """scikit-learn's digits, split at random once and for all: they come without a split."""
    from sklearn.datasets import load_digits  # heavy, and only this set needs it

    pixels, labels = load_digits(return_X_y=True)
    x = (pixels / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    y = labels.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(y))
    train, test = np.split(order, [_TRAINING_DIGITS])
    digest = hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()
    source = "scikit-learn digits"
    return Images(x[train], y[train], x[test], y[test], _DIGITS, digest, source)


_DIGITS = tuple(map(str, range(10)))


def _from_files(files: ImageFiles) -> ImageSet:
    """A set that is read from its original files."""

    def find(root: Path | None) -> None:
        for split in get_args(Split):
            files.files(root, split)

    def read(root: Path | None) -> Images:
        train, test = (files.read(root, split) for split in get_args(Split))
        digests = {**train.sha256, **test.sha256}
        return Images(
            train.pixels.astype(np.float32) / 255,
            train.labels.astype(np.int64),
            test.pixels.astype(np.float32) / 255,
            test.labels.astype(np.int64),
            files.classes,
            ", ".join(f"{name} {digest}" for name, digest in digests.items()),
            files.name,
        )

    return ImageSet(files.name, files.shape, files.classes, files.train, files.test, find, read)


IMAGE_SETS: dict[str, ImageSet] = {
    one.name: one
    for one in (
        ImageSet("digits", (1, 8, 8), _DIGITS, 1200, 597, lambda _: None, _digits),
        *map(_from_files, IMAGE_FILES.values()),
    )
}
"""The sets by their names."""
