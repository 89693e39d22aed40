"""Row-wise certificates: the linear boundary proved for one dataset, for every KKT point.

Write e_nk = y_n y_k <x_n, x_k> off the diagonal, split as e = E+ - E- with E+, E- >= 0, and
D_n = ||x_n||^2. At a KKT point w_j = a_j sum_k lambda_k y_k s_jk x_k, s_jk in [gamma, 1], and

    g_jn = m y_n a_j <w_j, x_n> = s_jn D_n lambda_n + sum_k s_jk e_nk lambda_k
         >= gamma D_n lambda_n - (E- lambda)_n.                                            (1)

**Upper bound.** Let t > 0 satisfy (i) gamma D t > E- t and (ii) (1+gamma^2) D t - (1+gamma) E- t
>= 2. Then lambda <= t. Proof: let n maximise rho = lambda_n / t_n and suppose rho > 0. Since lambda
<= rho t, (E- lambda)_n <= rho (E- t)_n < rho gamma D_n t_n = gamma D_n lambda_n, so every g_jn > 0
by (1): n activates exactly its own half, s_jn is 1 there and gamma elsewhere, and by slackness
1 = y_n f(x_n) = (mean of g_jn over the own half + gamma times the mean over the other) / 2
  >= [(1+gamma^2) D_n lambda_n - (1+gamma) (E- lambda)_n] / 2 >= rho.

**Lower bound.** phi is increasing and g_jn <= s_jn D_n lambda_n + (E+ lambda)_n, which gives
1 <= y_n f(x_n) <= [(1+gamma^2) D_n lambda_n + (1+gamma) (E+ t)_n] / 2, hence lambda >= L with
L_n = (2 - (1+gamma) (E+ t)_n) / ((1+gamma^2) D_n).

**Pattern.** g_jn >= gamma D_n L_n - (E- t)_n for every neuron. If that slack is positive for all n,
every sample activates exactly its own half, at every KKT point. With L > 0 all margins are tight
too, so A lambda = 1 (`multipliers`), and A is nonsingular: along a null direction lambda could be
moved to a KKT point beyond L or t. The KKT point is then unique and a consistent candidate.

Three forms, from this project:

* "plain" is the simplest: E+ and E- both replaced by O = abs(e) and
  t = (2 gamma/(1+gamma^2)) (gamma D - O)^-1 1.
* "half-aware": O again, and the least t, 2 ((1+gamma^2) D - (1+gamma) O)^-1 1. It includes "plain",
  whose t satisfies (i) and (ii) because (1+gamma^2)/gamma >= 1+gamma. It includes the scalar
  half-aware condition, whose constant U+ satisfies both. "plain" does not include that for
  gamma < 1: for equal norms and equal inner products its t is the larger one.
* "signed": E+ and E- as they are, the least t, and the slack gamma (D L + E+ L)_n - (E- t)_n with
  L > 0 asked for, by keeping the terms s_jk e_nk lambda_k >= gamma e_nk L_k > 0 in (1). It includes
  "half-aware", as E+, E- <= O.

In the first two (i) and L > 0 follow from the slack; in "signed" they are part of it.

No matrix is inverted rigorously: for a symmetric matrix T with non-positive off-diagonal a vector
t > 0 with T t > 0 proves that T is positive definite with a non-negative inverse, so that T t >= c
bounds T^-1 c by t. One certain matrix-vector product checks it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...theory.exact.interval import Interval
from ..configuration import InputError
from ..enclose.ball_array import BallArray, FloatArray
from ..enclose.linear_algebra import verified_solve
from ..enclose.precise_array import PreciseArray
from ..enclose.real_array import RealArray
from ..network import check_slope
from .multipliers import check_labels

Form = Literal["plain", "half-aware", "signed"]


@dataclass(frozen=True, slots=True, eq=False)
class RowWise:
    """A row-wise certificate of one sample of size N; see the module.

    Attributes:
        form: which of the three.
        certified: True when every slack is certainly positive: the theorem's pattern, hence a
            linear boundary, at every KKT point. False when the form certainly does not apply, which
            says nothing about the theorem. None when rounding leaves it open.
        upper: encloses t, shape (N,); `upper.upper` bounds every KKT multiplier from above.
        lower: encloses L, shape (N,); `lower.lower` bounds every KKT multiplier from below.
        slack: shape (N,), without unit. All three are the whole line when there is no t.
        reason: why it is not certified; empty when it is.
    """

    form: Form
    certified: bool | None
    upper: RealArray
    lower: RealArray
    slack: RealArray
    reason: str = ""


def row_wise(
    gram: RealArray,
    slope: Fraction,
    *,
    form: Form = "half-aware",
    labels: NDArray[np.int8] | None = None,
) -> RowWise:
    """Decide a row-wise certificate from the Gram matrix (N, N) and gamma in (0, 1].

    `labels` in {-1, +1}, shape (N,), are needed by the form "signed" only.

    Raises:
        InputError: slope or labels out of range, or labels missing.
    """
    check_slope(slope)
    size = len(gram)
    negative, positive = interactions(gram, form, labels)
    diagonal = gram.diagonal()
    gamma = Interval.exact(slope)
    if form == "plain":
        system = _z_matrix(diagonal * gamma, negative)
        target = 2 * gamma / (1 + gamma**2)
    else:
        system = _z_matrix(diagonal * (1 + gamma**2), negative * (1 + gamma))
        target = Interval.exact(2)
    bounds = _positive_solution(system, target)
    if bounds is None:
        unknown = BallArray(np.zeros(size), np.full(size, np.inf))
        indefinite = _certainly_not_definite(system)
        reason = "the row system is not positive definite" if indefinite else "no bound was found"
        return RowWise(form, False if indefinite else None, unknown, unknown, unknown, reason)
    lower, slack = lower_and_slack(
        form, gamma, diagonal, bounds, lambda v: negative @ v, lambda v: positive @ v
    )
    if slack.positive.all():
        return RowWise(form, True, bounds, lower, slack)
    failed = bool(slack.nonpositive.any())
    reason = f"the slack of row {slack.argmin()} is not {'positive' if failed else 'decided'}"
    return RowWise(form, False if failed else None, bounds, lower, slack, reason)


def lower_and_slack(
    form: Form,
    gamma: Any,
    diagonal: Any,
    upper: Any,
    negative: Callable[[Any], Any],
    positive: Callable[[Any], Any],
) -> tuple[Any, Any]:
    """L and the slack, each (N, ...), for upper bounds t (N, ...) of that shape; see the module.

    `negative` and `positive` multiply with E- and E+. Enclosures and plain floats alike, so that
    what a search rates is what is certified of its result.
    """
    if isinstance(upper, np.ndarray):
        larger, smaller = np.maximum, np.minimum
    else:
        larger, smaller = (lambda a, b: a.maximum(b)), (lambda a, b: a.minimum(b))
    pull = negative(upper)
    lower = (2 - positive(upper) * (1 + gamma)) / (diagonal * (1 + gamma**2))
    own = diagonal * lower
    if form != "signed":
        return lower, own * gamma - pull
    slack = (own + positive(larger(lower, 0.0))) * gamma - pull
    slack = smaller(slack, diagonal * upper * gamma - pull)
    return lower, smaller(slack, own * gamma)


def interactions(
    gram: RealArray, form: Form, labels: NDArray[np.int8] | None
) -> tuple[RealArray, RealArray]:
    """E- and E+ of the form, shapes (N, N), zero diagonal, every midpoint at or above zero.

    Raises:
        InputError: the form is unknown, or needs labels and has none.
    """
    off = 1 - np.eye(len(gram))
    if form in ("plain", "half-aware"):
        size = abs(gram) * off
        return size, size
    if form != "signed":
        raise InputError(f"no row-wise form {form!r}; one of plain, half-aware, signed")
    if labels is None:
        raise InputError("the signed row-wise form needs the labels")
    signs = check_labels(labels, len(gram))
    signed = gram * (np.multiply.outer(signs, signs) * off)
    return (-signed).maximum(0.0), signed.maximum(0.0)


def _z_matrix(diagonal: RealArray, off_diagonal: RealArray) -> RealArray:
    return -off_diagonal + diagonal[:, None] * np.eye(len(diagonal))


@np.errstate(all="ignore")
def _positive_solution(system: RealArray, target: Interval) -> RealArray | None:
    """Enclose the t with T t = target for symmetric Z-matrices T; None unless t proves T."""
    if not isinstance(system, BallArray):
        everywhere = np.full(len(system), True)
        found = verified_solve(system, system.chosen(everywhere, target, target))
        return found if found is not None and found.positive.all() else None
    wanted = np.full(len(system), target.lower)
    try:
        start = np.linalg.solve(system.mid, wanted)
        start = start + np.linalg.solve(system.mid, wanted - system.mid @ start)
    except np.linalg.LinAlgError:
        return None
    if not (np.isfinite(start).all() and (start > 0).all()):
        return None
    error = abs(system @ start - target).upper.max() / target.lower
    # T (1 + delta) t exceeds the target as soon as delta exceeds the relative residual; the factor
    # leaves room for the rounding of the check itself.
    delta = 4 * float(error) + 2.0**-48
    if not delta < 0.5:
        return None
    above, below = start * (1 + delta), start * (1 - delta)
    reached = (system @ above).lower.min() >= target.upper
    kept = (system @ below).upper.max() <= target.lower
    return BallArray.between(below, above) if reached and kept else None


def _certainly_not_definite(system: RealArray) -> bool:
    """No matrix in the symmetric Z-matrices `system` is positive definite."""
    if isinstance(system, PreciseArray):
        # The inverse of a positive definite one is non-negative, with no row of zeros, so that it
        # takes positive vectors to positive ones.
        ones = PreciseArray.exact(np.ones(len(system)))
        found = verified_solve(system, ones) if system.is_rational else ones
        return found is None or bool(found.nonpositive.any())
    if not system.is_finite:
        return False
    vector: FloatArray = np.linalg.eigh(system.mid)[1][:, 0]
    form = vector @ (system @ vector)
    return bool(form.upper < 0)
