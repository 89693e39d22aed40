"""The switch with flipped labels on orthogonal, equally long, balanced samples."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Theorem,
)
from ...steps import sums
from ...steps.linear_boundary import norm_q, q_z
from ...steps.perturbed import adv_lambda_n, adv_lambda_sum, adv_q_z, eps
from ...symbols import Eq, N, R_max, R_min, declare, gamma, p_max
from ..perturbation.perturbation_features import lambda_n, q_margin_max, q_margin_min, q_margin_n
from . import orthogonal_data
from .matching_flipped_labels import flip_margin_min
from .orthogonal_data import adv_common, common, imbalance, shift, square, strength

flip_activation_margin = declare(
    "flip_activation_margin",
    "activation margin of the limit network of the natural samples moved along q/‖q‖, labels "
    "flipped",
    latex="\\mu^{flip}_{\\mathrm{act}}",
)
flip_margin_max = declare(
    "flip_margin_max",
    "largest y_n <q^a, x_n> over the natural samples",
    latex="\\max_n y_n \\langle q^a,x_n\\rangle",
)
_own = declare("adv_own", "activation of an own-half neuron at a perturbed sample", index="n")
_other = declare("adv_other", "activation of an other-half neuron there", index="n")
_margin = declare("flip_margin_k", "y_k <q^a, x_k> of a fixed sample k", index="k")
_plain = declare("q_margin_k", "y_k <q, x_k> of a fixed sample k", index="k")
_side = declare("side_n", "y_n <x_n, z>", index="n", latex="s_n")
_pair_side = declare("pair_side", "y_n y_k <x_n, x_k> for a fixed k", index="n")
_SETTLED = (eps * sp.sqrt(N) - R_max) ** 2 * (1 + gamma) > (1 - gamma) * R_max**2


def _normal_at(name: str, where: str, flipped: sp.Symbol, plain: sp.Symbol, side: sp.Symbol):
    """<q^a, z> = (1/(row l))(x - 1) <q, z> at one kind of point."""
    mislabeled = declare(f"flipped_base_{name}", f"- sum of lambda^a_n y_n <x_n, z> {where}")
    return (
        Inequality(
            f"term-{name} <- unique margins",
            f"Compare the terms of q^a and q {where}.",
            Eq(-adv_lambda_n * side, -adv_common / common * (lambda_n * side)),
        ),
        Citation(
            f"base-{name} <- term-{name}",
            "The flipped base samples teach -(1/(row l)) <q, z>.",
            sums.LINEAR_SUM(
                mislabeled, 0, -adv_common / common, plain, -adv_lambda_n * side, 0, lambda_n * side
            ),
        ),
        Citation(
            f"whole-{name}",
            "q^a = -sum lambda^a_n y_n x_n + (eps S_a/‖q‖) q.",
            sums.LINEAR_SUM(
                flipped,
                mislabeled,
                eps * adv_lambda_sum / norm_q,
                plain,
                -adv_lambda_n * side + eps * adv_lambda_sum / norm_q * (lambda_n * side),
                -adv_lambda_n * side,
                lambda_n * side,
            ),
        ),
        Inequality(
            f"normal-{name} <- base-{name} whole-{name} sum length strength",
            "So <q^a, z> = (x - 1)/(row l) <q, z>.",
            Eq(flipped * common, adv_common * (strength - 1) * plain),
        ),
    )


_FLIPPED = (
    Citation(
        "sum <- unique",
        "S_a = N/row.",
        sums.TERM_SUM(adv_lambda_sum, N, adv_lambda_n, adv_common, adv_common),
    ),
    *_normal_at("z", "at any z", adv_q_z, q_z, _side),
    Citation(
        "reach-least <- margins",
        "The smallest y_n <q, x_n> is l R.",
        sums.SMALLEST(q_margin_min, q_margin_n),
    ),
    Citation(
        "reach-largest <- margins", "And so is the largest.", sums.LARGEST(q_margin_max, q_margin_n)
    ),
    Definition(
        "one-sample",
        "y_k <q, x_k> of a fixed sample k lies between them.",
        (_plain >= q_margin_min, _plain <= q_margin_max),
    ),
    *_normal_at("sample", "at z = y_k x_k", _margin, _plain, _pair_side),
    Inequality(
        "margin <- normal-sample one-sample reach-least reach-largest",
        "So y_n <q^a, x_n> = (x - 1) R/row, the same for all.",
        Eq(_margin, adv_common * (strength - 1) * square),
    ),
    Citation(
        "margin-least <- margin", "So for the smallest.", sums.SMALLEST(flip_margin_min, _margin)
    ),
    Citation(
        "margin-largest <- margin", "And for the largest.", sums.LARGEST(flip_margin_max, _margin)
    ),
    Definition("margin-order", "Smallest and largest.", (flip_margin_min <= flip_margin_max,)),
    Definition(
        "activations",
        "With those multipliers, m y^a_n a_j <w_j, x^a_n> on the own half and on the other: slope "
        "1 for one class and gamma for the other.",
        (
            sp.Implies(
                imbalance <= 0,
                sp.And(
                    Eq(
                        _own,
                        adv_common * (square + shift + (N / 2 - 1) * shift + gamma * N / 2 * shift),
                    ),
                    Eq(
                        _other,
                        adv_common
                        * (gamma * (square + shift) + gamma * (N / 2 - 1) * shift + N / 2 * shift),
                    ),
                ),
            ),
        ),
    ),
    Inequality(
        "activation <- activations balanced",
        "Both are at least (gamma R + N g (1+gamma)/2)/row.",
        sp.Min(_own, _other) >= adv_common * (gamma * square + N * shift * (1 + gamma) / 2),
    ),
    Citation(
        "activation-all <- activation", "So is the smallest.", sums.SMALLEST(flip_activation_margin)
    ),
    Inequality(
        "activation-positive <- settled-strength shift-strength",
        "Which is positive exactly when (x - 1)² > (1 - gamma)/(1 + gamma).",
        gamma * square + N * shift * (1 + gamma) / 2 > 0,
    ),
    Inequality(
        "side <- strength",
        "x - 1 has the sign of eps sqrt(N) - R_max.",
        Eq(sp.sign(strength - 1), sp.sign(eps * sp.sqrt(N) - R_max)),
    ),
    Inequality(
        "signs <- normal-z",
        "So <q^a, z> has that sign times the one of <q, z>.",
        Eq(sp.sign(adv_q_z), sp.sign(strength - 1) * sp.sign(q_z)),
    ),
    Conclusion(
        "claim-pattern <- activation-all activation-positive",
        "The multipliers are positive, so with this pattern all margins are tight: a KKT point.",
    ),
    Conclusion("claim-definite <- definite-positive", "As shown."),
    Conclusion(
        "claim-switch <- margin-least margin-largest margin-order side signs settled-strength",
        "As shown.",
    ),
)

_SIDE = eps * sp.sqrt(N) - R_max

THEOREM = Theorem(
    id="matching-flipped-orthogonal",
    order=370,
    title="The switch at eps sqrt(N) = R_max with flipped labels",
    summary=(
        "On orthogonal, equally long, balanced natural samples with flipped labels and "
        "perturbations along q, the taught boundary is the natural one, reversed while "
        "eps sqrt(N) < R_max and restored beyond. The linear pattern holds where "
        "(eps sqrt(N)/R_max - 1)² > (1-gamma)/(1+gamma), so not at the switch itself."
    ),
    source=PROJECT,
    assumptions=(
        Assumption("orthogonal", "Different samples are orthogonal.", p_max <= 0),
        Assumption("equal-norms", "All samples are equally long.", R_max <= R_min),
        Assumption("balanced", "The classes are equally large.", imbalance <= 0),
        Assumption(
            "settled",
            "The perturbation is far enough from the switch for the linear pattern.",
            _SETTLED,
        ),
    ),
    claims=(
        Claim(
            "pattern",
            "The multipliers A⁻¹1 of the perturbed set give a network in which every sample "
            "activates exactly its own label's half.",
            flip_activation_margin > 0,
        ),
        Claim("definite", "A is positive definite.", orthogonal_data.flip_A_eigenvalue > 0),
        Claim(
            "switch",
            "The two boundaries agree for every z when eps sqrt(N) > R_max and are opposite for "
            "every z when eps sqrt(N) < R_max.",
            sp.And(flip_margin_min * _SIDE > 0, flip_margin_max * _SIDE > 0),
            formal=sp.And(
                flip_margin_min * _SIDE > 0,
                flip_margin_max * _SIDE > 0,
                Eq(sp.sign(adv_q_z), sp.sign(_SIDE) * sp.sign(q_z)),
            ),
        ),
    ),
    proof=(*orthogonal_data.NATURAL, *orthogonal_data.PERTURBED, *_FLIPPED),
    remarks=(
        "Section 1's condition on the perturbed set never reaches the switch; neither does the "
        "pattern itself, which is what this theorem's last assumption measures.",
        "The KKT point is shown to exist and to be the only one with this pattern; that training "
        "reaches it follows only where a certificate holds for the perturbed set.",
    ),
)
