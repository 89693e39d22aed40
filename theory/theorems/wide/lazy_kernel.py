"""How near a wide network stays to the kernel of its start, at a finite width."""

import sympy as sp

from ...statement import (
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Let,
    Step,
    Theorem,
)
from ...steps.own_pattern import ORDER_NEURONS, ORDER_SAMPLES, phi
from ...steps.sums import EXCHANGE
from ...symbols import Eq, N, declare, gamma
from . import descent, drift, fresh_start
from .descent import momentum
from .drift import Sides, loss_weight_min, range_of, time
from .fresh_start import chance_flips, chance_kernel, delta_start
from .path_kernel import answer, kernel, slope_z

lazy_contrary = declare(
    "lazy_contrary",
    "number of pairs of a sample x_n and a test point z at which |C_n(z) N/t - Phi_0(x_n, z)| "
    "certainly exceeds (1-gamma) (F(x_n) + F(z))",
    low=0,
    integer=True,
    latex="K_{\\mathrm{lazy}}",
)
start_contrary = declare(
    "start_contrary",
    "number of test points z at which |I(z) - f_0(z)| certainly exceeds (1-gamma) t B(z) F(z)",
    low=0,
    integer=True,
    latex="K_{\\mathrm{start}}",
)
drift_contrary = declare(
    "drift_contrary",
    "number of test points z at which |f(z) - f_0(z) - t mean y_n Phi_0(x_n, z) (<x_n, z> + 1)| "
    "certainly exceeds (1-gamma) (bend(z) + t mean F(x_n) |<x_n, z> + 1|)",
    low=0,
    integer=True,
    latex="K_{\\mathrm{drift}}",
)

w, others = descent.weights(), descent.weights("k")
point = descent.probe("point", "<w_j, z> + b_j", "<x_n, z> + 1")
sample = descent.probe("sample", "<w_j, x_n> + b_j", "<x_k, x_n> + 1", "n", "k")


def _sides(at: str, letter: str, slope: sp.Symbol) -> Sides:
    return Sides(
        declare(f"reach_sum_{letter}", f"N B({at}) = sum of |<x, {at}> + 1|", low=0, index=letter),
        slope,
        declare(
            f"first_slope_{letter}",
            f"slope of phi at h_j(0; {at})",
            low=0,
            high=1,
            index=f"j{letter}",
        ),
        declare(
            f"flip_{letter}j",
            f"1 if |h_j(0; {at})| <= |a_j| t B({at}), else 0",
            low=0,
            high=1,
            index=f"j{letter}",
            abbreviation=True,
        ),
    )


at_z, at_x = _sides("z", "z", slope_z), _sides("x_n", "n", w.unit)
flips_z = declare(
    "flips_z", "F(z) = sum of a_j² over neurons that may have changed sides at z", low=0, index="z"
)
flips_n = declare("flips_n", "F(x_n)", low=0, index="n")
start_z = declare("start_z0", "f_0(z), output of the start", index="z", latex="f_0(z)")
kernel_0 = declare("start_kernel_n", "Phi_0(x_n, z), the start's own kernel", index="nz")
bend_z = declare(
    "bend_z",
    "bend(z) = sum of |a_j| max(0, |a_j| t B(z) - |h_j(0; z)|)",
    low=0,
    index="z",
)
hat_z = declare("hat_sum_z", "sum of y_n Phi_0(x_n, z) (<x_n, z> + 1)", index="z")
flip_reach = declare(
    "flip_reach_z", "sum of F(x_n) |<x_n, z> + 1| over the samples", low=0, index="z"
)
_held_j = declare("held_part_j", "the path's part of f(z) at the first slopes", index="zt")
_held = declare("held_part_z", "the same, summed over samples first", index="zt")
_held_n = declare("held_kernel_n", "sum of a_j² s_j(0) c_jn", index="nzt")

_a, _bend = w.output, 1 - gamma
_B = at_z.reach_sum / N
_LAZY = sp.Abs(N * kernel - time.total * kernel_0) <= _bend * time.total * (flips_n + flips_z)
_START = sp.Abs(answer.rest - start_z) <= _bend * time.horizon * _B * flips_z
OUTPUT = sp.Abs(N * (answer.value - start_z) - time.total * hat_z) <= _bend * (
    N * bend_z + time.total * flip_reach
)
CRUDE = bend_z <= time.horizon * _B * flips_z


def _summed(
    name: str,
    says: str,
    by: str,
    total: sp.Expr,
    bound: sp.Expr,
    term: sp.Expr,
    most: sp.Expr,
    goal: sp.Basic,
) -> tuple[Step, ...]:
    """Steps to |total| <= bound, sums over the neurons of `term` and `most`."""
    return (
        Inequality(
            f"{name}-term <- {by}",
            says,
            sp.And(term <= most, -term <= most),
        ),
        *(
            Citation(
                f"{name}-{side} <- {name}-term",
                "So too in the sum over the neurons.",
                ORDER_NEURONS(sign * total, bound, sign * term, most),
            )
            for side, sign in (("above", 1), ("below", -1))
        ),
        Inequality(f"{name} <- {name}-above {name}-below", "Together.", goal),
    )


_square = _a**2
_moved = N * w.path - time.total * at_x.slope_first
_both = slope_z * (N * w.path) - time.total * (at_z.slope_first * at_x.slope_first)
_FIRST = (
    Inequality(
        "at-sample <- x-still x-kept n-bound x-slopes time-sign",
        "A path weight is the first slope at the sample, times the total, unless that may have "
        "changed.",
        sp.Abs(_moved) <= _bend * time.total * at_x.flip,
    ),
    Inequality(
        "at-point <- z-kept z-slopes",
        "So with the slope at z.",
        sp.Abs(slope_z - at_z.slope_first) <= _bend * at_z.flip,
    ),
    Inequality(
        "either-z <- at-point n-bound time-sign",
        "In the product either may have changed: the slope at z, times a weight of at most the "
        "total,",
        sp.Abs((slope_z - at_z.slope_first) * (N * w.path)) <= _bend * time.total * at_z.flip,
    ),
    Inequality(
        "either-x <- at-sample z-slopes",
        "and the weight, times a slope of at most 1.",
        sp.Abs(at_z.slope_first * _moved) <= _bend * time.total * at_x.flip,
    ),
    *descent.bent(at_z.slope_first, point.height_first, "start"),
    *_summed(
        "lazy",
        "A neuron on its first side at both points adds what it added to Phi_0; any other at most "
        "(1-gamma) a_j² more or less, for each of the two.",
        "either-z either-x",
        N * kernel - time.total * kernel_0,
        _bend * time.total * (flips_n + flips_z),
        _square * _both,
        _bend * time.total * (_square * (at_x.flip + at_z.flip)),
        _LAZY,
    ),
    *_summed(
        "rest",
        "Only neurons that may have changed sides, |h_j(0; z)| <= |a_j| t B(z), differ.",
        "start-bent z-kept z-flip z-slopes",
        answer.rest - start_z,
        _bend * time.horizon * _B * flips_z,
        _a * slope_z * point.height_first - _a * phi(point.height_first),
        _bend * time.horizon * _B * (_square * at_z.flip),
        _START,
    ),
)

_behind = declare(
    "behind_zj",
    "max(0, |a_j| t B(z) - |h_j(0; z)|)",
    low=0,
    index="jz",
    abbreviation=True,
)
_OUTPUT_STEPS = (
    *descent.bent(slope_z, point.height, "f"),
    Let(
        "behind",
        "How far behind its kink a neuron can get.",
        _behind,
        sp.Max(0, range_of(w, at_z) - sp.Abs(point.height_first)),
    ),
    Inequality(
        "crossed <- z-kept z-flip z-drift z-slopes behind",
        "A neuron with another slope than at the start ends no further behind the kink than it "
        "could get.",
        sp.Abs((slope_z - at_z.slope_first) * point.height) <= _bend * _behind,
    ),
    Inequality(
        "bend-split <- f-bent start-bent z-path",
        "A neuron on its first side moves f by a_j s_j(0) times its path.",
        Eq(
            _a * phi(point.height)
            - _a * phi(point.height_first)
            - _square * at_z.slope_first * point.path,
            _a * ((slope_z - at_z.slope_first) * point.height),
        ),
    ),
    *_summed(
        "bend",
        "So each neuron adds no more than this to that.",
        "crossed bend-split",
        answer.value - start_z - _held_j,
        _bend * bend_z,
        _a * phi(point.height)
        - _a * phi(point.height_first)
        - _square * at_z.slope_first * point.path,
        _bend * (sp.Abs(_a) * _behind),
        sp.Abs(answer.value - start_z - _held_j) <= _bend * bend_z,
    ),
    Inequality(
        "crude-term <- z-flip behind",
        "Neurons that cannot have crossed add nothing.",
        sp.Abs(_a) * _behind <= time.horizon * _B * (_square * at_z.flip),
    ),
    Citation(
        "crude <- crude-term",
        "So bend(z) <= t B(z) F(z).",
        ORDER_NEURONS(
            bend_z,
            time.horizon * _B * flips_z,
            sp.Abs(_a) * _behind,
            time.horizon * _B * (_square * at_z.flip),
        ),
    ),
    Citation(
        "exchange",
        "Summed over the samples first.",
        EXCHANGE(
            _held_j,
            _held,
            _square * at_z.slope_first * (w.label * w.path * point.reach),
            w.label * point.reach * (_square * at_z.slope_first * w.path),
        ),
    ),
    *_summed(
        "held",
        "At the first slopes of z only sides at the sample matter.",
        "at-sample z-slopes time-sign",
        N * _held_n - time.total * kernel_0,
        _bend * time.total * flips_n,
        _square * at_z.slope_first * _moved,
        _bend * time.total * (_square * at_x.flip),
        sp.Abs(N * _held_n - time.total * kernel_0) <= _bend * time.total * flips_n,
    ),
    Inequality(
        "sample-term <- held n-weights",
        "Each sample adds no more than this.",
        sp.And(
            w.label * point.reach * (N * _held_n - time.total * kernel_0)
            <= _bend * time.total * (flips_n * sp.Abs(point.reach)),
            -w.label * point.reach * (N * _held_n - time.total * kernel_0)
            <= _bend * time.total * (flips_n * sp.Abs(point.reach)),
        ),
    ),
    *(
        Citation(
            f"samples-{side} <- sample-term",
            "So too in the sum over the samples.",
            ORDER_SAMPLES(
                sign * (N * _held - time.total * hat_z),
                _bend * time.total * flip_reach,
                sign * w.label * point.reach * (N * _held_n - time.total * kernel_0),
                _bend * time.total * (flips_n * sp.Abs(point.reach)),
            ),
        )
        for side, sign in (("above", 1), ("below", -1))
    ),
    Inequality(
        "output <- bend exchange samples-above samples-below",
        "Both parts together.",
        OUTPUT,
    ),
)


def _contrary(name: str, count: sp.Symbol, bound: sp.Basic, letters: str) -> Definition:
    return Definition(
        f"contrary-{name}",
        "If any are contrary, let this be one.",
        (sp.Implies(count > 0, sp.Not(bound)),),
        chooses=letters,
    )


THEOREM = Theorem(
    id="lazy-kernel",
    order=620,
    any_output=True,
    leaky=False,
    title="A wide network near its start's kernel: beforehand, and from the start itself",
    summary=(
        "Trained with the identity loss for the path time t, the total weight of its steps, a "
        "network stays near f_0 + t mean y_n Phi_0(x_n, z) (<x_n, z> + 1): only neurons with "
        "|h_j(0; z)| <= |a_j| t B(z), B(z) = mean |<x_n, z> + 1|, can change sides. Their mass "
        "F(z), and how far Phi_0 is from S_2 Phi, are counted for a given start or bounded "
        "beforehand, with probability 1 - delta."
    ),
    source=descent.WIDE,
    origin="after the paper",
    assumptions=(
        Assumption("momentum", "The momentum is not negative.", momentum >= 0),
        Assumption("identity", "The loss is l(s) = s: its slope is 1.", loss_weight_min >= 1),
    ),
    claims=(
        Claim(
            "kernel",
            "With probability 1 - delta over the start, given the a_j, all M pairs have |Phi_0 - "
            "S_2 Phi| <= (1-gamma²) sqrt(S_4 log(2M/delta)/2), S_k = sum_j |a_j|^k.",
            chance_kernel >= 1 - delta_start,
        ),
        Claim(
            "flips",
            "With probability 1 - delta over the start, given the a_j, all K points have F(z) <= "
            "sqrt(2/pi) t B(z) S_3/sqrt(‖z‖²/d + 1) + sqrt(S_4 log(K/delta)/2).",
            chance_flips >= 1 - delta_start,
        ),
        Claim(
            "weights",
            "For the given start: |C_n(z) N/t - Phi_0(x_n, z)| <= (1-gamma) (F(x_n) + F(z)).",
            lazy_contrary <= 0,
            formal=sp.And(_LAZY, lazy_contrary <= 0),
        ),
        Claim(
            "start",
            "For the given start: |I(z) - f_0(z)| <= (1-gamma) t B(z) F(z).",
            start_contrary <= 0,
            formal=sp.And(_START, start_contrary <= 0),
        ),
        Claim(
            "output",
            "For the given start: |f(z) - f_0(z) - t mean y_n Phi_0(x_n, z) (<x_n, z> + 1)| <= "
            "(1-gamma) (bend(z) + t mean F(x_n) |<x_n, z> + 1|), and bend(z) = sum_j |a_j| "
            "max(0, |a_j| t B(z) - |h_j(0; z)|) is at most t B(z) F(z).",
            drift_contrary <= 0,
            formal=sp.And(OUTPUT, CRUDE, time.total >= 0, drift_contrary <= 0),
        ),
    ),
    proof=(
        *fresh_start.KERNEL,
        *drift.TIME,
        *drift.bounded(w, "n"),
        *drift.bounded(others, "k"),
        *descent.moved(w, point, "z", "n-"),
        *drift.sided(w, point, at_z, "z", "n"),
        *descent.moved(others, sample, "x", "k-"),
        *drift.sided(others, sample, at_x, "x", "k"),
        *drift.still(w, at_x, "x", "n"),
        *fresh_start.flips(w, at_z, flips_z),
        *_FIRST,
        *_OUTPUT_STEPS,
        Conclusion("claim-kernel <- kernel-chance", "The union over all pairs."),
        Conclusion("claim-flips <- flips-chance", "The union over all points."),
        _contrary("lazy", lazy_contrary, _LAZY, "nzt"),
        Conclusion("claim-weights <- lazy contrary-lazy", "At all pairs."),
        _contrary("start", start_contrary, _START, "zt"),
        Conclusion("claim-start <- rest contrary-start", "At every z."),
        _contrary("drift", drift_contrary, OUTPUT, "zt"),
        Conclusion("claim-output <- output crude time-sign contrary-drift", "At every z."),
    ),
    remarks=(
        "With momentum the path time is less than rate steps/(1-mu): rate (T/(1-mu) - mu "
        "(1-mu^T)/(1-mu)²) after T steps. With the larger number the bounds would be false.",
        "At t of the order 1 and widths of thousands the bounds are of use; at the paper's own "
        "settings, width 100 and t >= 1000, every neuron may change sides and they say nothing. "
        "What applies there is path-kernel.",
    ),
)
