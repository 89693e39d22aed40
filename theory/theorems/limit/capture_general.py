"""Capture with inactive own pairs: whatever signs they have at a checkpoint, they keep for ever."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Theorem,
)
from ...steps import flow, halves, held, losses
from ...steps.own_pattern import ORDER_NEURONS, size_j
from ...symbols import Eq, declare, gamma

general_slack = declare(
    "general_slack",
    "the least, over all own pairs of any pattern, of what the capture certificate bounds the "
    "scaled own activation |<w_j, x_n>|/(|a_j| rho) by for ever, and of that activation at the "
    "checkpoint; rho is the smooth margin -log L - e + H, which has to be positive there",
    latex="\\sigma_{\\mathrm{gen}}",
)
general_activation = declare(
    "general_activation",
    "smallest sigma <w_j, x_n>/(|a_j| rho) over own pairs, sigma their sign at the checkpoint, "
    "seen while the captured network, of any pattern, was followed on",
    latex="\\sigma_{\\mathrm{seen}}",
)
general_distance = declare(
    "general_distance",
    "largest ‖W/rho - W_l‖ seen while the captured network, of any pattern, was followed on",
    low=0,
    latex="r_{\\mathrm{seen}}",
)
general_radius = declare(
    "general_radius",
    "the certified bound r_T of ‖W/rho - W_l‖ from the checkpoint on, for any pattern",
    low=0,
    latex="r_T",
)

_sign = declare(
    "group_sign",
    "sign sigma_gn of the own pairs of the group g at n",
    low=-1,
    high=1,
    index="gn",
    latex="\\sigma_{gn}",
)
_idle_h = declare("idle_h", "<w_j, x_n> at an inactive own pair, at t", index="njt")
_idle = declare(
    "idle_sum", "sum of |a_j| gamma <w_j, x_n> over the inactive own pairs of n, at t", index="nt"
)
_PATTERN = held.Pattern(
    general_slack,
    general_radius,
    _sign,
    declare("rival_mass", "sum of a_j² over the rivals of g at n", low=0, index="gn", latex="A_r"),
    declare("rival_limit", "sum of |a_j| <w^l_j, x_n> over the rivals", index="gn"),
    declare("rival_sum", "sum of |a_j| <w_j, x_n> over the rivals of g at n, at t", index="gnt"),
    declare("rival_share", "that over rho", index="gnt", latex="r_n", abbreviation=True),
    _idle,
)
_KEPT = general_activation >= general_slack
_NEAR = general_distance <= general_radius
_k = sp.IndexedBase("kappa")[halves.multipliers.indices[0]]

THEOREM = Theorem(
    id="capture-general",
    order=555,
    title="Captured with any own pairs: from a checkpoint on, training goes to one limit",
    summary=(
        "Own pairs need not be active: if the smooth-margin certificate bounds every own "
        "activation of a checkpoint away from 0, whatever its sign, gradient flow from there keeps "
        "all these signs for ever, stays within a certified distance of the limit of that pattern "
        "and tends to it."
    ),
    source=PROJECT,
    leaky=False,
    any_output=True,
    assumptions=(
        Assumption(
            "certificate",
            "The certificate bounds the own activation of every own pair, active or not, away from "
            "0.",
            general_slack > 0,
        ),
    ),
    claims=(
        Claim(
            "kept",
            "No own pair ever changes its sign: own activations over rho stay at least the slack.",
            _KEPT,
            formal=sp.And(held.least_ever >= general_slack, held.least_ever > 0, _KEPT),
        ),
        Claim(
            "distance",
            "W/rho stays within the certified distance of W_l for ever, and tends to the solution "
            "W* of the pattern's margin program: with its own weights ‖W/rho - W*‖² is at most "
            "(M + K/rho)² - ‖W*‖², K = ‖W(T)‖ - M rho(T), and L falls at least like M²/t.",
            _NEAR,
            formal=sp.And(
                flow.distance_t <= general_radius,
                sp.Implies(flow.EXACT, flow.TENDS),
                flow.DECAY,
                _NEAR,
            ),
        ),
    ),
    proof=(
        *flow.flow_steps(
            losses.any_own,
            losses.KEPT_SIGNS,
            "sigma <w_j, x_n> > 0 with its sign sigma at T, and kappa is 1 or gamma",
            general_radius,
        ),
        *halves.together(_k),
        Definition(
            "group",
            "For a sample n and one of its own groups g let sigma be the sign of the pairs, and "
            "beta = 0 if it is -1. The rivals are the other active own groups; inactive own pairs "
            "have <w_j, x_n> < 0.",
            (
                sp.Or(Eq(_sign, 1), sp.And(Eq(_sign, -1), Eq(held.mix, 0))),
                _idle_h < 0,
            ),
        ),
        Inequality(
            "idle-term",
            "What inactive own pairs add to a margin is negative.",
            size_j * gamma * _idle_h <= 0,
            by="group",
        ),
        Citation(
            "idle",
            "So their sum is not positive.",
            ORDER_NEURONS(_idle, 0, size_j * gamma * _idle_h, 0),
            by="idle-term",
        ),
        *held.activation(_PATTERN, "idle", "group"),
        *flow.DIRECTION,
        Definition(
            "seen-activation",
            "What is seen of own activations is not below their infimum.",
            (general_activation >= held.least_ever,),
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
            (Eq(general_distance, flow.distance_t),),
            chooses="t",
        ),
        Conclusion(
            "claim-distance",
            "As shown at every time.",
            "distance",
            by="distance tends decay seen-distance rho-positive",
        ),
    ),
    remarks=(
        "The loss is exponential or logistic; rho, e, M and the weights are as in capture. So is "
        "the bound at the own pairs of n, with F = (1-beta) sigma A_g <bbar_g(W_l), x_n> + beta "
        "(gamma A_g' <bbar_g'(W_l), x_n> - sum over rivals of |a_j| <w^l_j, x_n>) and k² = "
        "(1-beta)² A_g + beta² (A_r + gamma² A_g'); beta = 0 where sigma = -1.",
        "With every own pair active these are the first two claims of capture. Otherwise the "
        "boundary of the limit need not be linear; its sign is still enclosed at every z.",
        "The slope may be 0. A neuron of a ReLU network that is dead, inactive at every sample, "
        "never moves and adds nothing: its pairs count as cross pairs.",
        "Neurons of one half with equal own signs are a group; its neurons are equal at the limit, "
        "up to |a_j|.",
    ),
)
