"""Orthogonal, equally long samples: what the proof of matching-flipped-orthogonal takes of them.

Everything is explicit: one common multiplier, and how far the samples reach along q; then, for
balanced classes with flipped labels perturbed along q, another common multiplier and one number g
that the perturbation adds to every y_n y_k <x_n, x_k>.
"""

import sympy as sp

from ...statement import Citation, Definition, Earlier, Inequality, Let
from ...steps import sums
from ...steps.linear_boundary import label_k, label_n, norm_q
from ...steps.perturbed import adv_lambda_n, eps
from ...symbols import Eq, N, R_max, R_min, declare, gamma, lambda_max, lambda_min, p_max
from ..boundary import exact_multipliers
from ..perturbation import perturbation_features
from ..perturbation.perturbation_features import lambda_n, q_margin_n, rho_n

square = declare(
    "R_equal", "R_max², the squared norm of every sample", low=0, open_low=True, abbreviation=True
)
common = declare(
    "common", "the common multiplier 2/((1+gamma²) R_max²)", low=0, open_low=True, abbreviation=True
)
along = declare("sample_along_q", "y_n <x_n, q>/‖q‖ of an arbitrary sample", index="n")

NATURAL = (
    Definition(
        "norms",
        "Largest norms and multipliers are at least the smallest.",
        (R_max >= R_min, lambda_max >= lambda_min),
    ),
    Let("R-equal", "Write R for the common squared norm.", square, R_max**2),
    Inequality(
        "plain <- orthogonal equal-norms norms",
        "All squared norms are R and all inner products 0.",
        sp.And(Eq(p_max, 0), Eq(R_min, R_max)),
    ),
    Earlier(
        "natural-multipliers <- plain", "So the multiplier bounds apply.", exact_multipliers.THEOREM
    ),
    Let("common", "Write l for 2/((1+gamma²) R).", common, 2 / ((1 + gamma**2) * square)),
    Inequality(
        "bounds-meet <- natural-multipliers plain common R-equal norms",
        "And they meet: every multiplier is l.",
        sp.And(Eq(lambda_min, common), Eq(lambda_max, common)),
    ),
    *perturbation_features.NATURAL_SAMPLE,
    Inequality(
        "margins <- natural natural-row bounds-meet plain R-equal",
        "So y_n <q, x_n> = l R.",
        sp.And(Eq(lambda_n, common), Eq(rho_n, square), Eq(q_margin_n, common * square)),
    ),
    Citation(
        "normal <- margins",
        "‖q‖² = sum lambda_n y_n <q, x_n>.",
        sums.TERM_SUM(norm_q**2, N, lambda_n * q_margin_n, common**2 * square, common**2 * square),
    ),
    Inequality(
        "length <- normal R-equal",
        "So ‖q‖ = l R_max sqrt(N).",
        Eq(norm_q, common * R_max * sp.sqrt(N)),
    ),
    Definition("along", "Every sample reaches as far along q.", (Eq(along * norm_q, q_margin_n),)),
    Inequality(
        "reach <- along margins length R-equal",
        "Namely R_max/sqrt(N).",
        Eq(along, R_max / sp.sqrt(N)),
    ),
)

# With flipped labels and perturbed along q.
flip_A_eigenvalue = declare(
    "flip_A_eigenvalue",
    "smallest eigenvalue of the matrix A of the natural samples moved along q/‖q‖, labels flipped",
    latex="\\lambda_{\\min}(A^{flip})",
    typst='lambda_"min" (A^"flip")',
)
inner = declare("natural_pair", "<x_n, x_k> with k != n", index="n")
imbalance = declare(
    "imbalance",
    "difference of the numbers of samples with label +1 and -1, in absolute value",
    low=0,
    integer=True,
)
strength = declare(
    "strength", "eps sqrt(N)/R_max", low=0, open_low=True, latex="x", abbreviation=True
)
shift = declare("shift", "eps² - 2 eps R_max/sqrt(N)", latex="g", abbreviation=True)
adv_common = declare("adv_common", "the number 1/row", low=0, open_low=True, abbreviation=True)
weight_row = declare(
    "weight_row",
    "the row sum of the perturbed set's matrix A",
    low=0,
    open_low=True,
    abbreviation=True,
)
norm_a = declare("flipped_square", "‖x_n - eps y_n q/‖q‖‖²", index="n")
pair_a = declare("flipped_pair", "inner product of two such samples", index="n")
image = declare("adv_image", "a component of A lambda^a", index="n")
image_common = declare("adv_image_common", "a component of A times the constant 1/row", index="n")
form = declare("adv_form", "<v, A v> for an arbitrary vector v", index="v")
vector = declare("vector_square", "‖v‖²", low=0, index="v")
plus, minus = (
    declare(f"vector_{s}", f"sum of |v_n| over the samples labelled {s}", low=0, index="v")
    for s in ("plus", "minus")
)
plus_sum, minus_sum = (
    declare(f"vector_sum_{s}", f"sum of v_n over the samples labelled {s}", index="v")
    for s in ("plus", "minus")
)
plus_norm, minus_norm = (
    declare(f"vector_norm_{s}", f"norm of v on the samples labelled {s}", low=0, index="v")
    for s in ("plus", "minus")
)
N_plus = declare("N_plus", "number of samples labelled +1", low=0)
N_minus = declare("N_minus", "number of samples labelled -1", low=0)
_mixed = (1 + gamma**2) * (plus_sum**2 + minus_sum**2) + 4 * gamma * plus_sum * minus_sum
_whole_row = (1 + gamma**2) * square + N * shift * (1 + gamma) ** 2 / 2
floor = declare("form_floor", "min(row, (1+gamma²) R/2)", low=0, open_low=True, abbreviation=True)
PERTURBED = (
    Let(
        "shift",
        "Write g for eps² - 2 eps R_max/sqrt(N).",
        shift,
        eps**2 - 2 * eps * R_max / sp.sqrt(N),
    ),
    Let("strength", "Write x for eps sqrt(N)/R_max.", strength, eps * sp.sqrt(N) / R_max),
    Inequality(
        "shift-strength <- shift strength R-equal",
        "N g = R (x² - 2x).",
        Eq(N * shift, square * (strength**2 - 2 * strength)),
    ),
    Definition(
        "pairs",
        "Labels are +1 or -1, inner products at most p_max.",
        (Eq(label_n**2, 1), Eq(label_k**2, 1), sp.Abs(inner) <= p_max),
    ),
    Citation(
        "expand-norm",
        "With flipped labels sample n is x_n - eps y_n q/‖q‖: expand its squared norm.",
        sums.BILINEAR(
            norm_a, rho_n, label_n * along, label_n * along, 1, -eps * label_n, -eps * label_n
        ),
    ),
    Citation(
        "expand-pair <- reach",
        "And the inner product of two.",
        sums.BILINEAR(
            pair_a,
            inner,
            label_n * R_max / sp.sqrt(N),
            label_k * R_max / sp.sqrt(N),
            1,
            -eps * label_n,
            -eps * label_k,
        ),
    ),
    Inequality(
        "norm <- expand-norm pairs reach margins shift",
        "Every squared norm is R + g.",
        Eq(norm_a, square + shift),
    ),
    Inequality(
        "pair <- expand-pair pairs plain shift",
        "And every y_n y_k <.,.> is g.",
        Eq(label_n * label_k * pair_a, shift),
    ),
    Inequality(
        "settled-strength <- settled strength",
        "The assumption in terms of x: (x - 1)² > (1 - gamma)/(1 + gamma).",
        sp.And((strength - 1) ** 2 * (1 + gamma) > 1 - gamma, sp.Ne(strength, 1)),
    ),
    Inequality(
        "row-positive <- settled-strength shift-strength",
        "A row of A adds to something positive.",
        _whole_row > 0,
    ),
    Let(
        "row <- row-positive",
        "Write row for it: half of (1+gamma²) R + N g (1+gamma)²/2.",
        weight_row,
        _whole_row / 2,
    ),
    Let(
        "adv-common",
        "And take 1/row as multiplier of every perturbed sample.",
        adv_common,
        1 / weight_row,
    ),
    Definition(
        "system",
        "In a row of A, (1+gamma²)/2 times R + g stands on the diagonal, (1+gamma²) g/2 at the "
        "N/2 - 1 others of the class and gamma g at the N/2 of the other class; the perturbed "
        "set's multipliers solve A lambda^a = 1.",
        (
            sp.Implies(
                imbalance <= 0,
                Eq(
                    image_common,
                    adv_common
                    * (
                        (1 + gamma**2) / 2 * (square + shift)
                        + (N / 2 - 1) * (1 + gamma**2) / 2 * shift
                        + N / 2 * gamma * shift
                    ),
                ),
            ),
            Eq(image, 1),
        ),
    ),
    Inequality(
        "solves <- system balanced adv-common row row-positive",
        "The constant 1/row solves it.",
        Eq(image_common, image),
    ),
    Definition(
        "form",
        "<v, A v> = ((1+gamma²) R ‖v‖² + g ((1+gamma²)(s_+² + s_-²) + 4 gamma s_+ s_-))/2 with "
        "the class sums s_+ and s_- of v.",
        (
            Eq(form, ((1 + gamma**2) * square * vector + shift * _mixed) / 2),
            Eq(vector, plus_norm**2 + minus_norm**2),
            sp.Abs(plus_sum) <= plus,
            sp.Abs(minus_sum) <= minus,
        ),
    ),
    Citation("plus", "The class +1 has N_+ samples.", sums.NORM_ORDER(plus, plus_norm, N_plus)),
    Citation("minus", "The other has N_-.", sums.NORM_ORDER(minus, minus_norm, N_minus)),
    Definition(
        "counts",
        "Together they are N, and the imbalance is their difference.",
        (
            Eq(N_plus + N_minus, N),
            N_plus + N_minus >= 1,
            Eq(imbalance, sp.Abs(N_plus - N_minus)),
        ),
    ),
    Inequality(
        "class-sums <- form plus minus counts balanced",
        "So s_+² + s_-² <= N ‖v‖²/2.",
        plus_sum**2 + minus_sum**2 <= N / 2 * vector,
    ),
    Inequality(
        "mixed",
        "The class sums enter with a weight between 0 and (1+gamma)².",
        sp.And(_mixed >= 0, _mixed <= (1 + gamma) ** 2 * (plus_sum**2 + minus_sum**2)),
    ),
    Inequality(
        "mixed-vector <- mixed class-sums",
        "So at most N (1+gamma)² ‖v‖²/2.",
        _mixed <= (1 + gamma) ** 2 * N / 2 * vector,
    ),
    Let(
        "smaller",
        "The smaller of row and its value at g = 0.",
        floor,
        sp.Min(weight_row, (1 + gamma**2) * square / 2),
    ),
    Inequality(
        "form-floor <- form mixed mixed-vector row smaller",
        "So <v, A v> is at least that times ‖v‖².",
        form >= floor * vector,
    ),
    Citation(
        "definite <- form-floor",
        "So A is positive definite.",
        sums.RAYLEIGH(flip_A_eigenvalue, form, vector, floor),
    ),
    Inequality(
        "definite-positive <- definite smaller",
        "Its smallest eigenvalue is positive.",
        flip_A_eigenvalue > 0,
    ),
    Citation(
        "unique <- definite-positive solves",
        "And the constant is the only solution: every multiplier of the perturbed set is 1/row.",
        sums.UNIQUE(flip_A_eigenvalue, image_common, image, adv_common, adv_lambda_n),
    ),
)
