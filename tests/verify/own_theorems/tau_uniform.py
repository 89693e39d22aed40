"""Frei, Vardi, Bartlett, Srebro (COLT 2023): p-orthogonal data have tau-uniform multipliers.

p is measured: a hundredth below the largest with which the data are p-orthogonal.
"""

from fractions import Fraction

import sympy as sp
from perturbproof.theory import (
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Source,
    Theorem,
    declare,
)
from perturbproof.theory.steps.kkt import (
    KKT_POINT,
    cross_n,
    cross_top,
    lambda_n,
    margin_n,
    margin_top,
    rho_n,
    rho_top,
)
from perturbproof.theory.steps.sums import SMALLEST, SUM_BOUND
from perturbproof.theory.symbols import N, R_max, R_min, gamma, lambda_max, lambda_min, p_max

q = declare("p_orthogonality", "the p of p-orthogonal data", low=0, open_low=True)
RATIO = R_max**2 / R_min**2
X = N * p_max
MARGIN = sp.Eq(margin_n, lambda_n * rho_n + cross_n)
TOP = sp.Eq(margin_top, lambda_max * rho_top + cross_top)

THEOREM = Theorem(
    "tau-uniform",
    "Multipliers of p-orthogonal data are tau-uniform",
    "If R_min² >= p (R_max/R_min)² N p_max with p >= 3, multipliers differ by a bounded factor.",
    Source("Frei et al.", "Benign overfitting from KKT conditions", "COLT", 2023, "max-margin"),
    (
        Assumption("linear", "The slope is 1.", gamma >= 1),
        Assumption("p", "p is at least 3.", q >= 3),
        Assumption("p-orthogonal", "The data are p-orthogonal.", R_min**2 >= q * RATIO * X),
    ),
    (
        Claim(
            "tau",
            "They are tau-uniform.",
            lambda_max <= RATIO * (1 + 2 / (q * RATIO - 2)) * lambda_min,
        ),
    ),
    (
        Definition("norms", "Order.", (R_max >= R_min, rho_n >= R_min**2, rho_n <= R_max**2)),
        Definition("margin", "Any sample.", (sp.Implies(gamma >= 1, MARGIN),)),
        Definition("top-norm", "That with the largest multiplier.", (rho_top >= R_min**2,)),
        Definition("top-margin", "Its margin.", (sp.Implies(gamma >= 1, TOP),)),
        Citation("cross", "Cross terms.", SUM_BOUND(cross_n, N - 1, lambda_max, p_max)),
        Citation("cross-top", "Cross terms.", SUM_BOUND(cross_top, N - 1, lambda_max, p_max)),
        Citation("kkt", "At any sample.", KKT_POINT(lambda_n, margin_n)),
        Citation("kkt-top", "At the top.", KKT_POINT(lambda_max, margin_top)),
        Inequality(
            "x <- p p-orthogonal norms",
            "X <= R_min²/3.",
            sp.And(3 * X <= R_min**2, q * RATIO >= 3),
        ),
        Inequality(
            "upper <- top-norm top-margin cross-top kkt-top x linear",
            "Largest.",
            lambda_max * (R_min**2 - X) <= 1,
        ),
        Inequality(
            "lower-n <- norms margin cross kkt x linear",
            "Any.",
            lambda_n >= (1 - X * lambda_max) / R_max**2,
        ),
        Citation(
            "lower <- lower-n",
            "Smallest.",
            SMALLEST(lambda_min, lambda_n, (1 - X * lambda_max) / R_max**2),
        ),
        Inequality(
            "spread <- lower upper",
            "Eliminate 1.",
            lambda_max * (R_min**2 - 2 * X) <= R_max**2 * lambda_min,
        ),
        Conclusion("claim-tau <- spread p-orthogonal x p", "Put X <= R_min²/(p R²)."),
    ),
)


def _p(experiment):
    """A hundredth below R_min⁴/(R_max² N p_max)."""
    gram = experiment.gram
    largest = gram.R_min**4 / (gram.R_max**2 * gram.p_max * experiment.sample.n)
    return largest * Fraction(99, 100)


MEASURED = {q: _p}
