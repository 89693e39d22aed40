"""Certificate: row-wise bounds that tell slopes 1 and gamma apart."""

from ...statement import PROJECT, Definition, Inequality, Theorem
from ...steps import rows
from ...steps.kkt import preactivation_n, rho_n
from ...symbols import Eq, gamma

SYMBOLS = rows.row_symbols(
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
    assumptions=rows.assumptions(SYMBOLS),
    claims=rows.claims(SYMBOLS),
    proof=(
        *rows.opening(SYMBOLS.witness),
        Definition(
            "system",
            "Here E+ = E- = O, and t solves (1+gamma²) D_n t_n - (1+gamma) (O t)_n = 2.",
            (
                Eq((1 + gamma**2) * rho_n * rows.t_n - (1 + gamma) * rows.minus_t, 2),
                *rows.UNSIGNED,
            ),
        ),
        Definition(
            "gap",
            "The smallest gap is at most the gap of sample n, with "
            "L_n = (2 - (1+gamma)(O t)_n)/((1+gamma²) D_n).",
            (
                SYMBOLS.gap <= gamma * rho_n * rows.L_n - rows.minus_t,
                Eq(rows.L_n * (1 + gamma**2) * rho_n, 2 - (1 + gamma) * rows.plus_t),
            ),
        ),
        Inequality(
            "(i) <- system gap row-gap row", "L_n <= t_n, so a positive gap gives (i).", rows.FIRST
        ),
        Inequality("(ii) <- system", "By definition of t.", rows.SECOND),
        *rows.UPPER_BOUND,
        *rows.LOWER_BOUND,
        Inequality(
            "pattern <- lower row system minus-row gap row-gap",
            "m y_n a_j <w_j, x_n> >= gamma D_n L_n - (O t)_n > 0 for every sample and neuron.",
            preactivation_n > 0,
        ),
        *rows.closing(rows.rooms(SYMBOLS)),
    ),
)
