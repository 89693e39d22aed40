"""Decision boundary of standard training (paper, after Frei et al. 2023)."""

from dataclasses import replace

from ...statement import KUMANO, Assumption, Claim, Conclusion, Theorem
from ...steps import kkt, linear_boundary
from ...symbols import N, R_max, R_min, gamma, lambda_max, lambda_min, p_max

LOWER = Claim(
    "multipliers-lower", "Every multiplier exceeds 1/(2 R_max²).", lambda_min > 1 / (2 * R_max**2)
)
UPPER = Claim(
    "multipliers-upper",
    "Every multiplier is below 3/(2 gamma² R_min²).",
    lambda_max < 3 / (2 * gamma**2 * R_min**2),
)

CONCLUSIONS = (
    Conclusion(
        "claim-lower <- 3 least-multiplier 4-bounds regime U L r R P norms",
        "The lower bound L exceeds 1/(2 R_max²).",
        "multipliers-lower",
    ),
    Conclusion(
        "claim-upper <- 2 4-bounds regime U L r R norms",
        "The upper bound U is below 3/(2 gamma² R_min²).",
        "multipliers-upper",
    ),
    Conclusion("claim-boundary <- 4-all 6", "Steps 4 and 6 together."),
    Conclusion("claim-trained <- 4-all 7", "Step 7."),
)

THEOREM = Theorem(
    id="standard-boundary",
    order=110,
    title="Decision boundary of standard training",
    summary=(
        "On nearly orthogonal data, training to the margin maximum gives a network whose decision "
        "boundary is the hyperplane with normal q = sum lambda_n y_n x_n."
    ),
    source=replace(KUMANO, locator="theorem on the boundary of standard training"),
    origin="paper",
    assumptions=(
        Assumption(
            "nearly-orthogonal",
            "Inner products between samples are small against their norms.",
            p_max < gamma**3 * R_min**4 / (3 * N * R_max**2),
        ),
    ),
    claims=(LOWER, UPPER, linear_boundary.PATTERN_CLAIM, linear_boundary.TRAINED_CLAIM),
    proof=(
        *kkt.NAMES,
        *kkt.STATIONARITY,
        *kkt.SAMPLES,
        *kkt.chain_steps("nearly-orthogonal"),
        *linear_boundary.LINEAR_BOUNDARY,
        *CONCLUSIONS,
    ),
)
