"""Training runs along a straight line, but for the samples that do not support its limit.

W* is the solution of the margin program of the network's own pattern, T a time and W^0 a point, the
anchor, with z_n(W^0) = T - log lambda_n wherever lambda_n > 0 and cross pairs there as at W*. Then
W^ = W^0 + tau W*, tau = log(t/t0), t0 = e^T, is gradient flow on the samples with lambda_n > 0.
With mu_n = z_n(W*) - 1 and E = W - W^, as long as no own pair changes its sign,

    (1/2) d‖E‖²/dtau <= sum over lambda_n = 0 of exp(T - 1 - z_n(W^0) - mu_n tau).
"""

import sympy as sp

from ...statement import Citation, Definition, Identity, Inequality, Let, Step
from ...steps import halves, losses
from ...steps.kkt import multipliers, over_samples
from ...steps.motion import FLOW, INTEGRAL, TANGENT
from ...steps.own_pattern import (
    LINEAR_NEURONS,
    ORDER_NEURONS,
    ORDER_SAMPLES,
    PROGRAM,
    phi,
    size_j,
    slope_of,
)
from ...symbols import declare


def of(
    name: str, meaning: str, index: str, latex: str = "", low: int | None = None, **more: bool
) -> sp.Symbol:
    return declare(name, meaning, index=index, latex=latex, low=low, **more)  # type: ignore[arg-type]


# The flow W(t), the anchor W^0, the limit W* and the guide W^ = W^0 + tau W*, at a sample n.
_T = declare("anchor_time", "T = log t0, t0 the time given to the checkpoint", latex="T")
tau = of("log_time", "tau = log(t/t0)", "t", "\\tau", 0)
now, _kappa = losses.any_own, losses.own_kappa
_h0 = of("start_h", "<w^0_j, x_n> at a cross pair", "nj")
_h1 = of("goal_h", "<w*_j, x_n> at a cross pair", "nj")
_hg = of("guide_h", "<w^_j, x_n> at a cross pair", "njt", abbreviation=True)
_own0 = of("start_own_h", "<w^0_j, x_n> at an own pair", "nj")
_own1 = of("goal_own_h", "<w*_j, x_n> at an own pair", "nj")
_slope = of("moving_slope", "slope s_jn of phi at <w_j(t), x_n>, of a cross pair", "njt", "s_{jn}")
_slope1 = of("goal_slope", "slope s*_jn of phi at <w*_j, x_n>, of a cross pair", "nj", "s^*_{jn}")


def _sums(name: str, at: str, index: str) -> tuple[sp.Symbol, sp.Symbol, sp.Symbol]:
    """Of weights: the own part and the cross part of z_n, and z_n, which is their difference."""
    return (
        of(f"{name}_own", f"sum over own j of |a_j| kappa_jn <., x_n> at {at}", index),
        of(f"{name}_cross", f"sum over cross j of |a_j| phi(<., x_n>) at {at}", index),
        of(f"{name}_z", f"z_n({at})", index),
    )


_start, _goal, _guide = (
    _sums("start", "W^0", "n"),
    _sums("goal", "W*", "n"),
    _sums("guide", "W^", "nt"),
)
_weight = of("goal_weight", "multiplier lambda_n of W*", "n", "\\lambda_n", 0)
_spare = of("spare_margin", "mu_n = z_n(W*) - 1", "n", "\\mu_n", 0, abbreviation=True)
_pull = of("log_pull", "t exp(-y_n f(x_n)), the pull of n in the time tau", "nt", "p_n")
_slip = of("slip", "sum over cross j of |a_j| s_jn <e_j, x_n>, E = W - W^", "nt")
_slip1 = of("goal_slip", "sum over cross j of |a_j| s*_jn <e_j, x_n>", "nt")
_drift = of("drift", "<zeta_n, E>, zeta_n with the slopes at W(t)", "nt")
_drift1 = of("goal_drift", "<zeta*_n, E>, zeta*_n with the slopes at W*", "nt")
_leak_T = of("leak_T", "exp(T - 1 - z_n(W^0)) where lambda_n = 0, else 0", "n", "\\ell_n(0)", 0)
_leak = of("leak_t", "that times exp(-mu_n tau)", "nt", "\\ell_n(\\tau)", 0)
_LEAK = sp.exp(_T - 1 - _start[2] - _spare * tau)

# How much of each leak counts as stored and how much as steady: any choice, for each pair and use.
_stored = of("stored", "weight beta_n of the leak that is counted in full", "gkn", "\\beta_n", 0)
_steady = of("steady", "weight c_n of the leak that is counted as steady", "gkn", "c_n", 0)
_stored_sum = of("stored_sum", "sum of beta_n times the leak at T", "gk", low=0)
_steady_sum = of("steady_sum", "sum of c_n times the leak at T", "gk", low=0)
_still = of("still_stored", "sum of beta_n times the leak at t", "gkt")
_spent = of("spent_rate", "sum of beta_n mu_n times the leak at t", "gkt")
_rate = of("off_rate", "derivative of ‖E‖²/2 with respect to tau", "t")
_off_T = of("off_T", "rho_0 = ‖W(T) - W^0‖", "", "\\rho_0", 0)
off_t = of("off_t", "‖E‖ = ‖W(t) - W^(t)‖", "t", "\\|E_t\\|", 0)
reach_t = of(
    "reach_t", "the certified bound sqrt(B + c tau) of ‖E‖", "gkt", "r_t", 0, abbreviation=True
)

_k = sp.IndexedBase("kappa")[multipliers.indices[0]]
_p, _zeta, _zeta1 = (
    sp.IndexedBase(name)[multipliers.indices[0]] for name in ("p", "zeta", "zeta_1")
)
_coordinate = sp.Symbol("E")

# The bound is sqrt(B + c tau).
base, growth = _off_T**2 + 2 * _stored_sum, 2 * _steady_sum
REACH = sp.Eq(reach_t, sp.sqrt(base + growth * tau))


def _on(goal: sp.Basic) -> sp.Basic:
    """The goal at the samples that support W*."""
    return sp.Implies(_weight > 0, goal)


def _order(id: str, says: str, name: str, less: tuple, more: tuple, by: str) -> tuple[Step, ...]:
    """One inequality at a cross pair, and the same in the sum: each side as (term, sum)."""
    return (
        Inequality(f"{id}-pair", says, less[0] <= more[0], by=by),
        Citation(id, name, ORDER_NEURONS(less[1], more[1], less[0], more[0]), by=f"{id}-pair"),
    )


ANCHORED_FLOW: tuple[Step, ...] = (
    Definition(
        "time",
        "t is any time from t0 = e^T on up to which no own pair has changed its sign sigma; kappa "
        "is 1 where sigma = 1, else gamma.",
        losses.KEPT_SIGNS,
    ),
    Definition(
        "t-parts",
        "z_n is an own part, which is linear, less a cross part: at W(t), W^0, W* and W^.",
        (
            sp.Eq(now.margin, now.own_linear - now.cross_answer),
            *(sp.Eq(z, own - cross) for own, cross, z in (_start, _goal, _guide)),
        ),
    ),
    *now.on_the_cone("time"),
    Citation(
        "flow",
        "Until t the margins are the concave z_n and L is convex: gradient flow is its subgradient "
        "flow, W' = sum exp(-z_n) zeta_n.",
        FLOW(losses.speed_t, losses.loss_t, losses.growth_t, losses.rise_t),
        by="t-margin",
    ),
    Definition(
        "pull",
        "In the time tau = log t - T each sample pulls with t exp(-y_n f(x_n)).",
        (sp.Eq(_pull, sp.exp(_T + tau - now.answer)),),
    ),
    *halves.together(_k),
    Definition(
        "goal",
        "W* = sum lambda_n zeta*_n solves the margin program, with slopes of phi at W*.",
        (slope_of(_slope1, _h1),),
    ),
    Citation(
        "program", "So its margins are at least 1, and 1 at supports.", PROGRAM(_weight, _goal[2])
    ),
    Let("spare", "Write mu_n for what a margin has to spare.", _spare, _goal[2] - 1, by="program"),
    Definition(
        "anchor",
        "At supports z_n(W^0) = T - log lambda_n, and cross pairs have at W^0 the signs that they "
        "have at W*.",
        (
            _on(sp.Eq(_weight, sp.exp(_T - _start[2]))),
            _on(sp.Eq(sp.sign(_h0), sp.sign(_h1))),
        ),
    ),
    Let("guide", "Pre-activations of W^ = W^0 + tau W*.", _hg, _h0 + tau * _h1),
    Citation(
        "guide-own",
        "Own parts are linear.",
        LINEAR_NEURONS(
            _guide[0],
            _start[0],
            tau,
            _goal[0],
            size_j * _kappa * (_own0 + tau * _own1),
            size_j * _kappa * _own0,
            size_j * _kappa * _own1,
        ),
    ),
    *_order(
        "bend",
        "phi(u + v) <= phi(u) + phi(v).",
        "So too in the sum over cross neurons.",
        (size_j * phi(_hg), _guide[1]),
        (size_j * (phi(_h0) + tau * phi(_h1)), _start[1] + tau * _goal[1]),
        "guide",
    ),
    *_order(
        "unbent",
        "With equality where the signs are equal.",
        "In the sum.",
        (
            _weight * size_j * (phi(_h0) + tau * phi(_h1)),
            _weight * (_start[1] + tau * _goal[1]),
        ),
        (_weight * size_j * phi(_hg), _weight * _guide[1]),
        "guide anchor",
    ),
    Inequality(
        "guide-margin",
        "So z_n(W^) >= z_n(W^0) + tau (1 + mu_n).",
        _guide[2] >= _start[2] + tau * (1 + _spare),
        by="t-parts guide-own bend spare",
    ),
    Inequality(
        "guide-support",
        "And z_n(W^) = z_n(W^0) + tau at supports.",
        _on(sp.Eq(_guide[2], _start[2] + tau)),
        by="t-parts guide-own bend unbent program",
    ),
    Inequality(
        "guide-pull",
        "There t exp(-z_n(W^)) = lambda_n at every time: W^ is the flow of the supports.",
        _on(sp.Eq(_weight, sp.exp(_T + tau - _guide[2]))),
        by="anchor guide-support",
    ),
    Inequality(
        "guide-slope",
        "The slopes s* are slopes of phi at W^, too.",
        _on(slope_of(_slope1, _hg)),
        by="goal anchor guide",
    ),
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
            sp.Eq(_drift, now.own_linear - _guide[0] - _slip),
            sp.Eq(_drift1, now.own_linear - _guide[0] - _slip1),
            slope_of(_slope, now.cross_h),
        ),
    ),
    *_order(
        "drift",
        "phi(h) - phi(k) <= s (h - k) for a slope s of phi at h.",
        "So <zeta_n, E> <= z_n(W) - z_n(W^).",
        (size_j * (phi(now.cross_h) - phi(_hg)), now.cross_answer - _guide[1]),
        (size_j * _slope * (now.cross_h - _hg), _slip),
        "products",
    ),
    *_order(
        "firm",
        "And at least that for one at k.",
        "So <zeta*_n, E> >= z_n(W) - z_n(W^) at supports.",
        (_weight * size_j * _slope1 * (now.cross_h - _hg), _weight * _slip1),
        (
            _weight * size_j * (phi(now.cross_h) - phi(_hg)),
            _weight * (now.cross_answer - _guide[1]),
        ),
        "guide-slope",
    ),
    Inequality(
        "pull-drift",
        "p_n <zeta_n, E> <= p_n (z_n(W) - z_n(W^)).",
        _pull * _drift <= _pull * (now.margin - _guide[2]),
        by="products drift t-parts pull",
    ),
    Inequality(
        "weight-drift",
        "lambda_n <zeta*_n, E> >= lambda_n (z_n(W) - z_n(W^)).",
        _weight * _drift1 >= _weight * (now.margin - _guide[2]),
        by="products firm t-parts",
    ),
    Inequality(
        "support-order",
        "exp(-z) falls: (p_n - lambda_n) (z_n(W) - z_n(W^)) <= 0 at supports.",
        _on((_pull - _weight) * (now.margin - _guide[2]) <= 0),
        by="pull t-margin guide-pull",
    ),
    Citation(
        "tangent",
        "x exp(-x) <= 1/e for x = z_n(W) - z_n(W^).",
        TANGENT(now.margin - _T - tau, _guide[2] - _T - tau),
    ),
    Definition(
        "leak",
        "Only the other samples leak.",
        (
            sp.Or(
                sp.And(_weight > 0, sp.Eq(_leak_T, 0), sp.Eq(_leak, 0)),
                sp.And(
                    sp.Eq(_weight, 0),
                    sp.Eq(_leak_T, sp.exp(_T - 1 - _start[2])),
                    sp.Eq(_leak, _LEAK),
                ),
            ),
        ),
    ),
    Inequality(
        "off-support",
        "There p_n (z_n(W) - z_n(W^)) <= t exp(-1 - z_n(W^)), which is at most the leak.",
        sp.Implies(sp.Eq(_weight, 0), _pull * (now.margin - _guide[2]) <= _leak),
        by="tangent pull t-margin guide-margin leak",
    ),
    Inequality(
        "term",
        "So each term of the derivative is at most the leak.",
        _pull * _drift - _weight * _drift1 <= _leak,
        by="pull-drift weight-drift support-order off-support leak",
    ),
    Definition(
        "shares",
        "Choose beta_n, c_n >= 0 with c_n + mu_n beta_n >= 1.",
        (_steady + _spare * _stored >= 1,),
    ),
    Inequality("leak-falls", "A leak never grows.", _leak <= _leak_T, by="leak"),
    Inequality(
        "leak-shared",
        "So it is at most c_n times itself at T plus beta_n mu_n times itself.",
        _pull * _drift - _weight * _drift1 <= _steady * _leak_T + _stored * _spare * _leak,
        by="term leak-falls shares",
    ),
    Citation(
        "off-rate",
        "So too in the sum over the samples.",
        ORDER_SAMPLES(
            _rate,
            _steady_sum + _spent,
            _pull * _drift - _weight * _drift1,
            _steady * _leak_T + _stored * _spare * _leak,
        ),
        by="leak-shared",
    ),
    Identity(
        "leak-rate",
        "The leak at tau falls at the rate mu_n times itself.",
        sp.Derivative(_LEAK, tau),
        -_spare * _LEAK,
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
    Inequality("still-term", "What is still stored is not negative.", _stored * _leak >= 0),
    Citation(
        "still", "Nor is the sum.", ORDER_SAMPLES(0, _still, 0, _stored * _leak), by="still-term"
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
