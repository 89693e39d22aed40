"""The neurons of a half draw together along the flow, and each stays active at its own samples.

Write b_j = w_j/|a_j|. Along the flow the distance of two b_j of one half never grows, because the
slopes of phi never fall. So each is within the half's diameter at the checkpoint of the half's
mean, whose product with x_n the certified distance of W/rho from W_l and the margin of n bound.

Source: this project.
"""

from __future__ import annotations

import sympy as sp

from ..statement import Citation, Definition, Identity, Inequality, Let, Step
from ..symbols import N, declare, gamma
from .flow import (
    EXIT,
    GIBBS,
    INTEGRAL,
    MEAN_DISTANCE,
    distance_t,
    entropy,
    loss_n_t,
    loss_t,
    now,
    rho_T,
    rho_t,
)
from .kkt import multipliers, over_samples, samples
from .own_pattern import (
    CAUCHY,
    ORDER_NEURONS,
    capture_distance,
    capture_slack,
    phi,
    size_j,
    slope_of,
)
from .sums import TERM_SUM_LOWER

# An arbitrary half g, and two of its neurons i and j.
mass_g = declare(
    "mass_g", "sum of a_j² over a half g", low=0, open_low=True, index="g", latex="A_g"
)
diameter_g = declare(
    "diameter_g", "largest ‖b_i - b_j‖ of the half g at T", low=0, index="g", latex="D_g"
)
apart_T = declare("apart_T", "‖b_i - b_j‖ at T, i and j of the half g", low=0, index="gij")
apart_t = declare("apart_t", "‖b_i - b_j‖ at t", low=0, index="gijt")
_apart_rate = declare("apart_rate", "derivative of ‖b_i - b_j‖² at t", index="gijt")
_crossed_t = declare(
    "crossed_t",
    "sum over the cross samples of l_n (s_in - s_jn) <b_i - b_j, x_n> at t",
    index="gijt",
)
_first_h = declare("b_first_t", "<b_i(t), x_n> at a cross sample of g", index="gnit")
_second_h = declare("b_second_t", "<b_j(t), x_n> at a cross sample of g", index="gnjt")
_first_slope = declare("s_first_t", "slope of phi there, for neuron i", index="gnit")
_second_slope = declare("s_second_t", "slope of phi there, for neuron j", index="gnjt")
_off_t = declare("off_mean_t", "distance of b_j from the mean of its half at t", low=0, index="gjt")

_own, _one, _other = (sp.IndexedBase(name)[multipliers.indices[0]] for name in ("e", "s_i", "s_j"))

TOGETHER: tuple[Step, ...] = (
    Identity(
        "apart-velocity",
        "b_j' = sum over own n of l_n x_n - sum over cross n of l_n s_jn x_n (e_n is 1 for own "
        "samples, else 0; l_n stands as lambda_n; one coordinate): in b_i' - b_j' the own samples "
        "cancel.",
        over_samples(multipliers * (_own - (1 - _own) * _one) * samples)
        - over_samples(multipliers * (_own - (1 - _own) * _other) * samples),
        -over_samples(multipliers * (1 - _own) * (_one - _other) * samples),
    ),
    Definition(
        "apart",
        "So ‖b_i - b_j‖² has the derivative -2 sum over cross n of l_n (s_in - s_jn) "
        "<b_i - b_j, x_n>, with slopes of phi; at T it is at most the squared diameter.",
        (
            sp.Eq(_apart_rate, -2 * _crossed_t),
            slope_of(_first_slope, _first_h),
            slope_of(_second_slope, _second_h),
            apart_T <= diameter_g,
        ),
    ),
    Inequality(
        "apart-term",
        "Slopes of phi never fall: each term is at least 0.",
        loss_n_t * (_first_slope - _second_slope) * (_first_h - _second_h) >= 0,
        by="apart",
    ),
    Citation(
        "apart-sum",
        "So is their sum.",
        TERM_SUM_LOWER(
            _crossed_t, N, loss_n_t * (_first_slope - _second_slope) * (_first_h - _second_h), 0
        ),
        by="apart-term",
    ),
    Inequality("apart-falls", "The rate is at most 0.", _apart_rate <= 0, by="apart apart-sum"),
    Citation(
        "apart-square",
        "So two neurons of a half never part.",
        INTEGRAL(apart_T**2, apart_t**2, _apart_rate),
        by="apart-falls",
    ),
    Inequality(
        "together",
        "They stay within the diameter at the checkpoint.",
        apart_t <= diameter_g,
        by="apart-square apart",
    ),
    Citation(
        "near-mean",
        "So each stays that near to its half's mean.",
        MEAN_DISTANCE(_off_t, apart_t, diameter_g),
        by="together",
    ),
)

# A sample n whose own half is g.
_norm_x = declare("norm_x", "‖x_n‖", low=0, open_low=True, index="n", latex="\\|x_n\\|")
_mix = declare(
    "mix",
    "beta in [0, 1]: how much of the bound comes from the margin of n",
    low=0,
    high=1,
    index="n",
    latex="\\beta",
)
_other_mass = declare(
    "other_mass", "sum of a_j² over the other half", low=0, open_low=True, index="g", latex="A_{g'}"
)
_own_limit = declare("own_limit", "<bbar_g(W_l), x_n>", index="gn", latex="h^l_n")
_other_limit = declare("other_limit", "<bbar_g'(W_l), x_n>", index="gn", latex="c^l_n")
_lever = declare(
    "lever",
    "sqrt((1-beta)² A_g + beta² gamma² A_g')",
    low=0,
    index="gn",
    latex="k_n",
)
bound_n = declare(
    "bound_n", "the certificate's bound at the own pairs of n", index="gn", latex="\\sigma_n"
)
_own_mean = declare("own_mean_t", "<bbar_g, x_n> at t, bbar_g the mean of the half g", index="gnt")
_other_mean = declare("other_mean_t", "<bbar_g', x_n> at t, of the other half", index="gnt")
_own_share = declare("own_share", "<bbar_g, x_n>/rho at t", index="gnt", latex="u_n")
_other_share = declare("other_share", "<bbar_g', x_n>/rho at t", index="gnt", latex="v_n")
_b_h = declare("b_t", "<b_j, x_n> at t", index="gnjt")
activation_t = declare("activation_t", "own activation <b_j, x_n>/rho at t", index="gnjt")
activation_T = declare("activation_T", "own activation <b_j, x_n>/rho at T", index="gnj")
least_ever = declare(
    "least_ever", "infimum of all own activations over all times from T on", latex="\\sigma_\\infty"
)

CERTIFICATE = (
    (1 - _mix) * mass_g * _own_limit
    + _mix * (1 - entropy / rho_T + gamma * _other_mass * _other_limit)
    - capture_distance * _norm_x * _lever
) / mass_g - diameter_g * _norm_x / rho_T

ACTIVATION: tuple[Step, ...] = (
    Definition(
        "means",
        "For a sample n whose own half is g the sum of |a_j| <w_j, x_n> over a half is its mass "
        "times its mean's product with x_n.",
        (sp.Eq(now.own_linear, mass_g * _own_mean),),
    ),
    Inequality(
        "bend",
        "phi(h) >= gamma h.",
        gamma * size_j * now.cross_h <= size_j * phi(now.cross_h),
    ),
    Citation(
        "bend-sum",
        "So too in the sum over the other half.",
        ORDER_NEURONS(
            gamma * _other_mass * _other_mean,
            now.cross_answer,
            gamma * size_j * now.cross_h,
            size_j * phi(now.cross_h),
        ),
        by="bend",
    ),
    Citation(
        "one-margin",
        "No margin is below -log L: Gibbs for all weight on n.",
        GIBBS(now.margin, 1, loss_t, 0),
    ),
    Inequality(
        "mean-margin",
        "So A_g <bbar_g, x_n> >= z_n + gamma A_g' <bbar_g', x_n>, and z_n >= rho - H.",
        mass_g * _own_mean >= rho_t - entropy + gamma * _other_mass * _other_mean,
        by="means bend-sum one-margin t-parts loss",
    ),
    Let("own-share", "Divide by rho.", _own_share, _own_mean / rho_t, by="rho-positive"),
    Let("other-share", "And the other mean.", _other_share, _other_mean / rho_t, by="rho-positive"),
    Inequality(
        "mean-multiplied",
        "Then A_g u_n >= 1 - H/rho + gamma A_g' v_n.",
        (mass_g * _own_share - 1 - gamma * _other_mass * _other_share) * rho_t >= -entropy,
        by="mean-margin own-share other-share rho-positive",
    ),
    Inequality(
        "mean-share",
        "rho has not fallen, and H >= 0.",
        mass_g * _own_share >= 1 - entropy / rho_T + gamma * _other_mass * _other_share,
        by="mean-multiplied rising rho-positive",
    ),
    Definition(
        "lever",
        "The linear form W -> (1-beta) A_g <bbar_g, x_n> + beta gamma A_g' <bbar_g', x_n> has the "
        "norm ‖x_n‖ sqrt((1-beta)² A_g + beta² gamma² A_g'); H is an entropy.",
        (sp.Eq(_lever, sp.sqrt((1 - _mix) ** 2 * mass_g + _mix**2 * gamma**2 * _other_mass)),),
    ),
    Citation(
        "lever-bound",
        "Cauchy–Schwarz for that form at W/rho - W_l.",
        CAUCHY(
            (1 - _mix) * mass_g * (_own_share - _own_limit)
            + _mix * gamma * _other_mass * (_other_share - _other_limit),
            distance_t,
            _norm_x * _lever,
        ),
    ),
    Inequality(
        "lever-radius",
        "With the certified distance.",
        distance_t * (_norm_x * _lever) <= capture_distance * _norm_x * _lever,
        by="distance",
    ),
    Inequality(
        "mean-mixed",
        "beta times the bound from the margin and 1 - beta times the identity.",
        mass_g * _own_share
        >= (1 - _mix) * mass_g * _own_share
        + _mix * (1 - entropy / rho_T + gamma * _other_mass * _other_share),
        by="mean-share",
    ),
    Inequality(
        "mean-bound",
        "So A_g <bbar_g, x_n>/rho is at least what the certificate puts.",
        mass_g * _own_share
        >= (1 - _mix) * mass_g * _own_limit
        + _mix * (1 - entropy / rho_T + gamma * _other_mass * _other_limit)
        - capture_distance * _norm_x * _lever,
        by="mean-mixed lever-bound lever-radius",
    ),
    Let(
        "activation",
        "The own activation of neuron j.",
        activation_t,
        _b_h / rho_t,
        by="rho-positive",
    ),
    Citation("neuron", "Neuron j is near the mean.", CAUCHY(_b_h - _own_mean, _off_t, _norm_x)),
    Inequality(
        "neuron-near",
        "By at most the diameter, so <b_j, x_n> >= <bbar_g, x_n> - D_g ‖x_n‖.",
        _b_h >= _own_mean - diameter_g * _norm_x,
        by="neuron near-mean",
    ),
    Inequality(
        "neuron-share",
        "Divide by rho, which has not fallen.",
        activation_t >= _own_share - diameter_g * _norm_x / rho_T,
        by="neuron-near activation own-share rising rho-positive",
    ),
    Definition(
        "bound",
        "The certificate bounds every own pair, for some beta each; the slack is the least of "
        "these bounds and of the own activations at T.",
        (
            sp.Eq(bound_n, CERTIFICATE),
            capture_slack <= bound_n,
            capture_slack <= activation_T,
        ),
    ),
    Inequality(
        "activation-bound",
        "So at t every own activation is at least its bound.",
        activation_t >= bound_n,
        by="neuron-share mean-bound bound",
    ),
    Inequality(
        "at-start",
        "And positive at T.",
        activation_T > 0,
        by="certificate bound",
    ),
    Inequality(
        "held",
        "At every time up to which all own activations have stayed positive, they are at least "
        "the slack.",
        activation_t >= capture_slack,
        by="activation-bound bound",
    ),
    Citation(
        "for-ever",
        "So they are at least that for ever: no own pair ever changes its sign, and t is any time "
        "from T on.",
        EXIT(activation_T, activation_t, capture_slack, least_ever),
        by="certificate at-start held",
    ),
)
