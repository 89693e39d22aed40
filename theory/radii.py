"""How far norms and inner products of uniform data stray, and what the conditions then ask of d.

x uniform on [-1, 1]^d, N samples: with probability at least 1 - delta every |‖x_n‖² - d/3| is at
most t1 and every |<x_n, x_k>| at most t2, by Hoeffding's or by Bernstein's inequality.
"""

from __future__ import annotations

from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from .symbols import N, R_max, R_min, d, declare, p_max
from .theorems import exact_chain, half_aware, standard_boundary

Condition = Literal["paper", "exact chain", "half-aware"]
Bound = Literal["hoeffding", "bernstein", "better"]

delta = declare(
    "delta",
    "failure probability that the scenario grants to the draw of the data",
    low=0,
    open_low=True,
    high=1,
)

CONDITIONS: dict[Condition, Boolean] = {
    "paper": standard_boundary.THEOREM.assumptions[0].relation,
    "exact chain": exact_chain.THEOREM.assumptions[0].relation,
    "half-aware": half_aware.THEOREM.assumptions[0].relation,
}

# Half of delta over N norms, half over N (N - 1)/2 pairs: log(2/p) for each one's share p.
LOG_NORM = sp.log(4 * N / delta)
LOG_CROSS = sp.log(2 * N * (N - 1) / delta)

NORM_RADII: dict[Bound, sp.Expr] = {
    "hoeffding": sp.sqrt(d * LOG_NORM / 2),
    "bernstein": 2 * LOG_NORM / 9
    + sp.sqrt(4 * LOG_NORM**2 / 81 + sp.Rational(8, 45) * d * LOG_NORM),
}
CROSS_RADII: dict[Bound, sp.Expr] = {
    "hoeffding": sp.sqrt(2 * d * LOG_CROSS),
    "bernstein": LOG_CROSS / 3 + sp.sqrt(LOG_CROSS**2 / 9 + 2 * d * LOG_CROSS / 9),
}
for _radii in (NORM_RADII, CROSS_RADII):
    _radii["better"] = sp.Min(_radii["hoeffding"], _radii["bernstein"])


def radii(bound: Bound = "better") -> tuple[sp.Expr, sp.Expr]:
    """t1 for the squared norms and t2 for the inner products, in N, d and delta."""
    return NORM_RADII[bound], CROSS_RADII[bound]


def certified(condition: Condition, t1: sp.Expr, t2: sp.Expr) -> Boolean:
    """The condition at the worst that the radii leave: r = d/3 - t1, R = d/3 + t1, p_max = t2."""
    worst = {R_max: sp.sqrt(d / 3 + t1), R_min: sp.sqrt(d / 3 - t1), p_max: t2}
    return CONDITIONS[condition].subs(worst, simultaneous=True)
