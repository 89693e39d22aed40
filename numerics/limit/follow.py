"""The falsifier of capture: a captured network followed on, against what was certified of it.

Small steps down the logarithm of the loss, in plain floating point. A step dW is not the flow. With
l_n the losses, p_n = l_n/L, s_n = -l'_n/l_n <= 1 and moves <zeta_n, dW> of the margins z_n, log l
is concave, so that log L falls by at least (Hoeffding's lemma)

    sum p_n s_n dz_n - (max - min of s_n dz_n)²/8,

where the flow would give sum p_n s_n <zeta_n, dW>, from which dz_n differs where kinks are crossed.
M times what is missing is all that a step may add to ‖W‖ - M rho; that much, and rounding, is
allowed for, and no more.

Along an anchor's line the same step is one of dtau = ‖dW‖/‖t W'‖ in the time tau, which moves W^
by dtau W* exactly. It adds 2 dtau <V, E> + dtau² ‖V‖² to ‖E‖², E = W - W^ and V its velocity, and
<V, E> <= sum l_n exp(-nu_n tau): that sum is allowed for where it stands for its integral, and the
square. Source: this project.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..data.sample import Sample
from ..enclose.real_array import FloatArray
from .anchor import Anchored
from .capture import Capture

_MOVE = 0.25
"""The most that one step may move a margin."""
_ROUNDING = 1e-9
"""Of sums of some thousand products, relative to their size."""
_LOOKS = 10
"""How often answers at test points are looked at on the way."""


@dataclass(frozen=True)
class Followed:
    """What was seen on the way.

    Attributes
    ----------
    activation : the least sigma h_jn/(abs(a_j) rho) over own pairs and steps.
    distance : the largest ‖W/rho - W_l‖, less what the length of the steps accounts for.
    growth : the most that ‖W‖ - M rho grew, less the same: not above 0 for a flow.
    steps : steps followed. rho : where it ended.
    """

    activation: float
    distance: float
    growth: float
    steps: int
    rho: float


@dataclass(frozen=True)
class FollowedLine:
    """What was seen on the way along an anchor's line.

    Attributes
    ----------
    activation : the least sigma h_jn/abs(a_j) over own pairs and steps.
    departure : the largest ‖W - W^‖ over its certified bound, less what the length of the steps
        accounts for.
    contrary : test points whose certified sign the network had not at some look.
    steps : steps followed. tau : where it ended.
    """

    activation: float
    departure: float
    contrary: int
    steps: int
    tau: float


@dataclass(frozen=True)
class _Moment:
    """A network on its way: weights (m, d), pre-activations (N, m), margins (N,), the logarithms of
    l_n and of -l'_n, and of their sum; and the step that it takes next, with its moves (N,) of the
    margins. The step is `length` times the velocity over the loss."""

    weights: FloatArray
    hidden: FloatArray
    margin: FloatArray
    logs: FloatArray
    pulls: FloatArray
    total: float
    step: FloatArray
    moves: FloatArray
    length: float


def _descent(
    w: FloatArray, a: FloatArray, sample: Sample, gamma: float, loss: str, steps: int
) -> Iterator[_Moment]:
    """The network before each of so many steps and after the last."""
    x, y = sample.x, sample.y.astype(np.float64)
    gram = x @ x.T if len(x) <= x.shape[1] else None
    hidden = x @ w.T
    for _ in range(steps + 1):
        margin = y * (np.where(hidden > 0, hidden, gamma * hidden) @ a)
        logs, pulls = _logs(margin, loss)
        total = float(np.logaddexp.reduce(logs))
        slopes = np.where(hidden > 0, 1.0, gamma) * a
        pull = (np.exp(pulls - total) * y)[:, None] * slopes
        step = pull.T @ x
        moved = x @ step.T if gram is None else gram @ pull
        moves = y * (slopes * moved).sum(axis=1)
        length = _MOVE / float(abs(moves).max())
        yield _Moment(w, hidden, margin, logs, pulls, total, step * length, moves * length, length)
        w, hidden = w + step * length, hidden + moved * length


def _logs(margin: FloatArray, loss: str) -> tuple[FloatArray, FloatArray]:
    if loss == "exponential":
        return -margin, -margin
    logs = np.where(margin > 30, -margin, np.log(np.logaddexp(0.0, -np.minimum(margin, 30.0))))
    return logs, -np.logaddexp(0.0, margin)


def follow(weights: np.ndarray, found: Capture, loss: str, steps: int = 200) -> Followed:
    """Follow the captured network of ``weights`` (m, d) on by plain descent on log L.

    Raises ValueError for a network that was not captured.
    """
    limit, certified = found.limit, found.certified
    if limit is None or certified is None or not found.captured:
        raise ValueError("only a captured network is followed")
    gamma, a, groups = float(limit.slope), limit.pattern.output.values, limit.pattern.members
    own, sigma = limit.pattern.own[:, groups], limit.pattern.signs[:, groups]
    target = limit.directions.mid[groups] * abs(a)[:, None]
    ratio, reach, rho = certified.ratio.upper, certified.reach.upper, certified.rho.lower

    length, rho_start, allowed = float(np.linalg.norm(weights)), rho, 0.0
    activation, distance, growth = math.inf, 0.0, -math.inf
    first = before = None
    for now in _descent(weights, a, limit.sample, gamma, loss, steps):
        if first is None or before is None:
            first = now
        else:
            moved = np.exp(before.pulls - before.logs) * (now.margin - before.margin)
            missing = np.maximum(before.moves - (now.margin - before.margin), 0.0)
            allowed += ratio * float(np.exp(before.pulls - before.total) @ missing)
            allowed += ratio * float(moved.max() - moved.min()) ** 2 / 8
            rho = rho_start + first.total - now.total
        before = now
        activation = min(activation, float((sigma * now.hidden / (abs(a) * rho))[own].min()))
        norm, excess = float(np.linalg.norm(now.weights)), allowed / rho
        grown = norm - length - ratio * (rho - rho_start) - allowed
        growth = max(growth, grown - _ROUNDING * norm)
        apart = float(np.linalg.norm(now.weights / rho - target)) ** 2 - _ROUNDING * reach**2
        distance = max(distance, math.sqrt(max(apart - (2 * reach + excess) * excess, 0.0)))
    return Followed(activation, distance, growth, steps, rho)


def follow_line(
    weights: np.ndarray, found: Anchored, loss: str, points: FloatArray, steps: int = 200
) -> FollowedLine:
    """Follow a network of ``weights`` (m, d) that its anchor captured, looking at points (B, d).

    Raises ValueError for a network that was not captured.
    """
    line = found.line
    if line is None or not found.captured:
        raise ValueError("only a captured network is followed")
    limit, proposal = line.limit, line.limit.proposal
    gamma, pattern = float(proposal.slope), proposal.pattern
    a, groups = pattern.output.values, pattern.members
    own, sigma = pattern.own[:, groups], pattern.signs[:, groups]
    goal = limit.directions.mid[groups] * abs(a)[:, None]
    start = line.start.mid * abs(a)[:, None]
    leaks, rates = line.leaks.mid, line.rates.mid
    signs = found.settled(points)
    chosen, signs = points[signs != 0], signs[signs != 0]
    contrary = np.zeros(len(chosen), dtype=bool)

    tau = allowed = departure = 0.0
    activation = math.inf
    for number, now in enumerate(_descent(weights, a, proposal.sample, gamma, loss, steps)):
        activation = min(activation, float((sigma * now.hidden / abs(a))[own].min()))
        off = now.weights - start - tau * goal
        size = float(np.linalg.norm(now.weights)) + float(np.linalg.norm(off))
        square = float((off**2).sum()) - allowed - _ROUNDING * size**2
        bound = float((found.reaches @ (1.0, tau)).min())
        departure = max(departure, math.sqrt(max(square, 0.0) / max(bound, _ROUNDING * size**2)))
        if number % max(1, steps // _LOOKS) == 0:
            hidden = chosen @ now.weights.T
            contrary |= signs * (np.where(hidden > 0, hidden, gamma * hidden) @ a) <= 0
        passed = now.length * math.exp(-now.total - tau - line.time)
        still = leaks * np.exp(-rates * tau)
        with np.errstate(all="ignore"):
            ended = np.where(rates > 0, -np.expm1(-rates * passed) / rates, passed)
        allowed += 2 * float(still @ (passed - ended))
        allowed += float(((now.step - passed * goal) ** 2).sum())
        tau += passed
    return FollowedLine(activation, departure, int(contrary.sum()), steps, tau)
