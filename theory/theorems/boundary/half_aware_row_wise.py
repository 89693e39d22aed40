"""Certificate: row-wise bounds that tell slopes 1 and gamma apart."""

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
    "half_",
    "half",
    "t = 2 ((1+gamma²) D - (1+gamma) O)^-1 1, where D holds ‖x_n‖² and O the off-diagonal "
    "|<x_n, x_k>|",
    "smallest gamma ‖x_n‖² L_n - (O t)_n",
)

THEOREM = Theorem(
    id="half-aware-row-wise",
    order=180,
    title="Linear boundary under the half-aware row-wise certificate",
    summary=(
        "The least vector t for which the row-wise argument works. Contains the row-wise form and "
        "the half-aware condition."
    ),
    source=PROJECT,
    assumptions=assumptions(SYMBOLS),
    claims=claims(SYMBOLS),
    proof=(
        *opening(SYMBOLS),
        Definition(
            "system",
            "Here E+ = E- = O, and t solves (1+gamma²) D_n t_n - (1+gamma) (O t)_n = 2.",
            (
                sp.Eq((1 + gamma**2) * rho_n * t_n - (1 + gamma) * minus_t, 2),
                sp.Eq(minus_lambda, plus_lambda),
                sp.Eq(minus_t, plus_t),
            ),
        ),
        Definition(
            "gap",
            "The smallest gap is at most the gap of sample n, with "
            "L_n = (2 - (1+gamma)(O t)_n)/((1+gamma²) D_n).",
            (
                SYMBOLS.gap <= gamma * rho_n * L_n - minus_t,
                sp.Eq(L_n * (1 + gamma**2) * rho_n, 2 - (1 + gamma) * plus_t),
            ),
        ),
        Inequality(
            "(i)",
            "L_n <= t_n, so a positive gap gives (i).",
            gamma * rho_n * t_n > minus_t,
            uses=("system", "gap", "row-gap", "row"),
        ),
        Inequality(
            "(ii)",
            "By definition of t.",
            (1 + gamma**2) * rho_n * t_n - (1 + gamma) * minus_t >= 2,
            uses=("system",),
        ),
        *UPPER_BOUND,
        *LOWER_BOUND,
        Inequality(
            "pattern",
            "m y_n a_j <w_j, x_n> >= gamma D_n L_n - (O t)_n > 0 for every sample and neuron.",
            preactivation_n > 0,
            uses=("lower", "row", "system", "minus-row", "gap", "row-gap"),
        ),
        *closing(SYMBOLS),
    ),
)
