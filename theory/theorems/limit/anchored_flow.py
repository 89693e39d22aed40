"""Training runs along a straight line, but for the samples that do not support its limit.

W^ = W^0 + tau W* is the line of `guide`: gradient flow on the samples with lambda_n > 0 for the
exponential loss, and nearly that for the logistic one. With E = W - W^ and the leaks of `leaks`, as
long as no own pair changes its sign,

    (1/2) d‖E‖²/dtau <= sum of leak_n(0) exp(-fade_n tau).
"""

import sympy as sp

from ...statement import Citation, Definition, Identity, Inequality, Let, Step
from ...steps.kkt import multipliers, over_samples
from ...steps.motion import INTEGRAL
from ...steps.own_pattern import ORDER_SAMPLES, phi, size_j, slope_of
from ...symbols import Eq
from .guide import (
    GUIDE,
    goal_slope,
    goal_weight,
    guide,
    guide_h,
    moving_slope,
    now,
    of,
    order,
    tau,
)
from .leaks import LEAKS, fade, leak_T, leak_t, pull

_slip = of("slip", "sum over cross j of |a_j| s_jn <e_j, x_n>, E = W - W^", "nt")
_slip1 = of("goal_slip", "sum over cross j of |a_j| s*_jn <e_j, x_n>", "nt")
_drift = of("drift", "<zeta_n, E>, zeta_n with the slopes at W(t)", "nt")
_drift1 = of("goal_drift", "<zeta*_n, E>, zeta*_n with the slopes at W*", "nt")

# How much of each leak counts as stored and how much as steady: any choice, for each pair and use.
_stored = of("stored", "weight beta_n of the leak that is counted in full", "gkn", "\\beta_n", 0)
_steady = of("steady", "weight c_n of the leak that is counted as steady", "gkn", "c_n", 0)
_stored_sum = of("stored_sum", "sum of beta_n times the leak at T", "gk", low=0)
_steady_sum = of("steady_sum", "sum of c_n times the leak at T", "gk", low=0)
_still = of("still_stored", "sum of beta_n times the leak at t", "gkt")
_spent = of("spent_rate", "sum of beta_n fade_n times the leak at t", "gkt")
_rate = of("off_rate", "derivative of ‖E‖²/2 with respect to tau", "t")
_off_T = of("off_T", "rho_0 = ‖W(T) - W^0‖", "", "\\rho_0", 0)
off_t = of("off_t", "‖E‖ = ‖W(t) - W^(t)‖", "t", "\\|E_t\\|", 0)
reach_t = of(
    "reach_t", "the certified bound sqrt(B + c tau) of ‖E‖", "gkt", "r_t", 0, abbreviation=True
)

_p, _zeta, _zeta1 = (
    sp.IndexedBase(name)[multipliers.indices[0]] for name in ("p", "zeta", "zeta_1")
)
_coordinate = sp.Symbol("E")

# The bound is sqrt(B + c tau).
base, growth = _off_T**2 + 2 * _stored_sum, 2 * _steady_sum
REACH = Eq(reach_t, sp.sqrt(base + growth * tau))


ANCHORED_FLOW: tuple[Step, ...] = (
    *GUIDE,
    *LEAKS,
    Identity(
        "off-velocity",
        "dE/dtau = sum p_n zeta_n - sum lambda_n zeta*_n: the derivative of ‖E‖²/2 is sum (p_n "
        "<zeta_n, E> - lambda_n <zeta*_n, E>) (one coordinate).",
        (over_samples(_p * _zeta) - over_samples(multipliers * _zeta1)) * _coordinate,
        over_samples((_p * _zeta - multipliers * _zeta1) * _coordinate),
    ),
    Definition(
        "products",
        "The products of E with zeta_n and zeta*_n are the difference of own parts less a sum over "
        "cross neurons, with slopes of phi at W and at W*.",
        (
            Eq(_drift, now.own_linear - guide[0] - _slip),
            Eq(_drift1, now.own_linear - guide[0] - _slip1),
            slope_of(moving_slope, now.cross_h),
        ),
    ),
    *order(
        "drift",
        "phi(h) - phi(k) <= s (h - k) for a slope s of phi at h.",
        "So <zeta_n, E> <= z_n(W) - z_n(W^).",
        (size_j * (phi(now.cross_h) - phi(guide_h)), now.cross_answer - guide[1]),
        (size_j * moving_slope * (now.cross_h - guide_h), _slip),
        "products",
    ),
    *order(
        "firm",
        "And at least that for one at k.",
        "So <zeta*_n, E> >= z_n(W) - z_n(W^) at supports.",
        (goal_weight * size_j * goal_slope * (now.cross_h - guide_h), goal_weight * _slip1),
        (
            goal_weight * size_j * (phi(now.cross_h) - phi(guide_h)),
            goal_weight * (now.cross_answer - guide[1]),
        ),
        "guide-slope",
    ),
    Inequality(
        "pull-drift",
        "p_n <zeta_n, E> <= p_n (z_n(W) - z_n(W^)).",
        pull * _drift <= pull * (now.margin - guide[2]),
        by="products drift t-parts pull-most",
    ),
    Inequality(
        "weight-drift",
        "lambda_n <zeta*_n, E> >= lambda_n (z_n(W) - z_n(W^)).",
        goal_weight * _drift1 >= goal_weight * (now.margin - guide[2]),
        by="products firm t-parts",
    ),
    Inequality(
        "term",
        "So each term of the derivative is at most the leak.",
        pull * _drift - goal_weight * _drift1 <= leak_t,
        by="pull-drift weight-drift support-order off-support leak",
    ),
    Definition(
        "shares",
        "Choose beta_n, c_n >= 0 with c_n + fade_n beta_n >= 1.",
        (_steady + fade * _stored >= 1,),
    ),
    Inequality(
        "leak-shared",
        "So it is at most c_n times itself at T plus beta_n fade_n times itself.",
        pull * _drift - goal_weight * _drift1 <= _steady * leak_T + _stored * fade * leak_t,
        by="term leak-falls shares",
    ),
    Citation(
        "off-rate",
        "So too in the sum over the samples.",
        ORDER_SAMPLES(
            _rate,
            _steady_sum + _spent,
            pull * _drift - goal_weight * _drift1,
            _steady * leak_T + _stored * fade * leak_t,
        ),
        by="leak-shared",
    ),
    Inequality("off-falls", "So this falls:", _rate - _steady_sum - _spent <= 0, by="off-rate"),
    Citation(
        "off-integral",
        "‖E‖²/2 + sum beta_n (leak(tau) - leak(0)) - tau sum c_n leak(0).",
        INTEGRAL(
            _off_T**2 / 2,
            off_t**2 / 2 + _still - _stored_sum - tau * _steady_sum,
            _rate - _steady_sum - _spent,
        ),
        by="off-falls",
    ),
    Inequality(
        "still-term",
        "What is still stored is not negative.",
        _stored * leak_t >= 0,
        by="leak-falls",
    ),
    Citation(
        "still", "Nor is the sum.", ORDER_SAMPLES(0, _still, 0, _stored * leak_t), by="still-term"
    ),
    Inequality(
        "off-square",
        "So ‖E‖² <= B + c tau.",
        off_t**2 <= base + growth * tau,
        by="off-integral still",
    ),
    Let("reach", "Write r for its root.", reach_t, REACH.rhs),
    Inequality("off", "So ‖E‖ <= r.", off_t <= reach_t, by="off-square reach"),
)
