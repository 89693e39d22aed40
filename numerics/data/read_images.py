"""Reading images: IDX files (MNIST, Fashion-MNIST) and the binary version of CIFAR-10.

IDX files are big-endian arrays, plain or gzipped. The Python version of CIFAR-10 is pickled, and
refused.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from ..configuration import InputError
from .sample import checked_pair, claimed_bytes, existing, labels_beside, refuse_unfolding

_PIXELS = 3 * 32 * 32
_RECORD = 1 + _PIXELS
_CLASSES = 10
_PICKLED = ("data_batch_1", "batches.meta")


def training_batches(folder: str) -> list[str]:
    """The files ``data_batch_*.bin`` of a folder, in order of name.

    Raises InputError for the pickled version of the data set.
    """
    found = sorted(map(str, Path(folder).glob("data_batch_*.bin")))
    if not found and any(Path(folder, name).exists() for name in _PICKLED):
        raise InputError(
            f"{folder}: is the Python version of CIFAR-10, which is pickled and never unpickled "
            "here; the binary version (data_batch_1.bin, ...) is needed"
        )
    return found


def read_cifar(paths: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (N, 3072), red, green and blue plane by plane, and labels uint8 (N,).

    Raises InputError when a file is not a whole number of records of 3073 bytes, or a label
    exceeds 9.
    """
    records = [_read_batch(path) for path in paths]
    joined = records[0] if len(records) == 1 else np.concatenate(records)
    return joined[:, 1:], joined[:, 0]


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
_IMAGE_FILES = ("train-images-idx3-ubyte", "train-images.idx3-ubyte")


def read_idx_pair(path: str, labels: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, d), each laid out as one row, and labels (N,), as stored.

    Without `labels` they are sought beside the images: ``train-labels-idx1-ubyte`` for
    ``train-images-idx3-ubyte``, gzipped or not.

    Raises InputError when either file is no sound IDX file, or they do not match.
    """
    if labels is None:
        file = Path(path)
        if "images" not in file.name:
            raise InputError(
                f"{path}: where are the labels? Name them with --labels (the option 'labels')"
            )
        name = file.name.replace("images", "labels").replace("idx3", "idx1").removesuffix(".gz")
        labels = labels_beside(path, file.with_name(name), file.with_name(f"{name}.gz"))
    return checked_pair(path, read_idx(path), read_idx(labels))


def training_images(folder: str) -> str | None:
    """The file of training images in a folder of IDX files; None when there is none."""
    for name in _IMAGE_FILES:
        for file in (Path(folder, name), Path(folder, f"{name}.gz")):
            if file.is_file():
                return str(file)
    return None


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
