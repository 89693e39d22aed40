"""How often two linear boundaries agree, by the angle of their normals, and where they must."""

from dataclasses import replace

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
from ...steps import probability, sums
from ...steps.linear_boundary import norm_q, norm_z, q_z
from ...symbols import Eq, d, declare

rho = declare(
    "rho",
    "cos(q_adv, q): cosine of the angle between q = sum lambda_n y_n x_n of the natural set and "
    "q_adv, the same sum of the perturbed set",
    low=-1,
    high=1,
)
agreement = declare(
    "agreement",
    "Pr[sgn <q, z> = sgn <q_adv, z>] over test points z that are rotationally symmetric (Gaussian, "
    "say) and independent of q and q_adv; measured as an exact binomial interval on drawn z",
    low=0,
    high=1,
    latex="\\mathrm{agr}",
)
agreement_asked = declare(
    "agreement_asked",
    "how closely the scenario asks the measured agreement to meet the law",
    low=0,
    latex="\\alpha_{\\mathrm{asked}}",
)
disagreement_cos = declare(
    "disagreement_cos",
    "largest |cos(z, q)| over the tested points z with sgn <q, z> != sgn <q_adv, z>; 0 if there is "
    "none",
    low=0,
    high=1,
    latex="c_{\\mathrm{dis}}",
)

norm_q_adv = declare("norm_q_adv", "‖q_adv‖", low=0, open_low=True, typst="norm(q^a)")
q_adv_z = declare("q_adv_z", "<q_adv, z>", latex="\\langle q^a,z\\rangle", index="z")
_theta = declare(
    "theta_z",
    "polar angle of the projection of z on a plane through q and q_adv, from q towards q_adv",
    latex="\\theta",
    index="z",
)
_projected = declare("projected_z", "length of that projection", low=0, open_low=True, index="z")
_along = declare("along_q", "<q, z>/‖q‖")
_across = declare(
    "across_q", "<w, z> for the unit vector w orthogonal to q with q_adv in the span of q and w"
)

alpha = sp.acos(rho)
LAW = 1 - alpha / sp.pi
_first = (alpha - sp.pi / 2, sp.pi / 2)
_second = (alpha + sp.pi / 2, 3 * sp.pi / 2)
_phi = sp.Symbol("phi", real=True)
_density = 1 / (2 * sp.pi)
_same_sign = Eq(sp.sign(q_z), sp.sign(q_adv_z))
_far = sp.Abs(q_z) > sp.sqrt(1 - rho**2) * norm_q * norm_z

_PLANE = (
    Definition(
        "plane",
        "In a plane through q and q_adv let q = ‖q‖ (1, 0), q_adv = ‖q_adv‖ (cos a, sin a) with "
        "a = arccos(rho), and let z project to length > 0 (almost surely) and angle theta, taken "
        "in (-pi/2, 3 pi/2).",
        (
            _theta > -sp.pi / 2,
            _theta < 3 * sp.pi / 2,
            Eq(q_z, norm_q * _projected * sp.cos(_theta)),
            Eq(q_adv_z, norm_q_adv * _projected * sp.cos(_theta - alpha)),
        ),
    ),
    Identity(
        "difference",
        "<q_adv, z> is ‖q_adv‖ times the projected length times cos(theta - a), as "
        "cos a cos theta + sin a sin theta = cos(theta - a).",
        rho * sp.cos(_theta) + sp.sqrt(1 - rho**2) * sp.sin(_theta),
        sp.cos(_theta - alpha),
    ),
    Citation(
        "sign-q <- plane",
        "Where cos(theta) is positive and negative.",
        probability.COSINE_SIGN(_theta),
    ),
    Citation(
        "sign-q-adv <- plane",
        "Where cos(theta - a) is positive and negative; theta - a lies in (-3 pi/2, 3 pi/2).",
        probability.COSINE_SIGN(_theta - alpha),
    ),
    Inequality(
        "where <- plane sign-q sign-q-adv",
        "So the signs agree exactly for theta in (a - pi/2, pi/2) and (a + pi/2, 3 pi/2), "
        "their ends aside.",
        sp.Implies(
            sp.And(*(sp.Ne(_theta, end) for end in (*_first, *_second))),
            sp.Equivalent(
                _same_sign,
                sp.Or(*(sp.And(_theta > low, _theta < high) for low, high in (_first, _second))),
            ),
        ),
    ),
    Citation(
        "uniform <- where plane",
        "The angle is uniform, so the probability of agreement is the integral over both.",
        probability.UNIFORM_ANGLE(
            agreement, sp.Piecewise((1, _same_sign), (0, True)), _theta, *_first, *_second
        ),
    ),
    Identity(
        "integral",
        "The two integrals add up to 1 - a/pi.",
        sp.Integral(_density, (_phi, *_first)) + sp.Integral(_density, (_phi, *_second)),
        LAW,
    ),
)

_ALWAYS = (
    Definition(
        "split",
        "q_adv = ‖q_adv‖ (rho q/‖q‖ + sqrt(1 - rho²) w) with a unit vector w orthogonal to q.",
        (
            Eq(q_z, norm_q * _along),
            Eq(q_adv_z, norm_q_adv * (rho * _along + sp.sqrt(1 - rho**2) * _across)),
        ),
    ),
    Citation(
        "bessel",
        "Both parts of z together are no longer than z.",
        probability.BESSEL(_along, _across, norm_z),
    ),
    Inequality(
        "along <- split",
        "|cos(z, q)| > sqrt(1 - rho²) bounds the part along q from below.",
        sp.Implies(_far, sp.Abs(_along) > sp.sqrt(1 - rho**2) * norm_z),
    ),
    Inequality(
        "across <- along bessel same-side",
        "and hence the part along w from above.",
        sp.Implies(_far, sp.Abs(_across) < rho * norm_z),
    ),
    Inequality(
        "outweighs <- along across same-side",
        "So the first part of <q_adv, z> outweighs the second.",
        sp.Implies(_far, rho * sp.Abs(_along) > sp.sqrt(1 - rho**2) * sp.Abs(_across)),
    ),
    Inequality(
        "always <- outweighs split same-side",
        "and <q_adv, z> has the sign of <q, z>.",
        sp.Implies(_far, _same_sign),
    ),
    Citation(
        "largest <- always",
        "So no tested point with different signs has |cos(z, q)| above sqrt(1 - rho²).",
        replace(sums.LARGEST, over="z")(
            disagreement_cos,
            sp.Piecewise((0, _same_sign), (sp.Abs(q_z) / (norm_q * norm_z), True)),
            sp.sqrt(1 - rho**2),
        ),
    ),
)

_z, _q, _q_adv = sp.symbols("z q q^a")
_inner, _norm = sp.Function("inner"), sp.Function("norm")

THEOREM = Theorem(
    id="agreement-law",
    order=390,
    title="Agreement of two linear boundaries",
    summary=(
        "A rotationally symmetric test point gets the same sign from q and q_adv with probability "
        "1 - arccos(rho)/pi, rho = cos(q_adv, q); a point closer to q in angle than arccos of "
        "sqrt(1 - rho²) gets it always."
    ),
    source=PROJECT,
    assumptions=(
        Assumption("plane-exists", "There is a plane to project on.", d >= 2),
        Assumption("same-side", "The perturbed set's normal points to the side of q.", rho > 0),
    ),
    claims=(
        Claim(
            "law",
            "The probability of agreement is 1 - arccos(rho)/pi; the measured one meets it as "
            "closely as asked.",
            sp.Abs(agreement - LAW) <= agreement_asked,
            formal=sp.And(Eq(agreement, LAW), sp.Abs(agreement - LAW) <= agreement_asked),
            display=Eq(agreement, LAW),
        ),
        Claim(
            "always",
            "The signs agree wherever |cos(z, q)| > sqrt(1 - rho²).",
            disagreement_cos <= sp.sqrt(1 - rho**2),
            formal=sp.And(disagreement_cos <= sp.sqrt(1 - rho**2), sp.Implies(_far, _same_sign)),
            display=sp.Implies(
                sp.Abs(_inner(_q, _z)) > sp.sqrt(1 - rho**2) * _norm(_q) * _norm(_z),
                Eq(sp.sign(_inner(_q_adv, _z)), sp.sign(_inner(_q, _z))),
            ),
        ),
    ),
    proof=(
        *_PLANE,
        *_ALWAYS,
        Conclusion("claim-law <- uniform integral", "The integral."),
        Conclusion("claim-always <- always largest", "For every z."),
    ),
    remarks=(
        "The law itself needs neither rho > 0 nor Gaussian test points: rotational symmetry and "
        "Pr[z = 0] = 0 suffice.",
    ),
)
