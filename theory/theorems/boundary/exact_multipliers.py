"""Exact multipliers: tight margins, one linear system, a unique limit direction."""

import sympy as sp

from ...statement import (
    PROJECT,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Inequality,
    Let,
    Theorem,
)
from ...steps import kkt, linear_boundary, sums
from ...steps.kkt import A_eigenvalue, P, R, lambda_n, margin_n, margin_top, r, rho_n, rho_top
from ...steps.linear_boundary import upper_multiplier
from ...symbols import Eq, N, R_max, R_min, declare, gamma, lambda_max, lambda_min, p_max
from . import half_aware

paired_n = declare(
    "paired_n", "sum over k != n of c_nk y_n y_k lambda_k <x_n, x_k>", index="n", latex="\\pi_n"
)
paired_top = declare("paired_top", "the same for the largest multiplier", latex="\\pi_{top}")
row_sum_n = declare("row_sum_n", "sum over k != n of |A_nk|", low=0, index="n")
U_2 = declare("U_2", "upper bound 2/((1+gamma²)(r - P))", low=0, open_low=True, abbreviation=True)
THEOREM = Theorem(
    id="exact-multipliers",
    order=140,
    title="The multipliers solve A lambda = 1, and the limit direction is unique",
    summary=(
        "When every sample activates exactly its own half, all margins are tight and the "
        "multipliers solve one positive definite linear system, so the limit direction is unique "
        "and its multipliers lie between sharper bounds."
    ),
    source=PROJECT,
    assumptions=half_aware.THEOREM.assumptions,
    claims=(
        Claim(
            "definite",
            "A is positive definite, so A lambda = 1 has exactly one solution.",
            A_eigenvalue > 0,
        ),
        Claim(
            "upper",
            "Refined upper bound.",
            lambda_max <= upper_multiplier(R_min**2, (N - 1) * p_max),
        ),
        Claim(
            "lower",
            "Refined lower bound.",
            lambda_min
            >= 2 / ((1 + gamma**2) * R_max**2)
            - 2 * (N - 1) * p_max / ((1 + gamma**2) * (R_min**2 - (N - 1) * p_max) * R_max**2),
        ),
    ),
    proof=(
        *kkt.NAMES,
        *kkt.SAMPLES,
        Earlier(
            "pattern <- half-aware",
            "The half-aware theorem: positive multipliers, and every sample activates its own "
            "half.",
            half_aware.THEOREM,
        ),
        *linear_boundary.slope_products(
            "pair-same",
            "A neuron of half a has slope (1+gamma)/2 + a y (1-gamma)/2 at a sample of label y. "
            "Over both halves the products of two slopes add to 1+gamma² for equal labels.",
            "pair-different",
            "And to 2 gamma for different labels: these are the numbers c_nk.",
        ),
        Inequality("pair-bound", "2 gamma <= 1+gamma².", 2 * gamma <= 1 + gamma**2),
        Definition(
            "margins",
            "So y_n f(x_n) is ((1+gamma²) lambda_n rho_n + sum over k != n of "
            "c_nk y_n y_k lambda_k <x_n, x_k>)/2, which is (A lambda)_n.",
            (
                Eq(margin_n, ((1 + gamma**2) * lambda_n * rho_n + paired_n) / 2),
                Eq(margin_top, ((1 + gamma**2) * lambda_max * rho_top + paired_top) / 2),
                lambda_n >= lambda_min,
            ),
        ),
        Inequality(
            "tight <- pattern kkt kkt-top margins sample",
            "All multipliers are positive, so every margin is 1: A lambda = 1.",
            sp.And(Eq(margin_n, 1), Eq(margin_top, 1)),
        ),
        Citation(
            "paired <- pair-bound",
            "The weights c_nk lambda_k are at most (1+gamma²) lambda_max.",
            sums.SUM_BOUND(paired_n, N - 1, (1 + gamma**2) * lambda_max, p_max),
        ),
        Citation(
            "paired-top <- pair-bound",
            "The same at the largest multiplier.",
            sums.SUM_BOUND(paired_top, N - 1, (1 + gamma**2) * lambda_max, p_max),
        ),
        Inequality(
            "regime <- half-aware r R P norms", "The norms outweigh the cross terms.", r > P
        ),
        Let(
            "U-2 <- regime",
            "Write U_2 for 2/((1+gamma²)(r - P)).",
            U_2,
            2 / ((1 + gamma**2) * (r - P)),
        ),
        Inequality(
            "upper <- tight margins paired-top top regime P U-2",
            "At the largest multiplier 2 >= (1+gamma²)(r - P) lambda_max.",
            lambda_max <= U_2,
        ),
        Inequality(
            "lower <- tight margins paired sample upper P",
            "At any sample 2 <= (1+gamma²)(lambda_n R + P U_2).",
            lambda_n >= 2 / ((1 + gamma**2) * R) - P * U_2 / R,
        ),
        Definition(
            "row",
            "The row sums of |A| off the diagonal are sums of N-1 products with weights at most "
            "(1+gamma²)/2 and entries at most p_max; the minimum of lambda is attained at some n.",
            (Eq(lambda_min, lambda_n),),
            chooses="n",
        ),
        Citation(
            "row-sum <- pair-bound",
            "Sum bound for a row of |A|.",
            sums.SUM_BOUND(row_sum_n, N - 1, (1 + gamma**2) / 2, p_max),
        ),
        Inequality(
            "dominant <- row-sum sample P",
            "Each diagonal entry exceeds its row sum by (1+gamma²)(r - P)/2.",
            (1 + gamma**2) * rho_n / 2 - row_sum_n >= (1 + gamma**2) * (r - P) / 2,
        ),
        Citation(
            "eigenvalue <- dominant",
            "So every eigenvalue of A is at least that.",
            sums.GERSHGORIN(
                A_eigenvalue, (1 + gamma**2) * rho_n / 2, row_sum_n, (1 + gamma**2) * (r - P) / 2
            ),
        ),
        Conclusion("claim-definite <- eigenvalue regime", "Which is positive."),
        Conclusion("claim-upper <- upper U-2 r P regime", "In the original symbols."),
        Conclusion("claim-lower <- lower row U-2 r R P regime", "In the original symbols."),
    ),
)
