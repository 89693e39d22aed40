"""Certificate: one bound per sample, from its own row of the Gram matrix."""

import sympy as sp

from ..halves import (
    ANY_SAMPLE,
    other_mean,
    other_slope,
    other_t,
    own_mean,
    own_slope,
    own_t,
)
from ..kkt import (
    FINITE_TIME,
    LINEAR_BOUNDARY,
    PATTERN_CLAIM,
    STATIONARITY,
    TRAINED_CLAIM,
    cross_n,
    lambda_n,
    margin_n,
    preactivation_n,
    rho_n,
    slope_n,
)
from ..proof import Cases, Citation, Conclusion, Definition, Inequality
from ..statement import PROJECT, Assumption, Claim, Theorem
from ..symbols import activation_margin, declare, gamma
from ..trusted import (
    KKT_POINT,
    M_MATRIX,
    MEAN_LOWER,
    MEAN_UPPER,
    MONOTONE,
)

witness_min = declare(
    "witness_min",
    "smallest component of U = (2 gamma/(1+gamma²)) (gamma D - O)^-1 1, where D holds ‖x_n‖² and O "
    "the off-diagonal |<x_n, x_k>|",
    latex="\\min U",
    typst="min U",
)
row_gap = declare(
    "row_gap",
    "smallest gamma ‖x_n‖² L_n - (O U)_n, with L_n = (2 - (1+gamma)(O U)_n)/((1+gamma²)‖x_n‖²)",
    latex="\\mu_{row}",
    typst='mu_"row"',
)
headroom = declare(
    "headroom", "smallest U_n - lambda_n", latex="\\min(U-\\lambda)", typst="min(U - lambda)"
)
footroom = declare(
    "footroom", "smallest lambda_n - L_n", latex="\\min(\\lambda-L)", typst="min(lambda - L)"
)
U_n = declare("U_n", "component of U", index="n")
L_n = declare("L_n", "component of L", index="n")
lambda_k = declare("lambda_k", "multiplier of an arbitrary other sample", low=0, index="k")
U_k = declare("U_k", "its component of U", index="k")
row_n = declare("o_n", "(O lambda)_n", low=0, index="n", latex="o_n", typst="o_n")
bound_n = declare("O_n", "(O U)_n", low=0, index="n", latex="O_n", typst="O_n")
image_min = declare("image_min", "the common component of (gamma D - O) U")

_c = 2 * gamma / (1 + gamma**2)

ROWS = (
    Definition(
        "row",
        "The cross terms of sample n are at most (O lambda)_n in absolute value (triangle "
        "inequality, slopes at most 1).",
        (cross_n <= row_n, cross_n >= -row_n, slope_n >= gamma, slope_n <= 1),
    ),
    Citation("kkt", "Feasibility and slackness at sample n.", KKT_POINT, (lambda_n, margin_n)),
)

MARGIN_UPPER = (
    Inequality(
        "upper-own",
        "A neuron of the own half contributes at most rho_n lambda_n + (O lambda)_n.",
        own_slope * own_t <= rho_n * lambda_n + row_n,
        uses=("slopes", "row"),
    ),
    Inequality(
        "upper-other",
        "One of the other half at most gamma² rho_n lambda_n + gamma (O lambda)_n.",
        other_slope * other_t <= gamma**2 * rho_n * lambda_n + gamma * row_n,
        uses=("slopes", "row"),
    ),
    Citation(
        "upper-own-mean",
        "So does the own half's mean.",
        MEAN_UPPER,
        (own_mean, own_slope * own_t, rho_n * lambda_n + row_n),
        uses=("upper-own",),
    ),
    Citation(
        "upper-other-mean",
        "And the other half's.",
        MEAN_UPPER,
        (other_mean, other_slope * other_t, gamma**2 * rho_n * lambda_n + gamma * row_n),
        uses=("upper-other",),
    ),
)

# Below the threshold nothing is known of the signs, and -(O lambda)_n still bounds from below.
_dominates = gamma * rho_n * lambda_n > row_n
_own_low = sp.Piecewise((rho_n * lambda_n - row_n, _dominates), (-row_n, True))
_other_low = sp.Piecewise((gamma**2 * rho_n * lambda_n - gamma * row_n, _dominates), (-row_n, True))

MARGIN_LOWER = (
    Inequality(
        "lower-own",
        "Where gamma rho_n lambda_n > (O lambda)_n every sign at x_n is fixed, and a neuron of the "
        "own half contributes at least rho_n lambda_n - (O lambda)_n.",
        own_slope * own_t >= _own_low,
        uses=("slopes", "row"),
    ),
    Inequality(
        "lower-other",
        "And one of the other half at least gamma² rho_n lambda_n - gamma (O lambda)_n.",
        other_slope * other_t >= _other_low,
        uses=("slopes", "row"),
    ),
    Citation(
        "lower-own-mean",
        "So does the own half's mean.",
        MEAN_LOWER,
        (own_mean, own_slope * own_t, _own_low),
        uses=("lower-own",),
    ),
    Citation(
        "lower-other-mean",
        "And the other half's.",
        MEAN_LOWER,
        (other_mean, other_slope * other_t, _other_low),
        uses=("lower-other",),
    ),
)

CONCLUSIONS = (
    Definition(
        "attained",
        "The minima over finitely many samples and neurons are attained.",
        (
            sp.Eq(activation_margin, preactivation_n),
            sp.Eq(headroom, U_n - lambda_n),
            sp.Eq(footroom, lambda_n - L_n),
        ),
    ),
    Conclusion("claim-upper", "At every sample.", "upper", uses=("upper", "attained")),
    Conclusion("claim-lower", "At every sample.", "lower", uses=("lower", "attained")),
    Inequality(
        "pattern",
        "m y_n a_j <w_j, x_n> >= gamma rho_n L_n - (O U)_n > 0 for every sample and neuron.",
        preactivation_n > 0,
        uses=("lower", "row", "monotone", "gap-row", "row-gap"),
    ),
    Inequality(
        "pattern-all",
        "Every sample activates exactly the neurons of its own label's half.",
        activation_margin > 0,
        uses=("pattern", "attained"),
    ),
    *LINEAR_BOUNDARY,
    *FINITE_TIME,
    Conclusion(
        "claim-boundary", "The pattern and step 6 together.", "boundary", uses=("pattern-all", "6")
    ),
    Conclusion("claim-trained", "Step 7.", "trained", uses=("7",)),
)

THEOREM = Theorem(
    id="row-wise",
    title="Linear boundary under the row-wise certificate",
    summary=(
        "Each sample gets its own bounds on its multiplier from its own row of inner products. If "
        "they fix every activation, the conclusion holds for every KKT point. Neither contained in "
        "nor containing the half-aware condition."
    ),
    source=PROJECT,
    assumptions=(
        Assumption(
            "definite",
            "gamma D - O is an M-matrix: its solution U of (gamma D - O) U = 2 gamma/(1+gamma²) is "
            "positive.",
            witness_min > 0,
        ),
        Assumption("row-gap", "At every sample the own term outweighs the row.", row_gap > 0),
    ),
    claims=(
        Claim("upper", "Every multiplier is at most its U_n.", headroom >= 0),
        Claim("lower", "Every multiplier is at least its L_n.", footroom >= 0),
        PATTERN_CLAIM,
        TRAINED_CLAIM,
    ),
    proof=(
        *STATIONARITY,
        *ROWS,
        *ANY_SAMPLE,
        *MARGIN_LOWER,
        Cases(
            "row-bound",
            "Every row satisfies gamma rho_n lambda_n - (O lambda)_n <= 2 gamma/(1+gamma²): the "
            "left side is not positive, or signs are fixed and slackness makes the margin 1.",
            (gamma * rho_n * lambda_n <= row_n, gamma * rho_n * lambda_n > row_n),
            gamma * rho_n * lambda_n - row_n <= _c,
            uses=("lower-own-mean", "lower-other-mean", "margin-halves", "kkt"),
        ),
        Inequality("image", "The right side is positive.", _c > 0),
        Citation(
            "upper",
            "gamma D - O has a non-negative inverse, so lambda <= U in every component.",
            M_MATRIX,
            (gamma * rho_n * lambda_n - row_n, _c, witness_min, _c, lambda_n, U_n),
            uses=("row-bound", "definite", "image"),
        ),
        Definition(
            "other-samples",
            "The bound holds at every sample, so also at the others.",
            (lambda_k <= U_k,),
        ),
        Citation(
            "monotone",
            "So (O lambda)_n <= (O U)_n.",
            MONOTONE,
            (row_n, bound_n, lambda_k, U_k),
            uses=("other-samples",),
        ),
        *MARGIN_UPPER,
        Definition(
            "lower-bound",
            "L_n is (2 - (1+gamma)(O U)_n)/((1+gamma²) rho_n), and norms are positive.",
            (sp.Eq(L_n * (1 + gamma**2) * rho_n, 2 - (1 + gamma) * bound_n), rho_n > 0),
        ),
        Inequality(
            "lower",
            "By feasibility the margin is at least 1, so lambda_n >= L_n.",
            lambda_n >= L_n,
            uses=(
                "upper-own-mean",
                "upper-other-mean",
                "margin-halves",
                "kkt",
                "monotone",
                "lower-bound",
            ),
        ),
        Definition(
            "gap-row",
            "The smallest gap is at most the gap of sample n.",
            (row_gap <= gamma * rho_n * L_n - bound_n, rho_n > 0),
        ),
        *CONCLUSIONS,
    ),
)
