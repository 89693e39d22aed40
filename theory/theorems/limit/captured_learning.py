"""Learning from perturbations between two captured networks: their boundaries, for ever."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Inequality,
    Theorem,
)
from ...steps import two_normals
from ...steps.captured_sign import limit_lean_z, norm_Q
from ...steps.linear_boundary import norm_z
from ...steps.own_pattern import capture_slack, contrary_points, own_activation, tau_ever
from ...steps.two_normals import limits_base, limits_cos, limits_step
from ...symbols import Eq, d, declare, gamma, m, twin
from . import captured_limit
from .captured_limit import limit_offset
from .linear_limit import limit_q_z, limit_z
from .linear_outside import answer_z

# The same of the network g of the perturbed set.

adv_capture_slack = twin(
    capture_slack,
    "adv_",
    "sigma",
    "^a",
    "the same of the network of the perturbed set: the least bound of its capture certificate "
    "over all own pairs, and of its own activations at its checkpoint",
)
adv_tau_ever = twin(
    tau_ever,
    "adv_",
    "tau",
    "^a",
    "sine of the certified angle of the network of the perturbed set, from its checkpoint on, for "
    "ever",
)
_own_activation = twin(
    own_activation,
    "adv_",
    "own",
    "^a",
    "smallest own activation at the perturbed set's limit",
    latex="\\min(\\mathrm{own}^a)",
)
_contrary_points = twin(
    contrary_points,
    "adv_",
    "K",
    "^a",
    "number of test points at which the perturbed set's limit and its linear form certainly have "
    "different signs",
)
_lean = twin(limit_lean_z, "adv_", "Q^*", "^a", "<q^a, z>", latex="\\langle q^a,z\\rangle")
_norm = twin(norm_Q, "adv_", "Q^*", "^a", "‖q^a‖", latex="\\|q^a\\|")
_offset = twin(
    limit_offset, "adv_", "W", "^a", "‖W* - W_l‖ of the perturbed set", latex="\\|V^*-V_l\\|"
)
_limit_z = twin(limit_z, "adv_", "f", "^a", "output g*(z) of its limit network", latex="g^*(z)")
_limit_q_z = twin(
    limit_q_z,
    "adv_",
    "q",
    "^a",
    "<sum_n lambda^a_n (c_own + c_other s^a_n) y^a_n x_n, z> with a solution of its margin program",
    latex="\\langle q^a_*,z\\rangle",
)
_answer = twin(answer_z, "adv_", "f", "^a", "output g_t(z) of its network", latex="g_t(z)")

_TWINS = (
    (capture_slack, adv_capture_slack),
    (tau_ever, adv_tau_ever),
    (own_activation, _own_activation),
    (contrary_points, _contrary_points),
    (limit_lean_z, _lean),
    (norm_Q, _norm),
    (limit_offset, _offset),
    (limit_z, _limit_z),
    (limit_q_z, _limit_q_z),
    (answer_z, _answer),
)

# What is counted on test points.

limits_covered = declare(
    "limits_covered",
    "number of test points z at which the perturbations certainly outweigh the base samples, "
    "eps S |<q, z>|/‖q‖ > |<B, z>|",
    low=0,
    integer=True,
    latex="K_{\\mathrm{covered}}",
)
limits_agree = declare(
    "limits_agree",
    "number of those at which <q, z> and <q^a, z> do not certainly have different signs",
    low=0,
    integer=True,
    latex="K_{\\mathrm{agree}}",
)
networks_covered = declare(
    "networks_covered",
    "number of test points z certainly outside the certified angles of both networks, |cos(z, q)| "
    "> tau_ever and |cos(z, q^a)| > tau^a_ever, at which <q, z> and <q^a, z> certainly have the "
    "same sign",
    low=0,
    integer=True,
    latex="K_{\\mathrm{promised}}",
)
networks_agree = declare(
    "networks_agree",
    "number of those at which the two trained networks do not certainly have different signs",
    low=0,
    integer=True,
    latex="K_{\\mathrm{kept}}",
)

_COVERED, _PARTS = two_normals.parts(limit_lean_z, norm_Q, _lean)
_FAR, _TURNED = two_normals.turned(limit_lean_z, norm_Q, _lean, _norm, adv_tau_ever)


def _agree(one: sp.Symbol, other: sp.Symbol) -> sp.Eq:
    return Eq(sp.sign(other), sp.sign(one))


_FORMS = _agree(limit_lean_z, _lean)
_OUTSIDE = sp.And(
    sp.Abs(limit_lean_z) > tau_ever * norm_Q * norm_z,
    sp.Abs(_lean) > adv_tau_ever * _norm * norm_z,
)
_NETWORKS = sp.And(_agree(answer_z, _answer), _agree(limit_z, _limit_z))
_EXACT = sp.And(Eq(limit_offset, 0), Eq(_offset, 0))
_ANGLE = sp.And(sp.Abs(limit_lean_z) > tau_ever * norm_Q * norm_z, _FAR)

_f, _g, _inner, _abs = (sp.Function(name) for name in ("f_t", "g_t", "inner", "norm"))
_z, _q = sp.symbols("z q")

THEOREM = Theorem(
    id="captured-learning",
    order=560,
    any_output=True,
    title="Learning from perturbations between captured networks",
    summary=(
        "f is captured on natural data; g is captured on any samples moved by eps along the "
        "normal q of f's limit, to the side that their labels say, whatever the labels. Then g "
        "learns the boundary of f: the normals have at least a certified cosine, the limits have "
        "one sign wherever the perturbations outweigh the base samples, and the networks outside "
        "their certified angles, for ever. No condition on norms or inner products is needed."
    ),
    source=PROJECT,
    assumptions=(
        Assumption(
            "natural-captured",
            "The network of the natural data is captured, with every own pair active.",
            capture_slack > 0,
        ),
        Assumption(
            "perturbed-captured",
            "The network of the perturbed set is captured, with every own pair active.",
            adv_capture_slack > 0,
        ),
        Assumption(
            "outweighs",
            "In the normal of the perturbed set the perturbations outweigh the base samples.",
            limits_base < limits_step,
        ),
    ),
    claims=(
        Claim(
            "matching",
            "At every z at which the perturbations outweigh the base samples, <q^a, z> has the "
            "sign of <q, z>; so has the limit g* that of f*, where q and q^a are those of "
            "solutions of the margin programs.",
            limits_agree >= limits_covered,
            formal=sp.And(
                sp.Implies(_COVERED, _FORMS),
                sp.Implies(sp.And(_COVERED, _EXACT), _agree(limit_z, _limit_z)),
                limits_agree >= limits_covered,
            ),
        ),
        Claim(
            "cone",
            "The normals of the two limits have at least this cosine, whatever the labels.",
            limits_cos >= sp.sqrt(1 - (limits_base / limits_step) ** 2),
        ),
        Claim(
            "agreement",
            "From their checkpoints on, for ever, g and f, and their limits, have the same sign at "
            "every z outside both certified angles at which <q, z> and <q^a, z> have; so at every "
            "z with |cos(z, q)| > max(tau_ever, tau^a_ever + sqrt(1 - cos(q, q^a)²)).",
            networks_agree >= networks_covered,
            formal=sp.And(
                sp.Implies(sp.And(_OUTSIDE, _FORMS), _NETWORKS),
                sp.Implies(_ANGLE, _NETWORKS),
                networks_agree >= networks_covered,
            ),
            display=sp.Implies(
                sp.Abs(_inner(_q, _z))
                > sp.Max(tau_ever, adv_tau_ever + sp.sqrt(1 - limits_cos**2)) * _abs(_q) * _abs(_z),
                Eq(sp.sign(_g(_z)), sp.sign(_f(_z))),
            ),
        ),
    ),
    proof=(
        Earlier(
            "natural",
            "The limit of f has a linear boundary; f_t and f* have the sign of <q, z> outside the "
            "certified angle.",
            captured_limit.THEOREM,
            by="natural-captured",
        ),
        Earlier(
            "perturbed",
            "So have g_t and g* that of <q^a, z>.",
            captured_limit.THEOREM,
            _TWINS,
            (gamma, m, d, norm_z),
            by="perturbed-captured",
        ),
        *_PARTS,
        Inequality(
            "covered-limits",
            "With solutions of the margin programs these are the limits' own forms.",
            sp.Implies(sp.And(_COVERED, _EXACT), _agree(limit_z, _limit_z)),
            by="covered natural perturbed",
        ),
        Definition(
            "count-limits",
            "If fewer agree than are covered, let z be a covered point at which they differ.",
            (sp.Implies(limits_agree < limits_covered, sp.And(_COVERED, sp.Not(_FORMS))),),
            chooses="z",
        ),
        Conclusion(
            "claim-matching",
            "At every z, so at every test point.",
            "matching",
            by="covered covered-limits count-limits",
        ),
        *two_normals.cone(_norm, "outweighs"),
        Conclusion("claim-cone", "As shown.", "cone", by="cone cosine-ratio"),
        Inequality(
            "outside",
            "Outside both angles each network and its limit have the sign of their linear form.",
            sp.Implies(sp.And(_OUTSIDE, _FORMS), _NETWORKS),
            by="natural perturbed",
        ),
        *_TURNED,
        Inequality(
            "angle",
            "So far from the boundary of f, z is outside both angles and the forms agree.",
            sp.Implies(_ANGLE, _NETWORKS),
            by="turned outside",
        ),
        Definition(
            "count-networks",
            "If fewer agree than are promised to, let z be such a point at which they differ.",
            (
                sp.Implies(
                    networks_agree < networks_covered,
                    sp.And(_OUTSIDE, _FORMS, sp.Not(_agree(answer_z, _answer))),
                ),
            ),
            chooses="z",
        ),
        Conclusion(
            "claim-agreement",
            "At every z and at every time.",
            "agreement",
            by="outside angle count-networks sine",
        ),
    ),
    remarks=(
        "q = sum_n lambda_n (c_own + c_other s_n) y_n x_n and q^a likewise, with the multipliers "
        "and slopes of the two certificates. These need not solve the margin programs; where they "
        "do, q and q^a are the normals of the limits themselves.",
        "How the perturbed samples were made does not matter: x'_n is what is left of x_n without "
        "eps y^a_n q/‖q‖. Along another direction dir ‖B‖ grows by eps S ‖dir - q/‖q‖‖ at most.",
        "The certificate for a set is an assumption, as its multipliers depend on the labels. With "
        "labels that are balanced and independent of the base samples B is a sum of random signs.",
    ),
)
