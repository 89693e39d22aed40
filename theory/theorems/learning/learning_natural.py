"""Learning from perturbed natural samples (corresponds to the paper's theorem)."""

from dataclasses import replace

import sympy as sp

from ...statement import (
    KUMANO,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Inequality,
    Let,
    Theorem,
)
from ...steps import perturbed, sums
from ...steps.kkt import P, R, r
from ...steps.linear_boundary import f_z, norm_q, q_z
from ...steps.perturbed import T1_z, T2_z, adv_activation_margin, adv_f_z, dir_z
from ...symbols import (
    Eq,
    N,
    R_max,
    R_min,
    activation_margin,
    declare,
    gamma,
    lambda_max,
    lambda_min,
    p_max,
)
from ..boundary import exact_multipliers, half_aware
from ..perturbation import perturbation_features, perturbed_boundary
from ..perturbation.perturbation_features import lambda_n, q_margin_n

natural_kappa = declare(
    "natural_kappa",
    "largest |<x_n, q>|/‖q‖ over the natural samples: kappa of those samples perturbed along q",
    low=0,
    latex="\\kappa_q",
)
_along_n = declare("natural_along_n", "|<x_n, q>|/‖q‖", low=0, index="n")

# With dir = q/‖q‖ the perturbations' part repeats the natural network.
_REPEATS = sp.Implies(Eq(dir_z * norm_q, q_z), Eq(sp.sign(T2_z), sp.sign(f_z)))

_STEPS = (
    Earlier(
        "standard <- half-aware",
        "The natural network has the linear boundary with normal q.",
        half_aware.THEOREM,
    ),
    Earlier(
        "exact <- half-aware",
        "And its multipliers lie between the bounds of the exact solution.",
        exact_multipliers.THEOREM,
    ),
    Earlier(
        "perturbed <- radius perturbed-half-aware",
        "The perturbed set has the boundary T1(z) + T2(z).",
        perturbed_boundary.THEOREM,
    ),
    *perturbation_features.NATURAL_SAMPLE,
    Inequality(
        "room <- half-aware natural",
        "The half-aware condition gives (R + 2 r) P < r².",
        (R_max**2 + 2 * R_min**2) * (N - 1) * p_max < R_min**4,
    ),
    Inequality("room-simple <- room", "In particular P < r.", (N - 1) * p_max < R_min**2),
    Let("P", "Write P for (N-1) p_max.", P, (N - 1) * p_max),
    Let("r", "Write r for R_min².", r, R_min**2),
    Let("R", "Write R for R_max².", R, R_max**2),
    Inequality(
        "upper-scaled <- exact room-simple P r",
        "The upper bound of the multipliers, without fractions.",
        (1 + gamma**2) * (r - P) * lambda_max <= 2,
    ),
    Inequality(
        "lower-scaled <- exact room-simple P r R",
        "And the lower one.",
        (1 + gamma**2) * R * (r - P) * lambda_min >= 2 * (r - 2 * P),
    ),
    Inequality(
        "margin-scaled <- upper-scaled lower-scaled",
        "So (1+gamma²) R (r - P)(lambda_min r - lambda_max P) >= 2 (r (r - 2P) - R P).",
        (1 + gamma**2) * R * (r - P) * (lambda_min * r - lambda_max * P)
        >= 2 * (r * (r - 2 * P) - R * P),
    ),
    Inequality(
        "margin-positive <- margin-scaled room room-simple P r R",
        "Which is positive: q classifies every natural sample.",
        perturbation_features.MARGIN > 0,
    ),
    Inequality(
        "term-lower <- natural natural-margin margin-positive",
        "Each term of ‖q‖² = sum lambda_n y_n <q, x_n> is at least this.",
        lambda_n * q_margin_n >= lambda_min * perturbation_features.MARGIN,
    ),
    Inequality(
        "term-upper <- natural natural-reach",
        "And at most this.",
        lambda_n * q_margin_n <= lambda_max * perturbation_features.REACH,
    ),
    Citation(
        "normal <- term-lower term-upper",
        "Sum over the N samples.",
        sums.TERM_SUM(
            norm_q**2,
            N,
            lambda_n * q_margin_n,
            lambda_min * perturbation_features.MARGIN,
            lambda_max * perturbation_features.REACH,
        ),
    ),
    Definition(
        "direction",
        "|<x_n, q>| is |y_n <q, x_n>|.",
        (Eq(_along_n * norm_q, sp.Abs(q_margin_n)),),
    ),
    Inequality(
        "along <- direction natural-reach",
        "So |<x_n, q>|/‖q‖ is at most (U (R + P))/‖q‖.",
        _along_n <= perturbation_features.REACH / norm_q,
    ),
    Citation("kappa <- along", "So is the largest.", sums.LARGEST(natural_kappa)),
    Inequality(
        "kappa-scaled <- kappa",
        "Without the fraction.",
        natural_kappa * norm_q <= perturbation_features.REACH,
    ),
    Inequality(
        "kappa-squared <- kappa-scaled",
        "Squared.",
        natural_kappa**2 * norm_q**2 <= perturbation_features.REACH**2,
    ),
    *perturbed.MULTIPLIER_SUM,
    Inequality(
        "teacher <- perturbed multiplier-sum standard",
        "S_a > 0, so along q T2(z) has the sign of <q, z>, which is that of the natural network.",
        _REPEATS,
    ),
    Conclusion(
        "claim-teacher <- standard perturbed teacher",
        "Both boundaries are linear, and T2 repeats the natural one.",
    ),
    Conclusion("claim-margin <- margin-positive", "As shown."),
    Conclusion("claim-normal-lower <- normal", "As shown."),
    Conclusion("claim-normal-upper <- normal", "As shown."),
    Conclusion(
        "claim-kappa <- kappa-squared normal",
        "Put the lower bound of ‖q‖² into the bound of kappa² ‖q‖².",
    ),
)

_z = sp.Symbol("z")
_f, _T2 = sp.Function("f"), sp.Function("T_2")

THEOREM = Theorem(
    id="learning-natural",
    order=310,
    title="Learning from perturbed natural samples",
    summary=(
        "Natural samples, each moved by eps along the shortest way to the boundary and given any "
        "labels, teach the boundary T1(z) + T2(z), where T2(z) = (eps S_a/‖q‖) <q, z> has the sign "
        "of the network that they were made from."
    ),
    source=replace(KUMANO, locator="theorem on learning from perturbations on natural data"),
    origin="after the paper",
    assumptions=(*half_aware.THEOREM.assumptions, perturbed.RADIUS, perturbed.CONDITION),
    claims=(
        Claim(
            "teacher",
            "The limit network of the perturbed set has the sign of T1(z) + T2(z), and along "
            "dir = q/‖q‖ T2(z) has that of the natural network, for every z.",
            sp.And(activation_margin > 0, adv_activation_margin > 0),
            formal=sp.And(
                activation_margin > 0,
                adv_activation_margin > 0,
                Eq(sp.sign(adv_f_z), sp.sign(T1_z + T2_z)),
                _REPEATS,
            ),
            display=Eq(sp.sign(_T2(_z)), sp.sign(_f(_z))),
        ),
        Claim(
            "margin",
            "The multipliers are even enough for q to classify every natural sample.",
            perturbation_features.MARGIN > 0,
        ),
        Claim(
            "normal-lower",
            "The normal of the natural boundary is at least this long.",
            norm_q**2 >= N * lambda_min * perturbation_features.MARGIN,
        ),
        Claim(
            "normal-upper",
            "And at most this long.",
            norm_q**2 <= N * lambda_max * perturbation_features.REACH,
        ),
        Claim(
            "kappa",
            "A perturbation along q correlates little with any one natural sample: kappa <= "
            "U (R + P)/sqrt(N L (L r - U P)), squared.",
            natural_kappa**2 * N * lambda_min * perturbation_features.MARGIN
            <= perturbation_features.REACH**2,
        ),
    ),
    proof=_STEPS,
    remarks=(
        "Corresponds to the paper's theorem; re-derived with the half-aware condition, which the "
        "paper's implies. Bounds of the perturbed set's norms and multipliers: perturbed-boundary.",
        "Meant for natural samples moved along dir = q/‖q‖; the claims that need this say so.",
    ),
)
