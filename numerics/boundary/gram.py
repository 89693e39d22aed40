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

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from ...theory.exact.endpoints import working_precision
from ...theory.exact.interval import Interval
from ..configuration import InputError
from ..enclose.ball_array import BallArray
from ..enclose.precise_array import PreciseArray
from ..enclose.real_array import RealArray
from ..enclose.roundoff import SMALLEST, FloatArray, product_error, round_up

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
        same_class_sums, other_class_sums: the same sums over the k with and without n's label;
            None when no labels were given.
        worst_pair: a pair (n, k), n < k, at which |<x_n, x_k>| is largest up to rounding; None for
            N = 1.
        duplicates: pairs (n, k), n < k, where row k equals row n exactly and n is the first such.
    """

    x: FloatArray
    gram: RealArray
    R_min: Interval
    R_max: Interval
    p_max: Interval
    row_sums: RealArray
    same_class_sums: RealArray | None
    other_class_sums: RealArray | None
    worst_pair: tuple[int, int] | None
    duplicates: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """Number of samples N."""
        return len(self.x)

    @property
    def squares(self) -> RealArray:
        """||x_n||^2, shape (N,)."""
        return self.gram.diagonal()


def gram_statistics(
    x: FloatArray, *, labels: NDArray[np.int8] | None = None, precise: bool = False
) -> GramStatistics:
    """Measure a sample of shape (N, d), N, d >= 1.

    `labels` of shape (N,) adds the class-wise row sums. `precise` takes rational arithmetic, which
    is for small samples (`precise_array.affordable`); p_max and the norms are then known exactly.

    Raises:
        InputError: x is not a finite matrix, or labels are not one per row.
    """
    x = _checked(x)
    if labels is not None and np.shape(labels) != (len(x),):
        raise InputError(
            f"labels have shape {np.shape(labels)}, need one for each of {len(x)} rows"
        )
    gram = _rational_gram(x) if precise else gram_matrix(x)
    smallest, largest = _norms(gram)
    sums, same, other, p_max, worst_pair = _off_diagonal(gram, labels)
    return GramStatistics(
        x=x,
        gram=gram,
        R_min=smallest,
        R_max=largest,
        p_max=p_max,
        row_sums=sums,
        same_class_sums=same,
        other_class_sums=other,
        worst_pair=worst_pair,
        duplicates=duplicate_rows(x),
    )


def extremes(gram: RealArray) -> tuple[Interval, Interval, Interval]:
    """R_min, R_max and p_max of samples from their Gram matrix (N, N)."""
    return (*_norms(gram), _off_diagonal(gram, None)[3])


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
        terms = x.shape[1]
        underflow = terms * SMALLEST
        gamma = product_error(terms)
        norms = round_up(np.sqrt(round_up((squares + underflow) * (1 + 2 * gamma) * (1 + 2**-50))))
        return BallArray(mid, _error(norms, gamma, underflow))


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


def _rational_gram(x: FloatArray) -> PreciseArray:
    samples = PreciseArray.exact(x)
    return samples @ samples.T


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


def _error(norms: FloatArray, gamma: float, underflow: float) -> FloatArray:
    rad = np.multiply.outer(norms, norms * gamma)
    # Two rounded products above; in place, because this array is as large as the Gram matrix.
    rad *= 1 + 2**-50
    rad += underflow + 4 * SMALLEST
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


def _off_diagonal(
    gram: RealArray, labels: NDArray[np.int8] | None
) -> tuple[RealArray, RealArray | None, RealArray | None, Interval, tuple[int, int] | None]:
    """Row sums of |off-diagonal|, all and class-wise, its maximum and where it is attained."""
    size = len(gram)
    if size == 1:
        zero = gram[0] * 0.0
        split = None if labels is None else zero
        return zero, split, split, Interval.exact(0), None
    sums, same, other, largest = [], [], [], []
    for start in range(0, size, _ROWS_AT_A_TIME):
        rows = np.arange(start, min(start + _ROWS_AT_A_TIME, size))
        off = np.ones((len(rows), size))
        off[np.arange(len(rows)), rows] = 0.0
        block = abs(gram[rows]) * off
        sums.append(block.sum(axis=1))
        # The diagonal is no pair, even where every inner product is 0.
        n, k = divmod(block.argmax(among=off > 0), size)
        largest.append((block.max_enclosure(), min(n + start, k), max(n + start, k)))
        if labels is not None:
            alike = (labels[rows][:, None] == labels[None, :]).astype(np.float64)
            same.append((block * alike).sum(axis=1))
            other.append((block * (1 - alike)).sum(axis=1))
    joined = type(gram).stacked
    p_max, *pair = max(largest, key=lambda found: found[0].lower)
    for found, *_ in largest:
        p_max = p_max.max(found)
    return (
        joined(sums),
        joined(same) if labels is not None else None,
        joined(other) if labels is not None else None,
        p_max.nonnegative(),
        (pair[0], pair[1]),
    )
