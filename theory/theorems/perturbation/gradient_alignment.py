"""Alignment of the true input gradient at training samples with q."""

import sympy as sp

from ...proof_steps import Cases, Conclusion, Definition, Identity, Inequality
from ...statement import PROJECT, Assumption, Claim, Theorem
from ...steps import input_gradient
from ...steps.input_gradient import class_cos, gradient_cos_max, part_minus, part_plus
from ...symbols import activation_margin

_WORST = input_gradient.FLOOR / sp.sqrt(input_gradient.FLOOR**2 + input_gradient.SPREAD)
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
        Assumption(
            "not-opposed",
            "The class parts of q do not oppose each other.",
            input_gradient.FLOOR > 0,
        ),
    ),
    claims=(
        Claim(
            "worst",
            "At every training sample: whatever the sizes of the classes.",
            input_gradient.gradient_cos_min >= _WORST,
        ),
        Claim(
            "best",
            "At the samples of the class with the longer part: at least 1/sqrt(2) when the class "
            "parts are orthogonal. With parts equally long this holds for both labels.",
            gradient_cos_max >= _BEST,
            formal=sp.And(
                gradient_cos_max >= _BEST, gradient_cos_max**2 >= input_gradient.LARGER_CLASS
            ),
        ),
    ),
    proof=(
        *input_gradient.GRADIENT,
        Inequality(
            "not-opposite",
            "The class parts are not exactly opposite.",
            class_cos > -1,
            by="not-opposed",
        ),
        *input_gradient.AT_PLUS,
        *input_gradient.AT_MINUS,
        Definition(
            "labels",
            "Both labels occur: with the pattern the extremes are those of these two cosines.",
            (
                sp.Implies(
                    activation_margin > 0,
                    sp.And(
                        sp.Eq(
                            input_gradient.gradient_cos_min,
                            sp.Min(input_gradient.cos_plus, input_gradient.cos_minus),
                        ),
                        sp.Eq(
                            gradient_cos_max,
                            sp.Max(input_gradient.cos_plus, input_gradient.cos_minus),
                        ),
                    ),
                ),
            ),
        ),
        Conclusion(
            "claim-worst",
            "For both labels.",
            "worst",
            by="pattern worst-plus worst-minus labels floor spread floor-plus",
        ),
        Cases(
            "best",
            "One of the two class parts is at least as long as the other.",
            (part_plus >= part_minus, part_minus >= part_plus),
            sp.And(gradient_cos_max > 0, gradient_cos_max**2 >= input_gradient.LARGER_CLASS),
            by="pattern best-plus best-minus squared-plus squared-minus labels not-opposite",
        ),
        Identity(
            "balanced",
            "For orthogonal, equally long, balanced samples c = 0 and the parts are equally long: "
            "the bound is the closed form (1+gamma)²/sqrt(2((1+gamma²)² + 4 gamma²)).",
            input_gradient.LARGER_CLASS.subs(class_cos, 0),
            input_gradient.BALANCED**2,
        ),
        Inequality(
            "half",
            "(1-gamma)⁴ <= (1+gamma)⁴: the squared cosine is at least (1 + min(c, 0))/2.",
            input_gradient.LARGER_CLASS >= (1 + sp.Min(class_cos, 0)) / 2,
            by="not-opposite",
        ),
        Conclusion("claim-best", "Take the root.", "best", by="best half not-opposite"),
    ),
    remarks=(
        "Unbalanced classes can bring a cosine down to 2 sqrt(2 gamma (1+gamma²))/(1+gamma)² for "
        "orthogonal samples; the bound is attained.",
        "For orthogonal, equally long, balanced samples both cosines equal "
        "(1+gamma)²/sqrt(2((1+gamma²)² + 4 gamma²)), which is 1 at gamma = 1.",
    ),
)
