"""Gradient flow while no own pair changes its sign: a convex flow, with bounds that hold for ever.

t is an arbitrary time from the checkpoint T on up to which no own pair has changed its sign. Until
then the margins of the network are the concave z_n of `own_pattern`, the loss L = sum exp(-z_n) is
convex in W, and gradient flow (Clarke subgradients) is its subgradient flow. For any weights
lambda_n >= 0 with sum Lam and entropy H, and any slopes s in [gamma, 1], let W_l = sum lambda_n
zeta_n(s), rho = -log L + H, and let W_f have z_n(W_f) >= z_f > 0 for all n, M = ‖W_f‖/z_f. Then

    M ‖W'‖ >= L,    ‖W‖ - M rho never grows,    ‖W/rho - W_l‖² <= (‖W‖/rho)² - 2 Lam + ‖W_l‖².

Source: this project.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from ..statement import (
    Citation,
    Definition,
    Identity,
    Inequality,
    Let,
    Limit,
    Step,
    TrustedFact,
)
from ..symbols import declare
from . import own_pattern, sums
from .kkt import multipliers, over_samples, samples
from .own_pattern import CAUCHY, ORDER_SAMPLES, capture_distance

# Trusted facts.

_entropy = declare("entropy_value", "entropy of a distribution on K points", latex="H")
_points = declare("entropy_points", "number K of points", low=1, latex="K")

ENTROPY = TrustedFact(
    "A-ENTROPY",
    "The entropy of a distribution on K points lies in [0, log K].",
    "Jensen's inequality",
    (_entropy, _points),
    (),
    (_entropy >= 0, _entropy <= sp.log(_points)),
)

_weighted = declare("gibbs_weighted", "sum of lambda_n z_n")
_weights = declare("gibbs_weights", "sum of the lambda_n", low=0, open_low=True)
_partition = declare("gibbs_partition", "sum of exp(-z_n)", low=0, open_low=True)
_disorder = declare("gibbs_entropy", "entropy of the lambda_n over their sum")

GIBBS = TrustedFact(
    "A-GIBBS",
    "Gibbs: for weights lambda_n >= 0, not all 0, whose shares have entropy H: sum lambda_n z_n >= "
    "(sum lambda_n) (H - log sum exp(-z_n)).",
    "Gibbs' inequality: relative entropies are not negative",
    (_weighted, _weights, _partition, _disorder),
    (),
    (_weighted >= _weights * (_disorder - sp.log(_partition)),),
)

_speed = declare("flow_speed", "‖W'‖", low=0)
_level = declare("flow_loss", "the loss L", low=0, open_low=True)
_growth = declare("flow_growth", "derivative of ‖W‖")
_rise = declare("flow_rise", "derivative of -log L")

FLOW = TrustedFact(
    "A-FLOW",
    "The subgradient flow of a finite convex function L exists from every start for all time, is "
    "unique and absolutely continuous; for almost every time -W' is a subgradient at W (by the sum "
    "rule -W' = -sum exp(-z_n) zeta_n with slopes in the subdifferentials of phi) and dL/dt = "
    "-‖W'‖². So -log L rises at the rate ‖W'‖²/L, and ‖W‖ at a rate of at most ‖W'‖.",
    "Brezis, Opérateurs maximaux monotones, 1973, Theorems 3.1 and 3.2; Rockafellar, Convex "
    "Analysis, 1970, Theorem 23.8",
    (_speed, _level, _growth, _rise),
    (),
    (_growth <= _speed, _growth >= -_speed, sp.Eq(_rise * _level, _speed**2)),
)

_begin = declare("integral_begin", "a function at the time T")
_end = declare("integral_end", "the same function at a later time t")
_rate = declare("integral_rate", "its derivative at a time in between")

INTEGRAL = TrustedFact(
    "A-INTEGRAL",
    "An absolutely continuous function whose derivative is at most 0 at almost every time does "
    "not grow.",
    "Lebesgue's theorem on absolutely continuous functions",
    (_begin, _end, _rate),
    (_rate <= 0,),
    (_end <= _begin,),
    over="t",
    varying=(_end, _rate),
)

_start = declare("exit_start", "one of finitely many continuous functions of time, at the time T")
_value = declare("exit_value", "it at a time t up to which all have stayed positive")
_floor = declare("exit_floor", "a number c")
_least = declare("exit_least", "the infimum of all of them over all times from T on")

EXIT = TrustedFact(
    "A-EXIT",
    "Continuity: finitely many continuous functions of time are positive at T. If at every time "
    "up to which all have stayed positive they are all at least a fixed c > 0, then all of them "
    "are at least c at every time from T on, and every time is such a time.",
    "intermediate value theorem: the first time at which one of them is 0 does not exist",
    (_start, _value, _floor, _least),
    (_start > 0, _value >= _floor, _floor > 0),
    (_least >= _floor,),
    over="njt",
    varying=(_start, _value),
)

_off = declare("mean_distance", "‖v_j - mean‖", low=0)
_apart = declare("mean_apart", "‖v_j - v_i‖", low=0)
_diameter = declare("mean_diameter", "a bound of the distances", low=0)

MEAN_DISTANCE = TrustedFact(
    "A-MEAN-DISTANCE",
    "If no vector of a family is further than D from v_j, neither is any weighted mean of them "
    "(weights >= 0).",
    "convexity of the norm",
    (_off, _apart, _diameter),
    (_apart <= _diameter,),
    (_off <= _diameter,),
    over="i",
    varying=(_apart,),
)

# The weights lambda and what they make.

weight_n = declare(
    "weight_n", "a weight lambda_n >= 0 of the certificate", low=0, index="n", latex="\\lambda_n"
)
weight_sum = declare(
    "weight_sum", "sum of the weights lambda_n", low=0, open_low=True, latex="\\Lambda"
)
entropy = declare("weight_entropy", "entropy of the weights over their sum", low=0, latex="H")
limit_norm = declare("limit_norm", "‖W_l‖", low=0, latex="\\|W_l\\|")
ratio_ref = declare("ratio_ref", "M = ‖W_f‖/z_f", low=0, open_low=True, latex="M")
_norm_ref = declare("norm_ref", "‖W_f‖", low=0, open_low=True, latex="\\|W_f\\|")
_least_ref = declare("least_ref", "z_f = min z_n(W_f)", low=0, open_low=True, latex="z_f")

# The flow at the checkpoint T and at the time t.

now = own_pattern.network("t", "W(t)", "any s of the certificate", "t")
ref = own_pattern.network("ref", "W_f", "of phi at <w_j(t), x_n>", "", "t")
loss_T = declare("loss_T", "loss at T", low=0, open_low=True, latex="L_T")
loss_t = declare("loss_t", "loss at t", low=0, open_low=True, index="t", latex="L_t")
loss_n_t = declare("loss_n_t", "exp(-z_n) at t", low=0, open_low=True, index="nt", latex="l_n")
rho_T = declare("rho_T", "smooth margin -log L + H at T", low=0, open_low=True, latex="\\rho_T")
rho_t = declare("rho_t", "the same at t", index="t", latex="\\rho_t")
norm_T = declare("norm_T", "‖W(T)‖", low=0, latex="\\|W_T\\|")
norm_t = declare("norm_t", "‖W(t)‖", low=0, index="t", latex="\\|W_t\\|")
speed_t = declare("speed_t", "‖W'(t)‖", low=0, index="t", latex="\\|W'_t\\|")
rise_t = declare("rise_t", "derivative of rho at t", index="t", latex="\\rho'_t", typst="rho'_t")
_growth_t = declare("growth_t", "derivative of ‖W‖ at t", index="t")
_push_t = declare("push_t", "<W'(t), W_f>", index="t")
_weighted_t = declare("weighted_t", "sum of lambda_n z_n(W(t))", index="t")
_pairing_t = declare("pairing_t", "<W(t), W_l>", index="t")
distance_t = declare(
    "distance_t", "‖W(t)/rho(t) - W_l‖", low=0, index="t", latex="\\|W_t/\\rho_t-W_l\\|"
)
ratio_T = declare("ratio_T", "R_T = max(‖W(T)‖/rho_T, M)", low=0, open_low=True, latex="R_T")

elapsed_t = declare("elapsed_t", "t - T", low=0, index="t", latex="t-T")

_w = declare("one_coordinate", "one coordinate of W")


def flow_steps(
    moving: own_pattern.Network = now,
    signs: tuple[Boolean, ...] = (now.own_h > 0,),
    says: str = "all are active",
    radius: sp.Symbol = capture_distance,
) -> tuple[Step, ...]:
    """Steps to ‖W/rho - W_l‖ <= `radius`, for W(t) = `moving` while own pairs have these `signs`.

    By default every own pair is active.
    """
    return (
        Definition(
            "time",
            f"t is any time from T on up to which no own pair has changed its sign: {says}.",
            signs,
        ),
        *moving.concave(),
        *moving.on_the_cone("time"),
        Definition(
            "loss",
            "L is the sum over the samples of exp(-y_n f(x_n)), and rho = -log L + H.",
            (
                sp.Eq(loss_n_t, sp.exp(-moving.answer)),
                sp.Eq(rho_t, entropy - sp.log(loss_t)),
                sp.Eq(rho_T, entropy - sp.log(loss_T)),
            ),
        ),
        Inequality(
            "convex",
            "Until t it is the convex function sum exp(-z_n).",
            sp.Eq(loss_n_t, sp.exp(-moving.margin)),
            by="loss t-margin",
        ),
        Identity(
            "pairing",
            "W_l = sum lambda_n zeta_n, so <W, W_l> = sum lambda_n <zeta_n, W> (one coordinate).",
            _w * over_samples(multipliers * samples),
            over_samples(multipliers * (samples * _w)),
        ),
        Inequality(
            "weighted",
            "lambda_n z_n(W) <= lambda_n <zeta_n, W>.",
            weight_n * moving.margin <= weight_n * moving.product,
            by="t-concave",
        ),
        Citation(
            "weighted-sum",
            "So <W, W_l> >= sum lambda_n z_n(W).",
            ORDER_SAMPLES(
                _weighted_t, _pairing_t, weight_n * moving.margin, weight_n * moving.product
            ),
            by="weighted",
        ),
        Citation(
            "gibbs",
            "And sum lambda_n z_n(W) >= Lam rho.",
            GIBBS(_weighted_t, weight_sum, loss_t, entropy),
        ),
        Inequality(
            "aligned",
            "Together <W, W_l> >= Lam rho.",
            _pairing_t >= weight_sum * rho_t,
            by="weighted-sum gibbs loss",
        ),
        *ref.concave(),
        Definition(
            "reference",
            "No margin of W_f is below z_f, and M = ‖W_f‖/z_f.",
            (ref.margin >= _least_ref, sp.Eq(ratio_ref * _least_ref, _norm_ref)),
        ),
        Inequality(
            "push-term",
            "For almost every time W' = sum l_n zeta_n with slopes at W(t): <W', W_f> = sum l_n "
            "<zeta_n, W_f>, and each term is at least l_n z_f.",
            loss_n_t * _least_ref <= loss_n_t * ref.product,
            by="ref-concave reference",
        ),
        Citation(
            "push",
            "So <W', W_f> >= L z_f.",
            ORDER_SAMPLES(
                loss_t * _least_ref, _push_t, loss_n_t * _least_ref, loss_n_t * ref.product
            ),
            by="push-term",
        ),
        Citation("push-norm", "Cauchy–Schwarz.", CAUCHY(_push_t, speed_t, _norm_ref)),
        Inequality(
            "speed",
            "So the flow never rests: M ‖W'‖ >= L.",
            ratio_ref * speed_t >= loss_t,
            by="push push-norm reference",
        ),
        Citation(
            "flow",
            "Gradient flow is the subgradient flow of the convex L up to t.",
            FLOW(speed_t, loss_t, _growth_t, rise_t),
            by="convex",
        ),
        Inequality(
            "rates",
            "‖W‖ - M rho falls, and rho rises.",
            sp.And(_growth_t - ratio_ref * rise_t <= 0, -rise_t <= 0),
            by="flow speed",
        ),
        Citation(
            "excess",
            "So ‖W‖ - M rho never grows.",
            INTEGRAL(
                norm_T - ratio_ref * rho_T,
                norm_t - ratio_ref * rho_t,
                _growth_t - ratio_ref * rise_t,
            ),
            by="rates",
        ),
        Citation("rising", "And rho never falls.", INTEGRAL(-rho_T, -rho_t, -rise_t), by="rates"),
        Let(
            "ratio",
            "Write R for max(‖W(T)‖/rho(T), M).",
            ratio_T,
            sp.Max(norm_T / rho_T, ratio_ref),
        ),
        Inequality(
            "ratio-now",
            "‖W‖ <= (R - M) rho(T) + M rho <= R rho.",
            norm_t <= ratio_T * rho_t,
            by="excess rising ratio",
        ),
        Inequality("rho-positive", "rho is positive.", rho_t > 0, by="rising"),
        Citation(
            "distance-square",
            "Expand ‖W/rho - W_l‖².",
            sums.COMBINED(
                distance_t**2, norm_t**2, _pairing_t, limit_norm**2, 1 / rho_t, -1, 1 / rho_t, -1
            ),
            by="rho-positive",
        ),
        Inequality(
            "distance-now",
            "So it is at most (‖W‖/rho)² - 2 Lam + ‖W_l‖².",
            distance_t**2 <= norm_t**2 / rho_t**2 - 2 * weight_sum + limit_norm**2,
            by="distance-square aligned rho-positive",
        ),
        Inequality(
            "ratio-square",
            "‖W‖/rho <= R, squared.",
            norm_t**2 / rho_t**2 <= ratio_T**2,
            by="ratio-now rho-positive",
        ),
        Definition(
            "radius",
            "The certified distance r is the root of R² - 2 Lam + ‖W_l‖².",
            (sp.Eq(radius**2, ratio_T**2 - 2 * weight_sum + limit_norm**2),),
        ),
        Inequality(
            "distance",
            "So W/rho stays within r of W_l.",
            distance_t <= radius,
            by="distance-now ratio-square radius",
        ),
    )


# With the solution of the margin program itself, ‖W_l‖² = Lam = M².

EXACT = sp.And(sp.Eq(limit_norm**2, weight_sum), sp.Eq(ratio_ref**2, weight_sum))
# Without fractions, so that a theorem that leans on this one need not know that rho is not 0.
TENDS = (distance_t * rho_t) ** 2 <= (
    ratio_ref * rho_t + norm_T - ratio_ref * rho_T
) ** 2 - weight_sum * rho_t**2
DECAY = 1 / loss_t >= 1 / loss_T + elapsed_t / ratio_ref**2
_loss_bound = 1 / (1 / loss_T + elapsed_t / ratio_ref**2)

DIRECTION: tuple[Step, ...] = (
    Inequality(
        "ratio-excess",
        "‖W‖/rho <= M + (‖W(T)‖ - M rho(T))/rho.",
        norm_t / rho_t <= ratio_ref + (norm_T - ratio_ref * rho_T) / rho_t,
        by="excess rho-positive",
    ),
    Inequality(
        "tends",
        "With the exact solution ‖W/rho - W*‖² is at most the square of that less M², here times "
        "rho².",
        sp.Implies(EXACT, TENDS),
        by="distance-now ratio-excess rho-positive",
    ),
    Limit(
        "tends-limit",
        "Which tends to 0 as rho grows: W/rho tends to W*.",
        (ratio_ref + (norm_T - ratio_ref * rho_T) / rho_t) ** 2 - ratio_ref**2,
        rho_t,
        sp.oo,
        sp.Integer(0),
    ),
    Inequality(
        "decay-rate",
        "1/L grows at the rate ‖W'‖²/L² >= 1/M².",
        1 / ratio_ref**2 - rise_t / loss_t <= 0,
        by="flow speed",
    ),
    Citation(
        "decay-integral",
        "So 1/L - (t - T)/M² never falls.",
        INTEGRAL(
            -1 / loss_T, elapsed_t / ratio_ref**2 - 1 / loss_t, 1 / ratio_ref**2 - rise_t / loss_t
        ),
        by="decay-rate",
    ),
    Inequality("decay", "L falls at least like M²/t.", DECAY, by="decay-integral"),
    Inequality(
        "decay-loss",
        "Turned over.",
        loss_t <= _loss_bound,
        by="decay",
    ),
    Inequality(
        "rho-grows",
        "And rho grows at least like log t.",
        rho_t >= entropy - sp.log(_loss_bound),
        by="decay-loss loss",
    ),
    Limit(
        "rho-limit",
        "Without bound.",
        entropy - sp.log(_loss_bound),
        elapsed_t,
        sp.oo,
        sp.oo,
    ),
)
