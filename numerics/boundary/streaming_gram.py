"""What the theorems read off a Gram matrix that is too large to hold: block by block, rigorously.

Blocks of x xᵀ are computed one at a time, each pair of blocks once, in float32 or float64, and only
norms, row sums and the largest entries are kept. With u the unit roundoff of the precision, every
computed entry satisfies

    |fl(<x,z>) - <x,z>| <= e ||x|| ||z|| + w,   e = (1+u)^2 gamma_d + 2u + u^2,   w from underflow,

for any order of summation (Higham, 2002, section 3.5, with Cauchy-Schwarz; the terms in u alone
are the rounding of the samples to float32). The largest entries are then computed again in float64,
so that p_max is known to that precision as long as no other entry comes near it.

Entries of the samples are to be below 2^32 in size, and the largest above 2^-17: sums of 2^20 d of
their products are then far below the largest float32 and products that underflow far below the
square of the largest entry. Samples of another size are multiplied by a power of two, block by
block, so that the largest entry is between 1/2 and 1; w counts what underflows then. Samples that
need neither this nor another precision are never copied.

Source: this project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from math import isqrt
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ...theory.exact.interval import Interval
from ..configuration import InputError
from ..device import free_memory, full_float32, resolve_device
from ..enclose.ball_array import BallArray
from ..enclose.real_array import RealArray
from ..enclose.roundoff import SMALLEST, FloatArray, product_error, round_up
from .gram import GramStatistics

# Blocks of |x xᵀ| and what is read off them, by NumPy on the CPU and by torch elsewhere.
#
# NumPy hands the product of a block with itself to BLAS's syrk, so that the blocks on the diagonal
# cost half as well. Source: this project.

Precision = Literal["float32", "float64"]
Found = tuple[np.ndarray, np.ndarray, float]
"""Entries, their places in the flattened block, and the largest that was left out (or -1)."""


class Arithmetic(Protocol):
    """Where blocks are multiplied; blocks and their products are its own arrays."""

    sum_unit: float
    """Unit roundoff of the sums within a block."""

    def place(self, rows: np.ndarray) -> Any:
        """The block of samples there."""
        ...

    def sizes(self, rows: Any, columns: Any) -> Any:
        """|rows columnsᵀ|, zero on the diagonal if they are one; valid until the next call."""
        ...

    def add_sums(self, sums: Any, entries: Any, axis: int) -> None:
        """Add the sums of a block over an axis to float64 `sums`."""
        ...

    def above(self, entries: Any, threshold: float, most: int) -> Found:
        """Entries above a threshold, all or the `most` largest."""
        ...

    def zeros(self, count: int) -> Any:
        """float64 zeros to add sums to."""
        ...

    def fetched(self, sums: Any) -> FloatArray:
        """The sums on the host."""
        ...


class OnHost:
    """NumPy, in one block of memory."""

    def __init__(self, kind: Precision, step: int) -> None:
        self.sum_unit = float(np.finfo(kind).eps) / 2
        self._room = np.empty(step * step, dtype=kind)
        self._ones = np.ones(step, dtype=kind)

    def place(self, rows: np.ndarray) -> np.ndarray:
        return rows

    def sizes(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        entries = self._room[: len(rows) * len(columns)].reshape(len(rows), len(columns))
        np.matmul(rows, columns.T, out=entries)
        np.abs(entries, out=entries)
        if columns is rows:
            np.fill_diagonal(entries, 0)
        return entries

    def add_sums(self, sums: FloatArray, entries: np.ndarray, axis: int) -> None:
        ones = self._ones[: entries.shape[axis]]
        sums += entries @ ones if axis else ones @ entries

    def above(self, entries: np.ndarray, threshold: float, most: int) -> Found:
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
        return np.zeros(count)

    def fetched(self, sums: FloatArray) -> FloatArray:
        return sums


class OnDevice:
    """torch, on a device that is not the CPU; sums in float64."""

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


# One pass over the blocks of |x xᵀ| on or above the diagonal: row sums and the largest entries.
#
# Each pair of blocks is multiplied once. Samples are scaled and rounded block by block, on the way
# to the product; where there is nothing to scale or round the blocks are views of the data, which
# may be memory-mapped. What rounding does to the numbers is the business of `streaming_gram`.
#
# Source: this project.

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
    blocks = _Blocks.of(rows, block, device)
    size, step = len(rows.x), blocks.step
    there: Arithmetic = OnHost(rows.kind, step) if on_host else OnDevice(device)
    starts = range(0, size, step)
    total, done = len(starts) * (len(starts) + 1) // 2, 0
    sums, largest = there.zeros(size), _Largest(wanted)
    with nullcontext() if on_host else full_float32():
        for first in starts:
            upper = blocks.at(first, there)
            for second in starts[first // step :]:
                lower = upper if second == first else blocks.at(second, there)
                entries = there.sizes(upper, lower)
                there.add_sums(sums[first : first + step], entries, 1)
                if second > first:
                    there.add_sums(sums[second : second + step], entries, 0)
                largest.look(there, entries, first, second)
                done += 1
                progress(done, total)
    return LargeSizes(there.fetched(sums), largest.places, largest.left_out, step, there.sum_unit)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Blocks of `step` samples where they are multiplied, kept there if there is room for all."""

    rows: ScaledRows
    step: int
    keep: bool
    kept: dict[int, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: ScaledRows, block: int | None, device: str) -> _Blocks:
        size, each = len(rows.x), rows.x.shape[1] * np.dtype(rows.kind).itemsize
        most, room = _BLOCK_ON_HOST, _ROOM_ON_HOST
        if device != "cpu":
            room = free_memory(device) // 4
            most = min(_BLOCK_ON_DEVICE, isqrt(room // _BYTES_OF_ENTRY))
        elif rows.as_they_are:
            each = 0
        step = block or max(1, min(most, room // max(1, 2 * each)))
        return cls(rows, min(step, size), size * each <= room)

    def at(self, first: int, there: Arithmetic) -> Any:
        if first in self.kept:
            return self.kept[first]
        placed = there.place(self.rows(first, first + self.step))
        if self.keep:
            self.kept[first] = placed
        return placed


class _Largest:
    """The largest entries of the blocks seen so far, by size and then by place."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._values = np.zeros(0)
        self.places = np.zeros((0, 2), dtype=np.intp)
        self.left_out = -1.0

    def look(self, there: Arithmetic, entries: Any, first: int, second: int) -> None:
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


_CANDIDATES = 256
_NUMBERS_AT_A_TIME = 2**17
_UNSCALED = range(-16, 33)
"""Exponents of the largest entry with which samples are multiplied as they are."""
_UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}
# Even if the processor flushes denormal numbers to zero, no term loses more than this.
_TINY = {"float32": 2.0**-126, "float64": 2.0**-1022}
_MOST_TERMS = 2**20
"""Dimensions up to which float32 is of use: beyond, its error bound exceeds 6 %."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two samples n < k, and the size of their inner product."""

    n: int
    k: int
    size: Interval


@dataclass(frozen=True, slots=True, eq=False)
class GramSummary:
    """The Gram matrix of N samples in O(N) numbers. Notation: Kumano et al., ICLR 2024.

    Attributes:
        squares: ||x_n||^2, shape (N,).
        row_sums: sum over k != n of |<x_n, x_k>|, shape (N,).
        R_min, R_max: smallest and largest norm.
        p_max: largest |<x_n, x_k>| over n != k.
        pairs: the pairs with the largest |<x_n, x_k>|, up to rounding, largest first.
    """

    squares: RealArray
    row_sums: RealArray
    R_min: Interval
    R_max: Interval
    p_max: Interval
    pairs: tuple[Pair, ...]


def unwatched(done: int, total: int) -> None:
    """Progress that nobody watches."""


def summarised(statistics: GramStatistics, pairs: int = 5) -> GramSummary:
    """The summary of a Gram matrix that is held in full; N >= 2."""
    size = abs(statistics.gram)
    above = np.triu_indices(statistics.size, 1)
    order = np.argsort(-size.mid[above], kind="stable")[:pairs]
    largest = tuple(
        Pair(int(above[0][i]), int(above[1][i]), size.interval(int(above[0][i]), int(above[1][i])))
        for i in order
    )
    return GramSummary(
        statistics.gram.diagonal(),
        statistics.row_sums,
        statistics.R_min,
        statistics.R_max,
        statistics.p_max,
        largest,
    )


def stream_gram(
    x: FloatArray,
    *,
    precision: Precision | None = None,
    pairs: int = 5,
    block: int | None = None,
    device: str = "cpu",
    progress: Callable[[int, int], None] = unwatched,
) -> GramSummary:
    """Measure samples of shape (N, d), N >= 2, in less than 1 GiB beyond them.

    `x` may be memory-mapped; it is read by blocks of rows, about N/4096 times in all. `precision`
    of the blocks: None takes float32 as long as its bounds are of use (d <= 2^20). `block` is the
    number of rows to a block, None one that fits. On a `device` other than the CPU the blocks are
    multiplied by torch, and all enclosures stay rigorous. `progress` is called with the pairs of
    blocks done and their number.

    Raises:
        InputError: x is no finite matrix of at least 2 rows, or the device is not there.
        ValueError: float32 was asked for d >= 2^23, where it has no bounds.
    """
    if x.ndim != 2 or len(x) < 2 or x.shape[1] < 1:
        raise InputError(f"samples have shape {x.shape}, need (samples, dimension), samples >= 2")
    where = resolve_device(device) if device != "cpu" else device
    largest = float(max(x.max(), -x.min()))
    if not np.isfinite(largest):
        raise InputError("the samples hold NaN or infinity; all must be finite")
    chosen: Precision = precision or ("float32" if x.shape[1] <= _MOST_TERMS else "float64")
    exponent = int(np.frexp(largest)[1])
    shift = 0 if exponent in _UNSCALED else exponent
    squares = _squares(x)
    norms = _norms(x, squares, shift)
    found = large_sizes(
        ScaledRows(x, chosen, shift),
        max(_CANDIDATES, 2 * pairs),
        block=block,
        device=where,
        progress=progress,
    )
    return _enclosed(x, squares, norms, found, chosen, exponent, shift, pairs)


def _norms(x: FloatArray, squares: BallArray, shift: int) -> FloatArray:
    """Above the norms of the samples times 2^-shift."""
    if shift == 0:
        return round_up(np.sqrt(squares.upper))
    norms = np.empty(len(x))
    for part in _parts(x):
        norms[part] = _norms_up(scaled(np.asarray(x[part], dtype=np.float64), -shift))
    return norms


def _norms_up(rows: FloatArray) -> FloatArray:
    """Above the norms of rows (B, d), each entry known up to one underflow; none overflows."""
    terms = rows.shape[1]
    squares = np.einsum("nd,nd->n", rows, rows) + terms * SMALLEST
    roots = np.sqrt(round_up(squares * (1 + 2 * product_error(terms) + 2**-40)))
    return round_up(round_up(roots) + terms * SMALLEST)


def _squares(x: FloatArray) -> BallArray:
    """||x_n||^2 in float64."""
    error, underflow = product_error(x.shape[1]), x.shape[1] * SMALLEST
    mids, rads = np.empty(len(x)), np.empty(len(x))
    with np.errstate(over="ignore", invalid="ignore"):
        for part in _parts(x):
            rows = np.asarray(x[part], dtype=np.float64)
            squares = np.einsum("nd,nd->n", rows, rows)
            mids[part], rads[part] = squares, _radius(squares, error, underflow)
    return BallArray(mids, rads)


def _radius(sizes: FloatArray, error: float, underflow: float) -> FloatArray:
    """How far sums of products may be off, whose absolute values were summed to `sizes`."""
    above = round_up((sizes + underflow) * (1 + 2 * error + 2**-50))
    return round_up(round_up(above * error) + underflow)


def _products(x: FloatArray, left: np.ndarray, right: np.ndarray) -> BallArray:
    """<x_n, x_k> for the pairs (left, right) in float64."""
    error, underflow = product_error(x.shape[1]), x.shape[1] * SMALLEST
    mids, rads = np.empty(len(left)), np.empty(len(left))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(left), _rows_at_a_time(x)):
            part = slice(start, start + _rows_at_a_time(x))
            a, b = (np.asarray(x[rows[part]], dtype=np.float64) for rows in (left, right))
            products = a * b
            mids[part] = products.sum(axis=1)
            rads[part] = _radius(abs(products).sum(axis=1), error, underflow)
    return BallArray(mids, rads)


def _enclosed(
    x: FloatArray,
    squares: BallArray,
    norms: FloatArray,
    found: LargeSizes,
    kind: Precision,
    exponent: int,
    shift: int,
    pairs: int,
) -> GramSummary:
    terms, count = x.shape[1], len(x)
    unit, tiny = _UNIT[kind], _TINY[kind]
    gamma = _gamma(terms, unit)
    rounded = 2 * unit + unit**2 if kind == "float32" else 0.0
    error = ((1 + unit) ** 2 * gamma + rounded) * (1 + 2**-20)
    # Of samples with entries up to M: the rounding of both, of each product and of each sum; more
    # than 2 M (1 + u) + tiny + 2 of these, which the sums that follow enlarge by 1 + gamma.
    underflow = 5 * (1 + gamma) * terms * tiny * max(1.0, 2.0 ** (exponent - shift))
    # Row sums: error of the entries, then of the sum within a block and of the sums of blocks.
    blocks = -(-count // found.block)
    within = _gamma(found.block, found.sum_unit) + 2 * product_error(blocks + 1)
    total = round_up(norms.sum() * (1 + 2 * product_error(count) + 2**-50))
    entries = round_up(round_up(error * norms) * total) + count * underflow
    summing = round_up(found.sums * (within / (1 - within)) * (1 + 2**-40)) + count * tiny
    sums = BallArray(found.sums, round_up(entries + summing))
    places = found.places
    exact = abs(_products(x, places[:, 0], places[:, 1]))
    low, high = float(exact.lower.max()), float(exact.upper.max())
    if found.left_out >= 0:
        longest = float(norms.max())
        rest = Interval.exact(found.left_out) + Interval.exact(error) * longest * longest
        high = max(high, ((rest + underflow) * Interval.exact(4) ** shift).upper)
    order = np.argsort(-exact.mid, kind="stable")[:pairs].tolist()
    return GramSummary(
        squares=squares,
        row_sums=sums.ldexp(2 * shift),
        R_min=squares.min_enclosure().nonnegative().sqrt(),
        R_max=squares.max_enclosure().nonnegative().sqrt(),
        p_max=Interval.between(max(low, 0.0), high),
        pairs=tuple(Pair(int(places[i, 0]), int(places[i, 1]), exact.interval(i)) for i in order),
    )


def _parts(x: FloatArray) -> Iterator[slice]:
    """Rows that fit into a cache, converted to float64."""
    step = _rows_at_a_time(x)
    return (slice(start, start + step) for start in range(0, len(x), step))


def _rows_at_a_time(x: FloatArray) -> int:
    return max(1, _NUMBERS_AT_A_TIME // x.shape[1])


def _gamma(terms: int, unit: float) -> float:
    """gamma_k = k u / (1 - k u), rounded up.

    Raises:
        ValueError: so many terms that the bound says nothing.
    """
    if 2 * terms * unit >= 1:
        raise ValueError(f"no rounding bound for sums of {terms} terms at unit roundoff {unit:g}")
    return terms * unit * (1 + 2**-40) / (1 - terms * unit)
