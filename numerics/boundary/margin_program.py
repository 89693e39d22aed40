"""The KKT point with the linear activation pattern when not every margin need be tight.

Where every sample activates exactly the neurons of its own label's half, f is linear in W on the
training samples. With that pattern imposed the margin problem is the convex program

    minimise ½‖W‖² over the W whose margins are at least 1,
    dual: minimise ½ lambdaᵀ A lambda - 1ᵀ lambda over lambda >= 0, margins A lambda

(A as in `multipliers`), whose W is unique when the margins can be met at all. A KKT point of the
network problem whose pattern is strictly the linear one satisfies the KKT conditions of this
program, so it *is* that W. Hence two certain verdicts: if W has the pattern strictly, it is a KKT
point with a linear boundary; if it certainly has not, or if no weights have the pattern, no KKT
point has it. That training reaches the point is not shown here.

The support S comes from a floating-point search (`minimiser_support`) and is then verified: A_SS
certainly nonsingular, lambda_S certainly positive, every other margin certainly at least 1.
Rounding cannot tell a margin that is exactly 1; small supports are therefore decided in rational
arithmetic when the enclosures leave something open. That no weights have the pattern is proved by
rational t >= 0, t != 0, for which sum t_n y_n x_n vanishes (Gordan's theorem: the samples are not
separable).

Source: this project, from the stationarity condition of Kumano et al., ICLR 2024.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray
from scipy.optimize import nnls

from ...theory.exact.interval import Interval
from ..enclose.ball_array import BallArray, FloatArray
from ..enclose.linear_algebra import verified_solve
from ..enclose.precise_array import PreciseArray
from ..enclose.real_array import RealArray
from .gram import GramStatistics
from .multipliers import Multipliers, candidate, check_labels, exact_multipliers, margin_matrix

# Of A with a unit diagonal, relative to the largest: smaller eigenvalues are taken for rounding.
_RANK = 1e-10
_RATIONAL_SUPPORT = 200
_RATIONAL_PRODUCTS = 4_000_000


def linear_kkt_point(
    statistics: GramStatistics, y: NDArray[np.int8], slope: Fraction
) -> Multipliers:
    """The KKT point with the linear pattern, multipliers zero where margins exceed 1.

    `y` in {-1, +1}, shape (N,); `slope` is gamma in (0, 1], exact. Of the result, `consistent` is
    True when it certainly is a KKT point whose pattern is strictly the linear one, so that its
    boundary is linear; False when certainly no KKT point of the network problem has that pattern;
    None when undecided. `support` holds the n with positive multipliers whenever `lam` is given.
    W and all margins are unique; lambda need not be where samples depend on one another (of equal
    samples the first stands for all).

    Raises:
        InputError: labels or slope out of range.
    """
    tight = exact_multipliers(statistics, y, slope)
    signs = check_labels(y, statistics.size)
    if tight.lam is not None and tight.lam.positive.all():
        everyone = np.arange(statistics.size)
        return _explained(replace(tight, support=everyone), statistics.size)
    clash = _clash(statistics, signs)
    if clash:
        return Multipliers(None, None, None, False, f"no linear pattern is possible: {clash}")
    matrix = margin_matrix(statistics.gram, signs, slope)
    # One power of two for all samples changes no support and keeps the search within float64.
    exponent = int(np.frexp(abs(statistics.x).max())[1])
    searched = matrix.ldexp(-2 * exponent).mid
    if not (searched.diagonal() > 0).all():
        reason = "squared norms of the samples are outside the range of float64"
        return Multipliers(None, None, None, None, reason)
    # Equal samples have equal margins, so that one of them stands for all.
    repeated = [k for _, k in statistics.duplicates]
    kept = np.delete(np.arange(statistics.size), repeated)
    support = kept[minimiser_support(searched[np.ix_(kept, kept)])]
    found = _verified(matrix[np.ix_(kept, support)], kept, support)
    if found is None and isinstance(matrix, BallArray):
        found = _rational(statistics.x, signs, slope, support, kept)
    if found is None:
        return _without_solution(statistics.x, signs)
    support, values = found
    lam = values.placed(support, statistics.size)
    return _explained(candidate(statistics.gram, lam, signs, slope, support), statistics.size)


def minimiser_support(matrix: FloatArray) -> NDArray[np.intp]:
    """Increasing indices of the positive entries of a minimiser, as far as floating point can tell.

    `matrix` is A, float64 (N, N), symmetric and positive semidefinite with a positive diagonal.
    Where there is no minimiser, or rounding hides it, the indices mean nothing. Least-distance
    programming by non-negative least squares: for A = Mᵀ M the u >= 0 that minimise
    ||M u||² + (1ᵀ u - 1)² are a multiple of lambda (Lawson & Hanson, Solving Least Squares
    Problems, 1974, section 23.4), with independent columns in its support.
    """
    scale = 1 / np.sqrt(matrix.diagonal())
    values, vectors = np.linalg.eigh(matrix * scale[:, None] * scale)
    # A is singular as soon as samples depend on one another; with its null space left in, columns
    # that differ by rounding would count as independent.
    kept = values > _RANK * values[-1]
    root = np.sqrt(values[kept])[:, None] * vectors[:, kept].T
    # In the variables lambda/scale; the length of the last row does not touch the support.
    system = np.vstack([root, scale / scale.max()])
    try:
        return np.flatnonzero(nnls(system, np.eye(len(system))[-1], maxiter=30 * len(matrix))[0])
    except RuntimeError:  # too many iterations
        return np.zeros(0, dtype=np.intp)


def _verified(
    columns: RealArray, kept: NDArray[np.intp], support: NDArray[np.intp]
) -> tuple[NDArray[np.intp], RealArray] | None:
    """The support and its multipliers, where certainly lambda >= 0 and all margins are at least 1.

    `columns` are those of A in the support S, its rows those kept. An entry of lambda_S may be
    exactly zero, which only rational arithmetic can tell; it then leaves the support.
    """
    if not len(support):
        return None
    inside = np.searchsorted(kept, support)
    values = verified_solve(columns[inside], BallArray.exact(np.ones(len(support))))
    if values is None:
        return None
    positive = values.positive
    if not (positive | (values.nonnegative & values.nonpositive)).all():
        return None
    others = np.setdiff1d(np.arange(len(kept)), inside)
    if not (columns[others] @ values - 1.0).nonnegative.all():
        return None
    return support[positive], values[positive]


def _rational(
    x: FloatArray,
    y: FloatArray,
    slope: Fraction,
    support: NDArray[np.intp],
    kept: NDArray[np.intp],
) -> tuple[NDArray[np.intp], BallArray] | None:
    """The same without rounding, where the problem is small: margins may be exactly 1."""
    small = len(support) * len(kept) * x.shape[1] <= _RATIONAL_PRODUCTS
    if not (small and 0 < len(support) <= _RATIONAL_SUPPORT):
        return None
    products = PreciseArray.exact(x[kept]) @ PreciseArray.exact(x[support]).T
    gamma = Interval.exact(slope)
    alike = np.equal.outer(y[kept], y[support])
    found = _verified(products * products.chosen(alike, (1 + gamma**2) / 2, -gamma), kept, support)
    return found and (found[0], BallArray.like(found[1]))


def _without_solution(x: FloatArray, y: FloatArray) -> Multipliers:
    """The verdict where no solution was certified: False if the samples are not separable."""
    terms = vanishing_combination(x * y[:, None])
    if terms is None:
        reason = "no solution with the linear pattern was certified, nor that there is none"
        return Multipliers(None, None, None, None, reason)
    shown = ", ".join(map(str, terms[:5])) + (", ..." if len(terms) > 5 else "")
    reason = f"a positive combination of the samples {shown}, signed by label, is exactly zero"
    return Multipliers(None, None, None, False, f"no linear pattern is possible: {reason}")


def vanishing_combination(signed: FloatArray) -> NDArray[np.intp] | None:
    """Rows whose sum with some weights > 0 is exactly zero; None when none are found.

    With w a neuron of the half a_j > 0, the linear pattern has y_n <w, x_n> > 0 for all n, and the
    same weights would give zero for a sum of positive numbers.
    """
    if signed.size > _RATIONAL_PRODUCTS:
        return None
    unit = signed / np.linalg.norm(signed, axis=1, keepdims=True)
    try:
        target = np.append(np.zeros(signed.shape[1]), 1.0)
        weights, _ = nnls(np.vstack([unit.T, np.ones(len(unit))]), target)
    except RuntimeError:  # too many iterations
        return None
    terms = np.flatnonzero(weights)
    if not 0 < len(terms) <= _RATIONAL_SUPPORT:
        return None
    basis, nullity = fmpz_mat(_integers(signed[terms])).transpose().nullspace()
    exact = [int(basis[k, 0]) for k in range(len(terms))]
    if nullity != 1 or not (min(exact) >= 0 or max(exact) <= 0):
        return None
    return terms[[weight != 0 for weight in exact]]


def _explained(result: Multipliers, size: int) -> Multipliers:
    assert result.support is not None
    assert result.activation_margins is not None
    count, n = len(result.support), result.activation_margins.argmin()
    tight = f"{count} of {size} multipliers are positive"
    if count == size:
        tight = "all margins are tight"
    outcome = {
        True: "the pattern is certainly linear",
        False: f"sample {n} certainly leaves the linear pattern",
        None: f"whether sample {n} keeps the linear pattern is within rounding",
    }[result.consistent]
    return replace(result, reason=f"{tight}; {outcome}")


def _clash(statistics: GramStatistics, y: FloatArray) -> str:
    """A sample that is zero, or two equal ones with different labels; empty when there are none."""
    zero = np.flatnonzero(~statistics.x.any(axis=1))
    if len(zero):
        return f"sample {zero[0]} is zero"
    twins = ((n, k) for n, k in statistics.duplicates if y[n] != y[k])
    return next((f"samples {n} and {k} are equal with different labels" for n, k in twins), "")


def _integers(x: FloatArray) -> list[list[int]]:
    """Integers that are x times one power of 2, row by row."""
    ratios = [[value.as_integer_ratio() for value in row] for row in x.tolist()]
    shift = max(q.bit_length() - 1 for row in ratios for _, q in row)
    return [[p << (shift + 1 - q.bit_length()) for p, q in row] for row in ratios]
