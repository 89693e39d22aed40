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
from dataclasses import dataclass

import numpy as np

from ...theory.exact.interval import Interval
from ..configuration import InputError
from ..device import resolve_device
from ..enclose.ball_array import SMALLEST, BallArray, FloatArray, product_error, round_up
from ..enclose.real_array import RealArray
from .gram import GramStatistics, norms_above
from .gram_blocks import Precision, ScaledRows, large_sizes, scaled

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
    kind: Precision = precision or ("float32" if x.shape[1] <= _MOST_TERMS else "float64")
    exponent = int(np.frexp(largest)[1])
    shift = 0 if exponent in _UNSCALED else exponent
    every = np.arange(len(x))
    squares = _products(x, every, every)
    norms = _norms(x, squares, shift)
    found = large_sizes(
        ScaledRows(x, kind, shift),
        max(_CANDIDATES, 2 * pairs),
        block=block,
        device=where,
        progress=progress,
    )
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


def _norms(x: FloatArray, squares: BallArray, shift: int) -> FloatArray:
    """Above the norms of the samples times 2^-shift."""
    if shift == 0:
        return round_up(np.sqrt(squares.upper))
    norms = np.empty(len(x))
    for part in _parts(x):
        rows = scaled(np.asarray(x[part], dtype=np.float64), -shift)
        # Each entry is known up to one underflow.
        above = norms_above(np.einsum("nd,nd->n", rows, rows), x.shape[1])
        norms[part] = round_up(above + x.shape[1] * SMALLEST)
    return norms


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
