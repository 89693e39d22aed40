"""The switch with flipped labels on orthogonal, equally long, balanced samples."""

import sympy as sp

from ..kkt import norm_q, q_z
from ..perturbed import (
    adv_A_eigenvalue,
    adv_activation_margin,
    adv_lambda_n,
    adv_lambda_sum,
    adv_q_z,
    eps,
)
from ..proof import Citation, Conclusion, Definition, Earlier, Inequality, Let
from ..statement import PROJECT, Assumption, Claim, Theorem
from ..symbols import N, R_max, R_min, declare, gamma, lambda_max, lambda_min, p_max
from ..vector_facts import (
    BILINEAR,
    LARGEST,
    LINEAR_SUM,
    NORM_ORDER,
    RAYLEIGH,
    SMALLEST,
    TERM_SUM,
    UNIQUE,
)
from . import exact_multipliers
from .matching_flipped_labels import flip_margin_min
from .perturbation_features import (
    NATURAL_SAMPLE,
    lambda_n,
    q_margin_max,
    q_margin_min,
    q_margin_n,
    rho_n,
)

imbalance = declare(
    "imbalance",
    "difference of the numbers of samples with label +1 and -1, in absolute value",
    low=0,
    integer=True,
)
flip_margin_max = declare(
    "flip_margin_max",
    "largest y_n <q^a, x_n> over the natural samples",
    latex="\\max_n y_n \\langle q^a,x_n\\rangle",
    typst="max_n y_n chevron.l q^a, x_n chevron.r",
)
_x = declare("strength", "eps sqrt(N)/R_max", low=0, open_low=True, latex="x", typst="x")
_R = declare("R_equal", "R_max², the squared norm of every sample", low=0, open_low=True)
_g = declare("shift", "eps² - 2 eps R_max/sqrt(N)", latex="g", typst="g")
_l = declare("common", "the common multiplier 2/((1+gamma²) R_max²)", low=0, open_low=True)
_la = declare("adv_common", "the number 1/row", low=0, open_low=True)
_row = declare("weight_row", "the row sum of the perturbed set's matrix A", low=0, open_low=True)
_along = declare("sample_along_q", "y_n <x_n, q>/‖q‖ of an arbitrary sample", index="n")
_label = declare("label_n", "label of sample n", typst="label_n")
_other_label = declare("label_k", "label of sample k", typst="label_k")
_inner = declare("natural_pair", "<x_n, x_k> with k != n", index="n")
_norm_a = declare("flipped_square", "‖x_n - eps y_n q/‖q‖‖²", index="n")
_pair_a = declare("flipped_pair", "inner product of two such samples", index="n")
_own = declare("adv_own", "activation of an own-half neuron at a perturbed sample", index="n")
_other = declare("adv_other", "activation of an other-half neuron there", index="n")
_image = declare("adv_image", "a component of A lambda^a", index="n")
_image_common = declare("adv_image_common", "a component of A times the constant 1/row", index="n")
_form = declare("adv_form", "<v, A v> for an arbitrary vector v", index="v")
_vector = declare("vector_square", "‖v‖²", low=0, index="v")
_plus, _minus = (
    declare(f"vector_{s}", f"sum of |v_n| over the samples labelled {s}", low=0, index="v")
    for s in ("plus", "minus")
)
_plus_sum, _minus_sum = (
    declare(f"vector_sum_{s}", f"sum of v_n over the samples labelled {s}", index="v")
    for s in ("plus", "minus")
)
_plus_norm, _minus_norm = (
    declare(f"vector_norm_{s}", f"norm of v on the samples labelled {s}", low=0, index="v")
    for s in ("plus", "minus")
)
_N_plus = declare("N_plus", "number of samples labelled +1", low=0)
_N_minus = declare("N_minus", "number of samples labelled -1", low=0)
_floor = declare("form_floor", "min(row, (1+gamma²) R/2)", low=0, open_low=True)
_margin = declare("flip_margin_k", "y_k <q^a, x_k> of a fixed sample k", index="k")
_plain = declare("q_margin_k", "y_k <q, x_k> of a fixed sample k", index="k")
_side = declare("side_n", "y_n <x_n, z>", index="n", latex="s_n", typst="s_n")
_pair_side = declare("pair_side", "y_n y_k <x_n, x_k> for a fixed k", index="n")

_SETTLED = (eps * sp.sqrt(N) - R_max) ** 2 * (1 + gamma) > (1 - gamma) * R_max**2

_NATURAL = (
    Definition(
        "norms",
        "Largest norms and multipliers are at least the smallest.",
        (R_max >= R_min, lambda_max >= lambda_min),
    ),
    Let("R-equal", "Write R for the common squared norm.", _R, R_max**2),
    Inequality(
        "plain",
        "All squared norms are R and all inner products 0.",
        sp.And(sp.Eq(p_max, 0), sp.Eq(R_min, R_max)),
        uses=("orthogonal", "equal-norms", "norms"),
    ),
    Earlier(
        "natural-multipliers",
        "So the multiplier bounds apply.",
        exact_multipliers.THEOREM,
        uses=("plain",),
    ),
    Let("common", "Write l for 2/((1+gamma²) R).", _l, 2 / ((1 + gamma**2) * _R)),
    Inequality(
        "bounds-meet",
        "And they meet: every multiplier is l.",
        sp.And(sp.Eq(lambda_min, _l), sp.Eq(lambda_max, _l)),
        uses=("natural-multipliers", "plain", "common", "R-equal", "norms"),
    ),
    *NATURAL_SAMPLE,
    Inequality(
        "margins",
        "So y_n <q, x_n> = l R.",
        sp.And(sp.Eq(lambda_n, _l), sp.Eq(rho_n, _R), sp.Eq(q_margin_n, _l * _R)),
        uses=("natural", "natural-row", "bounds-meet", "plain", "R-equal"),
    ),
    Citation(
        "normal",
        "‖q‖² = sum lambda_n y_n <q, x_n>.",
        TERM_SUM,
        (norm_q**2, N, lambda_n * q_margin_n, _l**2 * _R, _l**2 * _R),
        uses=("margins",),
    ),
    Inequality(
        "length",
        "So ‖q‖ = l R_max sqrt(N).",
        sp.Eq(norm_q, _l * R_max * sp.sqrt(N)),
        uses=("normal", "R-equal"),
    ),
    Definition(
        "along", "Every sample reaches as far along q.", (sp.Eq(_along * norm_q, q_margin_n),)
    ),
    Inequality(
        "reach",
        "Namely R_max/sqrt(N).",
        sp.Eq(_along, R_max / sp.sqrt(N)),
        uses=("along", "margins", "length", "R-equal"),
    ),
)
_PERTURBED = (
    Let(
        "shift",
        "Write g for eps² - 2 eps R_max/sqrt(N).",
        _g,
        eps**2 - 2 * eps * R_max / sp.sqrt(N),
    ),
    Let("strength", "Write x for eps sqrt(N)/R_max.", _x, eps * sp.sqrt(N) / R_max),
    Inequality(
        "shift-strength",
        "N g = R (x² - 2x).",
        sp.Eq(N * _g, _R * (_x**2 - 2 * _x)),
        uses=("shift", "strength", "R-equal"),
    ),
    Definition(
        "pairs",
        "Labels are +1 or -1, inner products at most p_max.",
        (sp.Eq(_label**2, 1), sp.Eq(_other_label**2, 1), sp.Abs(_inner) <= p_max),
    ),
    Citation(
        "expand-norm",
        "With flipped labels sample n is x_n - eps y_n q/‖q‖: expand its squared norm.",
        BILINEAR,
        (_norm_a, rho_n, _label * _along, _label * _along, 1, -eps * _label, -eps * _label),
    ),
    Citation(
        "expand-pair",
        "And the inner product of two.",
        BILINEAR,
        (
            _pair_a,
            _inner,
            _label * R_max / sp.sqrt(N),
            _other_label * R_max / sp.sqrt(N),
            1,
            -eps * _label,
            -eps * _other_label,
        ),
        uses=("reach",),
    ),
    Inequality(
        "norm",
        "Every squared norm is R + g.",
        sp.Eq(_norm_a, _R + _g),
        uses=("expand-norm", "pairs", "reach", "margins", "shift"),
    ),
    Inequality(
        "pair",
        "And every y_n y_k <.,.> is g.",
        sp.Eq(_label * _other_label * _pair_a, _g),
        uses=("expand-pair", "pairs", "plain", "shift"),
    ),
    Inequality(
        "settled-strength",
        "The assumption in terms of x: (x - 1)² > (1 - gamma)/(1 + gamma).",
        sp.And((_x - 1) ** 2 * (1 + gamma) > 1 - gamma, sp.Ne(_x, 1)),
        uses=("settled", "strength"),
    ),
    Inequality(
        "row-positive",
        "A row of A adds to something positive.",
        (1 + gamma**2) * _R + N * _g * (1 + gamma) ** 2 / 2 > 0,
        uses=("settled-strength", "shift-strength"),
    ),
    Let(
        "row",
        "Write row for it: half of (1+gamma²) R + N g (1+gamma)²/2.",
        _row,
        ((1 + gamma**2) * _R + N * _g * (1 + gamma) ** 2 / 2) / 2,
        uses=("row-positive",),
    ),
    Let("adv-common", "And take 1/row as multiplier of every perturbed sample.", _la, 1 / _row),
    Definition(
        "system",
        "In a row of A, (1+gamma²)/2 times R + g stands on the diagonal, (1+gamma²) g/2 at the "
        "N/2 - 1 others of the class and gamma g at the N/2 of the other class; the perturbed "
        "set's multipliers solve A lambda^a = 1.",
        (
            sp.Implies(
                imbalance <= 0,
                sp.Eq(
                    _image_common,
                    _la
                    * (
                        (1 + gamma**2) / 2 * (_R + _g)
                        + (N / 2 - 1) * (1 + gamma**2) / 2 * _g
                        + N / 2 * gamma * _g
                    ),
                ),
            ),
            sp.Eq(_image, 1),
        ),
    ),
    Inequality(
        "solves",
        "The constant 1/row solves it.",
        sp.Eq(_image_common, _image),
        uses=("system", "balanced", "adv-common", "row", "row-positive"),
    ),
    Definition(
        "form",
        "<v, A v> = ((1+gamma²) R ‖v‖² + g ((1+gamma²)(s_+² + s_-²) + 4 gamma s_+ s_-))/2 with "
        "the class sums s_+ and s_- of v.",
        (
            sp.Eq(
                _form,
                (
                    (1 + gamma**2) * _R * _vector
                    + _g
                    * (
                        (1 + gamma**2) * (_plus_sum**2 + _minus_sum**2)
                        + 4 * gamma * _plus_sum * _minus_sum
                    )
                )
                / 2,
            ),
            sp.Eq(_vector, _plus_norm**2 + _minus_norm**2),
            sp.Abs(_plus_sum) <= _plus,
            sp.Abs(_minus_sum) <= _minus,
        ),
    ),
    Citation("plus", "The class +1 has N_+ samples.", NORM_ORDER, (_plus, _plus_norm, _N_plus)),
    Citation("minus", "The other has N_-.", NORM_ORDER, (_minus, _minus_norm, _N_minus)),
    Definition(
        "counts",
        "Together they are N, and the imbalance is their difference.",
        (sp.Eq(_N_plus + _N_minus, N), sp.Eq(imbalance, sp.Abs(_N_plus - _N_minus))),
    ),
    Inequality(
        "class-sums",
        "So s_+² + s_-² <= N ‖v‖²/2.",
        _plus_sum**2 + _minus_sum**2 <= N / 2 * _vector,
        uses=("form", "plus", "minus", "counts", "balanced"),
    ),
    Inequality(
        "mixed",
        "The class sums enter with a weight between 0 and (1+gamma)².",
        sp.And(
            (1 + gamma**2) * (_plus_sum**2 + _minus_sum**2) + 4 * gamma * _plus_sum * _minus_sum
            >= 0,
            (1 + gamma**2) * (_plus_sum**2 + _minus_sum**2) + 4 * gamma * _plus_sum * _minus_sum
            <= (1 + gamma) ** 2 * (_plus_sum**2 + _minus_sum**2),
        ),
    ),
    Inequality(
        "mixed-vector",
        "So at most N (1+gamma)² ‖v‖²/2.",
        (1 + gamma**2) * (_plus_sum**2 + _minus_sum**2) + 4 * gamma * _plus_sum * _minus_sum
        <= (1 + gamma) ** 2 * N / 2 * _vector,
        uses=("mixed", "class-sums"),
    ),
    Let(
        "smaller",
        "The smaller of row and its value at g = 0.",
        _floor,
        sp.Min(_row, (1 + gamma**2) * _R / 2),
    ),
    Inequality(
        "form-floor",
        "So <v, A v> is at least that times ‖v‖².",
        _form >= _floor * _vector,
        uses=("form", "mixed", "mixed-vector", "row", "smaller"),
    ),
    Citation(
        "definite",
        "So A is positive definite.",
        RAYLEIGH,
        (adv_A_eigenvalue, _form, _vector, _floor),
        uses=("form-floor",),
    ),
    Inequality(
        "definite-positive",
        "Its smallest eigenvalue is positive.",
        adv_A_eigenvalue > 0,
        uses=("definite", "smaller"),
    ),
    Citation(
        "unique",
        "And the constant is the only solution: every multiplier of the perturbed set is 1/row.",
        UNIQUE,
        (adv_A_eigenvalue, _image_common, _image, _la, adv_lambda_n),
        uses=("definite-positive", "solves"),
    ),
)


def _normal_at(name: str, where: str, flipped: sp.Symbol, plain: sp.Symbol, side: sp.Symbol):
    """<q^a, z> = (1/(row l))(x - 1) <q, z> at one kind of point."""
    mislabeled = declare(f"flipped_base_{name}", f"- sum of lambda^a_n y_n <x_n, z> {where}")
    return (
        Inequality(
            f"term-{name}",
            f"Compare the terms of q^a and q {where}.",
            sp.Eq(-adv_lambda_n * side, -_la / _l * (lambda_n * side)),
            uses=("unique", "margins"),
        ),
        Citation(
            f"base-{name}",
            "The flipped base samples teach -(1/(row l)) <q, z>.",
            LINEAR_SUM,
            (mislabeled, 0, -_la / _l, plain, -adv_lambda_n * side, 0, lambda_n * side),
            uses=(f"term-{name}",),
        ),
        Citation(
            f"whole-{name}",
            "q^a = -sum lambda^a_n y_n x_n + (eps S_a/‖q‖) q.",
            LINEAR_SUM,
            (
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
            f"normal-{name}",
            "So <q^a, z> = (x - 1)/(row l) <q, z>.",
            sp.Eq(flipped * _l, _la * (_x - 1) * plain),
            uses=(f"base-{name}", f"whole-{name}", "sum", "length", "strength"),
        ),
    )


_FLIPPED = (
    Citation(
        "sum",
        "S_a = N/row.",
        TERM_SUM,
        (adv_lambda_sum, N, adv_lambda_n, _la, _la),
        uses=("unique",),
    ),
    *_normal_at("z", "at any z", adv_q_z, q_z, _side),
    Citation(
        "reach-least",
        "The smallest y_n <q, x_n> is l R.",
        SMALLEST,
        (q_margin_min, q_margin_n, _l * _R),
        uses=("margins",),
    ),
    Citation(
        "reach-largest",
        "And so is the largest.",
        LARGEST,
        (q_margin_max, q_margin_n, _l * _R),
        uses=("margins",),
    ),
    Definition(
        "one-sample",
        "y_k <q, x_k> of a fixed sample k lies between them.",
        (_plain >= q_margin_min, _plain <= q_margin_max),
    ),
    *_normal_at("sample", "at z = y_k x_k", _margin, _plain, _pair_side),
    Inequality(
        "margin",
        "So y_n <q^a, x_n> = (x - 1) R/row, the same for all.",
        sp.Eq(_margin, _la * (_x - 1) * _R),
        uses=("normal-sample", "one-sample", "reach-least", "reach-largest"),
    ),
    Citation(
        "margin-least",
        "So for the smallest.",
        SMALLEST,
        (flip_margin_min, _margin, _la * (_x - 1) * _R),
        uses=("margin",),
    ),
    Citation(
        "margin-largest",
        "And for the largest.",
        LARGEST,
        (flip_margin_max, _margin, _la * (_x - 1) * _R),
        uses=("margin",),
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
                    sp.Eq(_own, _la * (_R + _g + (N / 2 - 1) * _g + gamma * N / 2 * _g)),
                    sp.Eq(
                        _other, _la * (gamma * (_R + _g) + gamma * (N / 2 - 1) * _g + N / 2 * _g)
                    ),
                ),
            ),
        ),
    ),
    Inequality(
        "activation",
        "Both are at least (gamma R + N g (1+gamma)/2)/row.",
        sp.Min(_own, _other) >= _la * (gamma * _R + N * _g * (1 + gamma) / 2),
        uses=("activations", "balanced"),
    ),
    Citation(
        "activation-all",
        "So is the smallest.",
        SMALLEST,
        (
            adv_activation_margin,
            sp.Min(_own, _other),
            _la * (gamma * _R + N * _g * (1 + gamma) / 2),
        ),
        uses=("activation",),
    ),
    Inequality(
        "activation-positive",
        "Which is positive exactly when (x - 1)² > (1 - gamma)/(1 + gamma).",
        gamma * _R + N * _g * (1 + gamma) / 2 > 0,
        uses=("settled-strength", "shift-strength"),
    ),
    Inequality(
        "side",
        "x - 1 has the sign of eps sqrt(N) - R_max.",
        sp.Eq(sp.sign(_x - 1), sp.sign(eps * sp.sqrt(N) - R_max)),
        uses=("strength",),
    ),
    Inequality(
        "signs",
        "So <q^a, z> has that sign times the one of <q, z>.",
        sp.Eq(sp.sign(adv_q_z), sp.sign(_x - 1) * sp.sign(q_z)),
        uses=("normal-z",),
    ),
    Conclusion(
        "claim-pattern",
        "The multipliers are positive, so with this pattern all margins are tight: a KKT point.",
        "pattern",
        uses=("activation-all", "activation-positive"),
    ),
    Conclusion("claim-definite", "As shown.", "definite", uses=("definite-positive",)),
    Conclusion(
        "claim-switch",
        "As shown.",
        "switch",
        uses=(
            "margin-least",
            "margin-largest",
            "margin-order",
            "side",
            "signs",
            "settled-strength",
        ),
    ),
)

_SIDE = eps * sp.sqrt(N) - R_max

THEOREM = Theorem(
    id="matching-flipped-orthogonal",
    title="The switch at eps sqrt(N) = R_max with flipped labels",
    summary=(
        "On orthogonal, equally long, balanced natural samples with flipped labels and "
        "perturbations along q, the taught boundary is the natural one, reversed while "
        "eps sqrt(N) < R_max and restored beyond. The linear pattern holds exactly where "
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
            adv_activation_margin > 0,
        ),
        Claim("definite", "A is positive definite.", adv_A_eigenvalue > 0),
        Claim(
            "switch",
            "The two boundaries agree for every z when eps sqrt(N) > R_max and are opposite for "
            "every z when eps sqrt(N) < R_max.",
            sp.And(flip_margin_min * _SIDE > 0, flip_margin_max * _SIDE > 0),
            formal=sp.And(
                flip_margin_min * _SIDE > 0,
                flip_margin_max * _SIDE > 0,
                sp.Eq(sp.sign(adv_q_z), sp.sign(_SIDE) * sp.sign(q_z)),
            ),
        ),
    ),
    proof=(*_NATURAL, *_PERTURBED, *_FLIPPED),
    remarks=(
        "Section 1's condition on the perturbed set never reaches the switch; neither does the "
        "pattern itself, which is what this theorem's last assumption measures.",
        "The KKT point is shown to exist and to be the only one with this pattern; that training "
        "reaches it follows only where a certificate holds for the perturbed set.",
    ),
)
