"""Certificate: slopes 1 and gamma told apart by half, gamma where the paper has gamma³."""

from ...statement import (
    MEAN_LOWER,
    MEAN_UPPER,
    PROJECT,
    Assumption,
    Citation,
    Inequality,
    Let,
    Theorem,
)
from ...steps.kkt import (
    ANY_SAMPLE,
    FINITE_TIME,
    LINEAR_BOUNDARY,
    NAMES,
    PATTERN_CLAIM,
    SAMPLES,
    STATIONARITY,
    TOP_SAMPLE,
    TRAINED_CLAIM,
    L,
    P,
    R,
    U,
    activation_steps,
    lambda_n,
    margin_n,
    margin_top,
    other_mean,
    other_mean_top,
    other_slope,
    other_slope_top,
    other_t,
    other_t_top,
    own_mean,
    own_mean_top,
    own_slope,
    own_slope_top,
    own_t,
    own_t_top,
    r,
)
from ...symbols import N, R_max, R_min, gamma, lambda_max, p_max
from .standard_boundary import CONCLUSIONS, LOWER, UPPER

CONDITION = (N - 1) * p_max < gamma * (1 + gamma**2) * R_min**4 / (
    (1 + gamma**2) * R_max**2 + 2 * gamma * (1 + gamma) * R_min**2
)

_STEPS = (
    Inequality(
        "regime",
        "The norms outweigh the cross terms.",
        gamma * r > P,
        uses=("half-aware", "r", "R", "norms", "P"),
    ),
    Inequality(
        "2-own",
        "At the largest multiplier gamma r > P fixes every sign, so a neuron of the own half has "
        "slope 1 and contributes at least (r - P) lambda_max.",
        own_slope_top * own_t_top >= (r - P) * lambda_max,
        uses=("regime", "slopes-top", "top", "cross-top", "P"),
    ),
    Inequality(
        "2-other",
        "A neuron of the other half has slope gamma and contributes at least "
        "gamma (gamma r - P) lambda_max.",
        other_slope_top * other_t_top >= gamma * (gamma * r - P) * lambda_max,
        uses=("regime", "slopes-top", "top", "cross-top", "P"),
    ),
    Citation(
        "2-own-mean",
        "So does the own half's mean.",
        MEAN_LOWER,
        (own_mean_top, own_slope_top * own_t_top, (r - P) * lambda_max),
        uses=("2-own",),
    ),
    Citation(
        "2-other-mean",
        "And the other half's.",
        MEAN_LOWER,
        (other_mean_top, other_slope_top * other_t_top, gamma * (gamma * r - P) * lambda_max),
        uses=("2-other",),
    ),
    Inequality(
        "2-margin",
        "The margin is their mean.",
        margin_top >= ((1 + gamma**2) * r - (1 + gamma) * P) * lambda_max / 2,
        uses=("2-own-mean", "2-other-mean", "margin-halves-top"),
    ),
    Inequality(
        "2-positive",
        "The factor of lambda_max is positive.",
        (1 + gamma**2) * r > (1 + gamma) * P,
        uses=("regime",),
    ),
    Let(
        "U",
        "Write U for the resulting upper bound.",
        U,
        2 / ((1 + gamma**2) * r - (1 + gamma) * P),
        uses=("2-positive",),
    ),
    Inequality(
        "2",
        "By slackness a positive multiplier has margin 1, so lambda_max <= U.",
        lambda_max <= U,
        uses=("2-margin", "2-positive", "kkt-top", "U"),
    ),
    Inequality(
        "3-own",
        "At any sample a neuron of the own half contributes at most lambda_n R + U P.",
        own_slope * own_t <= lambda_n * R + U * P,
        uses=("slopes", "sample", "cross", "P", "2"),
    ),
    Inequality(
        "3-other",
        "A neuron of the other half contributes at most gamma² lambda_n R + gamma U P.",
        other_slope * other_t <= gamma**2 * lambda_n * R + gamma * U * P,
        uses=("slopes", "sample", "cross", "P", "2"),
    ),
    Citation(
        "3-own-mean",
        "So does the own half's mean.",
        MEAN_UPPER,
        (own_mean, own_slope * own_t, lambda_n * R + U * P),
        uses=("3-own",),
    ),
    Citation(
        "3-other-mean",
        "And the other half's.",
        MEAN_UPPER,
        (other_mean, other_slope * other_t, gamma**2 * lambda_n * R + gamma * U * P),
        uses=("3-other",),
    ),
    Inequality(
        "3-margin",
        "The margin is their mean.",
        margin_n <= ((1 + gamma**2) * lambda_n * R + (1 + gamma) * U * P) / 2,
        uses=("3-own-mean", "3-other-mean", "margin-halves"),
    ),
    Let(
        "L",
        "Write L for the resulting lower bound.",
        L,
        (2 - (1 + gamma) * U * P) / ((1 + gamma**2) * R),
    ),
    Inequality(
        "3",
        "By feasibility the margin is at least 1, so lambda_n >= L.",
        lambda_n >= L,
        uses=("3-margin", "kkt", "L"),
    ),
    Inequality(
        "4-bounds",
        "The own term outweighs the cross terms at every sample.",
        gamma * L * r > U * P,
        uses=("half-aware", "2-positive", "regime", "r", "R", "norms", "P", "U", "L"),
    ),
    *activation_steps(),
)

THEOREM = Theorem(
    id="half-aware",
    order=130,
    title="Linear boundary under the half-aware condition",
    summary=(
        "The same conclusions under a much weaker condition: at a sample, one half of the neurons "
        "has slope 1 and the other gamma, which the chain of bounds may use."
    ),
    source=PROJECT,
    assumptions=(
        Assumption(
            "half-aware",
            "The row sums of inner products are small against the norms (half-aware).",
            CONDITION,
        ),
    ),
    claims=(LOWER, UPPER, PATTERN_CLAIM, TRAINED_CLAIM),
    proof=(
        *NAMES,
        *STATIONARITY,
        *SAMPLES,
        *ANY_SAMPLE,
        *TOP_SAMPLE,
        *_STEPS,
        *LINEAR_BOUNDARY,
        *FINITE_TIME,
        *CONCLUSIONS,
    ),
)
