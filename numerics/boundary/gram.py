"""Gram matrix of a sample with rigorous rounding bounds, and the quantities theorems read off it.

The bound |fl(<x,z>) - <x,z>| <= gamma_d ||x|| ||z|| + d eta holds for any order of summation (see
`rounding`; Cauchy-Schwarz replaces the product of absolute values, which would cost a second matrix
product). Data on a dyadic grid, such as pixels, multiply and add up without any rounding; that is
detected and the radii are then zero. Small samples can be measured precisely instead: their Gram
matrix is then known exactly (`precise_array`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np
from flint import arb, arb_mat

from ...theory.exact.interval import Interval
from ...theory.exact.scalars import working_precision
from ..configuration import InputError
from ..enclose.ball_array import SMALLEST, BallArray, FloatArray, product_error, round_up
from ..enclose.precise_array import PreciseArray
from ..enclose.real_array import RealArray

_ROWS_AT_A_TIME = 512


@dataclass(frozen=True, slots=True, eq=False)
class GramStatistics:
    """What the theorems read off a sample x of shape (N, d). Notation: Kumano et al., ICLR 2024.

    Attributes:
        x: the samples, float64 (N, d), read-only.
        gram: encloses x xᵀ, symmetric (N, N).
        R_min, R_max: smallest and largest norm of a sample.
        p_max: largest |<x_n, x_k>| over n != k; 0 for N = 1.
        row_sums: sum over k != n of |<x_n, x_k>|, shape (N,).
        duplicates: pairs (n, k), n < k, where row k equals row n exactly and n is the first such.
    """

    x: FloatArray
    gram: RealArray
    R_min: Interval
    R_max: Interval
    p_max: Interval
    row_sums: RealArray
    duplicates: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """Number of samples N."""
        return len(self.x)

    @property
    def squares(self) -> RealArray:
        """||x_n||^2, shape (N,)."""
        return self.gram.diagonal()


def gram_statistics(x: FloatArray, *, precise: bool = False) -> GramStatistics:
    """Measure a sample of shape (N, d), N, d >= 1.

    `precise` takes rational arithmetic, which is for small samples (`precise_array.affordable`);
    p_max and the norms are then known exactly.

    Raises:
        InputError: x is not a finite matrix.
    """
    x = _checked(x)
    samples = PreciseArray.exact(x) if precise else None
    gram = gram_matrix(x) if samples is None else samples @ samples.T
    sums, p_max = _off_diagonal(gram)
    return GramStatistics(x, gram, *_norms(gram), p_max, sums, duplicate_rows(x))


def extremes(gram: RealArray) -> tuple[Interval, Interval, Interval]:
    """R_min, R_max and p_max of samples from their Gram matrix (N, N)."""
    return (*_norms(gram), _off_diagonal(gram)[1])


def _norms(gram: RealArray) -> tuple[Interval, Interval]:
    squares = gram.diagonal()
    ends = squares.min_enclosure(), squares.max_enclosure()
    return ends[0].nonnegative().sqrt(), ends[1].nonnegative().sqrt()


def gram_matrix(x: FloatArray) -> BallArray:
    """Enclose x xᵀ for x of shape (N, d): symmetric, radius zero where nothing is rounded."""
    with np.errstate(all="ignore"):
        # One array times its own transpose: numpy computes one triangle (syrk) and mirrors it.
        mid = x @ x.T
        squares = mid.diagonal().copy()
        if _sums_are_exact(x, squares):
            return BallArray(mid, np.broadcast_to(0.0, mid.shape))
        return BallArray(mid, _error(norms_above(squares, x.shape[1]), x.shape[1]))


def norms_above(squares: FloatArray, terms: int) -> FloatArray:
    """Above the norms of vectors of `terms` entries whose squares were summed, in any order."""
    # Four roundings before the last factor, which leaves room for eight.
    above = (squares + terms * SMALLEST) * (1 + 2 * product_error(terms)) * (1 + 2**-50)
    return round_up(np.sqrt(round_up(above)))


def exact_gram(x: FloatArray, bits: int) -> arb_mat:
    """x xᵀ in arb at `bits` binary digits, from the exact binary values of x (N, d)."""
    with working_precision(bits):
        matrix = arb_mat([[arb(value) for value in row] for row in x.tolist()])
        return matrix * matrix.transpose()


def duplicate_rows(x: FloatArray) -> tuple[tuple[int, int], ...]:
    """Pairs (n, k), n < k, of equal rows, n the first of its kind; -0.0 and 0.0 are equal."""
    first: dict[bytes, int] = {}
    pairs = []
    for k, row in enumerate(x + 0.0):
        n = first.setdefault(row.tobytes(), k)
        if n != k:
            pairs.append((n, k))
    return tuple(pairs)


def _checked(x: FloatArray) -> FloatArray:
    array = np.ascontiguousarray(x, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape:
        raise InputError(f"samples have shape {array.shape}, need (samples, dimension), both >= 1")
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise InputError(f"row {row} of the samples holds NaN or infinity; all must be finite")
    view = array.view()
    view.flags.writeable = False
    return view


def _error(norms: FloatArray, terms: int) -> FloatArray:
    rad = np.multiply.outer(norms, norms * product_error(terms))
    # Two rounded products above; in place, because this array is as large as the Gram matrix.
    rad *= 1 + 2**-50
    rad += (terms + 4) * SMALLEST
    # The outer product is symmetric only up to rounding.
    return np.maximum(rad, rad.T, out=rad)


def _sums_are_exact(x: FloatArray, squares: FloatArray) -> bool:
    """Whether every partial sum of every <x_n, x_k> is a float, in any order of summation.

    With all entries multiples of 2^e, partial sums are multiples of 2^(2e) of size at most
    max ||x_n||^2 (Cauchy-Schwarz), hence floats if that is at most 2^53 2^(2e). The computed
    squares are within a factor 2 of the exact ones, so 2^52 is asked of them.
    """
    largest = float(squares.max())
    if not math.isfinite(largest):
        return False
    # Data off any grid, the usual case, show it in the first rows.
    for start in range(0, len(x), _ROWS_AT_A_TIME):
        grid = _grid_exponent(x[start : start + _ROWS_AT_A_TIME])
        if 2 * grid < -1074 or largest > math.ldexp(1.0, min(52 + 2 * grid, 1023)):
            return False
    return True


def _grid_exponent(x: FloatArray) -> int:
    """The largest e with every entry a multiple of 2^e; 0 when all entries are zero."""
    mantissas, exponents = np.frexp(x[x != 0])
    if mantissas.size == 0:
        return 0
    integers = (abs(mantissas) * 2.0**53).astype(np.int64)
    trailing_zeros = np.frexp((integers & -integers).astype(np.float64))[1] - 1
    return int((exponents - 53 + trailing_zeros).min())


def _off_diagonal(gram: RealArray) -> tuple[RealArray, Interval]:
    """Row sums of |off-diagonal|, (N,), and its largest entry."""
    size = len(gram)
    sums, largest = [], []
    for start in range(0, size, _ROWS_AT_A_TIME):
        rows = np.arange(start, min(start + _ROWS_AT_A_TIME, size))
        off = np.ones((len(rows), size))
        off[np.arange(len(rows)), rows] = 0.0
        block = abs(gram[rows]) * off
        sums.append(block.sum(axis=1))
        largest.append(block.max_enclosure())
    return type(gram).stacked(sums), reduce(Interval.max, largest).nonnegative()
