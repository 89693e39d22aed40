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
from ...steps import captured_sign, flow, halves, held
from ...steps.captured_sign import limit_lean_z, norm_Q
from ...steps.linear_boundary import norm_z
from ...steps.own_pattern import (
    capture_distance,
    capture_slack,
    followed_activation,
    followed_distance,
    tau_ever,
)
from ...symbols import Eq, tau_asked
from . import linear_outside
from .linear_outside import answer_z, gap_z, lean_z

_KEPT = followed_activation >= capture_slack
_NEAR = followed_distance <= capture_distance
_f_t, _inner, _norm = sp.Function("f_t"), sp.Function("inner"), sp.Function("norm")
_z, _q = sp.symbols("z Q^*")

THEOREM = Theorem(
    id="capture",
    order=550,
    any_output=True,
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
            formal=sp.And(held.least_ever >= capture_slack, held.least_ever > 0, _KEPT),
        ),
        Claim(
            "distance",
            "W/rho stays within the certified distance of W_l for ever, and tends to the solution "
            "W* of the margin program: with the weights of W* itself ‖W/rho - W*‖² is at most "
            "(M + K/rho)² - ‖W*‖², K = ‖W(T)‖ - M rho(T), L falls at least like M²/t, and "
            "‖W‖ - M rho never grows.",
            _NEAR,
            formal=sp.And(
                flow.distance_t <= capture_distance,
                flow.EXCESS,
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
                Eq(sp.sign(answer_z), sp.sign(limit_lean_z)),
            ),
            limit=True,
            settle="train longer, or ask for a wider angle",
            display=sp.Implies(
                sp.Abs(_inner(_q, _z)) > tau_ever * _norm(_q) * _norm(_z),
                Eq(sp.sign(_f_t(_z)), sp.sign(_inner(_q, _z))),
            ),
        ),
    ),
    proof=(
        *flow.flow_steps(),
        *halves.together(),
        *held.activation(),
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
            (followed_activation >= held.least_ever,),
        ),
        Conclusion(
            "claim-kept",
            "As shown for all times.",
            by="certificate for-ever seen-activation",
        ),
        Definition(
            "seen-distance",
            "The largest distance seen is that at some time t.",
            (Eq(followed_distance, flow.distance_t),),
            chooses="t",
        ),
        Conclusion(
            "claim-distance",
            "As shown at every time.",
            by="distance excess tends decay seen-distance rho-positive",
        ),
        Conclusion("claim-boundary", "As shown at every time.", by="sign-ever"),
    ),
    remarks=(
        "Nothing is asked of the way to the checkpoint: any optimiser may have led there. What is "
        "proved is about gradient flow from it on, on the sum of the losses; with their mean, time "
        "runs N times slower and L is N times the mean.",
        "The loss is exponential or logistic. rho = -log L - e + H with the entropy H of the "
        "certificate's weights; e = 0 and M = ‖W_f‖/min z_n(W_f) for the exponential loss, "
        "e = L_T/2 + L_T²/24 and M = ‖W_f‖/min z_n(W_f) L_T/(1 - exp(-L_T)) for the logistic one. "
        "W_f is any network with positive margins; the solution of the margin program is the best.",
        "The weights lambda_n >= 0 and slopes s in [gamma, 1] that make W_l may be any: those of "
        "an approximate solution serve, with r_T² = max(‖W_T‖/rho_T, M)² - 2 sum lambda_n + "
        "‖W_l‖². Without the maximum that would be false for approximate weights.",
        "The bound at the own pairs of sample n, beta in [0, 1], F = (1-beta) A_g <bbar_g(W_l), "
        "x_n> + beta gamma A_g' <bbar_g'(W_l), x_n>, k² = (1-beta)² A_g + beta² gamma² A_g': "
        "(F + beta (1 - H/rho_T) - r_T ‖x_n‖ k)/A_g - D_g ‖x_n‖/rho_T; or, if F >= 0, with "
        "F sum lambda_n/‖W_l‖² for the first F and sqrt(‖x_n‖² k² - F²/‖W_l‖²) for ‖x_n‖ k.",
        "tau_ever = (‖a‖ r_T + (1-gamma)/(4 gamma) max(c_+ D_+, c_- D_-)/rho_T)/‖Q*‖.",
        "Once captured by approximate weights, the facts on distance hold with those of W* too, so "
        "W/rho tends to W*; its own activations are at least the slack, so linear-limit and "
        "limit-candidate apply to W*, and the answer at z tends to sgn <q, z> where that is not 0.",
        "All own pairs are active here. For other own patterns see capture-general; then the "
        "limit's boundary need not be linear.",
    ),
)
