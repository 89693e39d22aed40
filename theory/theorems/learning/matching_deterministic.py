"""Matching at a point z, for certain: the perturbations outweigh the base samples whatever y^a."""

import sympy as sp

from ...statement import PROJECT, Assumption, Claim, Conclusion, Inequality, Theorem
from ...steps import perturbed
from ...steps.linear_boundary import q_z
from ...steps.perturbed import T1_z, adv_q_z, dir_z
from ...symbols import Eq

_z, _q, _qa = sp.symbols("z q q^a")
_inner = sp.Function("inner")

SAME_SIDE = Assumption(
    "same-side",
    "The perturbation direction and the natural boundary agree about z (true of every z for L2 "
    "and Linf rescaled, where dir is a positive multiple of q).",
    dir_z * q_z > 0,
)

THEOREM = Theorem(
    id="matching-deterministic",
    order=330,
    title="Matching at a point, whatever the labels",
    summary=(
        "Where z correlates with the perturbation direction more than with the base samples, "
        "weighed by the multipliers, the boundary taught by perturbed samples has the natural "
        "boundary's sign, whatever their labels."
    ),
    source=PROJECT,
    origin="after the paper",
    assumptions=(
        Assumption(
            "outweighs",
            "At z the perturbations outweigh all base samples together.",
            perturbed.PERTURBED_PART > perturbed.BASE_PART,
        ),
        SAME_SIDE,
    ),
    claims=(
        Claim(
            "matching",
            "The two boundaries have the same sign at z.",
            adv_q_z * q_z > 0,
            display=Eq(sp.sign(_inner(_qa, _z)), sp.sign(_inner(_q, _z))),
        ),
        Claim(
            "base-part",
            "What the base samples teach about z is at most this.",
            sp.Abs(T1_z) <= perturbed.BASE_PART,
        ),
    ),
    proof=(
        *perturbed.DECOMPOSITION,
        *perturbed.PARTS,
        Inequality(
            "sign <- decomposition T1 T2-size outweighs same-side",
            "So T2(z) decides the sign of the sum, and it has that of <dir, z>.",
            adv_q_z * dir_z > 0,
        ),
        Conclusion("claim-matching <- sign same-side", "Which is that of <q, z>."),
        Conclusion("claim-base-part <- T1", "As shown."),
    ),
    remarks=(
        "For one z. Holds for any non-negative multipliers, whether or not the networks have "
        "linear boundaries; perturbed-boundary says when they have.",
    ),
)
