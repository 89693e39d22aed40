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

The support S comes from a floating-point search (`active_set`) and is then verified: A_SS certainly
nonsingular, lambda_S certainly positive, every other margin certainly at least 1. Rounding cannot
tell a margin that is exactly 1; small supports are therefore decided in rational arithmetic when
the enclosures leave something open. That no weights have the pattern is proved by rational t >= 0,
t != 0, for which sum t_n y_n x_n vanishes (Gordan's theorem: the samples are not separable).

Source: this project, from the stationarity condition of Kumano et al., ICLR 2024.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat
from numpy.typing import NDArray
from scipy.optimize import nnls

from .active_set import minimiser_support
from .enclosure import Interval
from .gram import GramStatistics
from .multipliers import (
    Multipliers,
    candidate,
    check_labels,
    exact_multipliers,
    margin_matrix,
    tight_multipliers,
)
from .rounding import BallArray
from .roundoff import FloatArray

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
    if tight.lam is not None and (tight.lam.lower > 0).all():
        everyone = np.arange(statistics.size)
        return _explained(replace(tight, support=everyone), statistics.size)
    clash = _clash(statistics, signs)
    if clash:
        return Multipliers(None, None, None, False, f"no linear pattern is possible: {clash}")
    return _solved_program(statistics, signs, slope)


def _solved_program(statistics: GramStatistics, y: FloatArray, slope: Fraction) -> Multipliers:
    matrix = margin_matrix(statistics.gram, y, slope)
    if not (matrix.mid.diagonal() > 0).all():
        reason = "squared norms of the samples are outside the range of float64"
        return Multipliers(None, None, None, None, reason)
    # Equal samples have equal margins, so that one of them stands for all.
    repeated = [k for _, k in statistics.duplicates]
    kept = np.delete(np.arange(statistics.size), repeated)
    support = kept[minimiser_support(matrix.mid[np.ix_(kept, kept)])]
    found = _verified(matrix, statistics.x, y, slope, support, kept)
    if found is None:
        found = _rational(statistics.x, y, slope, support, kept)
    if found is None:
        return _without_solution(statistics.x, y)
    support, values = found
    lam = _spread(values, support, statistics.size)
    return _explained(candidate(statistics.gram, lam, y, slope, support), statistics.size)


def _verified(
    matrix: BallArray,
    x: FloatArray,
    y: FloatArray,
    slope: Fraction,
    support: NDArray[np.intp],
    kept: NDArray[np.intp],
) -> tuple[NDArray[np.intp], BallArray] | None:
    """lambda_S when it is certainly positive and the other margins are certainly at least 1."""
    if not len(support):
        return None
    block = matrix[np.ix_(support, support)]
    values = tight_multipliers(block, x[support], y[support], slope)
    if values is None or not (values.lower > 0).all():
        return None
    others = np.setdiff1d(kept, support)
    margins = matrix[np.ix_(others, support)] @ values
    return (support, values) if (margins.lower >= 1).all() else None


def _rational(
    x: FloatArray,
    y: FloatArray,
    slope: Fraction,
    support: NDArray[np.intp],
    kept: NDArray[np.intp],
) -> tuple[NDArray[np.intp], BallArray] | None:
    """The same without rounding: lambda may vanish on S and margins off S may be exactly 1."""
    if not 0 < len(support) <= _RATIONAL_SUPPORT:
        return None
    if len(support) * len(kept) * x.shape[1] > _RATIONAL_PRODUCTS:
        return None
    alike = np.equal.outer(y[kept], y[support])
    samples, shift = _integers(x[kept])
    inside = np.searchsorted(kept, support)
    chosen = fmpz_mat([samples[n] for n in inside.tolist()])
    products = (fmpz_mat(samples) * chosen.transpose()).tolist()
    unit = Fraction(1, 4**shift)
    equal, different = (_fmpq(c * unit) for c in ((1 + slope**2) / 2, -slope))
    rows = [
        [product * (equal if same else different) for product, same in zip(*row, strict=True)]
        for row in zip(products, alike.tolist(), strict=True)
    ]
    try:
        square = fmpq_mat([rows[n] for n in inside.tolist()])
        values = square.solve(fmpq_mat([[1]] * len(support)))
    except ZeroDivisionError:
        return None
    if min(values.entries()) < 0 or min((fmpq_mat(rows) * values).entries()) < 1:
        return None
    positive = [k for k, value in enumerate(values.entries()) if value > 0]
    ends = [Interval.exact(Fraction(int(v.p), int(v.q))) for v in values.entries() if v > 0]
    enclosed = BallArray.between([end.lower for end in ends], [end.upper for end in ends])
    return support[positive], enclosed


def _without_solution(x: FloatArray, y: FloatArray) -> Multipliers:
    """The verdict where no solution was certified: False if the samples are not separable."""
    terms = _vanishing_combination(x * y[:, None])
    if terms is None:
        reason = "no solution with the linear pattern was certified, nor that there is none"
        return Multipliers(None, None, None, None, reason)
    shown = ", ".join(map(str, terms[:5])) + (", ..." if len(terms) > 5 else "")
    reason = f"a positive combination of the samples {shown}, signed by label, is exactly zero"
    return Multipliers(None, None, None, False, f"no linear pattern is possible: {reason}")


def _vanishing_combination(signed: FloatArray) -> NDArray[np.intp] | None:
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
    basis, nullity = fmpz_mat(_integers(signed[terms])[0]).transpose().nullspace()
    exact = [int(basis[k, 0]) for k in range(len(terms))]
    if nullity != 1 or not (min(exact) >= 0 or max(exact) <= 0):
        return None
    return terms[[weight != 0 for weight in exact]]


def _explained(result: Multipliers, size: int) -> Multipliers:
    assert result.support is not None
    assert result.activation_margins is not None
    margins = result.activation_margins
    count = len(result.support)
    tight = (
        "all margins are tight" if count == size else f"{count} of {size} multipliers are positive"
    )
    n = int(np.argmin(margins.mid))
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


def _spread(values: BallArray, support: NDArray[np.intp], size: int) -> BallArray:
    mid, rad = np.zeros(size), np.zeros(size)
    mid[support], rad[support] = values.mid, values.rad
    return BallArray(mid, rad)


def _integers(x: FloatArray) -> tuple[list[list[int]], int]:
    """Integers whose 2^-shift multiples are x exactly, row by row."""
    ratios = [[value.as_integer_ratio() for value in row] for row in x.tolist()]
    shift = max(q.bit_length() - 1 for row in ratios for _, q in row)
    return [[p << (shift + 1 - q.bit_length()) for p, q in row] for row in ratios], shift


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)
