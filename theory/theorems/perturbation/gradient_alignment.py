"""Alignment of the true input gradient at training samples with q.

The gradient at a sample of label s is c1 A_s + c2 A_-s (times 1/2) with c1 = 1 + gamma²,
c2 = 2 gamma and the class parts A_s of q.
"""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Cases,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Identity,
    Inequality,
    Let,
    Step,
    Theorem,
)
from ...steps import linear_boundary, sums
from ...symbols import Eq, activation_margin, declare, gamma

class_cos = declare(
    "class_cos",
    "cosine of A_+ and A_-, A_s = sum of lambda_n y_n x_n over the samples with label s",
    low=-1,
    high=1,
    latex="c",
)
gradient_cos_min = declare(
    "gradient_cos_min",
    "smaller of the two cosines (label +1, label -1) of q and the limit network's input gradient "
    "at a training sample of that label, which is sum over k of c_k lambda_k y_k x_k with c_k = "
    "1+gamma² for its own label and 2 gamma for the other",
    low=-1,
    high=1,
)
gradient_cos_max = declare("gradient_cos_max", "larger of the two gradient cosines", low=-1, high=1)

part_plus = declare("part_plus", "‖A_+‖", low=0, open_low=True, latex="\\|A_+\\|")
part_minus = declare("part_minus", "‖A_-‖", low=0, open_low=True, latex="\\|A_-\\|")
_same = declare("same_weight", "1 + gamma²", low=0, latex="c_1", abbreviation=True)
_cross = declare("cross_weight", "2 gamma", low=0, latex="c_2", abbreviation=True)
_qq = declare("q_square", "‖q‖²")
_spread = declare("gradient_spread", "(1-gamma)⁴ (1 - c²)", low=0, latex="K", abbreviation=True)
_floor = declare(
    "gradient_floor", "2 sqrt(2 gamma (1+gamma²)) + (1+gamma)² c", latex="D", abbreviation=True
)

FLOOR = 2 * sp.sqrt(2 * gamma * (1 + gamma**2)) + (1 + gamma) ** 2 * class_cos
SPREAD = (1 - gamma) ** 4 * (1 - class_cos**2)
LARGER_CLASS = (
    (1 + gamma) ** 4
    * (1 + class_cos)
    / ((1 + gamma) ** 4 * (1 + class_cos) + (1 - gamma) ** 4 * (1 - class_cos))
)
"""Squared cosine that the class with the larger part attains at least."""

BALANCED = (1 + gamma) ** 2 / sp.sqrt(2 * ((1 + gamma**2) ** 2 + 4 * gamma**2))
"""The cosine for orthogonal, equally long, balanced samples."""


GRADIENT = (
    *linear_boundary.slope_products(
        "gradient-same",
        "The gradient at a sample of label s is sum_j a_j phi'_j w_j; a neuron of half a has slope "
        "(1+gamma)/2 + a y (1-gamma)/2 at label y, so x_k enters with lambda_k y_k/2 times the sum "
        "over the halves of two slopes: 1+gamma² for its own label.",
        "gradient-other",
        "And 2 gamma for the other label.",
    ),
    Let("c1", "Write c1 for 1+gamma².", _same, 1 + gamma**2),
    Let("c2", "Write c2 for 2 gamma.", _cross, 2 * gamma),
    Citation(
        "q-norm",
        "q is A_+ + A_-: expand ‖q‖².",
        sums.COMBINED(
            _qq, part_plus**2, class_cos * part_plus * part_minus, part_minus**2, 1, 1, 1, 1
        ),
    ),
    Let("spread", "Write K for (1-gamma)⁴ (1 - c²).", _spread, SPREAD),
    Let("floor", "Write D for the bound of that ratio.", _floor, FLOOR),
    Inequality(
        "gap <- c1 c2 spread",
        "c1 - c2 = (1 - gamma)².",
        Eq(_spread, (_same - _cross) ** 2 * (1 - class_cos**2)),
    ),
)


def _at_label(label: str, own: sp.Symbol, other: sp.Symbol) -> tuple[sp.Symbol, tuple[Step, ...]]:
    """The cosine of gradient and q at samples of one label, and the steps that bound it."""
    inner = declare(f"gradient_inner_{label}", f"<gradient, q> at label {label}")
    square = declare(f"gradient_square_{label}", f"‖gradient‖² at label {label}")
    cosine = declare(f"gradient_cos_{label}", f"cosine of gradient and q at label {label}")
    ratio = declare(
        f"gradient_ratio_{label}",
        f"<gradient, q>/(‖A_+‖ ‖A_-‖) at label {label}",
        abbreviation=True,
    )
    between = class_cos * own * other
    inner_value = _same * own**2 + (_same + _cross) * between + _cross * other**2
    square_value = _same**2 * own**2 + 2 * _same * _cross * between + _cross**2 * other**2
    steps: tuple[Step, ...] = (
        Citation(
            f"inner-{label}",
            f"At label {label} the gradient is c1 times its own class part plus c2 times the "
            "other's (times 1/2, which no cosine sees): expand <gradient, q>.",
            sums.COMBINED(inner, own**2, between, other**2, _same, _cross, 1, 1),
        ),
        Citation(
            f"square-{label}",
            "Expand ‖gradient‖².",
            sums.COMBINED(square, own**2, between, other**2, _same, _cross, _same, _cross),
        ),
        Identity(
            f"lagrange-{label}",
            "Lagrange's identity: ‖gradient‖² ‖q‖² = <gradient, q>² + "
            "(c1 - c2)² ‖A_+‖² ‖A_-‖² (1 - c²).",
            square_value * (own**2 + 2 * between + other**2),
            inner_value**2 + (_same - _cross) ** 2 * own**2 * other**2 * (1 - class_cos**2),
        ),
        Let(
            f"ratio-{label}",
            "Divide <gradient, q> by the lengths of the two parts.",
            ratio,
            inner / (own * other),
        ),
        Inequality(
            f"sum-{label} <- ratio-{label} inner-{label}",
            "Without the fraction.",
            sp.And(Eq(ratio * own * other, inner), Eq(inner, inner_value)),
        ),
        Inequality(
            f"means-{label}",
            "Arithmetic and geometric mean: c1 s² + c2 t² >= 2 sqrt(c1 c2) s t.",
            _same * own**2 + _cross * other**2 >= 2 * sp.sqrt(_same * _cross) * own * other,
        ),
        Inequality(
            f"divided-{label} <- sum-{label} means-{label}",
            "So, divided by the lengths, the ratio is at least 2 sqrt(c1 c2) + (c1 + c2) c.",
            ratio >= 2 * sp.sqrt(_same * _cross) + (_same + _cross) * class_cos,
        ),
        Inequality(
            f"floor-{label} <- divided-{label} c1 c2 floor not-opposed",
            "That is D, which is positive.",
            sp.And(ratio >= _floor, _floor > 0),
        ),
        Definition(
            f"cosine-{label}",
            "The cosine is <gradient, q>/(‖gradient‖ ‖q‖).",
            (Eq(cosine**2 * (square * _qq), inner**2), Eq(sp.sign(cosine), sp.sign(inner))),
        ),
        Inequality(
            f"product-{label} <- lagrange-{label} square-{label} q-norm sum-{label} gap",
            "By Lagrange's identity cos² (ratio² + K) = ratio², after dividing by the lengths.",
            Eq(square * _qq, (own * other) ** 2 * (ratio**2 + _spread)),
        ),
        Inequality(
            f"squared-{label} <- product-{label} cosine-{label} sum-{label} floor-{label}",
            "By Lagrange's identity cos² (ratio² + K) = ratio², after dividing by the lengths.",
            sp.And(cosine > 0, Eq(cosine**2 * (ratio**2 + _spread), ratio**2)),
        ),
        Inequality(
            f"worst-squared-{label} <- squared-{label} floor-{label}",
            "x²/(x² + K) grows with x.",
            cosine**2 * (_floor**2 + _spread) >= _floor**2,
        ),
        Inequality(
            f"worst-{label} <- worst-squared-{label} squared-{label} floor-{label}",
            "Take the root.",
            cosine >= _floor / sp.sqrt(_floor**2 + _spread),
        ),
        Inequality(
            f"longer-{label} <- sum-{label} c1 c2",
            "If its own class part is the longer one, the ratio is at least (c1 + c2)(1 + c).",
            sp.Implies(own >= other, ratio >= (1 + gamma) ** 2 * (1 + class_cos)),
        ),
        Inequality(
            f"best-{label} <- longer-{label} squared-{label} not-opposite spread",
            "Then the squared cosine is at least this.",
            sp.Implies(own >= other, cosine**2 >= LARGER_CLASS),
        ),
    )
    return cosine, steps


cos_plus, AT_PLUS = _at_label("plus", part_plus, part_minus)
cos_minus, AT_MINUS = _at_label("minus", part_minus, part_plus)

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
            formal=sp.And(gradient_cos_max >= _BEST, gradient_cos_max**2 >= LARGER_CLASS),
        ),
    ),
    proof=(
        *GRADIENT,
        Inequality(
            "not-opposite <- not-opposed",
            "The class parts are not exactly opposite.",
            class_cos > -1,
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
                        Eq(gradient_cos_min, sp.Min(cos_plus, cos_minus)),
                        Eq(gradient_cos_max, sp.Max(cos_plus, cos_minus)),
                    ),
                ),
            ),
        ),
        Conclusion(
            "claim-worst <- pattern worst-plus worst-minus labels floor spread floor-plus",
            "For both labels.",
        ),
        Cases(
            "best <- pattern best-plus best-minus squared-plus squared-minus labels not-opposite",
            "One of the two class parts is at least as long as the other.",
            (part_plus >= part_minus, part_minus >= part_plus),
            sp.And(gradient_cos_max > 0, gradient_cos_max**2 >= LARGER_CLASS),
        ),
        Identity(
            "balanced",
            "For orthogonal, equally long, balanced samples c = 0 and the parts are equally long: "
            "the bound is the closed form (1+gamma)²/sqrt(2((1+gamma²)² + 4 gamma²)).",
            LARGER_CLASS.subs(class_cos, 0),
            BALANCED**2,
        ),
        Inequality(
            "half <- not-opposite",
            "(1-gamma)⁴ <= (1+gamma)⁴: the squared cosine is at least (1 + min(c, 0))/2.",
            LARGER_CLASS >= (1 + sp.Min(class_cos, 0)) / 2,
        ),
        Conclusion("claim-best <- best half not-opposite", "Take the root."),
    ),
    remarks=(
        "Unbalanced classes can bring a cosine down to 2 sqrt(2 gamma (1+gamma²))/(1+gamma)² for "
        "orthogonal samples; the bound is attained.",
        "For orthogonal, equally long, balanced samples both cosines equal "
        "(1+gamma)²/sqrt(2((1+gamma²)² + 4 gamma²)), which is 1 at gamma = 1.",
    ),
)
