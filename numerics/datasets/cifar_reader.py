"""Reading the binary version of CIFAR-10. The Python version is pickled, and refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..input_error import InputError

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
