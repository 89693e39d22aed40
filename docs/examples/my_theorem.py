"""A user's own theorem: the multipliers of nearly orthogonal data are nearly equal.

perturbproof prove --theorem my_theorem.py multiplier-spread
perturbproof verify --theorem my_theorem.py my.scenario.toml
"""

from perturbproof.theory import (
    Assumption,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Inequality,
    Source,
    Theorem,
    theorem,
)
from perturbproof.theory.symbols import N, R_max, R_min, gamma, lambda_max, lambda_min, p_max

EXACT = theorem("exact-multipliers")
ROW_SUM = (N - 1) * p_max

THEOREM = Theorem(
    id="multiplier-spread",
    title="Multipliers of nearly orthogonal data are nearly equal",
    summary="The ratio of the largest to the smallest multiplier is at most R_max²/(R_min² - 2 P).",
    source=Source("A. Reader", "Notes on multipliers", "unpublished", 2026),
    assumptions=(
        Assumption("half-aware", "The half-aware condition.", EXACT.assumptions[0].relation),
    ),
    claims=(
        Claim(
            "spread",
            "The multipliers differ by at most that factor.",
            lambda_max * (R_min**2 - 2 * ROW_SUM) <= R_max**2 * lambda_min,
        ),
    ),
    proof=(
        Earlier("bounds <- half-aware", "The bounds of the exact multipliers.", EXACT),
        Definition("norms", "The largest norm is at least the smallest.", (R_max >= R_min,)),
        Inequality(
            "regime <- half-aware norms",
            "The norms outweigh the cross terms.",
            gamma * R_min**2 > ROW_SUM,
        ),
        Conclusion("claim <- bounds regime", "Divide one bound by the other.", "spread"),
    ),
)
