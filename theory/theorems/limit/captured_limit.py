"""The limit of a captured network: own pairs stay active in it, and so its boundary is linear."""

import sympy as sp

from ...statement import (
    PROJECT,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Inequality,
    Theorem,
)
from ...steps.captured_sign import limit_lean_z, norm_a, norm_Q
from ...steps.flow import distance_t
from ...steps.held import activation_t, least_ever
from ...steps.linear_boundary import norm_z
from ...steps.motion import CLOSED
from ...steps.own_pattern import (
    CAUCHY,
    capture_distance,
    contrary_points,
    own_activation,
    tau_ever,
)
from ...symbols import Eq, declare
from . import capture, linear_limit
from .linear_limit import limit_q_z, limit_z
from .linear_outside import answer_z

_height = declare(
    "limit_height", "<w*_j, x_n>/|a_j| at an own pair, W* the limit of W/rho", index="nj"
)
_mass = declare(
    "limit_own_mass", "sum of a_j² over the own half of n", low=0, open_low=True, index="n"
)
limit_offset = declare("limit_offset", "‖W* - W_l‖", low=0, latex="\\|W^*-W_l\\|")

_OUTSIDE = sp.Abs(limit_lean_z) > tau_ever * norm_Q * norm_z
_SAME = Eq(sp.sign(limit_z), sp.sign(limit_lean_z))
_f, _inner, _norm = sp.Function("f^*"), sp.Function("inner"), sp.Function("norm")
_z, _q = sp.symbols("z Q^*")

THEOREM = Theorem(
    id="captured-limit",
    order=552,
    any_output=True,
    title="The limit of a captured network has a linear boundary",
    summary=(
        "A network captured with every own pair active tends to weights W* at which every own "
        "pair is active, so that the boundary of the limit is linear: its normal is that of the "
        "certificate's own weights W_l where these solve the margin program, and outside the "
        "certified angle the limit, too, has the sign that W_l gives."
    ),
    source=PROJECT,
    assumptions=capture.THEOREM.assumptions,
    claims=(
        Claim(
            "active",
            "At the limit W* every own pair is active: the data have a limit with a linear "
            "boundary, and the network goes there.",
            own_activation > 0,
        ),
        Claim(
            "boundary",
            "The limit network f* has the sign of <q, z> for every z. q is Q* if W_l = W*; for any "
            "W_l, f* and the network itself at every time have the sign of <Q*, z> outside the "
            "certified angle.",
            contrary_points <= 0,
            formal=sp.And(
                linear_limit.SAME_SIGN,
                sp.Implies(Eq(limit_offset, 0), Eq(limit_q_z, limit_lean_z)),
                sp.Implies(_OUTSIDE, _SAME),
                sp.Implies(_OUTSIDE, Eq(sp.sign(answer_z), sp.sign(limit_lean_z))),
                contrary_points <= 0,
            ),
            display=sp.Implies(
                sp.Abs(_inner(_q, _z)) > tau_ever * _norm(_q) * _norm(_z),
                Eq(sp.sign(_f(_z)), sp.sign(_inner(_q, _z))),
            ),
        ),
    ),
    proof=(
        Earlier(
            "captured",
            "W/rho keeps its own pairs active, stays within r of W_l and tends to W*.",
            capture.THEOREM,
            by="certificate",
        ),
        Definition(
            "infimum",
            "No own activation is ever below the infimum of all of them.",
            (activation_t >= least_ever,),
        ),
        Citation(
            "limit-own",
            "So none is at W*, where the own activations of W/rho tend to its own.",
            CLOSED(_height, activation_t, least_ever),
            by="captured infimum",
        ),
        Definition(
            "smallest",
            "The smallest scaled own activation c_own <w*_j, x_n>/|a_j| is that of some own pair "
            "(j, n).",
            (Eq(own_activation, _mass * _height),),
            chooses="nj",
        ),
        Inequality(
            "own-active",
            "Every own pair is active at W*.",
            own_activation > 0,
            by="captured limit-own smallest",
        ),
        Earlier(
            "linear",
            "So the boundary of the limit is linear.",
            linear_limit.THEOREM,
            by="own-active",
        ),
        Citation(
            "offset",
            "‖W/rho - W_l‖ tends to ‖W* - W_l‖ and stays within r, so the limit does.",
            CLOSED(-limit_offset, -distance_t, -capture_distance),
            by="captured",
        ),
        Citation(
            "normals",
            "q = sum_j a_j w*_j = c_+ v - c_- u and Q* = sum_j a_j w^l_j: their difference at z is "
            "the product of W* - W_l with the vectors a_j z.",
            CAUCHY(limit_q_z - limit_lean_z, limit_offset, norm_a * norm_z),
        ),
        Definition(
            "angle",
            "The certified angle has the sine (‖a‖ r + ...)/‖Q*‖, with further terms >= 0.",
            (tau_ever * norm_Q >= norm_a * capture_distance,),
        ),
        Inequality(
            "exact",
            "With the solution itself, W_l = W*, the normals are the same.",
            sp.Implies(Eq(limit_offset, 0), Eq(limit_q_z, limit_lean_z)),
            by="normals",
        ),
        Inequality(
            "near",
            "In any case |<q, z> - <Q*, z>| <= ‖a‖ r ‖z‖.",
            sp.Abs(limit_q_z - limit_lean_z) <= norm_a * capture_distance * norm_z,
            by="normals offset",
        ),
        Inequality(
            "angle-z",
            "Which is at most the sine of the angle times ‖Q*‖ ‖z‖.",
            norm_a * capture_distance * norm_z <= tau_ever * norm_Q * norm_z,
            by="angle",
        ),
        Inequality(
            "same",
            "So outside the angle f*(z), which has the sign of <q, z>, has that of <Q*, z>.",
            sp.Implies(_OUTSIDE, _SAME),
            by="near angle-z linear",
        ),
        Conclusion("claim-active", "As shown.", "active", by="own-active"),
        Conclusion(
            "claim-boundary", "All of this together.", "boundary", by="linear exact same captured"
        ),
    ),
    remarks=(
        "The limit is the one that limit-candidate speaks of: it depends on the data alone, and "
        "every captured network with all own pairs active tends to it.",
        "Convergence to a KKT point is not cited: it is part of capture.",
    ),
)
