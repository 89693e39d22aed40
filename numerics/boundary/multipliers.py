"""Exact multipliers of the margin problem under the theorem's pattern, and the limit network.

If every sample activates exactly the neurons of its own label's half, all margins are tight:
A lambda = 1 with A_nk = (1/2) c_nk y_n y_k <x_n, x_k>, c = 1 + gamma^2 for equal labels and 2 gamma
for different ones. `exact_multipliers` encloses the solution and checks the pattern it presumes.
A positive solution with its pattern strictly the presumed one is a *consistent candidate*: a KKT
point with a linear boundary exists. That training reaches it is not shown here.

Source: this project, from the stationarity condition of Kumano et al., ICLR 2024 (section 1's
theorem, after Frei et al., COLT 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...theory.exact.interval import Interval
from ..configuration import InputError
from ..enclose.ball_array import BallArray, FloatArray
from ..enclose.linear_algebra import verified_solve
from ..enclose.precise_array import PreciseArray, affordable
from ..enclose.real_array import RealArray
from ..network import check_slope, check_width
from .gram import GramStatistics


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """Multipliers of a candidate, or why there are none: `exact_multipliers`, `linear_kkt_point`.

    Attributes:
        lam: encloses lambda, shape (N,): the solution of A lambda = 1, or of A_SS lambda_S = 1 and
            zero elsewhere when there is a support S.
        activation_margins: min over neurons j of m y_n a_j <w_j, x_n>, shape (N,); all positive
            means that the presumed pattern is the candidate's own.
        linear_margins: y_n <q, x_n> with q = sum_k lambda_k y_k x_k, shape (N,).
        consistent: True when certainly lambda > 0 (on the support) and all activation margins > 0;
            False when certainly not; None when undecided or unsolved.
        reason: why lambda is not enclosed; `linear_kkt_point` gives one for every verdict.
        support: increasing indices S of the positive multipliers; None where no margin was allowed
            to exceed 1.
    """

    lam: RealArray | None
    activation_margins: RealArray | None
    linear_margins: RealArray | None
    consistent: bool | None
    reason: str = ""
    support: NDArray[np.intp] | None = None

    @property
    def solved(self) -> bool:
        """A (A_SS for a support S) is certainly nonsingular and lambda is enclosed."""
        return self.lam is not None


def exact_multipliers(
    statistics: GramStatistics, y: NDArray[np.int8], slope: Fraction
) -> Multipliers:
    """Enclose lambda = A^-1 1 and the activation margins it implies.

    `y` in {-1, +1}, shape (N,); `slope` is gamma in (0, 1], exact. The solve is float64 with a
    certificate, or rational where the statistics are precise. If float64 cannot certify it and the
    sample is small, it is repeated in rational arithmetic from the samples.

    Raises:
        InputError: labels or slope out of range.
    """
    check_slope(slope)
    signs = check_labels(y, statistics.size)
    if singular := _certainly_singular(statistics, signs, slope):
        return Multipliers(None, None, None, None, singular)
    matrix = margin_matrix(statistics.gram, signs, slope)
    ones = BallArray.exact(np.ones(len(signs)))
    lam = verified_solve(matrix, ones)
    if lam is None and isinstance(matrix, BallArray) and affordable(*statistics.x.shape):
        samples = PreciseArray.exact(statistics.x)
        lam = verified_solve(margin_matrix(samples @ samples.T, signs, slope), ones)
        lam = None if lam is None else BallArray.like(lam)
    if lam is None:
        reason = "the margin matrix was not certified nonsingular"
        if statistics.duplicates:
            reason = f"{reason}: {_named(statistics.duplicates)}"
        return Multipliers(None, None, None, None, reason)
    return candidate(statistics.gram, lam, signs, slope)


def candidate(
    gram: RealArray,
    lam: RealArray,
    y: FloatArray,
    slope: Fraction,
    support: NDArray[np.intp] | None = None,
) -> Multipliers:
    """The candidate of multipliers lambda, its margins and whether its pattern is the presumed one.

    The multipliers off a `support` are exactly zero and those on it certainly positive.
    """
    same, other = class_sums(gram, lam, y)
    gamma = Interval.exact(slope)
    # A sample k is seen with slope 1 by its own half and with gamma by the other: times y_n y_k it
    # enters n's own half with factor 1 (same label) or -gamma, the other half with gamma or -1.
    margins = (same - other * gamma).minimum(same * gamma - other)
    inside = lam if support is None else lam[support]
    consistent = None
    if inside.positive.all() and margins.positive.all():
        consistent = True
    elif inside.nonpositive.any() or margins.nonpositive.any():
        consistent = False
    return Multipliers(lam, margins, same - other, consistent, support=support)


def margin_matrix(gram: RealArray, y: FloatArray, slope: Fraction) -> RealArray:
    """A_nk = (1/2) c_nk y_n y_k <x_n, x_k>, shape (N, N); y is +-1 as float64."""
    gamma = Interval.exact(slope)
    return gram * gram.chosen(np.equal.outer(y, y), (1 + gamma**2) / 2, -gamma)


def class_sums(gram: RealArray, lam: RealArray, y: FloatArray) -> tuple[RealArray, RealArray]:
    """sum_k lambda_k <x_n, x_k> over the k with n's label, and over the others; shapes (N,)."""
    masks = np.stack([y > 0, y < 0], axis=1).astype(np.float64)
    sums = gram @ (lam[:, None] * masks)
    rows = np.arange(len(y))
    own = (y < 0).astype(np.intp)
    return sums[rows, own], sums[rows, 1 - own]


def limit_coefficients(
    lam: RealArray, y: NDArray[np.int8], slope: Fraction, width: int
) -> RealArray:
    """C of shape (N, 2) with (v, u) = Cᵀ x: the two distinct neurons of the limit network W*.

    v belongs to the half with a_j = +1/sqrt(width), u to the other:
    v = (1/sqrt(m)) sum lambda_n y_n s+_n x_n, u = -(1/sqrt(m)) sum lambda_n y_n s-_n x_n, where
    s+ (s-) is 1 for label +1 (-1) and gamma otherwise.

    Raises:
        InputError: labels or slope out of range, or a width that is not positive and even.
    """
    check_slope(slope)
    signs = check_labels(y, len(lam))
    check_width(width)
    gamma, one = Interval.exact(slope), Interval.exact(1)
    scaled = lam * signs / Interval.exact(width).sqrt()
    # The half of label +1 has output weight +1/sqrt(m), the other -1/sqrt(m).
    columns = [scaled * lam.chosen(signs == label, one * label, gamma * label) for label in (1, -1)]
    return type(scaled).stacked(columns, axis=1)


def limit_weights(
    x: FloatArray, lam: RealArray, y: NDArray[np.int8], slope: Fraction, width: int
) -> RealArray:
    """The two distinct rows v, u of W*, shape (2, d); see `limit_coefficients`."""
    return limit_coefficients(lam, y, slope, width).T @ x


def linear_normal(x: FloatArray, lam: RealArray, y: NDArray[np.int8]) -> RealArray:
    """q = sum_n lambda_n y_n x_n, shape (d,): the normal of the linear boundary."""
    return (lam * check_labels(y, len(lam))) @ x


def check_labels(y: NDArray[np.int8], size: int) -> FloatArray:
    """Labels as float64 signs.

    Raises:
        InputError: not one label -1 or +1 for each of `size` samples.
    """
    if np.shape(y) != (size,) or not np.isin(y, (-1, 1)).all():
        raise InputError(f"labels must be -1 or +1, one for each of {size} samples")
    return np.asarray(y, dtype=np.float64)


def _certainly_singular(statistics: GramStatistics, y: FloatArray, slope: Fraction) -> str:
    """Why A is singular for sure, by counting; empty when counting does not show it."""
    dimension = statistics.x.shape[1]
    # A is the Gram matrix of the samples of each class (of all samples, for slope 1) in disguise.
    groups = {f" of class {label:+d}": int((y == label).sum()) for label in (-1, 1)}
    if slope == 1:
        groups = {"": len(y)}
    for name, count in groups.items():
        if count > dimension:
            return (
                f"the margin matrix is singular: {count} samples{name} in {dimension} dimensions "
                "are linearly dependent"
            )
    for n, k in statistics.duplicates:
        if slope == 1 or y[n] == y[k]:
            return f"the margin matrix is singular: {_named(statistics.duplicates)}"
    return ""


def _named(duplicates: tuple[tuple[int, int], ...]) -> str:
    shown = ", ".join(f"{k} repeats {n}" for n, k in duplicates[:5])
    more = len(duplicates) - 5
    return f"row {shown}" + (f" and {more} more" if more > 0 else "")
