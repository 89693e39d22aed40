"""Certificate: slopes 1 and gamma told apart by half, gamma where the paper has gamma³."""

from ...statement import PROJECT, Assumption, Citation, Inequality, Let, Theorem
from ...steps import kkt, linear_boundary, sums
from ...steps.kkt import L, P, R, U, lambda_n, own_slope, own_slope_top, own_t, own_t_top, r
from ...symbols import N, R_max, R_min, gamma, lambda_max, p_max
from . import standard_boundary

CONDITION = linear_boundary.half_aware(R_max**2, R_min**2, (N - 1) * p_max)

_STEPS = (
    Inequality(
        "regime <- half-aware r R norms P", "The norms outweigh the cross terms.", gamma * r > P
    ),
    Inequality(
        "2-own <- regime slopes-top top cross-top P",
        "At the largest multiplier gamma r > P fixes every sign, so a neuron of the own half has "
        "slope 1 and contributes at least (r - P) lambda_max.",
        own_slope_top * own_t_top >= (r - P) * lambda_max,
    ),
    Inequality(
        "2-other <- regime slopes-top top cross-top P",
        "A neuron of the other half has slope gamma and contributes at least "
        "gamma (gamma r - P) lambda_max.",
        kkt.other_slope_top * kkt.other_t_top >= gamma * (gamma * r - P) * lambda_max,
    ),
    Citation(
        "2-own-mean <- 2-own", "So does the own half's mean.", sums.MEAN_LOWER(kkt.own_mean_top)
    ),
    Citation(
        "2-other-mean <- 2-other", "And the other half's.", sums.MEAN_LOWER(kkt.other_mean_top)
    ),
    Inequality(
        "2-margin <- 2-own-mean 2-other-mean margin-halves-top",
        "The margin is their mean.",
        kkt.margin_top >= ((1 + gamma**2) * r - (1 + gamma) * P) * lambda_max / 2,
    ),
    Inequality(
        "2-positive <- regime",
        "The factor of lambda_max is positive.",
        (1 + gamma**2) * r > (1 + gamma) * P,
    ),
    Let(
        "U <- 2-positive",
        "Write U for the resulting upper bound.",
        U,
        2 / ((1 + gamma**2) * r - (1 + gamma) * P),
    ),
    Inequality(
        "2 <- 2-margin 2-positive kkt-top U",
        "By slackness a positive multiplier has margin 1, so lambda_max <= U.",
        lambda_max <= U,
    ),
    Inequality(
        "3-own <- slopes sample cross P 2",
        "At any sample a neuron of the own half contributes at most lambda_n R + U P.",
        own_slope * own_t <= lambda_n * R + U * P,
    ),
    Inequality(
        "3-other <- slopes sample cross P 2",
        "A neuron of the other half contributes at most gamma² lambda_n R + gamma U P.",
        kkt.other_slope * kkt.other_t <= gamma**2 * lambda_n * R + gamma * U * P,
    ),
    Citation("3-own-mean <- 3-own", "So does the own half's mean.", sums.MEAN_UPPER(kkt.own_mean)),
    Citation("3-other-mean <- 3-other", "And the other half's.", sums.MEAN_UPPER(kkt.other_mean)),
    Inequality(
        "3-margin <- 3-own-mean 3-other-mean margin-halves",
        "The margin is their mean.",
        kkt.margin_n <= ((1 + gamma**2) * lambda_n * R + (1 + gamma) * U * P) / 2,
    ),
    Let(
        "L",
        "Write L for the resulting lower bound.",
        L,
        (2 - (1 + gamma) * U * P) / ((1 + gamma**2) * R),
    ),
    Inequality(
        "3 <- 3-margin kkt L",
        "By feasibility the margin is at least 1, so lambda_n >= L.",
        lambda_n >= L,
    ),
    Inequality(
        "4-bounds <- half-aware 2-positive regime r R norms P U L",
        "The own term outweighs the cross terms at every sample.",
        gamma * L * r > U * P,
    ),
    *kkt.activation_steps(),
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
        *kkt.ANY_SAMPLE,
        *kkt.TOP_SAMPLE,
        *_STEPS,
        *linear_boundary.LINEAR_BOUNDARY,
        *standard_boundary.CONCLUSIONS,
    ),
)
