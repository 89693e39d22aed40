"""What every reader of files gives back: samples as a matrix, one label for each."""

from __future__ import annotations

import math

import numpy as np

from ..input_error import InputError


def checked_pair(path: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Samples (N, d) of real numbers and labels (N,) of numbers or text, as stored.

    Samples with more than one axis, images say, are laid out as one row each; labels of shape
    (N, 1) become (N,). Raises InputError for any other shape, or a type that is neither.
    """
    if x.ndim > 2 and x.size:
        x = x.reshape(len(x), -1)
    if x.ndim != 2:
        raise InputError(f"{path}: array 'x' must be a matrix (N, d), found shape {x.shape}")
    if y.shape == (len(x), 1):
        y = y[:, 0]
    if y.shape != (len(x),):
        raise InputError(
            f"{path}: array 'y' must have shape ({len(x)},) to match 'x', found {y.shape}"
        )
    if x.dtype.kind not in "biuf":
        raise InputError(f"{path}: array 'x' must hold real numbers, found type {x.dtype}")
    if y.dtype.kind not in "biufU":
        raise InputError(f"{path}: array 'y' must hold numbers or text, found type {y.dtype}")
    return x, y


def refuse_oversize(path: str, what: str, shape: tuple[int, ...], itemsize: int, held: int) -> None:
    """Refuse an array that claims more bytes than its file can hold, before it is allocated.

    Raises InputError when `shape` times `itemsize` exceeds `held` bytes.
    """
    promised = math.prod(shape) * itemsize
    if promised > held:
        raise InputError(
            f"{path}: {what} claims shape {tuple(shape)}, {promised} bytes, which does not fit the "
            "size of the file"
        )
