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
_REPEATS = sp.Implies(sp.Eq(dir_z * norm_q, q_z), sp.Eq(sp.sign(T2_z), sp.sign(f_z)))

_STEPS = (
    Earlier(
        "standard",
        "The natural network has the linear boundary with normal q.",
        half_aware.THEOREM,
        by="half-aware",
    ),
    Earlier(
        "exact",
        "And its multipliers lie between the bounds of the exact solution.",
        exact_multipliers.THEOREM,
        by="half-aware",
    ),
    Earlier(
        "perturbed",
        "The perturbed set has the boundary T1(z) + T2(z).",
        perturbed_boundary.THEOREM,
        by="radius perturbed-half-aware",
    ),
    *perturbation_features.NATURAL_SAMPLE,
    Inequality(
        "room",
        "The half-aware condition gives (R + 2 r) P < r².",
        (R_max**2 + 2 * R_min**2) * (N - 1) * p_max < R_min**4,
        by="half-aware natural",
    ),
    Inequality("room-simple", "In particular P < r.", (N - 1) * p_max < R_min**2, by="room"),
    Let("P", "Write P for (N-1) p_max.", P, (N - 1) * p_max),
    Let("r", "Write r for R_min².", r, R_min**2),
    Let("R", "Write R for R_max².", R, R_max**2),
    Inequality(
        "upper-scaled",
        "The upper bound of the multipliers, without fractions.",
        (1 + gamma**2) * (r - P) * lambda_max <= 2,
        by="exact room-simple P r",
    ),
    Inequality(
        "lower-scaled",
        "And the lower one.",
        (1 + gamma**2) * R * (r - P) * lambda_min >= 2 * (r - 2 * P),
        by="exact room-simple P r R",
    ),
    Inequality(
        "margin-scaled",
        "So (1+gamma²) R (r - P)(lambda_min r - lambda_max P) >= 2 (r (r - 2P) - R P).",
        (1 + gamma**2) * R * (r - P) * (lambda_min * r - lambda_max * P)
        >= 2 * (r * (r - 2 * P) - R * P),
        by="upper-scaled lower-scaled",
    ),
    Inequality(
        "margin-positive",
        "Which is positive: q classifies every natural sample.",
        perturbation_features.MARGIN > 0,
        by="margin-scaled room room-simple P r R",
    ),
    Inequality(
        "term-lower",
        "Each term of ‖q‖² = sum lambda_n y_n <q, x_n> is at least this.",
        lambda_n * q_margin_n >= lambda_min * perturbation_features.MARGIN,
        by="natural natural-margin margin-positive",
    ),
    Inequality(
        "term-upper",
        "And at most this.",
        lambda_n * q_margin_n <= lambda_max * perturbation_features.REACH,
        by="natural natural-reach",
    ),
    Citation(
        "normal",
        "Sum over the N samples.",
        sums.TERM_SUM(
            norm_q**2,
            N,
            lambda_n * q_margin_n,
            lambda_min * perturbation_features.MARGIN,
            lambda_max * perturbation_features.REACH,
        ),
        by="term-lower term-upper",
    ),
    Definition(
        "direction",
        "|<x_n, q>| is |y_n <q, x_n>|.",
        (sp.Eq(_along_n * norm_q, sp.Abs(q_margin_n)),),
    ),
    Inequality(
        "along",
        "So |<x_n, q>|/‖q‖ is at most (U (R + P))/‖q‖.",
        _along_n <= perturbation_features.REACH / norm_q,
        by="direction natural-reach",
    ),
    Citation("kappa", "So is the largest.", sums.LARGEST(natural_kappa), by="along"),
    Inequality(
        "kappa-scaled",
        "Without the fraction.",
        natural_kappa * norm_q <= perturbation_features.REACH,
        by="kappa",
    ),
    Inequality(
        "kappa-squared",
        "Squared.",
        natural_kappa**2 * norm_q**2 <= perturbation_features.REACH**2,
        by="kappa-scaled",
    ),
    *perturbed.MULTIPLIER_SUM,
    Inequality(
        "teacher",
        "S_a > 0, so along q T2(z) has the sign of <q, z>, which is that of the natural network.",
        _REPEATS,
        by="perturbed multiplier-sum standard",
    ),
    Conclusion(
        "claim-teacher",
        "Both boundaries are linear, and T2 repeats the natural one.",
        by="standard perturbed teacher",
    ),
    Conclusion("claim-margin", "As shown.", by="margin-positive"),
    Conclusion("claim-normal-lower", "As shown.", by="normal"),
    Conclusion("claim-normal-upper", "As shown.", by="normal"),
    Conclusion(
        "claim-kappa",
        "Put the lower bound of ‖q‖² into the bound of kappa² ‖q‖².",
        by="kappa-squared normal",
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
                sp.Eq(sp.sign(adv_f_z), sp.sign(T1_z + T2_z)),
                _REPEATS,
            ),
            display=sp.Eq(sp.sign(_T2(_z)), sp.sign(_f(_z)), evaluate=False),
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
