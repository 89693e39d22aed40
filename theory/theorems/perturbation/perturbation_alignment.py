"""How well L2, Linf and L0 perturbations align with q, whatever q is."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Identity,
    Inequality,
    Theorem,
)
from ...steps import sums
from ...steps.linear_boundary import norm_q
from ...symbols import Eq, declare

nnz_q = declare("nnz_q", "number of non-zero components of q", low=1, integer=True)
top_k = declare(
    "top_k", "number k of components that an L0 perturbation moves", low=1, integer=True
)
cos_sign = declare("cos_sign", "cosine of sgn(q) and q (Linf, sign), sgn 0 = 0", low=-1, high=1)
cos_rescaled = declare("cos_rescaled", "cosine of q/‖q‖_inf and q (Linf, rescaled)", low=-1, high=1)
cos_value = declare(
    "cos_value",
    "cosine of M_k q and q (L0, value): M_k keeps the k largest |q_i|, ties broken anyhow",
    low=-1,
    high=1,
)
cos_top_sign = declare("cos_top_sign", "cosine of sgn(M_k q) and q (L0, sign)", low=-1, high=1)

_l1 = declare("q_l1", "‖q‖_1", low=0, latex="\\|q\\|_1")
_scale = declare("scale", "1/‖q‖_inf", low=0, open_low=True)
_top = declare("top_norm", "‖M_k q‖", low=0, open_low=True, latex="\\|M_k q\\|")
_top_l1 = declare("top_l1", "‖M_k q‖_1", low=0)
_mu = declare("top_smallest", "smallest |q_i| among the k largest", low=0, latex="\\mu")
_entry = declare("top_entry", "|q_i| of one of the k largest components", low=0, index="n")
_excess = declare("top_excess", "|q_i| - mu of one of the k largest", low=0, index="n")
_rest_entry = declare(
    "rest_entry", "|q_i| of one of the other non-zero components", low=0, index="n"
)
_E = declare("excess_sum", "sum of the excesses", low=0, latex="E")
_F = declare("excess_norm", "Euclidean norm of the excesses", low=0, latex="F")
_t = sp.Symbol("x_1", positive=True)

_DENSITY = sp.exp(-(_t**2) / 2) / sp.sqrt(2 * sp.pi)

_SIGN = (
    Definition(
        "sign",
        "<sgn q, q> = ‖q‖_1 and ‖sgn q‖² counts the non-zero components.",
        (Eq(cos_sign * sp.sqrt(nnz_q) * norm_q, _l1), cos_sign >= 0),
    ),
    Citation("norms", "‖q‖ <= ‖q‖_1.", sums.NORM_ORDER(_l1, norm_q, nnz_q)),
    Conclusion("claim-sign <- sign norms", "Divide by sqrt(nnz q) ‖q‖."),
    Identity(
        "gaussian",
        "For a Gaussian q the components' mean absolute value over their root mean square, hence "
        "the limit of this cosine, is sqrt(2/pi).",
        2 * sp.Integral(_t * _DENSITY, (_t, 0, sp.oo)),
        sp.sqrt(2 / sp.pi),
    ),
    Definition(
        "rescaled",
        "q/‖q‖_inf is a positive multiple of q, as is q/‖q‖.",
        (Eq(cos_rescaled * (_scale * norm_q) * norm_q, _scale * norm_q**2),),
    ),
    Conclusion("claim-rescaled <- rescaled", "Divide."),
)
_VALUE = (
    Definition(
        "top",
        "The k largest components are at least mu, the other non-zero ones at most mu; "
        "<M_k q, q> = ‖M_k q‖².",
        (
            _entry >= _mu,
            _entry <= norm_q,
            _rest_entry <= _mu,
            Eq(cos_value * _top * norm_q, _top**2),
        ),
    ),
    Inequality(
        "top-squares <- top",
        "Squares keep that order.",
        sp.And(_entry**2 >= _mu**2, _entry**2 <= norm_q**2, _rest_entry**2 <= _mu**2),
    ),
    Citation("top-sum <- top-squares", "Sum over the k largest.", sums.TERM_SUM(_top**2, top_k)),
    Citation(
        "rest-sum <- top-squares few",
        "Sum over the others.",
        sums.TERM_SUM(norm_q**2 - _top**2, nnz_q - top_k, _rest_entry**2, sp.Integer(0)),
    ),
    Inequality(
        "top-share <- top-sum rest-sum few",
        "The k largest carry at least the share k/nnz of ‖q‖².",
        nnz_q * _top**2 >= top_k * norm_q**2,
    ),
    Inequality(
        "value-scaled <- top top-share",
        "So does the squared cosine.",
        sp.And(cos_value > 0, nnz_q * cos_value**2 >= top_k),
    ),
    Conclusion("claim-value <- value-scaled", "Take the root."),
)
_TOP_SIGN = (
    Definition(
        "excess",
        "Write |q_i| = mu + e_i for the k largest; <sgn(M_k q), q> = ‖M_k q‖_1 and "
        "‖sgn(M_k q)‖² = k.",
        (
            Eq(_entry, _mu + _excess),
            Eq(cos_top_sign * sp.sqrt(top_k) * norm_q, _top_l1),
            cos_top_sign >= 0,
        ),
    ),
    Citation(
        "excess-sum <- excess",
        "Sum |q_i| over the k largest.",
        sums.LINEAR_SUM(_top_l1, top_k * _mu, 1, _E, _entry, _mu, _excess),
    ),
    Inequality(
        "excess-square <- excess",
        "Expand q_i².",
        Eq(_entry**2, (_mu**2 + 2 * _mu * _excess) + _excess**2),
    ),
    Citation(
        "excess-squares <- excess-square",
        "Sum q_i² over the k largest; mu² + 2 mu e_i adds to k mu² + 2 mu E.",
        sums.LINEAR_SUM(
            _top**2,
            top_k * _mu**2 + 2 * _mu * _E,
            1,
            _F**2,
            _entry**2,
            _mu**2 + 2 * _mu * _excess,
            _excess**2,
        ),
    ),
    Citation("excess-norms", "The excesses' norms.", sums.NORM_ORDER(_E, _F, top_k)),
    Inequality(
        "whole <- excess-squares excess-norms rest-sum",
        "So ‖q‖² <= nnz mu² + 2 mu E + E².",
        norm_q**2 <= nnz_q * _mu**2 + 2 * _mu * _E + _E**2,
    ),
    Inequality(
        "top-sign-few <- whole excess-sum",
        "If k² <= nnz then nnz ‖M_k q‖_1² >= k² ‖q‖², term by term.",
        sp.Implies(top_k**2 <= nnz_q, nnz_q * _top_l1**2 >= top_k**2 * norm_q**2),
    ),
    Inequality(
        "top-sign-many <- whole excess-sum",
        "Otherwise ‖M_k q‖_1 >= ‖q‖, term by term.",
        sp.Implies(top_k**2 >= nnz_q, _top_l1**2 >= norm_q**2),
    ),
    Inequality(
        "top-sign-scaled <- excess top-sign-few top-sign-many",
        "For the squared cosine.",
        sp.And(
            cos_top_sign >= 0,
            sp.Implies(top_k**2 <= nnz_q, nnz_q * cos_top_sign**2 >= top_k),
            sp.Implies(top_k**2 >= nnz_q, top_k * cos_top_sign**2 >= 1),
        ),
    ),
    Conclusion("claim-top-sign <- top-sign-scaled", "Take the root."),
)

THEOREM = Theorem(
    id="perturbation-alignment",
    order=220,
    title="Alignment of L2, Linf and L0 perturbations with q",
    summary=(
        "Rescaled perturbations are parallel to q; those that keep only signs, or only a few "
        "components, still have a cosine to q that is bounded below."
    ),
    source=PROJECT,
    assumptions=(Assumption("few", "No more components are moved than q has.", top_k <= nnz_q),),
    claims=(
        Claim("sign", "Linf, sign.", cos_sign >= 1 / sp.sqrt(nnz_q)),
        Claim(
            "rescaled",
            "L2 and Linf rescaled: parallel to q, the cosine is 1.",
            cos_rescaled > 0,
            formal=Eq(cos_rescaled, 1),
        ),
        Claim("value", "L0, value: even a few pixels.", cos_value >= sp.sqrt(top_k / nnz_q)),
        Claim(
            "top-sign",
            "L0, sign.",
            cos_top_sign >= sp.Min(1 / sp.sqrt(top_k), sp.sqrt(top_k / nnz_q)),
        ),
    ),
    proof=(*_SIGN, *_VALUE, *_TOP_SIGN),
    remarks=(
        "Bounds hold for every q != 0; nnz q is at most d, so sqrt(k/d) and 1/sqrt(d) hold too.",
        "The bounds are sharp: equal components attain sqrt(k/nnz), one dominant component comes "
        "as close as one likes to the others. A typical dense q does much better: about "
        "sqrt(2/pi) for the sign.",
    ),
)
