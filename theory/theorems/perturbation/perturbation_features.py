"""Perturbations carry class features: q classifies every training sample, and at what distance."""

from dataclasses import replace

import sympy as sp

from ...statement import (
    KUMANO,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Theorem,
)
from ...steps import kkt, linear_boundary, sums
from ...steps.kkt import lambda_n, margin_n, rho_n
from ...steps.linear_boundary import norm_q
from ...steps.perturbed import eps
from ...symbols import (
    Eq,
    N,
    R_max,
    R_min,
    activation_margin,
    declare,
    gamma,
    lambda_max,
    lambda_min,
    p_max,
)

q_margin_min = declare(
    "q_margin_min",
    "smallest y_n <q, x_n> over the training samples, q = sum over n of lambda_n y_n x_n",
    latex="\\min_n y_n \\langle q,x_n\\rangle",
)
q_margin_max = declare(
    "q_margin_max",
    "largest y_n <q, x_n> over the training samples",
    latex="\\max_n y_n \\langle q,x_n\\rangle",
)
row_n = declare(
    "row_n", "sum over k != n of lambda_k y_k y_n <x_k, x_n>", index="n", latex="\\chi_n"
)
q_margin_n = declare("q_margin_n", "y_n <q, x_n>", index="n", latex="y_n \\langle q,x_n\\rangle")
_own = declare(
    "own_n",
    "m y_n a_j <w_j, x_n> for a neuron of the sample's own half",
    index="n",
    latex="t_{own}",
)
_other = declare("other_n", "the same for the other half", index="n", latex="t_{other}")

MARGIN = lambda_min * R_min**2 - (N - 1) * lambda_max * p_max
REACH = lambda_max * (R_max**2 + (N - 1) * p_max)
FURTHEST = 2 / (gamma * (1 + gamma))

NATURAL_SAMPLE = (
    Definition(
        "natural",
        "For an arbitrary natural sample: multipliers and squared norms lie between the extremes, "
        "and y_n <q, x_n> is its own term plus its row sum, since y_n² = 1.",
        (
            R_max >= R_min,
            lambda_n >= lambda_min,
            lambda_n <= lambda_max,
            rho_n >= R_min**2,
            rho_n <= R_max**2,
            Eq(q_margin_n, lambda_n * rho_n + row_n),
        ),
    ),
    Citation(
        "natural-row",
        "The row sum has N-1 products with weights at most lambda_max.",
        sums.SUM_BOUND(row_n, N - 1, lambda_max, p_max),
    ),
    Inequality(
        "natural-margin <- natural natural-row",
        "So y_n <q, x_n> is at least lambda_min r - lambda_max P.",
        q_margin_n >= MARGIN,
    ),
    Inequality(
        "natural-reach <- natural natural-row",
        "And no sample reaches further along q than lambda_max (R + P).",
        sp.Abs(q_margin_n) <= REACH,
    ),
)

_z, _q, _x = sp.symbols("y_n q x_n")
_inner, _norm = sp.Function("inner"), sp.Function("norm")

THEOREM = Theorem(
    id="perturbation-features",
    order=210,
    title="Perturbations carry class features",
    summary=(
        "The direction q that adversarial perturbations follow classifies every training sample, "
        "and all training samples lie at comparable distances from its hyperplane: between "
        "2/((1+gamma) ‖q‖) and 2/(gamma (1+gamma) ‖q‖)."
    ),
    source=replace(KUMANO, locator="perturbations as class features"),
    origin="after the paper",
    assumptions=(
        Assumption(
            "pattern",
            "Every sample activates exactly its own label's half (as standard-boundary and the "
            "weaker certificates prove).",
            activation_margin > 0,
        ),
        Assumption("support", "Every sample has a positive multiplier.", lambda_min > 0),
    ),
    claims=(
        Claim(
            "classifies",
            "q classifies every training sample, with this margin.",
            q_margin_min >= 2 / (1 + gamma),
            display=sp.Ge(_z * _inner(_q, _x), 2 / (1 + gamma)),
        ),
        Claim(
            "crossing",
            "No sample lies further than 2/(gamma (1+gamma) ‖q‖) from the boundary: an L2 "
            "perturbation longer than that carries every sample across.",
            q_margin_max <= FURTHEST,
            formal=sp.And(
                q_margin_max <= FURTHEST,
                sp.Implies(eps * norm_q > FURTHEST, q_margin_n - eps * norm_q < 0),
            ),
        ),
        Claim(
            "rows",
            "The margin in terms of multipliers and inner products alone.",
            q_margin_min >= MARGIN,
        ),
    ),
    proof=(
        *linear_boundary.LINEAR_BOUNDARY[:2],
        Definition(
            "halves-sample",
            "At an arbitrary training sample n, with the pattern: by 5, the two halves' t add to "
            "sqrt(m) y_n <v - u, x_n> = (1+gamma) y_n <q, x_n>; and the margin is the mean of "
            "phi, slope 1 on the own half and gamma on the other.",
            (
                sp.Implies(
                    activation_margin > 0,
                    sp.And(
                        _own >= activation_margin,
                        _other >= activation_margin,
                        Eq(_own + _other, (1 + gamma) * q_margin_n),
                        Eq(margin_n, (_own + gamma * _other) / 2),
                    ),
                ),
                lambda_n >= lambda_min,
            ),
        ),
        Citation(
            "kkt", "Feasibility and complementary slackness.", kkt.KKT_POINT(lambda_n, margin_n)
        ),
        Inequality(
            "near <- pattern halves-sample kkt",
            "The margin is at least 1 and phi rises at most with slope 1.",
            q_margin_n >= 2 / (1 + gamma),
        ),
        Inequality(
            "far <- pattern support halves-sample kkt",
            "The multiplier is positive, so the margin is 1, and phi rises at least with slope "
            "gamma.",
            q_margin_n <= FURTHEST,
        ),
        Citation("nearest <- near", "So for the smallest.", sums.SMALLEST(q_margin_min)),
        Citation("furthest <- far", "And for the largest.", sums.LARGEST(q_margin_max)),
        *NATURAL_SAMPLE,
        Citation(
            "nearest-rows <- natural-margin", "So is the smallest.", sums.SMALLEST(q_margin_min)
        ),
        Conclusion("claim-classifies <- nearest", "As shown."),
        Conclusion(
            "claim-crossing <- furthest far",
            "Moving x_n by -eps y_n q/‖q‖ lowers y_n <q, x_n> by eps ‖q‖.",
        ),
        Conclusion("claim-rows <- nearest-rows", "As shown."),
    ),
    remarks=(
        "Corresponds to the paper's statement that perturbations carry features of their class; "
        "the two distances are this project's.",
    ),
)
