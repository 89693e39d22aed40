"""Capture: from this checkpoint on, gradient flow certainly stays with its own pattern, for ever.

Gradient flow on the summed loss L from weights W_T with own pattern P, whose convex limit has
multipliers lambda, p = lambda/Lam, Lam = sum lambda, entropy H = -sum p log p. While P holds, with
rho = -log L + H and M = ‖W_l‖/min_n z_n(W_l):

* <W, W_l> >= sum lambda_n z_n(W) >= Lam rho (Gibbs), and ‖W‖ - M rho never grows, so that

    ‖W/rho - W_l‖ <= r = sqrt(R² - 2 Lam + ‖W_l‖²),   R = max(‖W_T‖/rho_T, M);

* two neurons of a group never separate: D_g = max ‖b_i - b_j‖, b_j = w_j/abs(a_j), never grows.

So every own activation sigma <b_j, x_n>/rho stays above a bound that the checkpoint gives; if all
bounds are positive, no own pair ever changes its sign, and W/rho tends to W*. For active pairs the
margin helps, z_n(W) >= rho - H, with a weight beta in [0, 1]. For the logistic loss, with L_T the
loss at the checkpoint, rho = -log L + H - (L_T/2 + L_T²/24) and M L_T/(1 - exp(-L_T)) stands for M.

Everything is enclosed; the checkpoint may come from any optimiser. Source: this project
(theorem "capture"; docs/limit-certificate.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from flint import arb

from ...theory.exact.interval import Interval, Number
from ...theory.exact.scalars import working_precision
from ..data.sample import Sample
from ..enclose.ball_array import BallArray
from ..enclose.real_array import FloatArray, RealArray
from ..network import OutputWeights, margins, preactivations, weights_or_papers
from .convex_limit import ConvexLimit, convex_limit, least
from .own_pattern import OwnPattern, own_pattern

_MOST_GROUPS = 32
"""While training, patterns of more groups are not solved for."""
_SETTLES = "train on, or from a smaller start (network.initial_scale)"


@dataclass(frozen=True, eq=False)
class Certified:
    """What certainly holds from the checkpoint on, for as long as its own pattern does.

    Attributes
    ----------
    rho, ratio, reach : rho_T, M (for the loss) and R.
    distance : r, which bounds ‖W/rho - W_l‖.
    activation : the least sigma h_jn/(abs(a_j) rho) over own pairs at the checkpoint.
    bounds : at own pairs of sample and group, what bounds it below later on, (N, G).
    slack : the least of the bounds. Where it is positive the pattern holds for ever.
    angle : sine of the half-angle of the cone about the boundary <q, z> = 0 outside which the sign
        of the network is that of <q, z>; None unless every own pair is active and the slope > 0.
    """

    rho: Interval
    ratio: Interval
    reach: Interval
    distance: Interval
    activation: Interval
    bounds: BallArray
    slack: Interval
    angle: Interval | None


@dataclass(frozen=True, eq=False)
class Capture:
    """Whether a checkpoint is captured.

    Attributes
    ----------
    limit : the convex limit of the checkpoint's own pattern; None where the pattern is not certain.
    certified : None where there is no limit to speak of, or the loss is too large.
    inactive : own pairs that are not active, and own pairs in all, counted by neuron.
    reason : why the network is not captured, or that it is.
    """

    limit: ConvexLimit | None
    certified: Certified | None
    inactive: tuple[int, int]
    reason: str

    @property
    def share(self) -> float:
        """The part of all own pairs of sample and group whose bound is certainly positive."""
        if self.certified is None or self.limit is None:
            return 0.0
        own = self.limit.pattern.own
        return float((self.certified.bounds.positive & own).sum() / own.sum())

    @property
    def captured(self) -> bool:
        """Whether no own pair ever changes its sign under gradient flow from here on: certain."""
        return self.certified is not None and self.certified.slack.lower > 0

    def within(self, angle: float) -> bool:
        """Whether it is captured, and the certified angle, where there is one, at most `angle`."""
        if not self.captured or self.certified is None:
            return False
        return self.certified.angle is None or self.certified.angle.upper <= angle


def capture(
    weights: FloatArray,
    sample: Sample,
    slope: Number,
    loss: str = "exponential",
    limit_of: Callable[[OwnPattern], ConvexLimit | None] | None = None,
    output: OutputWeights | None = None,
) -> Capture:
    """Decide capture of the network of float64 ``weights`` (m, d), taken as exact.

    slope is gamma in [0, 1], exact. loss: "exponential" or "logistic", summed over the samples (a
    mean only rescales time). limit_of solves for the limit of a pattern; None from it says that the
    pattern is too new to do so. output: the a_j; by default the paper's, for an even m.
    """
    hidden = preactivations(weights, sample.x)
    a = weights_or_papers(len(weights), output)
    pattern = own_pattern(hidden, sample.y, slope, a)
    own = a.own(sample.y)
    inactive = (int((own & (hidden.mid <= 0)).sum()), int(own.sum()))
    if pattern is None:
        return Capture(None, None, inactive, "the sign of an own pair is within rounding")
    total = log_loss(margins(hidden, sample.y, slope, output), loss)
    if not total.upper < np.log(sample.n):  # rho would not be positive
        return Capture(None, None, inactive, "the summed loss is not below N: train on")
    limit = convex_limit(sample, slope, pattern) if limit_of is None else limit_of(pattern)
    if limit is None:
        return Capture(None, None, inactive, "own pairs still change their signs: train on")
    if not limit.feasible:
        why = f"no weights with positive margins were found: {_idle(inactive)}; {_SETTLES}"
        return Capture(limit, None, inactive, why)

    entropy = limit.entropy
    rho, ratio = entropy - total, limit.ratio
    if loss == "logistic":
        value = total.exp()
        rho = rho - (value / 2 + value**2 / 24)
        with working_precision():  # 1 - exp(-L) would round a small L away
            ratio = ratio * value / Interval.around(-(-value.ball).expm1())
    if not rho.lower > 0:
        return Capture(limit, None, inactive, "rho is not certainly positive: train on")
    reach = (BallArray.exact(weights).norm() / rho).max(ratio)
    distance = (reach**2 - 2 * limit.total + limit.square).max(0).sqrt()
    diameters = group_diameters(weights, pattern)
    bounds = _bounds(limit, rho, entropy, distance, diameters)
    slack = least(bounds, pattern.own)
    angle = _angle(limit, rho, distance, diameters) if pattern.all_active else None
    scaled = hidden * np.where(hidden.mid > 0, 1.0, -1.0) / a.sizes
    activation = least(BallArray.like(scaled), own) / rho
    certified = Certified(rho, ratio, reach, distance, activation, bounds, slack, angle)
    return Capture(limit, certified, inactive, _reason(certified, pattern, inactive))


class CaptureWatch:
    """Tries the certificate on a network in training, cheaply.

    The limit of a pattern is solved for once, and only when the pattern has lasted from one try to
    the next and is that of few groups of neurons: early in training every try would see another
    one, of many.
    """

    def __init__(
        self,
        sample: Sample,
        slope: Number,
        loss: str = "exponential",
        output: OutputWeights | None = None,
    ) -> None:
        self._sample, self._slope, self._loss, self._output = sample, slope, loss, output
        self._limits: dict[bytes, ConvexLimit] = {}
        self._last = b""

    def at(self, weights: FloatArray) -> Capture:
        """Whether the network on its way, of weights (m, d), is captured."""
        return self._capture(weights, self._once_settled)

    def finally_at(self, weights: FloatArray) -> Capture:
        """The same at the end of training, however new the pattern is."""
        return self._capture(weights, self.limit_of)

    def _capture(
        self, weights: FloatArray, limit_of: Callable[[OwnPattern], ConvexLimit | None]
    ) -> Capture:
        return capture(
            weights, self._sample, self._slope, self._loss, limit_of, output=self._output
        )

    def limit_of(self, pattern: OwnPattern) -> ConvexLimit:
        """The limit of a pattern, solved for once."""
        if pattern.key not in self._limits:
            known = (one for one in self._limits.values() if one.pattern.program == pattern.program)
            found = next(known, None) or convex_limit(self._sample, self._slope, pattern)
            self._limits[pattern.key] = replace(found, pattern=pattern)
        return self._limits[pattern.key]

    def _once_settled(self, pattern: OwnPattern) -> ConvexLimit | None:
        last, self._last = self._last, pattern.key
        settled = pattern.key == last and len(pattern.shares) <= _MOST_GROUPS
        return self.limit_of(pattern) if settled else None


def log_loss(margin: RealArray, loss: str) -> Interval:
    """log of the summed loss from the margins (N,)."""
    with working_precision():
        # Each loss falls with every margin, so that the ends of the margins give those of the sum.
        low, high = (_log_sum(ends, loss) for ends in (margin.upper, margin.lower))
        return Interval.around(low).hull(Interval.around(high))


def _log_sum(margin: FloatArray, loss: str) -> arb:
    terms = [arb(t) for t in margin.tolist()]
    if loss == "logistic":
        terms = [_as_margin(t) for t in terms]
    lowest = min(terms, key=float, default=arb(0))
    return sum(((lowest - t).exp() for t in terms), arb(0)).log() - lowest


def _as_margin(margin: arb) -> arb:
    """-log log(1 + exp(-t)): the margin at which the exponential loss is the logistic one at t."""
    # log1p keeps what 1 + exp(-t) would round away.
    return -(-margin).exp().log1p().log()


def group_diameters(weights: FloatArray, pattern: OwnPattern) -> BallArray:
    """D_g, at most, (G,)."""
    scaled = BallArray.exact(weights) / pattern.output.sizes[:, None]
    found = []
    for group in range(len(pattern.shares)):
        rows = scaled[pattern.members == group]
        # Differences from one of their own keep what near equal neurons differ by.
        apart = rows - rows.mid.mean(axis=0)
        inner = apart @ apart.T
        squares = inner.diagonal()
        between = squares[:, None] + squares[None, :] - inner * 2.0
        found.append(between.max_enclosure().max(0).sqrt().upper)
    return BallArray.exact(np.array(found))


def _bounds(
    limit: ConvexLimit,
    rho: Interval,
    entropy: Interval,
    distance: Interval,
    diameters: BallArray,
) -> BallArray:
    """A bound of each own activation over rho, with a weight beta near the best, (N, G)."""
    pattern, gamma = limit.pattern, Interval.exact(limit.slope)
    masses = pattern.masses
    counted = limit.scaled * masses
    # What the margin leaves to one group: the other active own groups and the cross groups.
    rivals = pattern.own & pattern.active
    lent = (counted * ~pattern.own).sum(axis=1) * gamma - (counted * rivals).sum(axis=1)
    cross = BallArray.exact((~pattern.own).astype(float)) @ masses
    taken = BallArray.exact(rivals.astype(float)) @ masses + cross * gamma**2
    base = counted * pattern.signs
    margin = lent[:, None] + counted + (1 - entropy / rho)
    # The squared length, in W, of what the margin's part moves by; the group itself is not in it.
    spread = taken[:, None] - masses * rivals

    def bound(beta: FloatArray) -> BallArray:
        rest = 1.0 - beta
        length = (masses * (rest * rest) + spread * (beta * beta)).sqrt()
        away = length * limit.norms[:, None] * distance
        near = (base * rest + margin * beta - away) / masses
        return near - limit.norms[:, None] * diameters / rho

    return bound(np.where(rivals, _best(base, margin, masses, spread, limit.norms, distance), 0.0))


def _best(base, margin, masses, spread, norms, distance) -> FloatArray:
    """The beta in [0, 1] that is best in floating point; any would do."""
    mass, extra = masses.mid, np.maximum(spread.mid, 0.0)
    both = mass + extra
    with np.errstate(all="ignore"):
        pull = (margin.mid - base.mid) / (norms.mid[:, None] * distance.upper * np.sqrt(both))
        away = np.sqrt(mass * extra) / both * pull / np.sqrt(1 - np.minimum(pull**2, 1.0))
    return np.clip(np.nan_to_num(mass / both + away), 0.0, 1.0)


def _angle(
    limit: ConvexLimit, rho: Interval, distance: Interval, diameters: BallArray
) -> Interval | None:
    """Sine of the half-angle about <Q*, z> = 0, Q* = sum a_j w*_j; a ReLU has none."""
    gamma, pattern = Interval.exact(limit.slope), limit.pattern
    lipschitz = pattern.lipschitz
    length = limit.normal.norm() - limit.error * lipschitz
    if not (length.lower > 0 and gamma.lower > 0):
        return None
    gap = (diameters * pattern.masses).max_enclosure() / rho
    return ((distance + limit.error) * lipschitz + (1 - gamma) / (4 * gamma) * gap) / length


def _idle(inactive: tuple[int, int]) -> str:
    return f"{inactive[0]} of {inactive[1]} own pairs are inactive"


def _reason(certified: Certified, pattern: OwnPattern, inactive: tuple[int, int]) -> str:
    """In words: what is certified, or what is short and by how much."""
    kind = "every own pair is active" if pattern.all_active else _idle(inactive)
    if certified.slack.lower > 0:
        return f"captured: {kind}, and none ever changes"
    short, least = int((~certified.bounds.positive & pattern.own).sum()), certified.activation
    groups = "" if pattern.all_active else f" in {len(pattern.shares)} groups of neurons"
    return (
        f"not captured: {kind}{groups}, the least activation over rho is {least.lower:.3g}; within "
        f"the distance {certified.distance.upper:.3g} of the limit {short} of "
        f"{int(pattern.own.sum())} could turn, the least bound is {certified.slack.lower:.3g}; "
        f"{'train on' if pattern.all_active else _SETTLES}"
    )
