"""One pass over the blocks of |x xᵀ| on or above the diagonal: row sums and the largest entries.

Each pair of blocks is multiplied once, by NumPy on the CPU and by torch elsewhere. Samples are
scaled and rounded block by block, on the way to the product; where there is nothing to scale or
round the blocks are views of the data, which may be memory-mapped. What rounding does to the
numbers is the business of `streaming_gram`. Source: this project.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from math import isqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..device import free_memory, full_float32
from ..enclose.ball_array import FloatArray

Precision = Literal["float32", "float64"]
Found = tuple[np.ndarray, np.ndarray, float]
"""Entries, their places in the flattened block, and the largest that was left out (or -1)."""


class OnHost:
    """NumPy on the CPU, in one block of memory.

    The product of a block with itself goes to BLAS's syrk, so that the blocks on the diagonal cost
    half as well. Blocks and their products are arrays of the arithmetic's own.
    """

    def __init__(self, kind: Precision, step: int) -> None:
        self.sum_unit = float(np.finfo(kind).eps) / 2
        """Unit roundoff of the sums within a block."""
        self._room = np.empty(step * step, dtype=kind)
        self._ones = np.ones(step, dtype=kind)

    def place(self, rows: np.ndarray) -> np.ndarray:
        """The block of samples where it is multiplied."""
        return rows

    def sizes(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """|rows columnsᵀ|, zero on the diagonal if they are one; valid until the next call."""
        entries = self._room[: len(rows) * len(columns)].reshape(len(rows), len(columns))
        np.matmul(rows, columns.T, out=entries)
        np.abs(entries, out=entries)
        if columns is rows:
            np.fill_diagonal(entries, 0)
        return entries

    def add_sums(self, sums: FloatArray, entries: np.ndarray, axis: int) -> None:
        """Add the sums of a block over an axis to float64 `sums`."""
        ones = self._ones[: entries.shape[axis]]
        sums += entries @ ones if axis else ones @ entries

    def above(self, entries: np.ndarray, threshold: float, most: int) -> Found:
        """Entries above a threshold, all or the `most` largest."""
        flat = entries.reshape(-1)
        if entries.max() <= threshold:
            return flat[:0], np.zeros(0, dtype=np.intp), -1.0
        chosen = np.flatnonzero(flat > threshold)
        if len(chosen) <= most:
            return flat[chosen], chosen, -1.0
        order = np.argpartition(-flat[chosen], most)
        left_out = float(flat[chosen[order[most]]])
        chosen = chosen[order[:most]]
        return flat[chosen], chosen, left_out

    def zeros(self, count: int) -> FloatArray:
        """float64 zeros to add sums to."""
        return np.zeros(count)

    def fetched(self, sums: FloatArray) -> FloatArray:
        """The sums on the host."""
        return sums


class OnDevice:
    """The same by torch, on a device that is not the CPU; sums in float64."""

    def __init__(self, device: str) -> None:
        self.sum_unit = 2.0**-53
        self._device = device

    def place(self, rows: np.ndarray) -> Any:
        import torch

        return torch.tensor(rows, device=self._device)

    def sizes(self, rows: Any, columns: Any) -> Any:
        entries = (rows @ columns.T).abs_()
        if columns is rows:
            entries.fill_diagonal_(0)
        return entries

    def add_sums(self, sums: Any, entries: Any, axis: int) -> None:
        import torch

        sums.add_(entries.sum(axis, dtype=torch.float64))

    def above(self, entries: Any, threshold: float, most: int) -> Found:
        flat = entries.reshape(-1)
        chosen = (flat > threshold).nonzero()[:, 0]
        values, left_out = flat[chosen], -1.0
        if len(chosen) > most:
            values, order = values.topk(most + 1)
            left_out = float(values[most])
            values, chosen = values[:most], chosen[order[:most]]
        return values.cpu().numpy(), chosen.cpu().numpy(), left_out

    def zeros(self, count: int) -> Any:
        import torch

        return torch.zeros(count, dtype=torch.float64, device=self._device)

    def fetched(self, sums: Any) -> FloatArray:
        return sums.cpu().numpy()


_BLOCK_ON_HOST, _BLOCK_ON_DEVICE = 2048, 8192
_ROOM_ON_HOST = 2**29
"""Bytes for copies of samples on the host; on a device, a quarter of what is free."""
_BYTES_OF_ENTRY = 32
"""Of an entry of a block on a device, with its place while all may be among the largest."""
_BLOCK_NUMBERS = 2**17
_LARGEST_FACTOR = 1000


@dataclass(frozen=True, eq=False)
class ScaledRows:
    """Rows of x (N, d) times 2^-shift, rounded to a precision, block by block."""

    x: np.ndarray
    kind: Precision
    shift: int

    @property
    def as_they_are(self) -> bool:
        """Whether a block is a view of the data, with no memory of its own."""
        return self.shift == 0 and self.x.dtype == self.kind and self.x.flags.c_contiguous

    def __call__(self, first: int, last: int) -> np.ndarray:
        if self.as_they_are:
            return np.asarray(self.x[first:last])
        block = np.empty((min(last, len(self.x)) - first, self.x.shape[1]), dtype=self.kind)
        # By parts that stay in cache, on the way through float64.
        step = max(1, _BLOCK_NUMBERS // self.x.shape[1])
        for start in range(0, len(block), step):
            part = np.asarray(self.x[first + start : first + start + step][: len(block) - start])
            block[start : start + step] = scaled(np.asarray(part, dtype=np.float64), -self.shift)
        return block


def scaled(values: FloatArray, exponent: int) -> FloatArray:
    """Values times 2^exponent, rounded once where they underflow; finite where the result is."""
    if exponent == 0:
        return values
    # A product is many times faster, as long as the factor is a normal number.
    if abs(exponent) > _LARGEST_FACTOR:
        return np.ldexp(values, exponent)
    return values * 2.0**exponent


@dataclass(frozen=True, eq=False)
class LargeSizes:
    """What a pass found, of the scaled samples.

    Attributes:
        sums: over k != n of the computed |<x_n, x_k>|, shape (N,).
        places: pairs n < k with the largest computed sizes, shape (C, 2).
        left_out: no computed size of another pair exceeds it; negative while none was left out.
        block: rows to a block. sum_unit: unit roundoff of the sums within one.
    """

    sums: FloatArray
    places: NDArray[np.intp]
    left_out: float
    block: int
    sum_unit: float


def large_sizes(
    rows: ScaledRows,
    wanted: int,
    *,
    block: int | None,
    device: str,
    progress: Callable[[int, int], None],
) -> LargeSizes:
    """One pass: row sums and the `wanted` largest entries; `block` None is chosen to fit."""
    on_host = device == "cpu"
    size, (step, keep) = len(rows.x), _block(rows, block, device)
    there: OnHost | OnDevice = OnHost(rows.kind, step) if on_host else OnDevice(device)
    starts = range(0, size, step)
    total, done = len(starts) * (len(starts) + 1) // 2, 0
    sums, largest = there.zeros(size), _Largest(wanted)
    kept: dict[int, Any] = {}

    def placed(first: int) -> Any:
        found = kept.get(first)
        if found is None:
            found = there.place(rows(first, first + step))
            if keep:
                kept[first] = found
        return found

    with nullcontext() if on_host else full_float32():
        for first in starts:
            upper = placed(first)
            for second in starts[first // step :]:
                lower = upper if second == first else placed(second)
                entries = there.sizes(upper, lower)
                there.add_sums(sums[first : first + step], entries, 1)
                if second > first:
                    there.add_sums(sums[second : second + step], entries, 0)
                largest.look(there, entries, first, second)
                done += 1
                progress(done, total)
    return LargeSizes(there.fetched(sums), largest.places, largest.left_out, step, there.sum_unit)


def _block(rows: ScaledRows, block: int | None, device: str) -> tuple[int, bool]:
    """Rows to a block, and whether there is room to keep all blocks where they are multiplied."""
    size, each = len(rows.x), rows.x.shape[1] * np.dtype(rows.kind).itemsize
    most, room = _BLOCK_ON_HOST, _ROOM_ON_HOST
    if device != "cpu":
        room = free_memory(device) // 4
        most = min(_BLOCK_ON_DEVICE, isqrt(room // _BYTES_OF_ENTRY))
    elif rows.as_they_are:
        each = 0
    step = block or max(1, min(most, room // max(1, 2 * each)))
    return min(step, size), size * each <= room


class _Largest:
    """The largest entries of the blocks seen so far, by size and then by place."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._values = np.zeros(0)
        self.places = np.zeros((0, 2), dtype=np.intp)
        self.left_out = -1.0

    def look(self, there: OnHost | OnDevice, entries: Any, first: int, second: int) -> None:
        # On the diagonal a pair is there twice.
        most = self._wanted * (2 if first == second else 1)
        values, chosen, left_out = there.above(entries, self.left_out, most)
        if not len(values):
            return
        places = np.stack(np.divmod(chosen, entries.shape[1]), axis=1)
        places += np.array([first, second])
        once = places[:, 0] < places[:, 1]
        values = np.concatenate([self._values, values[once]])
        places = np.concatenate([self.places, places[once]])
        order = np.lexsort((places[:, 1], places[:, 0], -values))
        if len(order) > self._wanted:
            left_out = max(left_out, float(values[order[self._wanted]]))
        self.left_out = max(self.left_out, left_out)
        order = order[: self._wanted]
        self._values, self.places = values[order], places[order]
