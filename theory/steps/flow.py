"""Gradient flow while no own pair changes its sign: a convex flow, with bounds that hold for ever.

t is an arbitrary time from the checkpoint T on up to which no own pair has changed its sign. Until
then the margins of the network are the concave z_n of `own_pattern`, the loss L (a sum over the
samples, exponential or logistic) is convex in W, and gradient flow (Clarke subgradients) is its
subgradient flow. For any weights lambda_n >= 0 with sum Lam and entropy H, and any slopes s in
[gamma, 1], let W_l = sum lambda_n zeta_n(s) and rho = -log L - e + H; let W_f have z_n(W_f) >= z_f
> 0 for all n and M = ‖W_f‖/(k z_f). For the exponential loss e = 0 and k = 1, for the logistic one
e = L_T/2 + L_T²/24 and k = (1 - exp(-L_T))/L_T. Then

    M ‖W'‖ >= L,    ‖W‖ - M rho never grows,    ‖W/rho - W_l‖² <= (‖W‖/rho)² - 2 Lam + ‖W_l‖².

Source: this project.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from ..statement import Citation, Definition, Identity, Inequality, Let, Limit, Step
from ..symbols import Eq, declare
from . import losses, own_pattern, sums
from .kkt import multipliers, over_samples, samples
from .losses import (
    entropy,
    excess,
    growth_t,
    keen,
    loss_n_t,
    loss_T,
    loss_t,
    now,
    partition_t,
    pull_n_t,
    rho_T,
    rho_t,
    rise_t,
    speed_t,
)
from .motion import GIBBS, INTEGRAL
from .own_pattern import CAUCHY, ORDER_SAMPLES, capture_distance

# The weights lambda and what they make.

weight_n = declare(
    "weight_n", "a weight lambda_n >= 0 of the certificate", low=0, index="n", latex="\\lambda_n"
)
weight_sum = declare(
    "weight_sum", "sum of the weights lambda_n", low=0, open_low=True, latex="\\Lambda"
)
limit_norm = declare("limit_norm", "‖W_l‖", low=0, open_low=True, latex="\\|W_l\\|")
ratio_ref = declare("ratio_ref", "M = ‖W_f‖/(k z_f)", low=0, open_low=True, latex="M")
_norm_ref = declare("norm_ref", "‖W_f‖", low=0, open_low=True, latex="\\|W_f\\|")
_least_ref = declare("least_ref", "z_f = min z_n(W_f)", low=0, open_low=True, latex="z_f")

# The flow at the checkpoint T and at the time t.

ref = own_pattern.network("ref", "W_f", "of phi at <w_j(t), x_n>", "", "t")
norm_T = declare("norm_T", "‖W(T)‖", low=0, latex="\\|W_T\\|")
norm_t = declare("norm_t", "‖W(t)‖", low=0, index="t", latex="\\|W_t\\|")
_push_t = declare("push_t", "<W'(t), W_f>", index="t")
_weighted_t = declare("weighted_t", "sum of lambda_n z_n(W(t))", index="t")
pairing_t = declare("pairing_t", "<W(t), W_l>", index="t")
distance_t = declare(
    "distance_t", "‖W(t)/rho(t) - W_l‖", low=0, index="t", latex="\\|W_t/\\rho_t-W_l\\|"
)
ratio_T = declare(
    "ratio_T", "R_T = max(‖W(T)‖/rho_T, M)", low=0, open_low=True, latex="R_T", abbreviation=True
)

elapsed_t = declare("elapsed_t", "t - T", low=0, index="t", latex="t-T")

_w = declare("one_coordinate", "one coordinate of W")


def flow_steps(
    moving: own_pattern.Network = now,
    signs: tuple[Boolean, ...] = losses.ALL_ACTIVE,
    says: str = "all are active",
    radius: sp.Symbol = capture_distance,
) -> tuple[Step, ...]:
    """Steps to ‖W/rho - W_l‖ <= `radius`, for W(t) = `moving` while own pairs have these `signs`.

    By default every own pair is active.
    """
    return (
        *losses.loss_steps(moving, signs, says),
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
                _weighted_t, pairing_t, weight_n * moving.margin, weight_n * moving.product
            ),
            by="weighted",
        ),
        Citation(
            "gibbs",
            "And sum lambda_n z_n(W) >= Lam (H - log sum exp(-z_n)).",
            GIBBS(_weighted_t, weight_sum, partition_t, entropy),
        ),
        Inequality(
            "aligned",
            "Together <W, W_l> >= Lam rho.",
            pairing_t >= weight_sum * rho_t,
            by="weighted-sum gibbs smooth",
        ),
        *ref.concave(),
        Definition(
            "reference",
            "No margin of W_f is below z_f, and M = ‖W_f‖/(k z_f).",
            (ref.margin >= _least_ref, Eq(ratio_ref * keen * _least_ref, _norm_ref)),
        ),
        Inequality(
            "push-term",
            "For almost every time W' = sum l'_n zeta_n with slopes at W(t): <W', W_f> = sum l'_n "
            "<zeta_n, W_f>, and each term is at least k l_n z_f.",
            keen * loss_n_t * _least_ref <= pull_n_t * ref.product,
            by="ref-concave reference keen",
        ),
        Citation(
            "push",
            "So <W', W_f> >= k L z_f.",
            ORDER_SAMPLES(
                keen * loss_t * _least_ref,
                _push_t,
                keen * loss_n_t * _least_ref,
                pull_n_t * ref.product,
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
        Inequality(
            "rates",
            "‖W‖ - M rho falls, and rho rises.",
            sp.And(growth_t - ratio_ref * rise_t <= 0, -rise_t <= 0),
            by="flow speed",
        ),
        Citation(
            "excess",
            "So ‖W‖ - M rho never grows.",
            INTEGRAL(
                norm_T - ratio_ref * rho_T,
                norm_t - ratio_ref * rho_t,
                growth_t - ratio_ref * rise_t,
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
                distance_t**2, norm_t**2, pairing_t, limit_norm**2, 1 / rho_t, -1, 1 / rho_t, -1
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
            (Eq(radius**2, ratio_T**2 - 2 * weight_sum + limit_norm**2),),
        ),
        Inequality(
            "distance",
            "So W/rho stays within r of W_l.",
            distance_t <= radius,
            by="distance-now ratio-square radius",
        ),
    )


# With the solution of the margin program itself ‖W_l‖² = Lam.

EXCESS = norm_t - ratio_ref * rho_t <= norm_T - ratio_ref * rho_T
EXACT = Eq(limit_norm**2, weight_sum)
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
        "With the exact solution ‖W/rho - W*‖² is at most the square of that less Lam = ‖W*‖², "
        "here times rho².",
        sp.Implies(EXACT, TENDS),
        by="distance-now ratio-excess rho-positive",
    ),
    Limit(
        "tends-limit",
        "Which tends to M² - ‖W*‖² as rho grows. That is 0 for the exponential loss and W_f = W*, "
        "and as small as wanted for the logistic one from a later T on: W/rho tends to W*.",
        (ratio_ref + (norm_T - ratio_ref * rho_T) / rho_t) ** 2 - weight_sum,
        rho_t,
        sp.oo,
        ratio_ref**2 - weight_sum,
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
        rho_t >= entropy - sp.log(_loss_bound) - excess,
        by="decay-loss smooth-margin",
    ),
    Limit(
        "rho-limit",
        "Without bound.",
        entropy - sp.log(_loss_bound) - excess,
        elapsed_t,
        sp.oo,
        sp.oo,
    ),
)
