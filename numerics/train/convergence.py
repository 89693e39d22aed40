"""From a trained network to its limit: the certified angle.

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
from ..boundary.multipliers import limit_weights, linear_normal
from ..data.sample import Sample
from ..enclose.ball_array import BallArray
from ..enclose.precise_array import MOST_ENTRIES, PreciseArray
from ..enclose.real_array import RealArray
from ..enclose.spectrum import operator_norm
from ..network import check_slope, check_width, output_weights

# Up to this order an eigenvalue decomposition is worth what the operator norm gains over the
# Frobenius norm; beyond it the Frobenius norm, an upper bound, stands in.
_LARGEST_DECOMPOSITION = 2048


def preactivations(weights: np.ndarray, x: np.ndarray) -> RealArray:
    """<w_j, x_n>, (N, m), for float64 weights (m, d) and samples (N, d) taken as exact."""
    return BallArray.exact(x) @ weights.T


def margins(preactivations: RealArray, y: np.ndarray, slope: Number) -> RealArray:
    """y_n f(x_n), (N,), from the pre-activations (N, m)."""
    width = preactivations.shape[1]
    hidden = preactivations.maximum(preactivations * Interval.exact(slope))
    half = width // 2
    difference = hidden[:, :half].sum(axis=1) - hidden[:, half:].sum(axis=1)
    return difference * y.astype(np.float64) / Interval.exact(width).sqrt()


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
    least_margin : min_n y_n f(x_n) of the network as given.
    scale : s, the float64 number by which W was divided.
    """

    tau: Interval
    distance: Interval
    frobenius_distance: Interval
    relative_distance: Interval
    least_margin: Interval
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
        return CertifiedAngle(unknown, unknown, unknown, unknown, least, math.nan)
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
        least_margin=least,
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
    """Plain floating point: tau, ‖W/s - W*‖_F/‖W*‖_F and the least margin s.

    tau and relative_distance are infinite when the least margin is not positive.
    """

    tau: float
    relative_distance: float
    least_margin: float


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
            return AngleEstimate(math.inf, math.inf, least)
        difference = coefficients / least - limit
        cross = difference.T @ (start / least)
        ratio = np.float64(largest) / least
        squares = start_gram * ratio**2 + cross + cross.T + difference.T @ (gram @ difference)
        if not np.isfinite(squares).all():
            return AngleEstimate(math.inf, math.inf, least)
        frobenius = math.sqrt(max(float(np.trace(squares)), 0.0))
        distance = frobenius
        if width <= _LARGEST_DECOMPOSITION:
            distance = math.sqrt(max(float(np.linalg.eigvalsh(squares)[-1]), 0.0))
        tau = 2 * distance / (slope * (1 + slope) * normal)
        return AngleEstimate(tau, frobenius / limit_norm, least)

    return estimate
