"""Norms and inner products of perturbed samples, from those of the base samples."""

import sympy as sp

from .perturbed import (
    INNER_UPPER,
    NORM_LOWER,
    NORM_UPPER,
    P_A,
    R_A,
    ROW_UPPER,
    N_adv,
    P_hat,
    R_hat,
    adv_p_max,
    adv_R_max,
    adv_R_min,
    base_p_max,
    base_R_max,
    base_R_min,
    dir_sq,
    eps,
    kappa,
    label_k,
    label_n,
    r_A,
    r_hat,
)
from .proof import Citation, Definition, Inequality, Let, Step
from .symbols import declare, gamma
from .vector_facts import BILINEAR, LARGEST, SMALLEST

_square_n = declare("base_square_n", "‖x'_n‖²", low=0, index="n")
_pair = declare("base_pair", "<x'_n, x'_k> with k != n", index="n")
_along_n = declare("along_n", "<x'_n, dir>", index="n")
_along_k = declare("along_k", "<x'_k, dir>", index="n")
_adv_square = declare("adv_square_n", "‖x'_n + eps y^a_n dir‖²", low=0, index="n")
_adv_pair = declare("adv_pair", "inner product of two different perturbed samples", index="n")

HATS: tuple[Step, ...] = (
    Let("R-hat", "Write R-hat for what bounds the squared norms from above.", R_hat, NORM_UPPER),
    Let("r-hat", "Write r-hat for what bounds them from below.", r_hat, NORM_LOWER),
    Let("P-hat", "Write P-hat for what bounds the row sums.", P_hat, ROW_UPPER),
    Definition(
        "base-norms",
        "The largest norm of a base sample is at least the smallest.",
        (base_R_max >= base_R_min,),
    ),
    Inequality(
        "hat-order",
        "So R-hat is at least r-hat.",
        R_hat >= r_hat,
        uses=("base-norms", "R-hat", "r-hat"),
    ),
    Inequality(
        "hat-condition",
        "In the new names, without fractions.",
        sp.And(
            r_hat > 0,
            P_hat * ((1 + gamma**2) * R_hat + 2 * gamma * (1 + gamma) * r_hat)
            < gamma * (1 + gamma**2) * r_hat**2,
        ),
        uses=("radius", "perturbed-half-aware", "R-hat", "r-hat", "P-hat", "hat-order"),
    ),
    Inequality(
        "hat-room",
        "In particular P-hat < r-hat.",
        P_hat < r_hat,
        uses=("hat-condition", "hat-order"),
    ),
    Inequality(
        "hat-half",
        "The condition even gives 2 P-hat < r-hat.",
        2 * P_hat < r_hat,
        uses=("hat-condition", "hat-order"),
    ),
)

NORM_STEPS: tuple[Step, ...] = (
    Definition(
        "base",
        "For two arbitrary base samples: labels are +1 or -1, squared norms and inner products "
        "lie between the extremes.",
        (
            sp.Eq(label_n**2, 1),
            sp.Eq(label_k**2, 1),
            _square_n >= base_R_min**2,
            _square_n <= base_R_max**2,
            sp.Abs(_pair) <= base_p_max,
            sp.Abs(_along_n) <= kappa,
            sp.Abs(_along_k) <= kappa,
        ),
    ),
    Citation(
        "expand-norm",
        "Expand the squared norm of a perturbed sample.",
        BILINEAR,
        (
            _adv_square,
            _square_n,
            _along_n,
            _along_n,
            dir_sq,
            eps * label_n,
            eps * label_n,
        ),
    ),
    Citation(
        "expand-pair",
        "Expand the inner product of two different perturbed samples.",
        BILINEAR,
        (_adv_pair, _pair, _along_n, _along_k, dir_sq, eps * label_n, eps * label_k),
    ),
    Inequality(
        "labels",
        "Labels are +1 or -1.",
        sp.And(
            sp.Or(sp.Eq(label_n, 1), sp.Eq(label_n, -1)),
            sp.Or(sp.Eq(label_k, 1), sp.Eq(label_k, -1)),
        ),
        uses=("base",),
    ),
    Inequality(
        "norm-upper",
        "A squared norm grows by at most 2 eps kappa + eps² ‖dir‖².",
        _adv_square <= R_hat,
        uses=("base", "labels", "expand-norm", "R-hat"),
    ),
    Inequality(
        "norm-lower",
        "And is at least R'_min² - 2 eps kappa + eps² ‖dir‖².",
        _adv_square >= r_hat,
        uses=("base", "labels", "expand-norm", "r-hat"),
    ),
    Inequality(
        "pair-size",
        "An inner product grows by at most 2 eps kappa + eps² ‖dir‖².",
        sp.Abs(_adv_pair) <= INNER_UPPER,
        uses=("base", "labels", "expand-pair"),
    ),
    Let("R-A", "Write R_A for the largest squared norm.", R_A, adv_R_max**2),
    Let("r-A", "Write r_A for the smallest squared norm.", r_A, adv_R_min**2),
    Let("P-A", "Write P_A for (N_adv - 1) p^a_max.", P_A, (N_adv - 1) * adv_p_max),
    Citation(
        "largest-norm",
        "So is the largest squared norm.",
        LARGEST,
        (R_A, _adv_square, R_hat),
        uses=("norm-upper",),
    ),
    Citation(
        "smallest-norm",
        "So is the smallest.",
        SMALLEST,
        (r_A, _adv_square, r_hat),
        uses=("norm-lower",),
    ),
    Citation(
        "largest-pair",
        "So is the largest inner product.",
        LARGEST,
        (adv_p_max, sp.Abs(_adv_pair), INNER_UPPER),
        uses=("pair-size",),
    ),
    Inequality(
        "row",
        "So P_A <= P-hat.",
        P_A <= P_hat,
        uses=("largest-pair", "P-A", "P-hat"),
    ),
)
