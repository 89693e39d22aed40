"""Which reader a data file or folder gets, by its name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..input_error import InputError
from .cifar_reader import read_cifar, training_batches
from .csv_reader import read_csv
from .idx_reader import looks_like_idx, read_idx_pair, training_images
from .npy_reader import read_npy_pair
from .npz_reader import read_npz
from .torch_reader import read_pt, read_safetensors

_READERS = {
    ".npz": read_npz,
    ".csv": read_csv,
    ".pt": read_pt,
    ".pth": read_pt,
    ".safetensors": read_safetensors,
    ".bin": lambda path: read_cifar([path]),
}
_WITH_LABEL_FILES = "a .npy or IDX file"


def read_data(path: str, labels: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Samples (N, d) and labels (N,), as stored in a file, or in a folder of IDX or CIFAR-10 files.

    `labels` names the file of the labels of a ``.npy`` or IDX file; the other kinds hold their own.

    Raises InputError, one line that names the file, for whatever cannot be read.
    """
    for name in (path, labels or ""):
        if "\0" in name:
            raise InputError(f"{name}: no such file; a name cannot hold the character 0")
    try:
        return _read(path, labels)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except MemoryError:
        raise InputError(f"{path}: does not fit in memory") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def _read(path: str, labels: str | None) -> tuple[np.ndarray, np.ndarray]:
    suffix = Path(path).suffix.lower()
    reader = _READERS.get(suffix)
    if Path(path).is_dir():
        if reader is not None or suffix == ".npy":
            raise InputError(f"{path}: is a folder, not a data file")
        return _read_folder(path, labels)
    if Path(path).exists() and not Path(path).is_file():
        raise InputError(f"{path}: is a device or a pipe, not a data file")
    if suffix == ".npy":
        return read_npy_pair(path, labels)
    if looks_like_idx(path):
        return read_idx_pair(path, labels)
    if reader is None:
        if not Path(path).exists():
            raise InputError(f"{path}: no such file")
        raise InputError(
            f"{path}: unknown type of data file; .npz, .csv, .npy, .pt, .safetensors, an IDX file "
            "(...-idx3-ubyte) or a folder of IDX or binary CIFAR-10 files is needed"
        )
    if labels is not None:
        raise InputError(
            f"{path}: holds its own labels; a file of labels goes with {_WITH_LABEL_FILES}"
        )
    return reader(path)


def _read_folder(path: str, labels: str | None) -> tuple[np.ndarray, np.ndarray]:
    images = training_images(path)
    if images is not None:
        return read_idx_pair(images, labels)
    batches = training_batches(path)
    if not batches:
        raise InputError(
            f"{path}: is a folder without train-images-idx3-ubyte[.gz] (MNIST, Fashion-MNIST) and "
            "without data_batch_*.bin (CIFAR-10)"
        )
    if labels is not None:
        raise InputError(
            f"{path}: holds its own labels; a file of labels goes with {_WITH_LABEL_FILES}"
        )
    return read_cifar(batches)
