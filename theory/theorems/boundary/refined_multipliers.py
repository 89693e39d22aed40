"""Refined multiplier bounds under the paper's condition."""

from ...statement import PROJECT, Claim, Conclusion, Earlier, Inequality, Theorem
from ...steps import kkt
from ...steps.kkt import P, R, r
from ...symbols import R_max, R_min, gamma, lambda_max, lambda_min
from . import certificate_ladder, exact_multipliers, standard_boundary

_FACTOR = (1 + gamma**2) * (1 - gamma**3 / 3)

THEOREM = Theorem(
    id="refined-multipliers",
    order=150,
    title="Refined multiplier bounds under the paper's condition",
    summary=(
        "Under the paper's condition the multipliers lie in a narrower interval: the paper's own "
        "at gamma = 1, tighter below."
    ),
    source=PROJECT,
    assumptions=standard_boundary.THEOREM.assumptions,
    claims=(
        Claim("upper", "Refined upper bound.", lambda_max <= 2 / (_FACTOR * R_min**2)),
        Claim(
            "lower",
            "Refined lower bound.",
            lambda_min >= 2 * (1 - 2 * gamma**3 / 3) / (_FACTOR * R_max**2),
        ),
        Claim(
            "upper-sharper",
            "The refined upper bound is at most the paper's, so that one follows.",
            lambda_max <= 3 / (2 * gamma**2 * R_min**2),
        ),
        Claim(
            "lower-sharper",
            "The refined lower bound is at least the paper's, so that one follows.",
            lambda_min >= 1 / (2 * R_max**2),
        ),
    ),
    proof=(
        *kkt.NAMES,
        Earlier(
            "ladder <- nearly-orthogonal",
            "The paper's condition implies the half-aware one.",
            certificate_ladder.THEOREM,
        ),
        Earlier(
            "multipliers <- ladder",
            "So the multipliers lie between the bounds of the exact solution.",
            exact_multipliers.THEOREM,
        ),
        Inequality(
            "row-sums <- nearly-orthogonal r R P norms",
            "The paper's condition bounds the row sums: 3 R P <= gamma³ r².",
            3 * R * P <= gamma**3 * r**2,
        ),
        Inequality(
            "ratio <- row-sums norms r R", "In particular P <= gamma³ r/3.", 3 * P <= gamma**3 * r
        ),
        Conclusion(
            "claim-upper <- multipliers ratio r P", "Put P <= gamma³ r/3 into the upper bound."
        ),
        Inequality(
            "lower-scaled <- ratio",
            "Put the bounds on P into the lower bound, times (1+gamma²) R.",
            2 - 2 * P / (r - P) >= 2 * (1 - 2 * gamma**3 / 3) / (1 - gamma**3 / 3),
        ),
        Conclusion(
            "claim-lower <- multipliers lower-scaled ratio r R P", "Divide by (1+gamma²) R again."
        ),
        Conclusion(
            "claim-upper-sharper <- claim-upper",
            "4 gamma² <= 3 (1+gamma²)(1-gamma³/3) on (0, 1], with equality at 1.",
        ),
        Conclusion(
            "claim-lower-sharper <- claim-lower",
            "4 (1-2 gamma³/3) >= (1+gamma²)(1-gamma³/3) on (0, 1], with equality at 1.",
        ),
    ),
)
