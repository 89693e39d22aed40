"""Alignment of the true input gradient at training samples with q."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Cases,
    Claim,
    Conclusion,
    Definition,
    Identity,
    Inequality,
    Theorem,
)
from ...steps.input_gradient import (
    AT_MINUS,
    AT_PLUS,
    BALANCED,
    FLOOR,
    GRADIENT,
    LARGER_CLASS,
    SPREAD,
    class_cos,
    cos_minus,
    cos_plus,
    gradient_cos_max,
    gradient_cos_min,
    part_minus,
    part_plus,
)
from ...symbols import activation_margin

_WORST = FLOOR / sp.sqrt(FLOOR**2 + SPREAD)
_BEST = sp.sqrt((1 + sp.Min(class_cos, 0)) / 2)

THEOREM = Theorem(
    id="gradient-alignment",
    order=230,
    title="Alignment of the true input gradient with q",
    summary=(
        "An attack on the network follows its gradient, not q. At training samples the cosine of "
        "the two depends on the slope and on how the class parts of q lie to each other; for one "
        "of the two labels it is never below 1/sqrt(2) unless the class parts oppose each other."
    ),
    source=PROJECT,
    assumptions=(
        Assumption(
            "pattern",
            "Every sample activates exactly its own label's half, so the gradient is known.",
            activation_margin > 0,
        ),
        Assumption("not-opposed", "The class parts of q do not oppose each other.", FLOOR > 0),
    ),
    claims=(
        Claim(
            "worst",
            "At every training sample: whatever the sizes of the classes.",
            gradient_cos_min >= _WORST,
        ),
        Claim(
            "best",
            "At the samples of the class with the longer part: at least 1/sqrt(2) when the class "
            "parts are orthogonal. With parts equally long this holds for both labels.",
            gradient_cos_max >= _BEST,
            formal=sp.And(
                gradient_cos_max >= _BEST,
                gradient_cos_max**2 >= LARGER_CLASS,
            ),
        ),
    ),
    proof=(
        *GRADIENT,
        Inequality(
            "not-opposite",
            "The class parts are not exactly opposite.",
            class_cos > -1,
            uses=("not-opposed",),
        ),
        *AT_PLUS,
        *AT_MINUS,
        Definition(
            "labels",
            "Both labels occur: with the pattern the extremes are those of these two cosines.",
            (
                sp.Implies(
                    activation_margin > 0,
                    sp.And(
                        sp.Eq(gradient_cos_min, sp.Min(cos_plus, cos_minus)),
                        sp.Eq(gradient_cos_max, sp.Max(cos_plus, cos_minus)),
                    ),
                ),
            ),
        ),
        Conclusion(
            "claim-worst",
            "For both labels.",
            "worst",
            uses=(
                "pattern",
                "worst-plus",
                "worst-minus",
                "labels",
                "floor",
                "spread",
                "floor-plus",
            ),
        ),
        Cases(
            "best",
            "One of the two class parts is at least as long as the other.",
            (part_plus >= part_minus, part_minus >= part_plus),
            sp.And(gradient_cos_max > 0, gradient_cos_max**2 >= LARGER_CLASS),
            uses=(
                "pattern",
                "best-plus",
                "best-minus",
                "squared-plus",
                "squared-minus",
                "labels",
                "not-opposite",
            ),
        ),
        Identity(
            "balanced",
            "For orthogonal, equally long, balanced samples c = 0 and the parts are equally long: "
            "the bound is the closed form (1+gamma)²/sqrt(2((1+gamma²)² + 4 gamma²)).",
            LARGER_CLASS.subs(class_cos, 0),
            BALANCED**2,
        ),
        Inequality(
            "half",
            "(1-gamma)⁴ <= (1+gamma)⁴: the squared cosine is at least (1 + min(c, 0))/2.",
            LARGER_CLASS >= (1 + sp.Min(class_cos, 0)) / 2,
            uses=("not-opposite",),
        ),
        Conclusion(
            "claim-best",
            "Take the root.",
            "best",
            uses=("best", "half", "not-opposite"),
        ),
    ),
    remarks=(
        "Unbalanced classes can bring a cosine down to 2 sqrt(2 gamma (1+gamma²))/(1+gamma)² for "
        "orthogonal samples; the bound is attained.",
        "For orthogonal, equally long, balanced samples both cosines equal "
        "(1+gamma)²/sqrt(2((1+gamma²)² + 4 gamma²)), which is 1 at gamma = 1.",
    ),
)
