"""From a trained network to its limit: the certified angle and the residuals of a KKT point.

f is 1-homogeneous and 1-Lipschitz in W (‖a‖ = 1, phi is 1-Lipschitz and positively homogeneous):
abs(f(W; z) - f(W'; z)) <= ‖W - W'‖ ‖z‖ in operator norm. Let W* be the limit direction, whose
neurons are v on the first half and u on the second, v - u = ((1 + gamma)/sqrt(m)) q. Then
abs(f(W*; z)) >= (sqrt(m)/2) gamma abs(<v - u, z>), so for every z, without sampling,

    sgn f(W; z) = sgn <q, z>   whenever   abs(cos(z, q)) > tau = 2 Delta / (gamma (1 + gamma) ‖q‖),

with Delta = ‖W/s - W*‖ for any s > 0; here s makes the least margin 1. Source: this project, after
Kumano, Kera & Yamasaki (ICLR 2024) and Frei et al. (COLT 2023).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...theory.exact.interval import Interval, Number
from ..boundary.gram import gram_matrix
from ..boundary.multipliers import limit_weights, linear_normal
from ..data.sample import Sample
from ..enclose.ball_array import BallArray
from ..enclose.linear_algebra import operator_norm, spectrum
from ..enclose.precise_array import MOST_ENTRIES, PreciseArray
from ..enclose.real_array import RealArray
from ..network import (
    OutputWeights,
    check_slope,
    check_width,
    margins,
    output_weights,
    preactivations,
    weights_or_papers,
)
from .training import Trained

# Up to this order an eigenvalue decomposition is worth what the operator norm gains over the
# Frobenius norm; beyond it the Frobenius norm, an upper bound, stands in.
_LARGEST_DECOMPOSITION = 2048


@dataclass(frozen=True)
class CertifiedAngle:
    """How far a trained network certainly is from its limit. Everything is enclosed.

    Attributes
    ----------
    tau : sine of the half-angle of the cone about the boundary in which signs may differ; at most
        its upper end. [0, inf] when the least margin is not certainly positive.
    distance : Delta = ‖W/s - W*‖ in operator norm, between 0 and the Frobenius norm where that is
        all there is.
    frobenius_distance, relative_distance : ‖W/s - W*‖_F, and the same over ‖W*‖_F.
    scale : s, the float64 number by which W was divided.
    """

    tau: Interval
    distance: Interval
    frobenius_distance: Interval
    relative_distance: Interval
    scale: float


def certified_angle(
    weights: np.ndarray, sample: Sample, slope: Number, lam: RealArray
) -> CertifiedAngle:
    """Enclose Delta and tau for float64 ``weights`` (m, d), taken as exact, like the samples.

    lam (N,) encloses the exact multipliers; slope is exact too, a float its binary value. Delta is
    computed as precisely as lam is held, up to the operator norm, which is taken in float64 balls.
    Raises InputError for an odd width or a slope outside (0, 1].
    """
    check_width(len(weights))
    check_slope(slope)
    least = margins(preactivations(weights, sample.x), sample.y, slope).min_enclosure()
    inverse = scale_to_unit_margin(least)
    if inverse is None:
        unknown = Interval.between(0, math.inf)
        return CertifiedAngle(unknown, unknown, unknown, unknown, math.nan)
    neurons = limit_weights(sample.x, lam, sample.y, Fraction(slope), len(weights))
    difference = difference_to_halves(weights, inverse, neurons)
    frobenius = difference.norm()
    distance = Interval.between(0, frobenius.upper)
    if min(weights.shape) <= _LARGEST_DECOMPOSITION:
        spectral = operator_norm(BallArray.between(difference.lower, difference.upper))
        distance = Interval.between(max(spectral.lower, 0.0), min(spectral.upper, frobenius.upper))
    normal = linear_normal(sample.x, lam, sample.y).norm()
    gamma = Interval.exact(slope)
    limit_norm = neurons.norm() * Interval.exact(len(weights) // 2).sqrt()
    return CertifiedAngle(
        tau=(2 * distance / (gamma * (1 + gamma) * normal)).nonnegative(),
        distance=distance,
        frobenius_distance=frobenius,
        relative_distance=frobenius / limit_norm,
        scale=1.0 / inverse,
    )


def scale_to_unit_margin(least_margin: Interval) -> float | None:
    """The float by which to multiply W so that the least margin is 1, up to rounding upward.

    None unless the least margin is certainly positive. Any positive factor leaves all signs as they
    are, so this one may be rounded; upward, so that no margin ends below 1.
    """
    if not least_margin.lower > 0 or not math.isfinite(least_margin.upper):
        return None
    factor = math.nextafter(1.0 / least_margin.lower, math.inf)
    return factor if math.isfinite(factor) else None


def difference_to_halves(weights: np.ndarray, factor: float, neurons: RealArray) -> RealArray:
    """factor W - W', (m, d), with the rows of W' neurons[0], then neurons[1], half of them each."""
    index = np.repeat([0, 1], len(weights) // 2)
    if isinstance(neurons, PreciseArray):
        neurons = neurons.balls() if weights.size <= MOST_ENTRIES else neurons.rounded()
    return BallArray.exact(weights) * factor - neurons[index]


@dataclass(frozen=True)
class AngleEstimate:
    """Plain floating point: tau and ‖W/s - W*‖_F/‖W*‖_F, s the least margin.

    tau and relative_distance are infinite when the least margin is not positive.
    """

    tau: float
    relative_distance: float


def angle_estimator(
    sample: Sample, initial: np.ndarray, slope: float, lam: np.ndarray
) -> Callable[[np.ndarray], AngleEstimate]:
    """A function from C (N, m) to the angle of W(0) + Cᵀ X: the curve along training.

    Works in Gram space, so that the input dimension counts once, here. lam (N,) are the
    multipliers. Relative distances below about 1e-8 are lost in cancellation; what overflows is
    infinite.
    """
    y = sample.y.astype(np.float64)
    width = len(initial)
    a = output_weights(width)
    gram, start = sample.x @ sample.x.T, sample.x @ initial.T
    # The squares of large weights would overflow before they are compared with the margin.
    largest = float(abs(initial).max()) or 1.0
    start_gram = (initial / largest) @ (initial / largest).T
    s = np.where(np.equal.outer(y, np.sign(a)), 1.0, slope)
    limit = (lam * y)[:, None] * s * a
    limit_norm = math.sqrt(max(float(np.sum(limit * (gram @ limit))), 0.0))
    normal = math.sqrt(max(float((lam * y) @ gram @ (lam * y)), 0.0))

    @np.errstate(over="ignore", invalid="ignore")
    def estimate(coefficients: np.ndarray) -> AngleEstimate:
        z = start + gram @ coefficients
        least = float((y * (np.where(z > 0, z, slope * z) @ a)).min())
        if not least > 0:
            return AngleEstimate(math.inf, math.inf)
        difference = coefficients / least - limit
        cross = difference.T @ (start / least)
        ratio = np.float64(largest) / least
        squares = start_gram * ratio**2 + cross + cross.T + difference.T @ (gram @ difference)
        if not np.isfinite(squares).all():
            return AngleEstimate(math.inf, math.inf)
        frobenius = math.sqrt(max(float(np.trace(squares)), 0.0))
        distance = frobenius
        if width <= _LARGEST_DECOMPOSITION:
            distance = math.sqrt(max(float(np.linalg.eigvalsh(squares)[-1]), 0.0))
        tau = 2 * distance / (slope * (1 + slope) * normal)
        return AngleEstimate(tau, frobenius / limit_norm)

    return estimate


# How nearly a trained network is a KKT point, and what its multipliers are.
#
# The margin problem: minimise ½‖W‖² subject to y_n f(W; x_n) >= 1. With W scaled to least margin 1
# and any lambda >= 0 the residuals of Lyu & Li (ICLR 2020, definition C.4) are
#
#     epsilon = ‖W - sum_n lambda_n y_n df(x_n)‖_F,     delta = sum_n lambda_n (y_n f(x_n) - 1).
#
# Where every sample activates exactly its own label's half, f is linear in W on the training
# samples, the problem is a convex one of minimiser W*, and its duality gap at (W, lambda) is
# epsilon²/2 + delta. The gap is at least ½‖W - W*‖², whence a distance to the limit that uses no
# exact solution:
#
#     ‖W - W*‖_F <= sqrt(epsilon² + 2 delta).
#
# Multipliers follow from the coefficients C of W = W(0) + Cᵀ X, which tend to lambda_n y_n s_jn
# a_j: lambda'_n = mean_j y_n C_nj/(a_j s_jn). With D = C - C* and independent samples sigma_min(X)
# ‖D‖_F <= ‖Dᵀ X‖_F <= ‖W - W*‖_F + ‖W(0)‖_F, and by Cauchy-Schwarz, s being 1 on one half and gamma
# on the other, abs(lambda'_n - lambda_n) <= sqrt((1 + gamma⁻²)/2) ‖D‖_F. This and the distance
# bound: this project.

_UNKNOWN = Interval.between(0, math.inf)


@dataclass(frozen=True)
class KktResiduals:
    """Residuals of a network scaled to least margin 1, all enclosed.

    Attributes
    ----------
    relative_stationarity : epsilon/‖W‖_F. [0, inf] when a margin or the sign of a pre-activation
        at a sample is uncertain.
    distance_bound : sqrt(epsilon² + 2 delta), its upper end bounds ‖W - W*‖_F; [0, inf] unless
        ``linear``.
    linear : whether every sample certainly activates exactly its own label's half.
    multipliers : float64 (N,), the lambda >= 0 used: proportional to the samples' weights in the
        gradient of the exponential loss, scaled for least epsilon.
    factor : what W was multiplied by; NaN when the least margin is not certainly positive.
    """

    relative_stationarity: Interval
    distance_bound: Interval
    linear: bool
    multipliers: np.ndarray
    factor: float


def kkt_residuals(
    weights: np.ndarray, sample: Sample, slope: Number, output: OutputWeights | None = None
) -> KktResiduals:
    """Residuals of the network of float64 ``weights`` (m, d) on the samples.

    Weights, samples and slope are taken as exact, a float as its binary value. output: the a_j, by
    default the paper's.

    Raises InputError for an odd width with the paper's a_j, or a slope outside [0, 1].
    """
    a = weights_or_papers(len(weights), output)
    check_slope(slope, relu=True)
    z = preactivations(weights, sample.x)
    margin = margins(z, sample.y, slope, output)
    nothing = KktResiduals(_UNKNOWN, _UNKNOWN, False, np.full(sample.n, math.nan), math.nan)
    factor = scale_to_unit_margin(margin.min_enclosure())
    if factor is None:
        return nothing
    active = z.mid > 0
    certain = bool(((z.lower > 0) | (z.upper < 0)).all())
    linear = certain and np.array_equal(active, a.own(sample.y))

    scaled_margin = margin * factor
    share = np.exp(margin.mid.min() - margin.mid)
    gradient = _gradient(share, active, sample, slope, a)
    # <W, df(x_n)> = f(x_n): the least-squares factor on the gradient needs the margins only.
    squares = float(np.sum(gradient.mid**2))
    if not squares > 0:  # of numbers so small that their squares underflow
        return nothing
    lam = share * (float(share @ scaled_margin.mid) / squares)

    scaled = BallArray.exact(weights) * factor
    epsilon = (scaled - _gradient(lam, active, sample, slope, a)).norm()
    delta = ((scaled_margin - 1.0) * lam).sum().interval()
    return KktResiduals(
        relative_stationarity=epsilon / scaled.norm() if certain else _UNKNOWN,
        distance_bound=(epsilon**2 + 2 * delta.max(0)).sqrt() if linear else _UNKNOWN,
        linear=linear,
        multipliers=lam,
        factor=factor,
    )


def _gradient(
    lam: np.ndarray, active: np.ndarray, sample: Sample, slope: Number, a: OutputWeights
) -> BallArray:
    """sum_n lambda_n y_n df(x_n), (m, d), for activation patterns ``active`` (N, m)."""
    # Neurons of one pattern have one row up to a_j: usually two instead of m.
    patterns, index = np.unique(active.T, axis=0, return_inverse=True)
    rows = (_derivatives(patterns, slope) * (lam * sample.y)) @ sample.x
    return rows[index.reshape(-1)] * (a.sizes * a.signs)[:, None]


def _derivatives(active: np.ndarray, slope: Number) -> BallArray:
    """s = 1 where active, gamma elsewhere."""
    gamma = Interval.exact(slope)
    return BallArray.between(np.where(active, 1.0, gamma.lower), np.where(active, 1.0, gamma.upper))


@dataclass(frozen=True, eq=False)
class RecoveredMultipliers:
    """Multipliers read off a trained network's coefficients.

    values : float64 (N,). tolerance : float, every exact multiplier lies within it of its value;
    inf where nothing can be said.
    """

    values: np.ndarray
    tolerance: float


def recovered_multipliers(trained: Trained, residuals: KktResiduals) -> RecoveredMultipliers:
    """Multipliers of the limit of ``trained``, whose weights have the KKT residuals given.

    Uses neither the exact multipliers nor W*, so it can contradict them. The tolerance is finite
    when the network is ``linear`` and the samples are certainly independent; it presumes that all
    margins are tight in the limit (consistent exact multipliers).
    """
    sample, width = trained.sample, len(trained.initial)
    if not residuals.linear:
        return RecoveredMultipliers(np.full(sample.n, math.nan), math.inf)
    a = OutputWeights.paper(width)
    own, signs = a.own(sample.y), np.outer(sample.y, a.signs)
    terms = BallArray.exact(trained.coefficients) * signs / _derivatives(own, trained.slope)
    lam = terms.sum(axis=1) * residuals.factor / Interval.exact(width).sqrt()

    squared_sigma = spectrum(gram_matrix(sample.x))[0]
    if not squared_sigma.lower > 0:
        return RecoveredMultipliers(lam.mid, math.inf)
    span = BallArray.exact(trained.coefficients.T) @ sample.x
    start = (BallArray.exact(trained.weights()) - span).norm()
    distance = residuals.distance_bound + start * residuals.factor
    gamma = Interval.exact(trained.slope)
    spread = ((1 + gamma**-2) / 2).sqrt()
    bound = distance * spread / squared_sigma.sqrt() + Interval.exact(float(lam.rad.max()))
    return RecoveredMultipliers(lam.mid, bound.upper)
