"""The boundary that perturbed samples teach: base samples and perturbations, separated.

The steps bound norms and inner products of the perturbed samples, apply the half-aware theorem to
the perturbed set with its labels, and split the normal of its boundary.
"""

import sympy as sp

from ... import symbols
from ...statement import (
    PROJECT,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Inequality,
    Let,
    Step,
    Theorem,
)
from ...steps import linear_boundary, perturbed, sums
from ...steps.linear_boundary import half_aware_product, lower_multiplier, upper_multiplier
from ...steps.perturbed import P_hat, T2_z, adv_lambda_max, adv_lambda_min, adv_R_min, r_A, r_hat
from ...symbols import Eq, declare, gamma, tau_asked
from ..boundary import exact_multipliers, half_aware

# The network, the point z and what is asked are the same for both sets.
_SHARED = (gamma, symbols.m, symbols.d, linear_boundary.norm_z, symbols.tau_asked)

# Norms and inner products of perturbed samples, from those of the base samples.

_square_n = declare("base_square_n", "‖x'_n‖²", low=0, index="n")
_pair = declare("base_pair", "<x'_n, x'_k> with k != n", index="n")
_along_n = declare("along_n", "<x'_n, dir>", index="n")
_along_k = declare("along_k", "<x'_k, dir>", index="n")
_adv_square = declare("adv_square_n", "‖x'_n + eps y^a_n dir‖²", low=0, index="n")
_adv_pair = declare("adv_pair", "inner product of two different perturbed samples", index="n")

_NORMS: tuple[Step, ...] = (
    Definition(
        "base",
        "For two arbitrary base samples: labels are +1 or -1, squared norms and inner products "
        "lie between the extremes.",
        (
            Eq(perturbed.label_n**2, 1),
            Eq(perturbed.label_k**2, 1),
            _square_n >= perturbed.base_R_min**2,
            _square_n <= perturbed.base_R_max**2,
            sp.Abs(_pair) <= perturbed.base_p_max,
            sp.Abs(_along_n) <= perturbed.kappa,
            sp.Abs(_along_k) <= perturbed.kappa,
        ),
    ),
    Citation(
        "expand-norm",
        "Expand the squared norm of a perturbed sample.",
        sums.BILINEAR(
            _adv_square,
            _square_n,
            _along_n,
            _along_n,
            perturbed.dir_sq,
            perturbed.eps * perturbed.label_n,
            perturbed.eps * perturbed.label_n,
        ),
    ),
    Citation(
        "expand-pair",
        "Expand the inner product of two different perturbed samples.",
        sums.BILINEAR(
            _adv_pair,
            _pair,
            _along_n,
            _along_k,
            perturbed.dir_sq,
            perturbed.eps * perturbed.label_n,
            perturbed.eps * perturbed.label_k,
        ),
    ),
    Inequality(
        "labels <- base",
        "Labels are +1 or -1.",
        sp.And(
            sp.Or(Eq(perturbed.label_n, 1), Eq(perturbed.label_n, -1)),
            sp.Or(Eq(perturbed.label_k, 1), Eq(perturbed.label_k, -1)),
        ),
    ),
    Inequality(
        "norm-upper <- base labels expand-norm R-hat",
        "A squared norm grows by at most 2 eps kappa + eps² ‖dir‖².",
        _adv_square <= perturbed.R_hat,
    ),
    Inequality(
        "norm-lower <- base labels expand-norm r-hat",
        "And is at least R'_min² - 2 eps kappa + eps² ‖dir‖².",
        _adv_square >= r_hat,
    ),
    Inequality(
        "pair-size <- base labels expand-pair",
        "An inner product grows by at most 2 eps kappa + eps² ‖dir‖².",
        sp.Abs(_adv_pair) <= perturbed.INNER_UPPER,
    ),
    Let("R-A", "Write R_A for the largest squared norm.", perturbed.R_A, perturbed.adv_R_max**2),
    Let("r-A", "Write r_A for the smallest squared norm.", r_A, adv_R_min**2),
    Let(
        "P-A",
        "Write P_A for (N_adv - 1) p^a_max.",
        perturbed.P_A,
        (perturbed.N_adv - 1) * perturbed.adv_p_max,
    ),
    Citation(
        "largest-norm <- norm-upper", "So is the largest squared norm.", sums.LARGEST(perturbed.R_A)
    ),
    Citation("smallest-norm <- norm-lower", "So is the smallest.", sums.SMALLEST(r_A)),
    Citation(
        "largest-pair <- pair-size",
        "So is the largest inner product.",
        sums.LARGEST(perturbed.adv_p_max),
    ),
    Inequality("row <- largest-pair P-A P-hat", "So P_A <= P-hat.", perturbed.P_A <= P_hat),
)

_TRAINING: tuple[Step, ...] = (
    Inequality(
        "set-lower <- hat-condition smallest-norm",
        "The condition gets weaker as r grows: put r_A for r-hat.",
        half_aware_product(perturbed.R_hat, r_A, P_hat),
    ),
    Inequality(
        "set-upper <- set-lower largest-norm row",
        "And as R and P shrink: put R_A for R-hat and P_A for P-hat.",
        half_aware_product(perturbed.R_A, r_A, perturbed.P_A),
    ),
    Inequality(
        "set-condition <- set-upper R-A r-A P-A",
        "So the perturbed set meets the half-aware condition.",
        linear_boundary.half_aware(
            perturbed.adv_R_max**2, adv_R_min**2, (perturbed.N_adv - 1) * perturbed.adv_p_max
        ),
    ),
    Inequality(
        "set-positive <- hat-condition smallest-norm r-A",
        "No perturbed sample is at the origin.",
        adv_R_min > 0,
    ),
    Earlier(
        "half-aware <- set-condition set-positive",
        "The theorem on standard training applies to the perturbed set and its labels.",
        half_aware.THEOREM,
        at=tuple(perturbed.TWINS.items()),
        shared=_SHARED,
    ),
    Earlier(
        "multipliers <- set-condition set-positive",
        "And so does the one on its exact multipliers.",
        exact_multipliers.THEOREM,
        at=tuple(perturbed.TWINS.items()),
        shared=_SHARED,
    ),
    Inequality("set-room <- hat-room smallest-norm row", "P_A < r_A as well.", perturbed.P_A < r_A),
    Inequality(
        "upper-scaled <- multipliers set-room r-A P-A",
        "The upper bound of the multipliers, without fractions.",
        (1 + gamma**2) * (r_A - perturbed.P_A) * adv_lambda_max <= 2,
    ),
    Inequality(
        "upper-hat <- upper-scaled set-room hat-room smallest-norm row",
        "It grows when r-hat and P-hat are put for r_A and P_A.",
        adv_lambda_max <= perturbed.UPPER_HAT,
    ),
    Inequality(
        "lower-scaled <- multipliers set-room R-A r-A P-A",
        "The lower bound of the multipliers, without fractions.",
        (1 + gamma**2) * perturbed.R_A * (r_A - perturbed.P_A) * adv_lambda_min
        >= 2 * (r_A - 2 * perturbed.P_A),
    ),
    Inequality(
        "quotient <- smallest-norm row hat-half",
        "(r - 2P)/(r - P) shrinks when r-hat and P-hat are put for r_A and P_A.",
        (r_A - 2 * perturbed.P_A) * (r_hat - P_hat) >= (r_hat - 2 * P_hat) * (r_A - perturbed.P_A),
    ),
    Inequality(
        "lower-mixed <- lower-scaled quotient set-room hat-room",
        "So the lower bound holds with r-hat and P-hat.",
        (1 + gamma**2) * perturbed.R_A * adv_lambda_min * (r_hat - P_hat)
        >= 2 * (r_hat - 2 * P_hat),
    ),
    Inequality(
        "lower-product <- lower-mixed largest-norm hat-room",
        "And with R-hat.",
        (1 + gamma**2) * perturbed.R_hat * adv_lambda_min * (r_hat - P_hat)
        >= 2 * (r_hat - 2 * P_hat),
    ),
    Inequality(
        "lower-hat <- lower-product hat-room hat-order",
        "Divide again.",
        adv_lambda_min >= perturbed.LOWER_HAT,
    ),
)

_z = sp.Symbol("z")
_T1, _T2 = (sp.Function(name) for name in ("T_1", "T_2"))

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "norms-upper",
        "No perturbed sample is longer than this.",
        perturbed.adv_R_max**2 <= perturbed.NORM_UPPER,
    ),
    Claim("norms-lower", "None is shorter than this.", adv_R_min**2 >= perturbed.NORM_LOWER),
    Claim("inner", "Inner products stay below this.", perturbed.adv_p_max <= perturbed.INNER_UPPER),
    Claim(
        "multipliers-upper",
        "Every multiplier of the perturbed set is at most this, whatever the labels.",
        adv_lambda_max <= upper_multiplier(perturbed.NORM_LOWER, perturbed.ROW_UPPER),
    ),
    Claim(
        "multipliers-lower",
        "And at least this.",
        adv_lambda_min
        >= lower_multiplier(perturbed.NORM_UPPER, perturbed.NORM_LOWER, perturbed.ROW_UPPER),
    ),
    Claim("multipliers-positive", "All multipliers are positive.", adv_lambda_min > 0),
    Claim(
        "boundary",
        "The limit network of the perturbed set has the sign of T1(z) + T2(z) for every z: T1 is "
        "what the base samples teach, T2(z) = eps S_a <dir, z> what the perturbations teach.",
        perturbed.adv_activation_margin > 0,
        formal=sp.And(
            perturbed.adv_activation_margin > 0,
            Eq(sp.sign(perturbed.adv_f_z), sp.sign(perturbed.T1_z + T2_z)),
            Eq(T2_z, perturbed.eps * perturbed.adv_lambda_sum * perturbed.dir_z),
        ),
        display=Eq(sp.sign(sp.Function("f^a")(_z)), sp.sign(_T1(_z) + _T2(_z))),
    ),
    Claim(
        "trained",
        "The network trained on the perturbed set has that sign for every z outside the "
        "certified angle, and that angle is as small as asked.",
        perturbed.adv_tau <= tau_asked,
        formal=sp.Implies(
            sp.Abs(perturbed.T1_z + T2_z)
            > perturbed.adv_tau * perturbed.adv_norm_q * linear_boundary.norm_z,
            Eq(sp.sign(perturbed.adv_trained_z), sp.sign(perturbed.T1_z + T2_z)),
        ),
        limit=True,
        settle="train longer, or ask for a wider angle",
    ),
)

_CONCLUSIONS: tuple[Step, ...] = (
    Conclusion("claim-norms-upper <- largest-norm R-A R-hat", "In the original symbols."),
    Conclusion("claim-norms-lower <- smallest-norm r-A r-hat", "In the original symbols."),
    Conclusion("claim-inner <- largest-pair", "As shown."),
    Conclusion(
        "claim-multipliers-upper <- upper-hat hat-room r-hat P-hat", "In the original symbols."
    ),
    Conclusion(
        "claim-multipliers-lower <- lower-hat hat-room hat-order R-hat r-hat P-hat",
        "In the original symbols.",
    ),
    Conclusion(
        "claim-multipliers-positive <- half-aware set-positive", "By the half-aware theorem."
    ),
    Conclusion(
        "claim-boundary <- half-aware decomposition T2",
        "The boundary of the perturbed set, decomposed.",
    ),
    Conclusion("claim-trained <- half-aware decomposition", "The same for the trained network."),
)

THEOREM = Theorem(
    id="perturbed-boundary",
    order=240,
    title="Boundary of training on perturbed samples",
    summary=(
        "When base samples, perturbations and their correlation are small enough, a network "
        "trained on x'_n + eps y^a_n dir, whatever the labels y^a, has the linear boundary "
        "T1(z) + T2(z): what the base samples teach plus what the perturbations teach."
    ),
    source=PROJECT,
    origin="after the paper",
    assumptions=(perturbed.RADIUS, perturbed.CONDITION),
    claims=CLAIMS,
    proof=(*perturbed.HATS, *_NORMS, *_TRAINING, *perturbed.DECOMPOSITION, *_CONCLUSIONS),
    remarks=(
        "Holds for any base samples and any one direction dir, of whatever norm.",
        "The paper's condition on the perturbed set implies the condition assumed here "
        "(certificate-ladder).",
    ),
)
