"""Certificate: the paper's argument with its two bounds kept exactly."""

from ...statement import PROJECT, Assumption, Theorem
from ...steps import kkt, linear_boundary
from ...symbols import N, R_max, R_min, gamma, p_max
from . import standard_boundary

CONDITION = (N - 1) * p_max < gamma**3 * R_min**4 / (R_max**2 + gamma * (1 + gamma) * R_min**2)

THEOREM = Theorem(
    id="exact-chain",
    order=120,
    title="Linear boundary under the exact chain condition",
    summary=(
        "The same conclusions under a weaker condition: the paper's chain of bounds, with U and L "
        "kept exactly instead of rounded to the constant 3."
    ),
    source=PROJECT,
    assumptions=(
        Assumption(
            "exact-chain",
            "The row sums of inner products are small against the norms (exact chain).",
            CONDITION,
        ),
    ),
    claims=(
        standard_boundary.LOWER,
        standard_boundary.UPPER,
        linear_boundary.PATTERN_CLAIM,
        linear_boundary.TRAINED_CLAIM,
    ),
    proof=(
        *kkt.NAMES,
        *kkt.STATIONARITY,
        *kkt.SAMPLES,
        *kkt.chain_steps("exact-chain"),
        *linear_boundary.LINEAR_BOUNDARY,
        *standard_boundary.CONCLUSIONS,
    ),
)
