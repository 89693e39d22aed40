"""What the theorems read off a Gram matrix that is too large to hold: block by block, rigorously.

Blocks of x xᵀ are computed one at a time, each pair of blocks once, in float32 or float64, and only
norms, row sums and the largest entries are kept. With u the unit roundoff of the precision, every
computed entry satisfies

    |fl(<x,z>) - <x,z>| <= e ||x|| ||z|| + w,   e = (1+u)^2 gamma_d + 2u + u^2,   w from underflow,

for any order of summation (Higham, 2002, section 3.5, with Cauchy-Schwarz; the terms in u alone
are the rounding of the samples to float32). Samples are first scaled by a power of two so that the
largest entry is below 1, which rules out overflow. The largest entries are then computed again in
float64, so that p_max is known to that precision as long as no other entry comes near it.

Source: this project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .enclosure import Interval
from .gram import GramStatistics
from .input_error import InputError
from .real_array import RealArray
from .rounding import BallArray
from .roundoff import SMALLEST, FloatArray, product_error, round_up

Precision = Literal["float32", "float64"]

_BLOCK = 2048
_CANDIDATES = 256
_NUMBERS_AT_A_TIME = 2**21
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
    block: int = _BLOCK,
    progress: Callable[[int, int], None] = unwatched,
) -> GramSummary:
    """Measure samples of shape (N, d), N >= 2, in memory for the samples and one block.

    `precision` of the blocks: None takes float32 as long as its bounds are of use (d <= 2^20).
    `progress` is called with the pairs of blocks done and their number.

    Raises:
        InputError: x is no finite matrix of at least 2 rows.
    """
    if x.ndim != 2 or len(x) < 2 or x.shape[1] < 1:
        raise InputError(f"samples have shape {x.shape}, need (samples, dimension), samples >= 2")
    largest = float(max(x.max(), -x.min()))
    if not np.isfinite(largest):
        raise InputError("the samples hold NaN or infinity; all must be finite")
    chosen: Precision = precision or ("float32" if x.shape[1] <= _MOST_TERMS else "float64")
    exponent = int(np.frexp(largest)[1])
    scaled, norms = np.empty(x.shape, dtype=chosen), np.empty(len(x))
    rows = _rows_at_a_time(x)
    for start in range(0, len(x), rows):
        part = slice(start, start + rows)
        exact = np.ldexp(np.asarray(x[part], dtype=np.float64), -exponent)
        scaled[part], norms[part] = exact, _norms_up(exact)
    found = _Blocks(scaled, min(block, len(x)), max(_CANDIDATES, 2 * pairs))
    found.run(progress)
    squares = _squares(x)
    return _enclosed(x, squares, norms, found, exponent, pairs)


class _Blocks:
    """One pass over the upper triangle of blocks: row sums and the largest entries."""

    def __init__(self, x: np.ndarray, block: int, candidates: int) -> None:
        self.x, self.block, self.wanted = x, block, candidates
        self.sums = np.zeros(len(x))
        self.values = np.zeros(0, dtype=x.dtype)
        self.places = np.zeros((0, 2), dtype=np.int64)
        self.threshold = -1.0
        """No entry that was left out exceeds it; negative while none was."""

    def run(self, progress: Callable[[int, int], None]) -> None:
        size, step = len(self.x), self.block
        starts = range(0, size, step)
        total, done = len(starts) * (len(starts) + 1) // 2, 0
        room = np.empty(step * step, dtype=self.x.dtype)
        ones = np.ones(step, dtype=self.x.dtype)
        for first in starts:
            rows = self.x[first : first + step]
            for second in range(first, size, step):
                columns = self.x[second : second + step]
                entries = room[: len(rows) * len(columns)].reshape(len(rows), len(columns))
                np.matmul(rows, columns.T, out=entries)
                np.abs(entries, out=entries)
                if first == second:
                    np.fill_diagonal(entries, 0)
                self.sums[first : first + step] += entries @ ones[: len(columns)]
                if first == second:
                    # A pair is one candidate, not two; -1 is below any entry.
                    entries[np.tril_indices(len(rows))] = -1
                else:
                    self.sums[second : second + step] += ones[: len(rows)] @ entries
                self._collect(entries, first, second)
                done += 1
                progress(done, total)

    def _collect(self, entries: np.ndarray, first: int, second: int) -> None:
        if entries.max() <= self.threshold:
            return
        flat = entries.reshape(-1)
        chosen = np.flatnonzero(flat > max(self.threshold, -0.5))
        if len(chosen) > self.wanted:
            left_out = np.argpartition(-flat[chosen], self.wanted)
            self.threshold = max(self.threshold, float(flat[chosen[left_out[self.wanted]]]))
            chosen = chosen[left_out[: self.wanted]]
        rows, columns = np.divmod(chosen, entries.shape[1])
        places = np.stack([rows + first, columns + second], axis=1)
        self.values = np.concatenate([self.values, flat[chosen]])
        self.places = np.concatenate([self.places, places])
        order = np.argsort(-self.values, kind="stable")
        if len(order) > self.wanted:
            self.threshold = max(self.threshold, float(self.values[order[self.wanted]]))
        self.values = self.values[order[: self.wanted]]
        self.places = self.places[order[: self.wanted]]


def _norms_up(rows: FloatArray) -> FloatArray:
    """Above the norms of rows (B, d), each entry known up to one underflow; none overflows."""
    terms = rows.shape[1]
    squares = np.einsum("nd,nd->n", rows, rows) + terms * SMALLEST
    roots = np.sqrt(round_up(squares * (1 + 2 * product_error(terms) + 2**-40)))
    return round_up(round_up(roots) + terms * SMALLEST)


def _squares(x: FloatArray) -> BallArray:
    return _products(x, np.arange(len(x)), np.arange(len(x)))


def _products(x: FloatArray, left: np.ndarray, right: np.ndarray) -> BallArray:
    """<x_n, x_k> for the pairs (left, right) in float64."""
    error, underflow = product_error(x.shape[1]), x.shape[1] * SMALLEST
    mids, rads = [], []
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(left), _rows_at_a_time(x)):
            part = slice(start, start + _rows_at_a_time(x))
            a, b = (np.asarray(x[rows[part]], dtype=np.float64) for rows in (left, right))
            products = a * b
            mids.append(products.sum(axis=1))
            size = round_up((abs(products).sum(axis=1) + underflow) * (1 + 2 * error + 2**-50))
            rads.append(round_up(round_up(size * error) + underflow))
    return BallArray(np.concatenate(mids), np.concatenate(rads))


def _enclosed(
    x: FloatArray, squares: BallArray, norms: FloatArray, found: _Blocks, exponent: int, pairs: int
) -> GramSummary:
    kind, terms, count = found.x.dtype.name, x.shape[1], len(x)
    unit, tiny = _UNIT[kind], _TINY[kind]
    gamma = _gamma(terms, unit)
    rounded = 2 * unit + unit**2 if kind == "float32" else 0.0
    error = ((1 + unit) ** 2 * gamma + rounded) * (1 + 2**-20)
    # Rounding of two samples with entries up to 1, and of each product of their entries.
    underflow = 4 * terms * tiny
    # Row sums: error of the entries, then of the sum within a block and of the sums of blocks.
    within = _gamma(found.block, unit) + 2 * product_error(-(-count // found.block) + 1)
    total = round_up(norms.sum() * (1 + 2 * product_error(count) + 2**-50))
    entries = round_up(round_up(error * norms) * total) + count * underflow
    summing = round_up(found.sums * (within / (1 - within)) * (1 + 2**-40)) + count * tiny
    sums = BallArray(found.sums, round_up(entries + summing))
    places = found.places
    exact = abs(_products(x, places[:, 0], places[:, 1]))
    low, high = float(exact.lower.max()), float(exact.upper.max())
    if found.threshold >= 0:
        longest = float(norms.max())
        rest = Interval.exact(found.threshold) + Interval.exact(error) * longest * longest
        high = max(high, ((rest + underflow) * Interval.exact(4) ** exponent).upper)
    order = np.argsort(-exact.mid, kind="stable")[:pairs].tolist()
    return GramSummary(
        squares=squares,
        row_sums=sums.ldexp(2 * exponent),
        R_min=squares.min_enclosure().nonnegative().sqrt(),
        R_max=squares.max_enclosure().nonnegative().sqrt(),
        p_max=Interval.between(max(low, 0.0), high),
        pairs=tuple(Pair(int(places[i, 0]), int(places[i, 1]), exact.interval(i)) for i in order),
    )


def _rows_at_a_time(x: FloatArray) -> int:
    return max(1, _NUMBERS_AT_A_TIME // x.shape[1])


def _gamma(terms: int, unit: float) -> float:
    """gamma_k = k u / (1 - k u), rounded up."""
    return terms * unit * (1 + 2**-40) / (1 - terms * unit)
