"""The guards under which files are read: what may be opened, what a file may claim, its arrays.

Nothing is allocated on a file's word: an array that a file claims is first held against the size
of the file. A compressed file may unfold to 256 MiB, or to 100 times its own size where that is
more; samples as float64 must fit into the memory of the machine.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...configuration import InputError
from ...device import gibibytes, physical_memory

_LARGEST = 2**63 - 1
UNFOLDS_TO = 256 * 2**20
UNFOLDS_BY = 100

Opened = tuple[Sequence[str], Callable[[str], np.ndarray]]
"""The names of the arrays in a file, and how to read one of them."""
BARE = ""
"""The name of an array that is alone in its file and has none."""


def stand_in(shape: tuple[int, ...], dtype: np.dtype | type = np.float64) -> np.ndarray:
    """Zeros of that shape that take no memory."""
    return np.broadcast_to(np.zeros((), dtype), shape)


@dataclass(frozen=True, eq=False)
class Arrays:
    """Samples (N, d) and labels (N,) as stored, and in words what of the source they are."""

    x: np.ndarray
    y: np.ndarray
    told: tuple[str, ...] = ()


def checked_pair(
    path: str,
    x: np.ndarray,
    y: np.ndarray,
    told: tuple[str, ...] = (),
    names: tuple[str, str] = ("x", "y"),
) -> Arrays:
    """Samples (N, d) of real numbers and labels (N,) of numbers or text, as stored.

    Samples with more than one axis, images say, are laid out as one row each; labels of shape
    (N, 1) become (N,), and one-hot labels (N, k) the numbers of their columns. `names` are those of
    the arrays. Raises InputError for any other shape, a type that is neither, text that is none, or
    samples too many for this machine.
    """
    samples, labels = (f"array '{name}'" for name in names)
    if x.ndim > 2 and x.size:
        x = x.reshape(len(x), -1)
    if x.ndim != 2 or (len(x) and not x.size):
        raise InputError(f"{path}: {samples} must be a matrix (N, d), found shape {x.shape}")
    if y.shape == (len(x), 1):
        y = y[:, 0]
    if y.ndim == 2 and len(y) == len(x) and not any(y.strides):
        y = y[:, 0]  # a stand-in, of which nothing but the shape is known
    elif y.ndim == 2 and len(y) == len(x) and _one_hot(y):
        told = (*told, f"one-hot labels of {y.shape[1]} columns, counted from 0")
        y = y.argmax(axis=1)
    if y.shape != (len(x),):
        turned = "; is it transposed? A row is a sample" if y.size == x.shape[1] else ""
        raise InputError(
            f"{path}: {labels} must have shape ({len(x)},) to match '{names[0]}', found "
            f"{y.shape}{turned}"
        )
    if x.dtype.kind not in "biuf":
        raise InputError(f"{path}: {samples} must hold real numbers, found type {x.dtype}")
    if y.dtype.kind == "S":
        y = y.astype(np.str_) if all(map(bytes.isascii, y.tolist())) else y
    if y.dtype.kind not in "biufU" or not y.dtype.itemsize:
        raise InputError(f"{path}: {labels} must hold numbers or text, found type {y.dtype}")
    if y.dtype.kind == "U":
        # Four bytes may hold more than the characters there are; Python fails on the rest later.
        codes = np.ascontiguousarray(y, dtype=y.dtype.newbyteorder("=")).view(np.uint32)
        wrong = (codes > 0x10FFFF) | ((codes >= 0xD800) & (codes <= 0xDFFF))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0]) // (y.dtype.itemsize // 4)
            raise InputError(f"{path}: the label of row {row} (counted from 0) is no text")
    if (needed := 8 * x.size) > (memory := physical_memory()):
        raise InputError(
            f"{path}: {len(x)} samples in dimension {x.shape[1]} take {gibibytes(needed)} as "
            f"float64, this machine has {gibibytes(memory)}"
        )
    return Arrays(x, y, told)


def _one_hot(y: np.ndarray) -> bool:
    if y.dtype.kind not in "biuf" or y.shape[1] < 2 or not len(y):
        return False
    return bool(((y == 0) | (y == 1)).all() and (np.count_nonzero(y, axis=1) == 1).all())


def claimed_bytes(path: str, what: str, shape: tuple[int, ...], itemsize: int) -> int:
    """The bytes of an array of that shape. Raises InputError when no array can have it."""
    if any(size < 0 for size in shape) or (
        math.prod(max(size, 1) for size in shape) * max(itemsize, 1) > _LARGEST
    ):
        raise InputError(
            f"{path}: truncated or forged: {what} claims shape {shape}, which does not fit "
            "the size of the file"
        )
    return math.prod(shape) * itemsize


def refuse_oversize(path: str, what: str, shape: tuple[int, ...], itemsize: int, held: int) -> None:
    """Refuse an array that claims more bytes than its file can hold, before it is allocated.

    Raises InputError when `shape` times `itemsize` exceeds `held` bytes.
    """
    promised = claimed_bytes(path, what, shape, itemsize)
    if promised > held:
        raise InputError(
            f"{path}: {what} claims shape {tuple(shape)}, {promised} bytes, which does not fit the "
            "size of the file"
        )


def refuse_unfolding(path: str, what: str, unfolded: int, stored: int) -> None:
    """Refuse what takes `stored` bytes in a file and claims `unfolded`, beyond the limits above.

    Raises InputError.
    """
    if unfolded > max(UNFOLDS_TO, UNFOLDS_BY * stored):
        raise InputError(
            f"{path}: {what} unfolds from {stored} to {unfolded} bytes, which does not fit the "
            f"size of the file (more than {UNFOLDS_BY} times); store it uncompressed"
        )


@contextmanager
def opened_for_reading(path: str) -> Iterator[None]:
    """What goes wrong with opening and reading a file inside the block as one line, InputError."""
    if "\0" in path:
        raise InputError(f"{path}: no such file; a name cannot hold the character 0")
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except MemoryError:
        raise InputError(f"{path}: does not fit in memory") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def state_of(path: str) -> tuple[int, ...]:
    """What changes with a file; InputError unless it can be opened."""
    with opened_for_reading(path), open(path, "rb") as file:
        found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def refuse_no_file(path: str, what: str) -> None:
    """Raise InputError for a folder and for what is there and no file: reading it may never end."""
    if Path(path).is_dir():
        raise InputError(f"{path}: is a folder, not a {what}")
    if Path(path).exists() and not Path(path).is_file():
        raise InputError(f"{path}: is a device or a pipe, not a {what}")


def existing(path: str) -> Path:
    """The path of a file that is there; InputError where none is."""
    if not (file := Path(path)).is_file():
        raise InputError(f"{path}: no such file")
    return file
