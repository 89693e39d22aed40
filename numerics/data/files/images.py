"""Reading images: IDX files (MNIST, Fashion-MNIST) and the binary version of CIFAR-10.

IDX files are big-endian arrays, plain or gzipped. The Python version of CIFAR-10 is pickled, and
refused.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import IO, Literal

import numpy as np

from ...configuration import InputError
from .conversions import pickled
from .guards import Arrays, claimed_bytes, existing, refuse_unfolding

_PIXELS = 3 * 32 * 32
_RECORD = 1 + _PIXELS
_CLASSES = 10
_PICKLED = ("data_batch_1", "batches.meta")


def training_batches(folder: str) -> list[str]:
    """The files ``data_batch_*.bin`` of a folder, or of one in it, in order of name.

    Raises InputError for the pickled version of the data set.
    """
    return _batches(folder, "data_batch_*.bin")


def test_batches(folder: str) -> list[str]:
    """The file ``test_batch.bin`` of a folder, or of one in it, as `training_batches`."""
    return _batches(folder, "test_batch.bin")


def _batches(folder: str, names: str) -> list[str]:
    inside = (Path(folder), *sorted(Path(folder).glob("cifar-10-batches-*")))
    for each in inside:
        if found := sorted(map(str, each.glob(names))):
            return found
    if any((each / name).exists() for each in inside for name in _PICKLED):
        raise InputError(
            f"{folder}: is the Python version of CIFAR-10: {pickled('data_batch_1')}; or take the "
            "binary version, cifar-10-binary.tar.gz (data_batch_1.bin, ...)"
        )
    return []


def read_cifar(paths: list[str]) -> Arrays:
    """Images uint8 (N, 3072), red, green and blue plane by plane, and labels uint8 (N,).

    Raises InputError when a file is not a whole number of records of 3073 bytes, or a label
    exceeds 9.
    """
    records = [_read_batch(path) for path in paths]
    joined = records[0] if len(records) == 1 else np.concatenate(records)
    return Arrays(joined[:, 1:], joined[:, 0])


def _read_batch(path: str) -> np.ndarray:
    size = Path(path).stat().st_size if Path(path).is_file() else 0
    if size == 0 or size % _RECORD:
        raise InputError(
            f"{path}: truncated or no CIFAR-10 file: {size} bytes are no whole number of records "
            f"of {_RECORD}"
        )
    records = np.fromfile(path, dtype=np.uint8).reshape(-1, _RECORD)
    wrong = np.flatnonzero(records[:, 0] >= _CLASSES)
    if len(wrong):
        raise InputError(
            f"{path}: no CIFAR-10 file: record {wrong[0]} (counted from 0) has the label "
            f"{records[wrong[0], 0]}"
        )
    return records


_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_IMAGE_FILES = ("images-idx3-ubyte", "images.idx3-ubyte")
_SPLITS = {"train": "train", "test": "t10k"}


def image_files(folder: str, split: Literal["train", "test"] = "train") -> list[str]:
    """The files of training (or test) images in a folder, or a level or two below it.

    That is how torchvision lays them out (``MNIST/raw``), and whoever unpacks each file into a
    folder of its name.
    """
    names = [f"{_SPLITS[split]}-{name}{end}" for name in _IMAGE_FILES for end in ("", ".gz")]
    for level in ("", "*/", "*/*/"):
        found = [path for name in names for path in Path(folder).glob(level + name)]
        if files := sorted(str(path) for path in found if path.is_file()):
            return files
    return []


def labels_of_images(path: str) -> str:
    """The file of labels beside a file of images, or in a folder of its own name beside that.

    Raises InputError where the name is none of a file of images, or there is none.
    """
    file = Path(path)
    if "images" not in file.name:
        raise InputError(f"{path}: where are the labels? Name their file by the option labels")
    name = file.name.replace("images", "labels").replace("idx3", "idx1").removesuffix(".gz")
    folders = (file.parent, file.parent.parent / name, file.parent.parent / f"{name}.gz")
    tried = [folder / f"{name}{end}" for folder in folders for end in ("", ".gz")]
    if (found := next((each for each in tried if each.is_file()), None)) is None:
        raise InputError(f"{path}: its labels are missing: no file {tried[0]}[.gz]")
    return str(found)


def looks_like_idx(path: str) -> bool:
    """Whether a file name is one of an IDX file."""
    name = Path(path).name.lower().removesuffix(".gz")
    return any(f"idx{axes}" in name for axes in (1, 2, 3, 4)) or name.endswith(".idx")


def read_idx(path: str) -> np.ndarray:
    """The array of one IDX file. Its promised size is held against the file's before reading."""
    file = existing(path)
    size = file.stat().st_size
    zipped = file.suffix.lower() == ".gz"
    try:
        with gzip.open(path) if zipped else file.open("rb") as stream:
            shape, dtype = _header(stream, path)
            promised = claimed_bytes(path, "it", shape, dtype.itemsize)
            if zipped:
                refuse_unfolding(path, f"an array of shape {shape}", promised, size)
            elif promised > size:
                raise InputError(
                    f"{path}: truncated or forged: claims shape {shape}, {promised} bytes of data, "
                    f"in a file of {size}"
                )
            content = stream.read(promised + 1)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InputError(f"{path}: not a readable .gz file ({error})") from None
    if len(content) != promised:
        found = "truncated" if len(content) < promised else "too long"
        raise InputError(f"{path}: {found}: claims shape {shape}, {promised} bytes of data")
    return np.frombuffer(content, dtype=dtype).reshape(shape)


def _header(stream: IO[bytes] | gzip.GzipFile, path: str) -> tuple[tuple[int, ...], np.dtype]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or not 1 <= magic[3] <= 4:
        raise InputError(
            f"{path}: wrong magic number {magic.hex() or '(empty)'}; an IDX file starts with "
            "0000, a known type and 1 to 4 axes"
        )
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise InputError(f"{path}: truncated inside its header")
    return tuple(np.frombuffer(sizes, dtype=">u4").tolist()), np.dtype(_TYPES[magic[2]])
