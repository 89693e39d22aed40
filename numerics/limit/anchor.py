"""The anchor certificate: training stays near a known straight line, and answers become final.

W* is the limit under the network's own pattern, exactly (`exact_limit`), with supports I. An anchor
(W^0, T) has z_n(W^0) = T - log lambda_n on I, the kinks of W*, and the signs of W* at the other
cross pairs of I. Then W^ = W^0 + tau W*, tau = log(t/t0), t0 = e^T, is gradient flow on the samples
of I for the exponential loss, and nearly so for the logistic one. While no own pair changes its
sign sample n drives W off this line by at most l_n exp(-nu_n tau): off I l_n = exp(T - 1 -
z_n(W^0)), nu_n = z_n(W*) - 1 >= 0; on I l_n = 0, or with the logistic loss l_n = lambda_n³/(4 t0
(t0 - lambda_n)), nu_n = 2, if lambda_n < t0. So

    ‖W - W^‖² <= B + c tau,   B = ‖W_T - W^0‖² + 2 sum of l_n/nu_n over F,   c = 2 sum of l_n over S

for any partition of the samples into F and S. With h* = sigma <bbar_g(W*), x_n> and K =
‖x_n‖/sqrt(A_g), own activations sigma <w_j, x_n>/abs(a_j) stay at least

    sigma <bbar_g(W^0), x_n> - D_g ‖x_n‖ - K²/(4e) - e B        for any e > 0 with e c <= h*,

g the neuron's group, or the neuron alone (D_g = 0). Where all these are positive no own pair ever
changes its sign; and the network's answer at z has for ever the sign of f(W^; z), piecewise linear
in tau, wherever that keeps one sign and exceeds ‖z‖ sqrt(B + c tau) in size.

The loss is summed. Source: this project (theorem "capture-anchored").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...theory.exact.interval import Interval
from ..enclose.ball_array import BallArray
from ..enclose.linear_algebra import verified_solve
from ..enclose.real_array import BoolArray, FloatArray
from ..network import preactivations
from .capture import group_diameters
from .convex_limit import ConvexLimit, least
from .exact_limit import ExactLimit, Short, exact_limit
from .own_pattern import OwnPattern

_PARTITIONS = 12
_TINY = 1e-300
_TIMES = (0.0, 0.1, 1.0, 10.0, 100.0)
_TURNS = 8
"""Times tau between which f(W^; z) is bounded by lines: fixed ones, and turns of each group."""
_LATEST = 1e12
_BLOCK = 2**21
"""Numbers that one block of test points may take."""


@dataclass(frozen=True, eq=False)
class Line:
    """W^ = W^0 + tau W*, enclosed.

    Attributes
    ----------
    limit : W*.
    start : w^0_j/abs(a_j), (m, d). hidden : <w^0_j, x_n>/abs(a_j), (N, m).
    time : T. leaks : l_n, (N,). rates : nu_n, (N,). offset : ‖W_T - W^0‖.
    """

    limit: ExactLimit
    start: BallArray
    hidden: BallArray
    time: float
    leaks: BallArray
    rates: BallArray
    offset: Interval

    def reaches(self) -> FloatArray:
        """B and c, at most, for some partitions (k, 2): those with the fastest samples in F."""
        rates, square = self.rates, self.offset**2
        leaking = self.leaks.upper > 0
        ends = np.unique(rates.mid[leaking & rates.positive])
        if len(ends) > _PARTITIONS:
            ends = np.geomspace(ends[0], ends[-1], _PARTITIONS)
        found = []
        for slowest in (*ends, math.inf):
            fast = leaking & rates.positive & (rates.mid >= slowest * (1 - 1e-12))
            once = (self.leaks[fast] / rates[fast]).sum().interval()
            steady = self.leaks[leaking & ~fast].sum().interval()
            found.append(((square + once * 2).upper, (steady * 2).upper))
        return np.array([pair for pair in found if math.isfinite(sum(pair))]).reshape(-1, 2)


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
        block = max(1, _BLOCK // (width * (_TURNS * groups + len(_TIMES))))
        parts = [points[k : k + block] for k in range(0, len(points), block)]
        signs = [_settled(self.line, self.reaches, part) for part in parts]
        return np.concatenate([*signs, np.zeros(0)])


def anchored(weights: FloatArray, limit: ConvexLimit, loss: str = "exponential") -> Anchored:
    """Decide capture of the network of float64 ``weights`` (m, d), taken as exact.

    limit: the convex limit of the network's own pattern, as `capture` found it. loss: "exponential"
    or "logistic", summed. Raises ValueError for the limit of another width.
    """
    if len(limit.pattern.members) != len(weights):
        raise ValueError("the limit is not that of a network of this width")
    try:
        line = _line(weights, exact_limit(limit), loss)
    except Short as short:
        return Anchored(None, np.zeros((0, 2)), Interval.whole(), str(short))
    pattern = limit.pattern
    own, signs = pattern.own[:, pattern.members], pattern.signs[:, pattern.members]
    reaches = line.reaches()
    bounds = _bounds(weights, line, reaches)
    now = BallArray.like(preactivations(weights, limit.sample.x)) * signs
    slack = least(bounds, own).min(least(now / pattern.output.sizes, own))
    reason = "captured by its anchor: no own pair ever changes its sign"
    if not slack.lower > 0:
        reason = (
            f"not captured by its anchor: {int((~bounds.positive & own).sum())} of "
            f"{int(own.sum())} own pairs have no positive bound, the least {slack.lower:.3g} with "
            f"the anchor {line.offset.upper:.3g} away; train on"
        )
    return Anchored(line, reaches, slack, reason)


def _line(weights: FloatArray, limit: ExactLimit, loss: str) -> Line:
    """The anchor nearest to the checkpoint, its signs checked. Raises Short."""
    pattern, x = limit.proposal.pattern, limit.proposal.sample.x
    members, m = pattern.members, len(weights)
    sizes = pattern.output.sizes[:, None]
    now = BallArray.exact(weights) / sizes

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
    logs = [limit.multipliers.interval(k).log() for k in range(len(limit.supports))]
    gap = BallArray.between([v.lower for v in logs], [v.upper for v in logs])
    gap = gap + limit.margins(_sums(pattern, now + moved))
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
    margins = ((hidden * kappa * own - bent * ~own) * pattern.output.masses).sum(axis=1)
    leaks = [(time - 1 - margins.interval(n)).exp() for n in range(len(x))]
    for n, log in zip(limit.supports, logs, strict=True):
        leaks[n] = _support_leak(log, time, loss)
    rates = limit.spare + BallArray.exact(np.full(len(logs), 2.0)).placed(limit.supports, len(x))
    leak = BallArray.between([v.lower for v in leaks], [v.upper for v in leaks])
    return Line(limit, start, hidden, time, leak, rates, (moved * sizes).norm())


def _sums(pattern: OwnPattern, scaled: BallArray) -> BallArray:
    """The sum over each group of a_j² b_j, (G, d), of b_j, (m, d)."""
    member = np.equal.outer(np.arange(len(pattern.shares)), pattern.members).astype(float)
    return (pattern.output.masses * member) @ scaled


def _support_leak(log: Interval, time: float, loss: str) -> Interval:
    """l_n at a support of multiplier e^log. Raises Short where the logistic loss is too large."""
    if loss == "exponential":
        return Interval.exact(0)
    share = (log - time).exp()  # lambda_n/t0
    if not share.upper < 1:
        raise Short("a support has too large a share of the logistic loss: train on")
    return log.exp() * share**2 / (4 * (1 - share))


def _bounds(weights: FloatArray, line: Line, reaches: FloatArray) -> BallArray:
    """The best bound of each own activation, by its group or by itself, (N, m)."""
    proposal = line.limit.proposal
    pattern, members = proposal.pattern, proposal.pattern.members
    means = _sums(pattern, line.start) / pattern.masses[:, None]
    norms = proposal.norms[:, None]
    ahead = line.limit.scaled * pattern.signs
    grouped = (BallArray.exact(proposal.sample.x) @ means.T) * pattern.signs
    grouped = grouped - norms * group_diameters(weights, pattern)
    by_group = _bound(grouped, norms / pattern.masses.sqrt(), ahead, reaches)[:, members]
    alone, single = line.hidden * pattern.signs[:, members], norms / pattern.output.sizes
    by_neuron = _bound(alone, single, ahead[:, members], reaches)
    return _chosen(by_group.lower > by_neuron.lower, by_group, by_neuron)


def _bound(start: BallArray, lever: BallArray, ahead: BallArray, reaches: FloatArray) -> BallArray:
    """start - K²/(4e) - e B, with the best B and e in floating point and e c <= h* certain."""
    unknown = BallArray(np.zeros(start.shape), np.full(start.shape, np.inf))
    if not len(reaches):
        return unknown
    base, growth = reaches.T[:, :, None, None]
    with np.errstate(all="ignore"):
        free = lever.upper / (2 * np.sqrt(base) + _TINY)
        eases = np.minimum(free, np.where(growth > 0, ahead.lower / growth * (1 - 1e-12), np.inf))
        values = start.mid - lever.upper**2 / (4 * eases) - eases * base
    best = np.where((eases > 0) & np.isfinite(values), values, -np.inf).argmax(axis=0)
    base, growth = reaches[best].transpose(2, 0, 1)
    ease = np.take_along_axis(eases, best[None], axis=0)[0]
    usable = (ease > 0) & np.isfinite(ease)
    ease = np.where(usable, ease, 1.0)
    usable &= (ahead - BallArray.exact(ease) * growth).nonnegative
    value = start - lever * lever / (4 * ease) - BallArray.exact(ease) * base
    return _chosen(usable, value, unknown)


def _chosen(where: BoolArray, first: BallArray, second: BallArray) -> BallArray:
    """The first where said, else the second."""
    mid, rad = np.where(where, first.mid, second.mid), np.where(where, first.rad, second.rad)
    return BallArray(mid, rad)


def _settled(line: Line, reaches: FloatArray, z: FloatArray) -> FloatArray:
    """The signs at points z (B, d) that are certain for ever, 0 elsewhere."""
    proposal = line.limit.proposal
    pattern, gamma = proposal.pattern, Interval.exact(proposal.slope)
    members = pattern.members
    begin = BallArray.exact(z) @ line.start.T
    rate = BallArray.exact(z) @ line.limit.directions.T
    bent = rate.maximum(rate * gamma)
    halves = pattern.halves.astype(float)
    final = (bent * (halves * pattern.masses)).sum(axis=1)
    sign = np.sign(final.mid)
    rising = final * sign

    # Times at which a group's neurons turn: between two such times f is nearly linear.
    with np.errstate(all="ignore"):
        turn = np.nan_to_num(-begin.mid / rate.mid[:, members], posinf=0.0, neginf=0.0)
    turn = np.clip(turn, 0.0, _LATEST)
    times = [np.broadcast_to(_TIMES, (len(z), len(_TIMES)))]
    for group in range(len(halves)):
        own = np.sort(turn[:, members == group], axis=1)
        some = np.linspace(0, own.shape[1] - 1, min(own.shape[1], _TURNS)).astype(int)
        times.append(own[:, some])
    grid = np.sort(np.concatenate(times, axis=1), axis=1)
    first, then = begin.mid, rate.mid[:, members]
    at = first[:, None, :] + grid[:, :, None] * then[:, None, :]
    # What radii and rounding may do to sums over neurons, (B, times): a_j²-Lipschitz in each.
    share, m = pattern.output.masses.mid, len(members)
    blur = (begin.rad @ share)[:, None] + grid * (rate.rad[:, members] @ share)[:, None]
    size = (abs(first) @ share)[:, None] + grid * (abs(then) @ share)[:, None]
    blur = (blur + (m + 12) * 2.0**-52 * size) * (1 + 2.0**-20) + _TINY
    side = halves[members] * share * sign[:, None, None]
    answer = (np.where(at > 0, at, at * float(proposal.slope)) * side).sum(axis=2)
    # The chord of phi between two times lies above it by at most (1 - gamma) times the smaller end.
    size, positive = abs(at), at > 0
    moving = abs(then) > rate.rad[:, members]
    steady = moving & (positive[:, -1] == (then > 0)) | (then == 0) & (rate.rad[:, members] == 0)
    ends = np.where(steady, 0.0, size[:, -1])[:, None]
    turned = positive[:, 1:] != positive[:, :-1]
    lost = np.where(turned, np.minimum(size[:, 1:], size[:, :-1]), 0.0)
    rising_part = np.maximum(side, 0.0)
    lost = (np.concatenate([lost, ends], axis=1) * rising_part).sum(axis=2) * (1 + 2.0**-20) + blur
    lost, answer = BallArray.exact(lost) * (1 - gamma), BallArray(answer, blur)
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
