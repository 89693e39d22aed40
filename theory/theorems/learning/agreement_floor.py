"""A floor under the agreement of the two boundaries, from the parts of the perturbed normal."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Inequality,
    Let,
    Theorem,
)
from ...steps import probability
from ...symbols import Eq, d, declare
from . import agreement_law
from .agreement_law import agreement, disagreement_cos, norm_q_adv, rho

base_part = declare(
    "base_part",
    "‖sum_n lambda_n y_n x'_n‖ over the perturbed set's multipliers and labels and its base "
    "samples x'_n: norm of the base samples' part of q_adv",
    low=0,
    latex="\\|q^a_{\\mathrm{base}}\\|",
)
perturbation_part = declare(
    "perturbation_part",
    "eps S_a ‖dir‖, S_a the sum of the perturbed set's multipliers: norm of the perturbations' "
    "part of q_adv",
    low=0,
    open_low=True,
    latex="\\|q^a_{\\mathrm{pert}}\\|",
)
alignment = declare(
    "alignment",
    "cos(dir, q): cosine of the angle between the perturbations' direction and q",
    low=-1,
    high=1,
    latex="c_{\\mathrm{dir}}",
)

_t = declare("part_ratio", "base part over perturbation part", low=0, latex="t", abbreviation=True)
_floor = declare("rho_floor", "lower bound of rho", latex="\\rho_0", abbreviation=True)
_b1 = declare("base_along", "<base part, dir/‖dir‖>", latex="b_1")
_b2 = declare(
    "base_across",
    "<base part, w> for the unit vector w orthogonal to dir with q in the span of dir and w",
    latex="b_2",
)
_cos = declare("cos_adv_dir", "cos(q_adv, dir)", latex="c_1", abbreviation=True)
_sin = declare("cos_adv_w", "cos(q_adv, w)", latex="c_2", abbreviation=True)

_ratio = base_part / perturbation_part
FLOOR = alignment * sp.sqrt(1 - _ratio**2) - _ratio * sp.sqrt(1 - alignment**2)

_STEPS = (
    Definition(
        "parts",
        "q_adv is perturbation_part dir/‖dir‖ plus the base part, and q/‖q‖ is "
        "alignment dir/‖dir‖ + sqrt(1 - alignment²) w: the inner product of the two, and the "
        "squared norm of the first.",
        (
            Eq(
                rho * norm_q_adv,
                alignment * (perturbation_part + _b1) + sp.sqrt(1 - alignment**2) * _b2,
            ),
            Eq(norm_q_adv**2, perturbation_part**2 + 2 * perturbation_part * _b1 + base_part**2),
        ),
    ),
    Citation("base", "Components of the base part.", probability.BESSEL(_b1, _b2, base_part)),
    Citation(
        "whole",
        "Components of q_adv.",
        probability.BESSEL(perturbation_part + _b1, _b2, norm_q_adv),
    ),
    Let("t", "Write t for the ratio of the two parts.", _t, _ratio),
    Inequality(
        "small <- outweighs t",
        "The base part is the shorter one, and even shorter than alignment times the other.",
        sp.And(_t < alignment, _t < 1),
    ),
    Let(
        "cos",
        "Write c1 for the cosine of q_adv to dir.",
        _cos,
        (perturbation_part + _b1) / norm_q_adv,
    ),
    Let("sin", "Write c2 for its cosine to w.", _sin, _b2 / norm_q_adv),
    Inequality(
        "forward <- outweighs base cos",
        "q_adv points forward along dir: the base part cannot turn it by a right angle.",
        _cos > 0,
    ),
    Inequality(
        "cos-square <- parts t cos",
        "c1² >= 1 - t²: the difference is a square, (b1 + base_part²/perturbation_part)².",
        _cos**2 >= 1 - _t**2,
    ),
    Inequality(
        "cos-floor <- cos-square forward small",
        "So c1 >= sqrt(1 - t²).",
        _cos >= sp.sqrt(1 - _t**2),
    ),
    Inequality(
        "sin-square <- whole cos sin",
        "The two cosines fit into the unit circle.",
        _cos**2 + _sin**2 <= 1,
    ),
    Inequality(
        "sin-ceiling <- sin-square cos-square", "So |c2| <= t.", sp.And(_sin <= _t, _sin >= -_t)
    ),
    Inequality(
        "rho-parts <- parts cos sin",
        "rho = alignment c1 + sqrt(1 - alignment²) c2.",
        Eq(rho, alignment * _cos + sp.sqrt(1 - alignment**2) * _sin),
    ),
    Let(
        "floor <- small",
        "Write rho_0 for the resulting floor.",
        _floor,
        alignment * sp.sqrt(1 - _t**2) - _t * sp.sqrt(1 - alignment**2),
    ),
    Inequality(
        "rho <- rho-parts cos-floor sin-ceiling floor small", "rho is at least that.", rho >= _floor
    ),
    Inequality(
        "squares <- small",
        "alignment² (1 - t²) > t² (1 - alignment²).",
        alignment**2 * (1 - _t**2) > _t**2 * (1 - alignment**2),
    ),
    Inequality("positive <- squares floor small", "So the floor is positive.", _floor > 0),
    Inequality("same-side <- rho positive", "and so is rho.", rho > 0),
    Earlier("law <- same-side plane-exists", "The agreement law.", agreement_law.THEOREM),
    Inequality(
        "agreement-rho0 <- law rho positive",
        "arccos decreases, so the agreement is at least 1 - arccos(rho_0)/pi.",
        agreement >= 1 - sp.acos(_floor) / sp.pi,
    ),
    Inequality(
        "always-rho0 <- law rho positive",
        "sqrt(1 - rho²) decreases for rho > 0.",
        disagreement_cos <= sp.sqrt(1 - _floor**2),
    ),
    Inequality("ratio <- t small", "The ratio of the two parts is below 1.", _ratio**2 <= 1),
    Inequality("spelled <- floor t ratio", "rho_0 in the measured quantities.", Eq(_floor, FLOOR)),
    Inequality("range <- rho positive", "It is a cosine.", sp.And(_floor > 0, _floor <= 1)),
)

THEOREM = Theorem(
    id="agreement-floor",
    order=400,
    title="Floor under the agreement, from the perturbations' share",
    summary=(
        "Where the perturbations' share of q_adv along q outweighs the base samples' share, the "
        "cosine of q_adv and q, and so the agreement of the two boundaries, has a floor that the "
        "two norms and the alignment of the perturbations give."
    ),
    source=PROJECT,
    assumptions=(
        Assumption("plane-exists", "There is a plane to project on.", d >= 2),
        Assumption(
            "outweighs",
            "The perturbations' part of q_adv, as far as it points along q, is longer than the "
            "base samples' part.",
            base_part < alignment * perturbation_part,
        ),
    ),
    claims=(
        Claim("cosine", "rho is at least the floor.", rho >= FLOOR),
        Claim(
            "agreement",
            "The probability of agreement is at least 1 - arccos(floor)/pi.",
            agreement >= 1 - sp.acos(FLOOR) / sp.pi,
        ),
        Claim(
            "always",
            "The signs agree wherever |cos(z, q)| > sqrt(1 - floor²).",
            disagreement_cos <= sp.sqrt(1 - FLOOR**2),
        ),
    ),
    proof=(
        *_STEPS,
        Conclusion("claim-cosine <- rho spelled ratio", "The floor."),
        Conclusion(
            "claim-agreement <- agreement-rho0 spelled ratio range", "With the floor spelled out."
        ),
        Conclusion(
            "claim-always <- always-rho0 spelled ratio range", "With the floor spelled out."
        ),
    ),
)
