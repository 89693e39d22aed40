"""Orthogonal, equally long samples: one common multiplier, and how far they reach along q."""

import sympy as sp

from .kkt import norm_q
from .proof import Citation, Definition, Earlier, Inequality, Let
from .symbols import N, R_max, R_min, declare, gamma, lambda_max, lambda_min, p_max
from .theorems import exact_multipliers
from .theorems.perturbation_features import (
    NATURAL_SAMPLE,
    lambda_n,
    q_margin_n,
    rho_n,
)
from .vector_facts import (
    TERM_SUM,
)

square = declare("R_equal", "R_max², the squared norm of every sample", low=0, open_low=True)
common = declare("common", "the common multiplier 2/((1+gamma²) R_max²)", low=0, open_low=True)
along = declare("sample_along_q", "y_n <x_n, q>/‖q‖ of an arbitrary sample", index="n")

NATURAL = (
    Definition(
        "norms",
        "Largest norms and multipliers are at least the smallest.",
        (R_max >= R_min, lambda_max >= lambda_min),
    ),
    Let("R-equal", "Write R for the common squared norm.", square, R_max**2),
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
    Let("common", "Write l for 2/((1+gamma²) R).", common, 2 / ((1 + gamma**2) * square)),
    Inequality(
        "bounds-meet",
        "And they meet: every multiplier is l.",
        sp.And(sp.Eq(lambda_min, common), sp.Eq(lambda_max, common)),
        uses=("natural-multipliers", "plain", "common", "R-equal", "norms"),
    ),
    *NATURAL_SAMPLE,
    Inequality(
        "margins",
        "So y_n <q, x_n> = l R.",
        sp.And(sp.Eq(lambda_n, common), sp.Eq(rho_n, square), sp.Eq(q_margin_n, common * square)),
        uses=("natural", "natural-row", "bounds-meet", "plain", "R-equal"),
    ),
    Citation(
        "normal",
        "‖q‖² = sum lambda_n y_n <q, x_n>.",
        TERM_SUM,
        (norm_q**2, N, lambda_n * q_margin_n, common**2 * square, common**2 * square),
        uses=("margins",),
    ),
    Inequality(
        "length",
        "So ‖q‖ = l R_max sqrt(N).",
        sp.Eq(norm_q, common * R_max * sp.sqrt(N)),
        uses=("normal", "R-equal"),
    ),
    Definition(
        "along", "Every sample reaches as far along q.", (sp.Eq(along * norm_q, q_margin_n),)
    ),
    Inequality(
        "reach",
        "Namely R_max/sqrt(N).",
        sp.Eq(along, R_max / sp.sqrt(N)),
        uses=("along", "margins", "length", "R-equal"),
    ),
)
