"""The anchor certificate: training stays near a known straight line, and answers become final.

W* is the limit under the network's own pattern, exactly (`exact_limit`), with supports I. An anchor
(W^0, T) has z_n(W^0) = T - log lambda_n on I, the kinks of W*, and the signs of W* at the other
cross pairs of I. Then W^ = W^0 + tau W*, tau = log(t/t0), t0 = e^T, is gradient flow on the samples
of I, and while no own pair changes its sign, with mu_n = z_n(W*) - 1 >= 0,

    ‖W - W^‖² <= B + c tau,   B = ‖W_T - W^0‖² + 2 sum of l_n/mu_n over F,   c = 2 sum of l_n over S

for any partition of the other samples into F and S, l_n = exp(T - 1 - z_n(W^0)). With h* = sigma
<bbar_g(W*), x_n> and K = ‖x_n‖/sqrt(A_g), own activations sigma <w_j, x_n>/abs(a_j) stay at least

    sigma <bbar_g(W^0), x_n> - D_g ‖x_n‖ - K²/(4e) - e B        for any e > 0 with e c <= h*,

g the neuron's group, or the neuron alone (D_g = 0). Where all these are positive no own pair ever
changes its sign; and the network's answer at z has for ever the sign of f(W^; z), piecewise linear
in tau, wherever that keeps one sign and exceeds ‖z‖ sqrt(B + c tau) in size.

The loss is exponential, summed. Source: this project (theorem "capture-anchored").
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...theory.exact.interval import Interval
from ..enclose.ball_array import BallArray
from ..enclose.linear_algebra import verified_solve
from ..enclose.real_array import FloatArray
from ..network import preactivations
from .capture import group_diameters
from .convex_limit import ConvexLimit, least
from .exact_limit import ExactLimit, Short, exact_limit

_PARTITIONS = 12
_TINY = 1e-300
_BLOCK = 2**21
"""Numbers that one block of test points may take."""


@dataclass(frozen=True, eq=False)
class Line:
    """W^ = W^0 + tau W*, enclosed.

    Attributes
    ----------
    limit : W*.
    start : w^0_j/abs(a_j), (m, d). hidden : <w^0_j, x_n>/abs(a_j), (N, m).
    time : T. leaks : l_n, 0 for supports, (N,). offset : ‖W_T - W^0‖.
    """

    limit: ExactLimit
    start: BallArray
    hidden: BallArray
    time: float
    leaks: BallArray
    offset: Interval

    def reaches(self) -> Iterator[tuple[Interval, Interval]]:
        """B and c for some partitions: those with the fastest samples in F."""
        spare, square = self.limit.spare, self.offset**2
        others = self.leaks.upper > 0
        ends = spare.mid[others & spare.positive]
        spaced = np.geomspace(ends.min(), ends.max(), _PARTITIONS) if len(ends) else np.zeros(0)
        for slowest in (*spaced, math.inf):
            fast = others & spare.positive & (spare.mid >= slowest * (1 - 1e-12))
            once = (self.leaks[fast] / spare[fast]).sum().interval()
            steady = self.leaks[others & ~fast].sum().interval()
            yield square + once * 2, steady * 2


@dataclass(frozen=True, eq=False)
class Anchored:
    """Whether a checkpoint is captured by its anchor.

    Attributes
    ----------
    line : None where no anchor could be certified.
    reaches : pairs (B, c), upper bounds, float64 (k, 2): ‖W - W^‖² <= B + c tau for each.
    slack : the least bound of an own activation sigma <w_j, x_n>/abs(a_j) for ever, and of those
        at the checkpoint.
    reason : why the network is not captured, or that it is.
    """

    line: Line | None
    reaches: FloatArray
    slack: Interval
    reason: str

    @property
    def captured(self) -> bool:
        """Whether no own pair ever changes its sign under gradient flow from here on: certain."""
        return self.line is not None and self.slack.lower > 0

    def settled(self, points: FloatArray) -> FloatArray:
        """The sign that the answer at each point (B, d) has for ever, (B,); 0 where unknown.

        Raises ValueError for a network that is not captured.
        """
        if self.line is None or not self.captured:
            raise ValueError("only a captured network has answers that are settled")
        width, groups = len(self.line.start), len(self.line.limit.directions)
        block = max(1, _BLOCK // (width * (2 * groups + 1)))
        parts = [points[k : k + block] for k in range(0, len(points), block)]
        signs = [_settled(self.line, self.reaches, part) for part in parts]
        return np.concatenate([*signs, np.zeros(0)])


def anchored(weights: FloatArray, limit: ConvexLimit, loss: str = "exponential") -> Anchored:
    """Decide capture of the network of float64 ``weights`` (m, d), taken as exact.

    limit: the convex limit of the network's own pattern, as `capture` found it. loss: summed; only
    "exponential" can be captured.
    """
    try:
        if loss != "exponential":
            raise Short("the anchor certificate is about the exponential loss")
        line = _line(weights, exact_limit(limit))
    except Short as short:
        return Anchored(None, np.zeros((0, 2)), Interval.whole(), str(short))
    pattern = limit.pattern
    own, signs = pattern.own[:, pattern.members], pattern.signs[:, pattern.members]
    reaches = [reach for reach in line.reaches() if all(part.is_finite for part in reach)]
    bounds = _bounds(weights, line, reaches)
    now = BallArray.like(preactivations(weights, limit.sample.x)) * signs
    slack = least(bounds, own).min(least(now * Interval.exact(len(weights)).sqrt(), own))
    reason = "captured by its anchor: no own pair ever changes its sign"
    if not slack.lower > 0:
        reason = (
            f"not captured by its anchor: {int((~bounds.positive & own).sum())} of "
            f"{int(own.sum())} own pairs have no positive bound, the least {slack.lower:.3g} with "
            f"the anchor {line.offset.upper:.3g} away; train on"
        )
    upper = [[part.upper for part in reach] for reach in reaches]
    return Anchored(line, np.array(upper).reshape(-1, 2), slack, reason)


def _line(weights: FloatArray, limit: ExactLimit) -> Line:
    """The anchor nearest to the checkpoint, its signs checked. Raises Short."""
    pattern, x = limit.proposal.pattern, limit.proposal.sample.x
    members, m = pattern.members, len(weights)
    now = BallArray.exact(weights) * Interval.exact(m).sqrt()

    # Each neuron is moved off the kinks of its group, then all of a group alike.
    moved = BallArray.exact(np.zeros(weights.shape))
    for group in np.unique(limit.kinks[1]):
        near = BallArray.exact(x[limit.kinks[0][limit.kinks[1] == group]])
        mine = np.flatnonzero(members == group)
        parts = verified_solve(near @ near.T, near @ now[mine].T)
        if parts is None:
            raise Short("the kinks of a group are degenerate, or too ill-conditioned for float64")
        chosen = np.equal.outer(np.arange(m), mine).astype(float)
        moved = moved - chosen @ (parts.T @ near)
    member = np.equal.outer(np.arange(len(pattern.shares)), members).astype(float)
    logs = [limit.multipliers.interval(k).log() for k in range(len(limit.supports))]
    gap = BallArray.between([v.lower for v in logs], [v.upper for v in logs])
    gap = gap + limit.margins((member @ (now + moved)) / m)
    weight = limit.multipliers.mid
    time = float(gap.mid @ weight / weight.sum())
    moved = moved + limit.shift(time - gap)[members]

    start = now + moved
    hidden = BallArray.exact(x) @ start.T
    kept = np.where(limit.scaled.mid[:, members] > 0, hidden.positive, hidden.negative)
    wrong = int((limit.settled[:, members] & ~kept).sum())
    if wrong:
        raise Short(f"{wrong} cross pairs of supports have not the signs of the limit yet")
    own = pattern.own[:, members]
    bent = hidden.maximum(hidden * Interval.exact(limit.proposal.slope))
    kappa = pattern.kappa(limit.proposal.slope)[:, members]
    margins = (hidden * kappa * own - bent * ~own).sum(axis=1) / m
    others = np.setdiff1d(np.arange(len(x)), limit.supports)
    leaks = [(time - 1 - margins.interval(int(n))).exp() for n in others]
    leak = BallArray.between([v.lower for v in leaks], [v.upper for v in leaks])
    offset = moved.norm() / Interval.exact(m).sqrt()
    return Line(limit, start, hidden, time, leak.placed(others, len(x)), offset)


def _bounds(weights: FloatArray, line: Line, reaches: list[tuple[Interval, Interval]]) -> BallArray:
    """The best bound of each own activation, by its group or by itself, (N, m)."""
    proposal = line.limit.proposal
    pattern, members, m = proposal.pattern, proposal.pattern.members, len(weights)
    member = np.equal.outer(np.arange(len(pattern.shares)), members).astype(float)
    means = (member @ line.start) / m / pattern.masses[:, None]
    norms = proposal.norms[:, None]
    ahead = line.limit.scaled * pattern.signs
    grouped = (BallArray.exact(proposal.sample.x) @ means.T) * pattern.signs
    grouped = grouped - norms * group_diameters(weights, pattern)
    alone = line.hidden * pattern.signs[:, members]
    best = _unknown((len(norms), m))
    for base, growth in reaches:
        by_group = _bound(grouped, norms / pattern.masses.sqrt(), ahead, base, growth)
        single = norms * Interval.exact(m).sqrt()
        by_neuron = _bound(alone, single, ahead[:, members], base, growth)
        best = _better(best, _better(by_group[:, members], by_neuron))
    return best


def _bound(
    start: BallArray, lever: BallArray, ahead: BallArray, base: Interval, growth: Interval
) -> BallArray:
    """start - K²/(4e) - e B with e near the best, where e c <= h* certainly."""
    with np.errstate(all="ignore"):
        ease = np.broadcast_to(lever.upper / (2 * math.sqrt(base.upper) + _TINY), start.shape)
        if growth.upper > 0:
            ease = np.minimum(ease, ahead.lower / growth.upper * (1 - 1e-12))
    usable = (
        (ease > 0)
        & np.isfinite(ease)
        & ((ahead - BallArray.exact(np.nan_to_num(ease)) * growth).nonnegative)
    )
    ease = np.where(usable, ease, 1.0)
    value = start - lever * lever / (4 * ease) - BallArray.exact(ease) * base
    return _better(value, _unknown(start.shape), usable)


def _unknown(shape: tuple[int, ...]) -> BallArray:
    return BallArray(np.zeros(shape), np.full(shape, np.inf))


def _better(first: BallArray, second: BallArray, where: np.ndarray | None = None) -> BallArray:
    """That with the larger lower bound, or the first where said."""
    chosen = first.lower > second.lower if where is None else where
    return BallArray(
        np.where(chosen, first.mid, second.mid), np.where(chosen, first.rad, second.rad)
    )


def _settled(line: Line, reaches: FloatArray, z: FloatArray) -> FloatArray:
    """The signs at points z (B, d) that are certain for ever, 0 elsewhere."""
    pattern, m = line.limit.proposal.pattern, len(line.start)
    gamma, members = Interval.exact(line.limit.proposal.slope), pattern.members
    begin = BallArray.exact(z) @ line.start.T
    rate = BallArray.exact(z) @ line.limit.directions.T
    bent = rate.maximum(rate * gamma)
    halves = pattern.halves.astype(float)
    final = (bent * (halves * pattern.masses)).sum(axis=1)
    sign = np.sign(final.mid)
    rising = final * sign

    # Where each group's neurons turn, early and late: between two such times all else is linear.
    with np.errstate(all="ignore"):
        turn = np.nan_to_num(-begin.mid / rate.mid[:, members], posinf=0.0, neginf=0.0)
    ends = [np.zeros((len(z), 1))]
    for group in range(len(halves)):
        own = np.maximum(turn[:, members == group], 0.0)
        ends += [own.min(axis=1, keepdims=True), own.max(axis=1, keepdims=True)]
    grid = np.sort(np.concatenate(ends, axis=1), axis=1)
    at = begin[:, None, :] + rate[:, members][:, None, :] * grid[:, :, None]
    side = halves[members] * sign[:, None, None]
    answer = (at.maximum(at * gamma) * side).sum(axis=2) / m
    # The chord of phi between two times lies above it by at most (1 - gamma) times the smaller end.
    size = abs(at).upper
    later = np.concatenate([size[:, 1:], np.full_like(size[:, :1], np.inf)], axis=1)
    up, down = at.nonnegative, at.nonpositive
    last = rate[:, members][:, None, :]
    up_next = np.concatenate([up[:, 1:], last.nonnegative], axis=1)
    down_next = np.concatenate([down[:, 1:], last.nonpositive], axis=1)
    crossing = (side > 0) & ~((up & up_next) | (down & down_next))
    lost = BallArray.exact(np.where(crossing, np.minimum(size, later), 0.0)).sum(axis=2)
    lost = lost * ((1 - gamma) / m)
    low, high = answer - lost, answer[:, 1:] - lost[:, :-1]

    length = BallArray.exact(z)
    length = (length * length).sum(axis=1).sqrt()
    sure = np.zeros(grid.shape, dtype=bool)
    for base, growth in reaches:
        sure |= _above(low, high, rising, grid, length, base, growth)
    return np.where(sure.all(axis=1), sign, 0.0)


def _above(low, high, rising, grid, length, base, growth) -> np.ndarray:
    """Between which times ‖z‖ sqrt(B + c tau) certainly stays below the linear lower bound."""
    root = np.sqrt(base + growth * grid) + _TINY
    with np.errstate(all="ignore"):
        span = np.diff(grid, axis=1)
        slope = np.concatenate([(high - low[:, :-1]).mid / span, rising.mid[:, None]], axis=1)
        # The tangent sqrt(B + c tau) <= 1/(4e) + e (B + c tau) that leaves the least room.
        best = np.nan_to_num(slope / (length.mid[:, None] * growth), nan=0.0)
        far = np.concatenate([0.5 / root[:, 1:], np.zeros((len(grid), 1))], axis=1)
        ease = np.minimum(np.maximum(best, far), 0.5 / root) if growth > 0 else 0.5 / root
    ease = np.where(ease > 0, ease, 0.5 / root)
    tangent = BallArray.exact(ease)

    def room(value: BallArray, times: FloatArray) -> np.ndarray:
        reach = 0.25 / tangent[:, : times.shape[1]]
        reach = reach + tangent[:, : times.shape[1]] * (BallArray.exact(times) * growth + base)
        return (value - reach * length[:, None]).positive

    sure = room(low, grid)
    sure[:, :-1] &= room(high, grid[:, 1:])
    sure[:, -1] &= (rising - tangent[:, -1] * growth * length).nonnegative
    return sure
