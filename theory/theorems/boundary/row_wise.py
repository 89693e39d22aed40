"""Certificate: one bound per sample, from its own row of the Gram matrix."""

from ...statement import PROJECT, Definition, Inequality, Theorem
from ...steps import rows
from ...steps.kkt import preactivation_n, rho_n
from ...symbols import Eq, gamma

SYMBOLS = rows.row_symbols(
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
    assumptions=rows.assumptions(SYMBOLS),
    claims=rows.claims(SYMBOLS),
    proof=(
        *rows.opening(SYMBOLS.witness),
        Definition(
            "system",
            "Here E+ = E- = O, and t solves gamma D_n t_n - (O t)_n = 2 gamma/(1+gamma²).",
            (
                Eq(gamma * rho_n * rows.t_n - rows.minus_t, 2 * gamma / (1 + gamma**2)),
                *rows.UNSIGNED,
            ),
        ),
        Inequality("(i) <- system", "The right side is positive.", rows.FIRST),
        Inequality(
            "(ii) <- system witness positive", "Since (1+gamma²)/gamma >= 1+gamma.", rows.SECOND
        ),
        *rows.UPPER_BOUND,
        *rows.LOWER_BOUND,
        Definition(
            "gap",
            "The smallest gap is at most the gap of sample n.",
            (SYMBOLS.gap <= gamma * rho_n * rows.L_n - rows.minus_t,),
        ),
        Inequality(
            "pattern <- lower row system minus-row gap row-gap",
            "m y_n a_j <w_j, x_n> >= gamma D_n L_n - (O t)_n > 0 for every sample and neuron.",
            preactivation_n > 0,
        ),
        *rows.closing(rows.rooms(SYMBOLS)),
    ),
)
