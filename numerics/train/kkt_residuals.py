"""How nearly a trained network is a KKT point, and what its multipliers are.

The margin problem: minimise ½‖W‖² subject to y_n f(W; x_n) >= 1. With W scaled to least margin 1
and any lambda >= 0 the residuals of Lyu & Li (ICLR 2020, definition C.4) are

    epsilon = ‖W - sum_n lambda_n y_n df(x_n)‖_F,     delta = sum_n lambda_n (y_n f(x_n) - 1).

Where every sample activates exactly its own label's half, f is linear in W on the training samples,
the problem is a convex one of minimiser W*, and its duality gap at (W, lambda) is epsilon²/2 +
delta. The gap is at least ½‖W - W*‖², whence a distance to the limit that uses no exact solution:

    ‖W - W*‖_F <= sqrt(epsilon² + 2 delta).

Multipliers follow from the coefficients C of W = W(0) + Cᵀ X, which tend to lambda_n y_n s_jn a_j:
lambda'_n = mean_j y_n C_nj/(a_j s_jn). With D = C - C* and independent samples
sigma_min(X) ‖D‖_F <= ‖Dᵀ X‖_F <= ‖W - W*‖_F + ‖W(0)‖_F, and by Cauchy-Schwarz, s being 1 on one
half and gamma on the other, abs(lambda'_n - lambda_n) <= sqrt((1 + gamma⁻²)/2) ‖D‖_F. This and the
distance bound: this project.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...theory.exact.interval import Interval, Number
from ..boundary.gram import gram_matrix
from ..data.sample import Sample
from ..enclose.ball_array import BallArray
from ..enclose.spectrum import spectrum
from ..network import check_slope, check_width, output_weights
from .convergence import margins, preactivations, scale_to_unit_margin
from .training import Trained

_UNKNOWN = Interval.between(0, math.inf)


@dataclass(frozen=True)
class KktResiduals:
    """Residuals of a network scaled to least margin 1, all enclosed.

    Attributes
    ----------
    stationarity, relative_stationarity : epsilon, and epsilon/‖W‖_F. [0, inf] when a margin or the
        sign of a pre-activation at a sample is uncertain.
    slackness : delta.
    distance_bound : sqrt(epsilon² + 2 delta), its upper end bounds ‖W - W*‖_F; [0, inf] unless
        ``linear``.
    linear : whether every sample certainly activates exactly its own label's half.
    multipliers : float64 (N,), the lambda >= 0 used: proportional to the samples' weights in the
        gradient of the exponential loss, scaled for least epsilon.
    factor : what W was multiplied by; NaN when the least margin is not certainly positive.
    """

    stationarity: Interval
    relative_stationarity: Interval
    slackness: Interval
    distance_bound: Interval
    linear: bool
    multipliers: np.ndarray
    factor: float


def kkt_residuals(weights: np.ndarray, sample: Sample, slope: Number) -> KktResiduals:
    """Residuals of the network of float64 ``weights`` (m, d) on the samples.

    Weights, samples and slope are taken as exact, a float as its binary value.

    Raises InputError for an odd width or a slope outside (0, 1].
    """
    check_width(len(weights))
    check_slope(slope)
    z = preactivations(weights, sample.x)
    margin = margins(z, sample.y, slope)
    factor = scale_to_unit_margin(margin.min_enclosure())
    if factor is None:
        nothing = np.full(sample.n, math.nan)
        return KktResiduals(_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN, False, nothing, math.nan)
    active = z.mid > 0
    certain = bool(((z.lower > 0) | (z.upper < 0)).all())
    linear = certain and np.array_equal(active, _limit_pattern(sample.y, len(weights)))

    scaled_margin = margin * factor
    share = np.exp(margin.mid.min() - margin.mid)
    gradient = _gradient(share, active, sample, slope)
    # <W, df(x_n)> = f(x_n): the least-squares factor on the gradient needs the margins only.
    squares = float(np.sum(gradient.mid**2))
    lam = share * (float(share @ scaled_margin.mid) / squares)

    scaled = BallArray.exact(weights) * factor
    epsilon = (scaled - _gradient(lam, active, sample, slope)).norm()
    delta = ((scaled_margin - 1.0) * lam).sum().interval()
    return KktResiduals(
        stationarity=epsilon if certain else _UNKNOWN,
        relative_stationarity=epsilon / scaled.norm() if certain else _UNKNOWN,
        slackness=delta,
        distance_bound=(epsilon**2 + 2 * delta.max(0)).sqrt() if linear else _UNKNOWN,
        linear=linear,
        multipliers=lam,
        factor=factor,
    )


def _limit_pattern(y: np.ndarray, width: int) -> np.ndarray:
    """Whether sample n activates neuron j in the limit: on its label's half, (N, m)."""
    return np.equal.outer(y > 0, output_weights(width) > 0)


def _gradient(lam: np.ndarray, active: np.ndarray, sample: Sample, slope: Number) -> BallArray:
    """sum_n lambda_n y_n df(x_n), (m, d), for activation patterns ``active`` (N, m)."""
    width = active.shape[1]
    # Neurons of one pattern have one row up to the sign of a_j: usually two instead of m.
    patterns, index = np.unique(active.T, axis=0, return_inverse=True)
    rows = (_derivatives(patterns, slope) * (lam * sample.y)) @ sample.x
    signs = np.sign(output_weights(width))
    return (rows / Interval.exact(width).sqrt())[index.reshape(-1)] * signs[:, None]


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
    own = _limit_pattern(sample.y, width)
    signs = np.outer(sample.y, np.sign(output_weights(width)))
    terms = BallArray.exact(trained.coefficients) * signs / _derivatives(own, trained.slope)
    lam = terms.sum(axis=1) * residuals.factor / Interval.exact(width).sqrt()

    squared_sigma = spectrum(gram_matrix(sample.x)).smallest
    if not squared_sigma.lower > 0:
        return RecoveredMultipliers(lam.mid, math.inf)
    span = BallArray.exact(trained.coefficients.T) @ sample.x
    start = (BallArray.exact(trained.weights()) - span).norm()
    distance = residuals.distance_bound + start * residuals.factor
    gamma = Interval.exact(trained.slope)
    spread = ((1 + gamma**-2) / 2).sqrt()
    bound = distance * spread / squared_sigma.sqrt() + Interval.exact(float(lam.rad.max()))
    return RecoveredMultipliers(lam.mid, bound.upper)
