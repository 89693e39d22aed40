"""Certificate: one bound per sample, from its own row of the Gram matrix."""

import sympy as sp

from ...statement import PROJECT, Definition, Inequality, Theorem
from ...steps.kkt import preactivation_n, rho_n
from ...steps.rows import (
    LOWER_BOUND,
    UPPER_BOUND,
    L_n,
    assumptions,
    claims,
    closing,
    minus_lambda,
    minus_t,
    opening,
    plus_lambda,
    plus_t,
    row_symbols,
    t_n,
)
from ...symbols import gamma

SYMBOLS = row_symbols(
    "",
    "row",
    "t = (2 gamma/(1+gamma²)) (gamma D - O)^-1 1, where D holds ‖x_n‖² and O the off-diagonal "
    "|<x_n, x_k>|",
    "smallest gamma ‖x_n‖² L_n - (O t)_n",
)

THEOREM = Theorem(
    id="row-wise",
    order=170,
    title="Linear boundary under the row-wise certificate",
    summary=(
        "Each sample gets its own bounds on its multiplier from its own row of inner products. If "
        "they fix every activation, the conclusion holds for every KKT point. Neither contained "
        "in nor containing the half-aware condition; the half-aware row-wise form contains both."
    ),
    source=PROJECT,
    assumptions=assumptions(SYMBOLS),
    claims=claims(SYMBOLS),
    proof=(
        *opening(SYMBOLS),
        Definition(
            "system",
            "Here E+ = E- = O, and t solves gamma D_n t_n - (O t)_n = 2 gamma/(1+gamma²).",
            (
                sp.Eq(gamma * rho_n * t_n - minus_t, 2 * gamma / (1 + gamma**2)),
                sp.Eq(minus_lambda, plus_lambda),
                sp.Eq(minus_t, plus_t),
            ),
        ),
        Inequality(
            "(i)", "The right side is positive.", gamma * rho_n * t_n > minus_t, uses=("system",)
        ),
        Inequality(
            "(ii)",
            "Since (1+gamma²)/gamma >= 1+gamma.",
            (1 + gamma**2) * rho_n * t_n - (1 + gamma) * minus_t >= 2,
            uses=("system", "witness", "positive"),
        ),
        *UPPER_BOUND,
        *LOWER_BOUND,
        Definition(
            "gap",
            "The smallest gap is at most the gap of sample n.",
            (SYMBOLS.gap <= gamma * rho_n * L_n - minus_t,),
        ),
        Inequality(
            "pattern",
            "m y_n a_j <w_j, x_n> >= gamma D_n L_n - (O t)_n > 0 for every sample and neuron.",
            preactivation_n > 0,
            uses=("lower", "row", "system", "minus-row", "gap", "row-gap"),
        ),
        *closing(SYMBOLS),
    ),
)
