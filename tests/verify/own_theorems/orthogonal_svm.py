"""The hard-margin linear classifier of orthogonal data has multipliers 1/‖x_n‖² (slope 1)."""

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
)
from perturbproof.theory.steps.kkt import KKT_POINT, cross_n, lambda_n, margin_n, rho_n
from perturbproof.theory.steps.sums import LARGEST, SMALLEST, SUM_BOUND
from perturbproof.theory.symbols import N, R_max, R_min, gamma, lambda_max, lambda_min, p_max

MARGIN = sp.Eq(margin_n, lambda_n * rho_n + cross_n)

THEOREM = Theorem(
    "orthogonal-svm",
    "Max-margin on orthogonal data",
    "With slope 1 the network is linear; on orthogonal samples lambda_n = 1/‖x_n‖².",
    Source("textbook", "Support vector machines", "folklore", 1995),
    (
        Assumption("linear", "The slope is 1.", gamma >= 1),
        Assumption("orthogonal", "Different samples are orthogonal.", p_max <= 0),
    ),
    (
        Claim("upper", "The largest multiplier is 1/R_min² at most.", lambda_max <= 1 / R_min**2),
        Claim("lower", "The smallest is 1/R_max² at least.", lambda_min >= 1 / R_max**2),
    ),
    (
        Definition("norms", "Squared norms.", (rho_n >= R_min**2, rho_n <= R_max**2)),
        Definition("margin", "With slope 1, f(x) = <q, x>.", (sp.Implies(gamma >= 1, MARGIN),)),
        Citation("cross", "Cross terms.", SUM_BOUND(cross_n, N - 1, lambda_max, p_max)),
        Inequality("no-cross <- cross orthogonal", "They vanish.", sp.Eq(cross_n, 0)),
        Citation("kkt", "Feasibility and slackness.", KKT_POINT(lambda_n, margin_n)),
        Inequality(
            "exact <- norms margin no-cross kkt linear",
            "So lambda_n ‖x_n‖² = 1.",
            sp.Eq(lambda_n * rho_n, 1),
        ),
        Inequality("n-upper <- exact norms", "Bound.", lambda_n <= 1 / R_min**2),
        Inequality("n-lower <- exact norms", "Bound.", lambda_n >= 1 / R_max**2),
        Citation("max <- n-upper", "The largest.", LARGEST(lambda_max, lambda_n, 1 / R_min**2)),
        Citation("min <- n-lower", "The smallest.", SMALLEST(lambda_min, lambda_n, 1 / R_max**2)),
        Conclusion("claim-upper <- max", "As shown."),
        Conclusion("claim-lower <- min", "As shown."),
    ),
)
