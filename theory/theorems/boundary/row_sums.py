"""Certificate: the row sums of inner products alone, for which no N x N matrix is needed."""

import sympy as sp

from ...statement import PROJECT, Assumption, Claim, Conclusion, Definition, Inequality, Theorem
from ...steps import linear_boundary, rows
from ...steps.kkt import lambda_n, preactivation_n, rho_n
from ...symbols import Eq, R_max, declare, gamma, lambda_max, lambda_min

S = declare(
    "row_sum_max",
    "largest row sum of inner products: the sum over k != n of |<x_n, x_k>|",
    low=0,
    latex="S",
    typst="S",
)
M = declare(
    "row_margin_min",
    "smallest (1+gamma²)‖x_n‖² - (1+gamma) s_n, with s_n the sum over k != n of |<x_n, x_k>|",
    latex="M",
    typst="M",
)
s_n = declare(
    "inner_sum_n",
    "sum over k != n of |<x_n, x_k>|",
    low=0,
    index="n",
    latex="\\sigma_n",
    typst="sigma_n",
)

CONDITION = (1 + gamma + 2 * gamma**2) * S / gamma < M

_BOUNDS = (
    Definition(
        "largest-multiplier",
        "The largest multiplier is that of some n.",
        (Eq(lambda_max, lambda_n),),
        chooses="n",
    ),
    Conclusion("claim-upper <- upper largest-multiplier system positive", "As t = 2/M at every n."),
    Definition(
        "least-multiplier",
        "The smallest multiplier is that of some n, and no norm exceeds the largest.",
        (Eq(lambda_min, lambda_n), rho_n <= R_max**2),
        chooses="n",
    ),
    Inequality(
        "least-room <- system positive", "(O t)_n is at most 2 S/M.", M * rows.minus_t <= 2 * S
    ),
    Inequality(
        "numerator <- row-sums positive",
        "And the condition leaves 2 - 2 (1+gamma) S/M positive.",
        (1 + gamma) * S < M,
    ),
    Conclusion(
        "claim-lower <- lower L least-multiplier least-room numerator positive system",
        "L_n is at least this, as its numerator is and D_n is at most R_max².",
    ),
)

THEOREM = Theorem(
    id="row-sums",
    order=165,
    title="Linear boundary under the condition on row sums",
    summary=(
        "The row-wise argument with one bound t = 2/M for all samples. It needs only the norms and "
        "the row sums of inner products, not their matrix; it follows from the half-aware "
        "condition and implies the half-aware row-wise certificate."
    ),
    source=PROJECT,
    assumptions=(
        Assumption(
            "row-sums",
            "Every squared norm outweighs its own row sum and the largest one.",
            CONDITION,
        ),
    ),
    claims=(
        Claim("upper", "Every multiplier is at most 2/M.", lambda_max <= 2 / M),
        Claim(
            "lower",
            "Every multiplier is at least what the bound 2/M of all others leaves to it.",
            lambda_min >= (2 - 2 * (1 + gamma) * S / M) / ((1 + gamma**2) * R_max**2),
        ),
        linear_boundary.PATTERN_CLAIM,
        linear_boundary.TRAINED_CLAIM,
    ),
    proof=(
        *rows.opening(2 / M),
        Inequality(
            "positive <- row-sums",
            "M exceeds a number that is not negative, so t = 2/M is positive.",
            sp.And(M > 0, 2 / M > 0),
        ),
        Definition(
            "system <- positive",
            "Here E+ = E- = O, the matrix of the off-diagonal |<x_n, x_k>|, and t_n = 2/M at every "
            "sample. So (O t)_n is t_n times the row sum s_n. S is the largest s_n, M the smallest "
            "(1+gamma²) D_n - (1+gamma) s_n.",
            (
                Eq(rows.t_n * M, 2),
                *rows.UNSIGNED,
                Eq(rows.minus_t, s_n * rows.t_n),
                s_n <= S,
                M <= (1 + gamma**2) * rho_n - (1 + gamma) * s_n,
            ),
        ),
        Inequality(
            "condition-n <- row-sums system",
            "The condition holds with s_n in place of S.",
            (1 + gamma + 2 * gamma**2) * s_n < gamma * M,
        ),
        Inequality(
            "norm <- condition-n system",
            "So gamma (1+gamma²) D_n >= gamma M + gamma (1+gamma) s_n > (1+gamma²) s_n.",
            gamma * rho_n > s_n,
        ),
        Inequality(
            "(i) <- norm system positive", "As (E- t)_n = s_n t_n and t is positive.", rows.FIRST
        ),
        Inequality(
            "(ii) <- system positive", "The left side is at least M t_n, which is 2.", rows.SECOND
        ),
        *rows.UPPER_BOUND,
        *rows.LOWER_BOUND,
        Inequality(
            "size <- condition-n system positive",
            "The condition times t_n = 2/M.",
            (1 + gamma + 2 * gamma**2) * rows.minus_t < 2 * gamma,
        ),
        Inequality(
            "outweighs <- size L system",
            "gamma D_n L_n > (O t)_n: times 1+gamma² this is the condition.",
            gamma * rho_n * rows.L_n > rows.minus_t,
        ),
        Inequality(
            "pattern <- lower row minus-row system outweighs",
            "m y_n a_j <w_j, x_n> >= gamma D_n L_n - (O t)_n > 0 for every sample and neuron.",
            preactivation_n > 0,
        ),
        *rows.closing(_BOUNDS),
    ),
)
