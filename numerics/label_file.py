"""Labels -1 and +1 from the user's own file: ``.npy``, or ``.csv`` with one label a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .datasets.npy_reader import read_npy
from .input_error import InputError


def read_labels(path: str, count: int) -> np.ndarray:
    """The labels, int8 (count,), in the order of the file. Nothing is unpickled.

    A first line of a ``.csv`` that is no number is a header.
    Raises InputError, naming the file and where it fails, unless it holds exactly ``count`` labels,
    each -1 or +1.
    """
    reader = {".npy": _read_npy, ".csv": _read_csv}.get(Path(path).suffix.lower())
    if reader is None:
        raise InputError(f"{path}: unknown type of label file; .npy or .csv is needed")
    if "\0" in path:
        raise InputError(f"{path}: no such file; a name cannot hold the character 0")
    try:
        if Path(path).is_dir():
            raise InputError(f"{path}: is a folder, not a label file")
        if Path(path).exists() and not Path(path).is_file():
            raise InputError(f"{path}: is a device or a pipe, not a label file")
        labels = reader(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if labels.shape != (count,):
        raise InputError(
            f"{path}: {count} labels are needed, one for each perturbed sample, found an array of "
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
