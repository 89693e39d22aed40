"""The line that an anchored network keeps to, and what it answers to the samples.

W* is the solution of the margin program of the network's own pattern, T a time and W^0 a point, the
anchor, with z_n(W^0) = T - log lambda_n wherever lambda_n > 0 and cross pairs there as at W*. Then
W^ = W^0 + tau W*, tau = log(t/t0), t0 = e^T, has exp(-z_n) = lambda_n/t on these samples at every
time, and other margins z_n(W^) >= z_n(W^0) + (1 + mu_n) tau, mu_n = z_n(W*) - 1.
"""

import sympy as sp

from ...statement import Citation, Definition, Inequality, Let, Step
from ...steps import halves, losses
from ...steps.kkt import multipliers
from ...steps.motion import FLOW
from ...steps.own_pattern import LINEAR_NEURONS, ORDER_NEURONS, PROGRAM, phi, size_j, slope_of
from ...symbols import Eq, declare


def of(
    name: str, meaning: str, index: str, latex: str = "", low: int | None = None, **more: bool
) -> sp.Symbol:
    return declare(name, meaning, index=index, latex=latex, low=low, **more)  # type: ignore[arg-type]


# The flow W(t), the anchor W^0, the limit W* and the guide W^ = W^0 + tau W*, at a sample n.
start_time = declare("anchor_time", "T = log t0, t0 the time given to the checkpoint", latex="T")
tau = of("log_time", "tau = log(t/t0)", "t", "\\tau", 0)
now, _kappa = losses.any_own, losses.own_kappa
_h0 = of("start_h", "<w^0_j, x_n> at a cross pair", "nj")
_h1 = of("goal_h", "<w*_j, x_n> at a cross pair", "nj")
guide_h = of("guide_h", "<w^_j, x_n> at a cross pair", "njt", abbreviation=True)
_own0 = of("start_own_h", "<w^0_j, x_n> at an own pair", "nj")
_own1 = of("goal_own_h", "<w*_j, x_n> at an own pair", "nj")
moving_slope = of(
    "moving_slope", "slope s_jn of phi at <w_j(t), x_n>, of a cross pair", "njt", "s_{jn}"
)
goal_slope = of(
    "goal_slope", "slope s*_jn of phi at <w*_j, x_n>, of a cross pair", "nj", "s^*_{jn}"
)


def _sums(name: str, at: str, index: str) -> tuple[sp.Symbol, sp.Symbol, sp.Symbol]:
    """Of weights: the own part and the cross part of z_n, and z_n, which is their difference."""
    return (
        of(f"{name}_own", f"sum over own j of |a_j| kappa_jn <., x_n> at {at}", index),
        of(f"{name}_cross", f"sum over cross j of |a_j| phi(<., x_n>) at {at}", index),
        of(f"{name}_z", f"z_n({at})", index),
    )


start, _goal, guide = (
    _sums("start", "W^0", "n"),
    _sums("goal", "W*", "n"),
    _sums("guide", "W^", "nt"),
)
goal_weight = of("goal_weight", "multiplier lambda_n of W*", "n", "\\lambda_n", 0)
spare = of("spare_margin", "mu_n = z_n(W*) - 1", "n", "\\mu_n", 0, abbreviation=True)

_k = sp.IndexedBase("kappa")[multipliers.indices[0]]


def supporting(goal: sp.Basic) -> sp.Basic:
    """The goal at the samples that support W*."""
    return sp.Implies(goal_weight > 0, goal)


def order(id: str, says: str, name: str, less: tuple, more: tuple, by: str) -> tuple[Step, ...]:
    """One inequality at a cross pair, and the same in the sum: each side as (term, sum)."""
    return (
        Inequality(f"{id}-pair", says, less[0] <= more[0], by=by),
        Citation(id, name, ORDER_NEURONS(less[1], more[1], less[0], more[0]), by=f"{id}-pair"),
    )


GUIDE: tuple[Step, ...] = (
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
            Eq(now.margin, now.own_linear - now.cross_answer),
            *(Eq(z, own - cross) for own, cross, z in (start, _goal, guide)),
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
    *halves.together(_k),
    Definition(
        "goal",
        "W* = sum lambda_n zeta*_n solves the margin program, with slopes of phi at W*.",
        (slope_of(goal_slope, _h1),),
    ),
    Citation(
        "program",
        "So its margins are at least 1, and 1 at supports.",
        PROGRAM(goal_weight, _goal[2]),
    ),
    Let("spare", "Write mu_n for what a margin has to spare.", spare, _goal[2] - 1, by="program"),
    Definition(
        "anchor",
        "At supports z_n(W^0) = T - log lambda_n, and cross pairs have at W^0 the signs that they "
        "have at W*; or they are at a kink of W* and on the side of W^0 that s* belongs to.",
        (
            supporting(Eq(goal_weight, sp.exp(start_time - start[2]))),
            supporting(
                sp.Or(
                    Eq(sp.sign(_h0), sp.sign(_h1)),
                    sp.And(Eq(_h1, 0), slope_of(goal_slope, _h0)),
                )
            ),
        ),
    ),
    Let("guide", "Pre-activations of W^ = W^0 + tau W*.", guide_h, _h0 + tau * _h1),
    Citation(
        "guide-own",
        "Own parts are linear.",
        LINEAR_NEURONS(
            guide[0],
            start[0],
            tau,
            _goal[0],
            size_j * _kappa * (_own0 + tau * _own1),
            size_j * _kappa * _own0,
            size_j * _kappa * _own1,
        ),
    ),
    *order(
        "bend",
        "phi(u + v) <= phi(u) + phi(v).",
        "So too in the sum over cross neurons.",
        (size_j * phi(guide_h), guide[1]),
        (size_j * (phi(_h0) + tau * phi(_h1)), start[1] + tau * _goal[1]),
        "guide",
    ),
    *order(
        "unbent",
        "With equality where the signs are equal, or <w*_j, x_n> is 0.",
        "In the sum.",
        (
            goal_weight * size_j * (phi(_h0) + tau * phi(_h1)),
            goal_weight * (start[1] + tau * _goal[1]),
        ),
        (goal_weight * size_j * phi(guide_h), goal_weight * guide[1]),
        "guide anchor",
    ),
    Inequality(
        "guide-margin",
        "So z_n(W^) >= z_n(W^0) + tau (1 + mu_n).",
        guide[2] >= start[2] + tau * (1 + spare),
        by="t-parts guide-own bend spare",
    ),
    Inequality(
        "guide-support",
        "And z_n(W^) = z_n(W^0) + tau at supports.",
        supporting(Eq(guide[2], start[2] + tau)),
        by="t-parts guide-own bend unbent program",
    ),
    Inequality(
        "guide-pull",
        "There t exp(-z_n(W^)) = lambda_n at every time: for the exponential loss W^ is the flow "
        "of the supports.",
        supporting(Eq(goal_weight, sp.exp(start_time + tau - guide[2]))),
        by="anchor guide-support",
    ),
    Inequality(
        "guide-slope",
        "The slopes s* are slopes of phi at W^, too.",
        supporting(slope_of(goal_slope, guide_h)),
        by="goal anchor guide",
    ),
)
