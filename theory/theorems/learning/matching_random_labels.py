"""Matching at a point z with random labels, and how often it can fail."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Earlier,
    Inequality,
    Let,
    Theorem,
)
from ...steps import perturbed, probability, sums
from ...steps.linear_boundary import lower_multiplier, q_z, upper_multiplier
from ...steps.perturbed import N_adv, T1_z, adv_lambda_n, base_l2_z, base_z_n, dir_z, eps, label_n
from ...symbols import declare
from ..boundary.uniform_data import delta
from ..perturbation import perturbed_boundary
from . import matching_deterministic

mismatch_chance = declare(
    "mismatch_chance",
    "probability, over independent fair labels y^a with z, base samples and dir fixed, that "
    "<q^a, z> and <q, z> differ in sign; measured as an exact binomial interval over fresh labels",
    low=0,
    high=1,
    latex="\\Pr[\\mathrm{mismatch}]",
)
excess_chance = declare(
    "excess_chance",
    "probability, over the same labels, that |T1(z)| exceeds (U+L)/2 sqrt(2 log(2/delta)) ‖b‖_2 + "
    "(U-L)/2 ‖b‖_1, U and L the multiplier bounds of perturbed-boundary",
    low=0,
    high=1,
    latex="\\Pr[|T_1(z)| > \\cdot]",
    typst="Pr[abs(T_1 (z)) > dot]",
)

label_free_upper = declare(
    "label_free_upper",
    "a number that no multiplier of the perturbed set exceeds, whatever its labels; measured as "
    "the upper bound in perturbed-boundary, rounded up to a double",
    low=0,
    open_low=True,
    latex="U_a",
)
label_free_lower = declare(
    "label_free_lower",
    "a number that no multiplier of the perturbed set falls below, whatever its labels; measured "
    "as the lower bound in perturbed-boundary, rounded down to a double",
    latex="L_a",
)
_U, _L = label_free_upper, label_free_lower

_signs = declare("signed_sum", "sum over n of y^a_n <x'_n, z>", index="z")
_spread = declare("spread_part", "sum over n of (lambda^a_n - (U+L)/2) y^a_n <x'_n, z>", index="z")
_radius = declare(
    "signs_radius", "sqrt(2 log(2/delta)) ‖b‖_2", low=0, index="z", latex="t", abbreviation=True
)
_tail = declare("signs_tail", "Pr[|sum of y^a_n b_n| > t]", low=0, high=1)

UPPER = upper_multiplier(perturbed.NORM_LOWER, perturbed.ROW_UPPER)
LOWER = lower_multiplier(perturbed.NORM_UPPER, perturbed.NORM_LOWER, perturbed.ROW_UPPER)


def base_part(upper: sp.Expr, lower: sp.Expr, radius: sp.Expr) -> sp.Expr:
    """The bound of |T1(z)|: mid-point of the multipliers by chance, their spread for certain."""
    return (upper + lower) / 2 * radius + (upper - lower) / 2 * perturbed.base_l1_z


_RADIUS = sp.sqrt(2 * sp.log(2 / delta)) * base_l2_z
_BOUND = base_part(_U, _L, _radius)
_FAR = sp.Abs(_signs) > _radius
_EXCESS = sp.Abs(T1_z) > _BOUND

# The events, for one draw of the labels, whose probabilities the claims bound.
MISMATCH = perturbed.adv_q_z * q_z <= 0
EXCESS = _EXCESS.subs(_radius, _RADIUS)

THEOREM = Theorem(
    id="matching-random-labels",
    order=350,
    title="Matching at a point with random labels",
    summary=(
        "With independent fair labels the base samples' part mostly cancels: T1(z) grows like the "
        "root of N_adv, up to the spread of the multipliers, and T2(z) like N_adv. The two "
        "boundaries then have the same sign at z with probability at least 1 - delta."
    ),
    source=PROJECT,
    origin="after the paper",
    assumptions=(
        perturbed.RADIUS,
        perturbed.CONDITION,
        Assumption(
            "upper-free", "An upper bound whatever the labels.", sp.And(_U >= UPPER, _U >= _L)
        ),
        Assumption(
            "lower-free",
            "A lower bound whatever the labels, and positive.",
            sp.And(_L > 0, _L <= LOWER),
        ),
        Assumption(
            "outweighs",
            "At z the perturbations outweigh what random labels leave of the base samples.",
            eps * N_adv * _L * sp.Abs(dir_z) > base_part(_U, _L, _RADIUS),
        ),
        matching_deterministic.SAME_SIDE,
        Assumption("failure", "The granted failure probability is below 1.", delta < 1),
    ),
    claims=(
        Claim(
            "matching",
            "The boundaries differ in sign at z with probability at most delta.",
            mismatch_chance <= delta,
        ),
        Claim(
            "base-part",
            "|T1(z)| exceeds its bound with probability at most delta.",
            excess_chance <= delta,
        ),
    ),
    proof=(
        *perturbed.DECOMPOSITION,
        Earlier(
            "multipliers <- radius perturbed-half-aware",
            "Whatever the labels, the multipliers lie between two bounds that do not depend on "
            "the labels.",
            perturbed_boundary.THEOREM,
        ),
        *perturbed.MULTIPLIER_SUM,
        Inequality(
            "between <- multipliers multiplier-range upper-free lower-free",
            "Every multiplier lies in [L, U].",
            sp.And(adv_lambda_n >= _L, adv_lambda_n <= _U, perturbed.adv_lambda_min >= _L),
        ),
        Inequality("bounds <- between lower-free", "0 < L <= U.", sp.And(_L > 0, _U >= _L)),
        Citation(
            "split",
            "lambda^a_n is the mid-point (U+L)/2, which is the same for all n and all labels, plus "
            "a remainder. Only the mid-point's sum is one of independent signs: the multipliers "
            "themselves depend on the labels.",
            sums.LINEAR_SUM(
                T1_z,
                _spread,
                (_U + _L) / 2,
                _signs,
                adv_lambda_n * label_n * base_z_n,
                (adv_lambda_n - (_U + _L) / 2) * label_n * base_z_n,
                label_n * base_z_n,
            ),
        ),
        Inequality(
            "remainder <- between label",
            "A remainder is at most (U-L)/2.",
            sp.Abs((adv_lambda_n - (_U + _L) / 2) * label_n) <= (_U - _L) / 2,
        ),
        Citation(
            "spread <- remainder between",
            "So the remainders add to at most (U-L)/2 ‖b‖_1, whatever the labels.",
            sums.WEIGHTS(
                _spread,
                (adv_lambda_n - (_U + _L) / 2) * label_n,
                (_U - _L) / 2,
                perturbed.base_l1_z,
            ),
        ),
        Let(
            "radius-signs <- failure",
            "Write t for the deviation of a sum of random signs.",
            _radius,
            _RADIUS,
        ),
        Citation(
            "signs <- radius-signs failure",
            "The sum of y^a_n b_n deviates more with probability at most delta.",
            sums.RANDOM_SIGNS(_tail, base_l2_z, _radius, delta),
        ),
        Inequality(
            "T1 <- split spread bounds",
            "Where it does not, |T1(z)| is within its bound.",
            sp.Implies(_EXCESS, _FAR),
        ),
        Inequality(
            "outweighs-short <- outweighs radius-signs failure",
            "The assumption in the short names.",
            eps * N_adv * _L * sp.Abs(dir_z) > _BOUND,
        ),
        Inequality(
            "T2-size <- T2 multiplier-sum between",
            "|T2(z)| is at least eps N_adv L |<dir, z>|.",
            sp.And(
                sp.Abs(perturbed.T2_z) >= eps * N_adv * _L * sp.Abs(dir_z),
                perturbed.T2_z * dir_z >= 0,
            ),
        ),
        Inequality(
            "mismatch <- decomposition T1 T2-size outweighs-short same-side",
            "So the signs differ only where the sum of signs deviates.",
            sp.Implies(MISMATCH, _FAR),
        ),
        Citation(
            "excess-event <- T1",
            "Compare the probabilities.",
            probability.sub_event(excess_chance, _tail, _EXCESS, _FAR),
        ),
        Citation(
            "mismatch-event <- mismatch",
            "Compare the probabilities.",
            probability.sub_event(mismatch_chance, _tail, MISMATCH, _FAR),
        ),
        Conclusion("claim-matching <- mismatch-event signs", "Both together."),
        Conclusion("claim-base-part <- excess-event signs", "Both together."),
    ),
    remarks=(
        "For one z that does not depend on the labels; for a finite set Z put delta/|Z|.",
        "Labels drawn with equal class sizes are not independent: another case.",
    ),
)
