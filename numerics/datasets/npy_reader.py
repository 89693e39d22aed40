"""Reading samples from ``x.npy`` and their labels from a second ``.npy`` file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..input_error import InputError
from .arrays import checked_pair
from .npy_header import read_header


def read_npy_pair(path: str, labels: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Samples (N, d) and labels (N,), as stored; the samples stay on disk until they are used.

    Without `labels` they are sought beside the samples, under the name with ``x`` replaced by
    ``y``: ``y.npy`` for ``x.npy``, ``train_y.npy`` for ``train_x.npy``.

    Raises InputError when either file is no sound array, or they do not match.
    """
    where = labels if labels is not None else str(_beside(path))
    return checked_pair(path, read_npy(path), np.array(read_npy(where)))


def read_npy(path: str) -> np.ndarray:
    """The array of a ``.npy`` file, mapped rather than read.

    A header that does not fit the size of the file is refused, and so are Python objects: nothing
    is allocated or unpickled on a file's word.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"{path}: no such file")
    with file.open("rb") as stream:
        shape, dtype, promised = read_header(stream, path, "it")
        held = file.stat().st_size - stream.tell()
    if promised != held:
        raise InputError(
            f"{path}: claims shape {shape} of {dtype}, {promised} bytes, which does not fit "
            "the size of the file"
        )
    try:
        return np.lib.format.open_memmap(path, mode="r") if held else np.empty(shape, dtype)
    except ValueError as error:  # more axes than numpy has
        raise InputError(f"{path}: not a readable .npy array ({error})") from None


def _beside(path: str) -> Path:
    file = Path(path)
    stem = file.stem
    if stem not in ("x", "X") and not stem.endswith(("_x", "_X", "-x", "-X")):
        raise InputError(
            f"{path}: where are the labels? Name them with --labels (the option 'labels'), or call "
            "the files x.npy and y.npy"
        )
    beside = file.with_name(stem[:-1] + ("y" if stem[-1] == "x" else "Y") + file.suffix)
    if not beside.is_file():
        raise InputError(f"{path}: its labels are missing: no file {beside}")
    return beside
