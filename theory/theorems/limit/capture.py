"""Capture: from a checkpoint to its limit, for ever."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Theorem,
)
from ...steps import captured_sign, flow, halves
from ...steps.captured_sign import limit_lean_z, norm_Q
from ...steps.linear_boundary import norm_z
from ...steps.own_pattern import (
    capture_distance,
    capture_slack,
    followed_activation,
    followed_distance,
    tau_ever,
)
from ...symbols import tau_asked
from . import linear_outside
from .linear_outside import answer_z, gap_z, lean_z

_KEPT = followed_activation >= capture_slack
_NEAR = followed_distance <= capture_distance
_f_t, _inner, _norm = sp.Function("f_t"), sp.Function("inner"), sp.Function("norm")
_z, _q = sp.symbols("z Q^*")

THEOREM = Theorem(
    id="capture",
    order=450,
    title="Captured: from a checkpoint on, training goes to one limit",
    summary=(
        "If at a checkpoint every own pair is active and the smooth-margin certificate bounds "
        "every own activation away from 0, gradient flow from there keeps that pattern for ever, "
        "stays within a certified distance of the limit and tends to it, and its sign is that of "
        "one linear form outside a certified angle."
    ),
    source=PROJECT,
    assumptions=(
        Assumption(
            "certificate",
            "At the checkpoint every own pair is active, and the certificate bounds each own "
            "activation away from 0.",
            capture_slack > 0,
        ),
    ),
    claims=(
        Claim(
            "kept",
            "No own pair ever changes its sign: own activations over rho stay at least the slack.",
            _KEPT,
            formal=sp.And(halves.least_ever >= capture_slack, halves.least_ever > 0, _KEPT),
        ),
        Claim(
            "distance",
            "W/rho stays within the certified distance of W_l for ever, and tends to the solution "
            "W* of the margin program: with its own weights ‖W/rho - W*‖² is at most "
            "(‖W*‖ + K/rho)² - ‖W*‖², K = ‖W(T)‖ - ‖W*‖ rho(T), and rho grows at least like log t.",
            _NEAR,
            formal=sp.And(
                flow.distance_t <= capture_distance,
                sp.Implies(flow.EXACT, flow.TENDS),
                flow.DECAY,
                _NEAR,
            ),
        ),
        Claim(
            "boundary",
            "From the checkpoint on, for ever, the network has the sign of <Q*, z> for every z "
            "outside the certified angle, and that angle is as small as asked.",
            tau_ever <= tau_asked,
            formal=sp.Implies(
                sp.Abs(limit_lean_z) > tau_ever * norm_Q * norm_z,
                sp.Eq(sp.sign(answer_z), sp.sign(limit_lean_z)),
            ),
            limit=True,
            settle="train longer, or ask for a wider angle",
            display=sp.Implies(
                sp.Abs(_inner(_q, _z)) > tau_ever * _norm(_q) * _norm(_z),
                sp.Eq(sp.sign(_f_t(_z)), sp.sign(_inner(_q, _z)), evaluate=False),
            ),
        ),
    ),
    proof=(
        *flow.flow_steps(),
        *halves.together(),
        *halves.activation(),
        *flow.DIRECTION,
        Earlier(
            "outside",
            "The theorem on any network, applied to W(t).",
            linear_outside.THEOREM,
        ),
        *captured_sign.sign_steps(answer_z, lean_z, gap_z),
        Definition(
            "seen-activation",
            "What is seen of own activations is not below their infimum.",
            (followed_activation >= halves.least_ever,),
        ),
        Conclusion(
            "claim-kept",
            "As shown for all times.",
            "kept",
            by="certificate for-ever seen-activation",
        ),
        Definition(
            "seen-distance",
            "The largest distance seen is that at some time t.",
            (sp.Eq(followed_distance, flow.distance_t),),
            chooses="t",
        ),
        Conclusion(
            "claim-distance",
            "As shown at every time.",
            "distance",
            by="distance tends decay seen-distance rho-positive",
        ),
        Conclusion("claim-boundary", "As shown at every time.", "boundary", by="sign-ever"),
    ),
)
