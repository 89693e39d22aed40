"""The falsifier of capture: a captured network followed on, against what was certified of it.

Small steps down the logarithm of the loss, in plain floating point. A step dW is not the flow. With
l_n the losses, p_n = l_n/L, s_n = -l'_n/l_n <= 1 and moves <zeta_n, dW> of the margins z_n, log l
is concave, so that log L falls by at least (Hoeffding's lemma)

    sum p_n s_n dz_n - (max - min of s_n dz_n)²/8,

where the flow would give sum p_n s_n <zeta_n, dW>, from which dz_n differs where kinks are crossed.
M times what is missing is all that a step may add to ‖W‖ - M rho; that much, and rounding, is
allowed for, and no more. Source: this project.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..network import output_weights
from .capture import Capture

_MOVE = 0.25
"""The most that one step may move a margin."""
_ROUNDING = 1e-9
"""Of sums of some thousand products, relative to their size."""


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


def follow(weights: np.ndarray, found: Capture, loss: str, steps: int = 200) -> Followed:
    """Follow the captured network of ``weights`` (m, d) on by plain descent on log L.

    Raises ValueError for a network that was not captured.
    """
    limit, certified = found.limit, found.certified
    if limit is None or certified is None or not found.captured:
        raise ValueError("only a captured network is followed")
    x, y = limit.sample.x, limit.sample.y.astype(np.float64)
    gamma, a = float(limit.slope), output_weights(len(weights))
    groups = limit.pattern.members
    own, sigma = limit.pattern.own[:, groups], limit.pattern.signs[:, groups]
    target = limit.directions.mid[groups] * abs(a)[:, None]
    ratio, reach, rho = certified.ratio.upper, certified.reach.upper, certified.rho.lower

    w, length = weights, float(np.linalg.norm(weights))
    hidden, margin, logs, weight = _state(w, x, y, a, gamma, loss)
    start, rho_start, allowed = np.logaddexp.reduce(logs), rho, 0.0
    activation, distance, growth = math.inf, 0.0, -math.inf
    for _ in range(steps + 1):
        activation = min(activation, float((sigma * hidden / (abs(a) * rho))[own].min()))
        norm, excess = float(np.linalg.norm(w)), allowed / rho
        grown = norm - length - ratio * (rho - rho_start) - allowed
        growth = max(growth, grown - _ROUNDING * norm)
        apart = float(np.linalg.norm(w / rho - target)) ** 2 - _ROUNDING * reach**2
        distance = max(distance, math.sqrt(max(apart - (2 * reach + excess) * excess, 0.0)))

        slopes = np.where(hidden > 0, 1.0, gamma) * a
        pulls = np.exp(weight - np.logaddexp.reduce(logs))  # p_n s_n
        step = ((pulls * y)[:, None] * slopes).T @ x
        moves = y * (slopes * (x @ step.T)).sum(axis=1)
        step *= _MOVE / float(abs(moves).max())
        moves *= _MOVE / float(abs(moves).max())
        rate = np.exp(weight - logs)  # s_n
        w, before = w + step, margin
        hidden, margin, logs, weight = _state(w, x, y, a, gamma, loss)
        moved = rate * (margin - before)
        missing = float(pulls @ np.maximum(moves - (margin - before), 0.0))
        allowed += ratio * (missing + float(moved.max() - moved.min()) ** 2 / 8)
        rho = rho_start + float(start - np.logaddexp.reduce(logs))
    return Followed(activation, distance, growth, steps, rho)


def _state(w, x, y, a, gamma, loss):
    """Pre-activations (N, m), margins, and the logarithms of l_n and -l'_n (N,)."""
    hidden = x @ w.T
    margin = y * (np.where(hidden > 0, hidden, gamma * hidden) @ a)
    if loss == "exponential":
        return hidden, margin, -margin, -margin
    logs = np.where(margin > 30, -margin, np.log(np.logaddexp(0.0, -np.minimum(margin, 30.0))))
    return hidden, margin, logs, -np.logaddexp(0.0, margin)
