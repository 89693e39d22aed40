"""Certificate: row-wise bounds that use the signs of y_n y_k <x_n, x_k>."""

from ...statement import PROJECT, Citation, Definition, Inequality, Theorem
from ...steps import rows, sums
from ...steps.kkt import preactivation_n, rho_n
from ...symbols import Eq, gamma

SYMBOLS = rows.row_symbols(
    "signed_",
    "signed",
    "t = 2 ((1+gamma²) D - (1+gamma) E-)^-1 1, where D holds ‖x_n‖², and E+, E- the positive and "
    "negative parts of y_n y_k <x_n, x_k> off the diagonal",
    "smallest of gamma (‖x_n‖² L_n + (E+ L)_n) - (E- t)_n, gamma ‖x_n‖² t_n - (E- t)_n and "
    "gamma ‖x_n‖² L_n",
)

THEOREM = Theorem(
    id="signed-row-wise",
    order=190,
    title="Linear boundary under the signed row-wise certificate",
    summary=(
        "Samples that support each other (y_n y_k <x_n, x_k> > 0) help instead of hurting. "
        "Contains the half-aware row-wise form."
    ),
    source=PROJECT,
    assumptions=rows.assumptions(SYMBOLS),
    claims=rows.claims(SYMBOLS),
    proof=(
        *rows.opening(SYMBOLS.witness),
        Definition(
            "system",
            "t solves (1+gamma²) D_n t_n - (1+gamma) (E- t)_n = 2.",
            (Eq((1 + gamma**2) * rho_n * rows.t_n - (1 + gamma) * rows.minus_t, 2),),
        ),
        Definition(
            "gap",
            "The smallest gap is at most each of the three gaps of sample n.",
            (
                SYMBOLS.gap <= gamma * (rho_n * rows.L_n + rows.plus_L) - rows.minus_t,
                SYMBOLS.gap <= gamma * rho_n * rows.t_n - rows.minus_t,
                SYMBOLS.gap <= gamma * rho_n * rows.L_n,
            ),
        ),
        Inequality("(i) <- gap row-gap", "One of the three gaps.", rows.FIRST),
        Inequality("(ii) <- system", "By definition of t.", rows.SECOND),
        *rows.UPPER_BOUND,
        *rows.LOWER_BOUND,
        Definition(
            "lower-everywhere <- lower",
            "The lower bound holds at every sample, so also at the others.",
            (rows.lambda_k >= rows.L_k,),
        ),
        Citation(
            "plus-lower <- lower-everywhere",
            "So (E+ L)_n <= (E+ lambda)_n.",
            sums.MONOTONE(rows.plus_L, rows.plus_lambda),
        ),
        Inequality(
            "pattern <- lower row minus-row plus-lower gap row-gap",
            "m y_n a_j <w_j, x_n> >= gamma (D_n L_n + (E+ L)_n) - (E- t)_n > 0 for every sample "
            "and neuron.",
            preactivation_n > 0,
        ),
        *rows.closing(rows.rooms(SYMBOLS)),
    ),
)
