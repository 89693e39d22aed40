"""A network f, and a network g that learns samples moved along f's normal: how near their normals.

f goes to a limit with the normal q, g to one with the normal q^a = sum_n w_n y^a_n x_n, w_n =
lambda^a_n (c_own + c_other s^a_n) >= 0. Any samples of g can be written x_n = x'_n + eps y^a_n
q/‖q‖ with eps > 0, x'_n being what is left, so that

    q^a = B + eps S q/‖q‖,    B = sum_n w_n y^a_n x'_n,    S = sum_n w_n,

whatever the labels y^a_n. Nothing is assumed of how x_n was made; where the perturbation moves the
samples along q by eps, B is the part of the base samples.

Source: this project.
"""

from __future__ import annotations

import sympy as sp

from ..statement import Citation, Definition, Inequality, Step
from ..symbols import Eq, declare
from . import probability, sums
from .linear_boundary import norm_z
from .own_pattern import CAUCHY
from .perturbed import base_z_n, eps, label_n

limits_base = declare(
    "limits_base",
    "‖B‖, B = q^a - eps S q/‖q‖: the norm of what the base samples x'_n = x_n - eps y^a_n q/‖q‖ "
    "add to the normal q^a of the perturbed set",
    low=0,
    latex="\\|B\\|",
)
limits_step = declare(
    "limits_step",
    "eps S, S the sum of lambda^a_n (c_own + c_other s^a_n) over the perturbed samples: the length "
    "of what the perturbations add to q^a",
    low=0,
    open_low=True,
    latex="\\varepsilon S",
    typst="epsilon S",
)
limits_cos = declare(
    "limits_cos",
    "cos(q, q^a): cosine of the angle between the normals of the two limits",
    low=-1,
    high=1,
    latex="\\cos(q,q^a)",
    typst="cos(q, q^a)",
)

_weight_n = declare(
    "two_weight_n", "lambda^a_n (c_own + c_other s^a_n)", low=0, index="n", latex="w_n"
)
_weight_sum = declare("two_weight_sum", "S, the sum of these", low=0, open_low=True, latex="S")
_base_z = declare("two_base_z", "<B, z>", index="z", latex="\\langle B,z\\rangle")
_base_along = declare("two_base_along", "<B, q/‖q‖>", latex="b")
_normal_along = declare("two_normal_along", "<q^a, q/‖q‖>")
_along_z = declare("two_along_z", "<q, z>/‖q‖", index="z", latex="u")
_across_z = declare(
    "two_across_z",
    "<w, z> for the unit vector w orthogonal to q with q^a in the span of q and w",
    index="z",
    latex="v",
)
_sine = declare("two_sine", "sine of the angle between q and q^a", low=0, high=1, latex="s")


def parts(
    lean: sp.Symbol, norm_q: sp.Symbol, adv_lean: sp.Symbol
) -> tuple[sp.Expr, tuple[Step, ...]]:
    """Where the perturbations certainly decide the sign at z, and the steps to that.

    `lean` and `adv_lean` are <q, z> and <q^a, z>. The last step is "covered".
    """
    covered = limits_step * sp.Abs(lean) > sp.Abs(_base_z) * norm_q
    moved = _weight_n * label_n * (base_z_n + eps * label_n * (lean / norm_q))
    return covered, (
        Definition("label", "Labels are +1 or -1.", (Eq(label_n**2, 1),)),
        Inequality(
            "term",
            "w y (<x', z> + eps y <q, z>/‖q‖) = w y <x', z> + eps <q, z>/‖q‖ w, since y² = 1.",
            Eq(moved, _weight_n * label_n * base_z_n + eps * (lean / norm_q) * _weight_n),
            by="label",
        ),
        Citation(
            "sum",
            "Sum over the perturbed samples, for any weights.",
            sums.LINEAR_SUM(
                adv_lean,
                _base_z,
                eps * (lean / norm_q),
                _weight_sum,
                moved,
                _weight_n * label_n * base_z_n,
                _weight_n,
            ),
            by="term",
        ),
        Definition("step", "Write the step for eps S.", (Eq(limits_step, eps * _weight_sum),)),
        Inequality(
            "decomposition",
            "<q^a, z> = <B, z> + eps S <q, z>/‖q‖, exactly.",
            Eq(adv_lean, _base_z + limits_step * lean / norm_q),
            by="sum step",
        ),
        Inequality(
            "covered",
            "Where the second part outweighs the first, <q^a, z> has the sign of <q, z>.",
            sp.Implies(covered, Eq(sp.sign(adv_lean), sp.sign(lean))),
            by="decomposition",
        ),
    )


def cone(adv_norm: sp.Symbol, outweighs: str) -> tuple[Step, ...]:
    """Steps to cos(q, q^a) >= sqrt(1 - (‖B‖/(eps S))²), from the assumption named `outweighs`.

    `adv_norm` is ‖q^a‖. The last step is "cone".
    """
    return (
        Citation(
            "square",
            "‖q^a‖² for q^a = B + eps S q/‖q‖, q/‖q‖ a unit vector.",
            sums.BILINEAR(
                adv_norm**2, limits_base**2, _base_along, _base_along, 1, limits_step, limits_step
            ),
        ),
        Citation(
            "along",
            "Its component along q.",
            sums.BILINEAR(_normal_along, 0, _base_along, 0, 1, limits_step, 1),
        ),
        Citation("base", "Cauchy–Schwarz for B.", CAUCHY(_base_along, limits_base, 1)),
        Definition(
            "cosine",
            "The cosine is that component over ‖q^a‖.",
            (Eq(limits_cos * adv_norm, _normal_along),),
        ),
        Inequality(
            "forward",
            "B cannot turn q^a by a right angle: the cosine is positive.",
            limits_cos > 0,
            by=f"{outweighs} along base cosine",
        ),
        Inequality(
            "square-part",
            "(eps S)² <q^a, q/‖q‖>² - ((eps S)² - ‖B‖²) ‖q^a‖² is the square of eps S <B, q/‖q‖> + "
            "‖B‖².",
            limits_step**2 * _normal_along**2 >= (limits_step**2 - limits_base**2) * adv_norm**2,
            by="square along",
        ),
        Inequality(
            "cosine-square",
            "Divide by ‖q^a‖².",
            limits_step**2 * limits_cos**2 >= limits_step**2 - limits_base**2,
            by="square-part cosine",
        ),
        Inequality(
            "cosine-ratio",
            "And by (eps S)².",
            sp.And(
                limits_cos**2 >= 1 - (limits_base / limits_step) ** 2,
                (limits_base / limits_step) ** 2 <= 1,
            ),
            by=f"{outweighs} cosine-square",
        ),
        Inequality(
            "cone",
            "Take the root.",
            limits_cos >= sp.sqrt(1 - (limits_base / limits_step) ** 2),
            by="cosine-ratio forward",
        ),
    )


def turned(
    lean: sp.Symbol, norm_q: sp.Symbol, adv_lean: sp.Symbol, adv_norm: sp.Symbol, angle: sp.Symbol
) -> tuple[sp.Basic, tuple[Step, ...]]:
    """Where <q^a, z> certainly leans further than the sine `angle`, to the side of <q, z>.

    After the step "forward" of `cone`. The last step is "turned".
    """
    far = sp.Abs(lean) > (angle + sp.sqrt(1 - limits_cos**2)) * norm_q * norm_z
    along, across = sp.Abs(_along_z), sp.Abs(_across_z)
    return far, (
        Definition(
            "split",
            "q^a = ‖q^a‖ (c q/‖q‖ + s w), c and s the cosine and the sine of their angle, with a "
            "unit vector w orthogonal to q.",
            (
                Eq(_sine**2, 1 - limits_cos**2),
                Eq(lean, norm_q * _along_z),
                Eq(adv_lean, adv_norm * (limits_cos * _along_z + _sine * _across_z)),
            ),
        ),
        Citation(
            "bessel",
            "Both parts of z together, u along q and v along w, are no longer than z.",
            probability.BESSEL(_along_z, _across_z, norm_z),
        ),
        Inequality("sine", "s is the root.", Eq(sp.sqrt(1 - limits_cos**2), _sine), by="split"),
        Inequality(
            "far",
            "So far from the boundary of f, |u| > (tau^a + s) ‖z‖.",
            sp.Implies(far, along > (angle + _sine) * norm_z),
            by="split sine",
        ),
        Inequality(
            "aside",
            "Then |v| <= c ‖z‖.",
            sp.Implies(far, across <= limits_cos * norm_z),
            by="far bessel split forward",
        ),
        Inequality(
            "half-angle",
            "And |u| (1 + c) >= s (‖z‖ + |v|).",
            sp.Implies(far, along * (1 + limits_cos) >= _sine * (norm_z + across)),
            by="far aside forward",
        ),
        Inequality(
            "half-angle-scaled",
            "(‖z‖ - |v|)(‖z‖ + |v|) >= u² and s² = (1 - c)(1 + c): put together.",
            sp.Implies(
                far,
                _sine * (norm_z - across) * ((norm_z + across) * (1 + limits_cos))
                >= (1 - limits_cos) * along * ((norm_z + across) * (1 + limits_cos)),
            ),
            by="half-angle bessel split forward",
        ),
        Inequality(
            "rest",
            "Divide: s (‖z‖ - |v|) >= (1 - c) |u|.",
            sp.Implies(far, _sine * (norm_z - across) >= (1 - limits_cos) * along),
            by="half-angle-scaled forward",
        ),
        Inequality(
            "lean-rest",
            "So c |u| - s |v| >= |u| - s ‖z‖ > tau^a ‖z‖.",
            sp.Implies(far, limits_cos * along - _sine * across > angle * norm_z),
            by="rest far",
        ),
        Inequality(
            "turned-unit",
            "c u + s v has the sign of u, and is at least that large.",
            sp.Implies(
                far,
                sp.And(
                    sp.Abs(limits_cos * _along_z + _sine * _across_z) > angle * norm_z,
                    Eq(sp.sign(limits_cos * _along_z + _sine * _across_z), sp.sign(_along_z)),
                ),
            ),
            by="lean-rest forward",
        ),
        Inequality(
            "turned",
            "So has <q^a, z> that of <q, z>, outside the angle of g.",
            sp.Implies(
                far,
                sp.And(
                    sp.Abs(adv_lean) > angle * adv_norm * norm_z,
                    Eq(sp.sign(adv_lean), sp.sign(lean)),
                ),
            ),
            by="turned-unit split",
        ),
    )
