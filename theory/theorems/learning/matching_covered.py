"""Matching at every point of a set that the perturbations outweigh, and how near the rest comes."""

import sympy as sp

from ...statement import PROJECT, Citation, Claim, Conclusion, Definition, Inequality, Theorem
from ...steps import perturbed, sums
from ...steps.linear_boundary import q_z
from ...steps.perturbed import adv_q_z, dir_z
from ...symbols import Eq, declare

disagreement_load = declare(
    "disagreement_load",
    "largest eps N_adv lambda^a_min |<dir, z>| / (lambda^a_max ‖b‖_1) over the tested points z "
    "about which dir and q agree but q and q^a do not, b_n = <x'_n, z>; 0 if there is none",
    low=0,
    latex="\\ell_{\\mathrm{dis}}",
)

_load = declare(
    "load_z",
    "load of a tested point z: eps N_adv lambda^a_min |<dir, z>| / (lambda^a_max ‖b‖_1)",
    low=0,
    index="n",
)

_disagree = sp.And(dir_z * q_z > 0, adv_q_z * q_z <= 0)
_covered = sp.And(perturbed.PERTURBED_PART > perturbed.BASE_PART, dir_z * q_z > 0)

THEOREM = Theorem(
    id="matching-covered",
    order=340,
    title="Matching wherever the perturbations outweigh the base samples",
    summary=(
        "Of all points z about which the perturbation direction and the natural boundary agree, "
        "the boundary taught by perturbed samples can miss only those where the base samples "
        "outweigh the perturbations: whatever the labels, and for every z at once."
    ),
    source=PROJECT,
    origin="after the paper",
    assumptions=(),
    claims=(
        Claim(
            "covered",
            "No point that the perturbations outweigh is decided otherwise than by q.",
            disagreement_load <= 1,
            formal=sp.And(disagreement_load <= 1, sp.Implies(_covered, adv_q_z * q_z > 0)),
        ),
    ),
    proof=(
        *perturbed.DECOMPOSITION,
        *perturbed.PARTS,
        Inequality(
            "outweighed <- decomposition T1 T2-size",
            "Where dir and q agree but q and q^a do not, T1(z) outweighs T2(z).",
            sp.Implies(_disagree, perturbed.PERTURBED_PART <= perturbed.BASE_PART),
        ),
        Definition(
            "load",
            "The load of a point to which some base sample contributes.",
            (
                sp.Implies(
                    perturbed.BASE_PART > 0,
                    Eq(_load * perturbed.BASE_PART, perturbed.PERTURBED_PART),
                ),
            ),
        ),
        Citation(
            "largest <- outweighed load",
            "So none of the tested points of this kind has a load above 1.",
            sums.LARGEST(
                disagreement_load,
                sp.Piecewise((_load, sp.And(_disagree, perturbed.BASE_PART > 0)), (0, True)),
                sp.Integer(1),
            ),
        ),
        Inequality(
            "everywhere <- outweighed",
            "And where the perturbations outweigh the base samples, q and q^a agree.",
            sp.Implies(_covered, adv_q_z * q_z > 0),
        ),
        Conclusion("claim <- largest everywhere", "For every z at once.", "covered"),
    ),
    remarks=(
        "matching-deterministic says the same of one z. Holds for any non-negative multipliers.",
        "It need not cover any point; how many of the tested ones it covers is observed.",
    ),
)
