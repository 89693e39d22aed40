"""Each neuron stays active at the samples of its own half, for ever.

The mean of a half has a product with x_n that two things bound: the certified distance of W/rho
from W_l, and the margin of n, which is at least rho - H. A neuron is within the half's diameter of
the mean. beta in [0, 1] mixes the two; any beta may be taken at each sample.

Source: this project.
"""

from __future__ import annotations

import sympy as sp

from ..statement import Citation, Definition, Inequality, Let, Step
from ..symbols import declare, gamma
from .flow import distance_t, limit_norm, pairing_t, weight_sum
from .halves import diameter_g, mass_g, off_t
from .losses import entropy, now, partition_t, rho_T, rho_t
from .motion import EXIT, GIBBS
from .own_pattern import CAUCHY, ORDER_NEURONS, capture_distance, capture_slack, phi, size_j

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
_moved = declare("form_moved", "the form at W/rho - W_l", index="gnt", latex="\\Delta_n")
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

_form = declare(
    "form_n",
    "(1-beta) A_g <bbar_g(W_l), x_n> + beta gamma A_g' <bbar_g'(W_l), x_n>",
    index="gn",
    latex="F_n",
)
_sharp = declare(
    "sharp_lever",
    "norm of the form's part orthogonal to W_l",
    low=0,
    index="gn",
    latex="k^\\perp_n",
    typst='k^"perp"_n',
)

# What bounds A_g <bbar_g, x_n>/rho: as it is, and sharper where the form is not negative at W_l.
_PLAIN = _form + _mix * (1 - entropy / rho_T) - capture_distance * _norm_x * _lever
_SHARP = (
    _form * weight_sum / limit_norm**2 + _mix * (1 - entropy / rho_T) - capture_distance * _sharp
)

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
        "No margin is below -log sum exp(-z_n): Gibbs for all weight on n.",
        GIBBS(now.margin, 1, partition_t, 0),
    ),
    Inequality(
        "mean-margin",
        "So A_g <bbar_g, x_n> >= z_n + gamma A_g' <bbar_g', x_n>, and z_n >= rho - H.",
        mass_g * _own_mean >= rho_t - entropy + gamma * _other_mass * _other_mean,
        by="means bend-sum one-margin t-parts smooth",
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
        "norm ‖x_n‖ sqrt((1-beta)² A_g + beta² gamma² A_g') and the value F at W_l.",
        (
            sp.Eq(_lever, sp.sqrt((1 - _mix) ** 2 * mass_g + _mix**2 * gamma**2 * _other_mass)),
            sp.Eq(
                _form,
                (1 - _mix) * mass_g * _own_limit + _mix * gamma * _other_mass * _other_limit,
            ),
            sp.Eq(_sharp**2 * limit_norm**2, (_norm_x * _lever * limit_norm) ** 2 - _form**2),
        ),
    ),
    Inequality(
        "mean-mixed",
        "beta times the bound from the margin and 1 - beta times the identity.",
        mass_g * _own_share
        >= (1 - _mix) * mass_g * _own_share
        + _mix * (1 - entropy / rho_T + gamma * _other_mass * _other_share),
        by="mean-share",
    ),
    Let(
        "moved",
        "Write Delta for the form at W/rho - W_l.",
        _moved,
        (1 - _mix) * mass_g * (_own_share - _own_limit)
        + _mix * gamma * _other_mass * (_other_share - _other_limit),
    ),
    Inequality(
        "mean-form",
        "So A_g <bbar_g, x_n>/rho >= F + Delta + beta (1 - H/rho(T)).",
        mass_g * _own_share >= _form + _moved + _mix * (1 - entropy / rho_T),
        by="mean-mixed lever moved",
    ),
    Citation("moved-plain", "Cauchy–Schwarz.", CAUCHY(_moved, distance_t, _norm_x * _lever)),
    Inequality(
        "mean-plain",
        "With the certified distance.",
        mass_g * _own_share >= _PLAIN,
        by="mean-form moved-plain distance",
    ),
    Citation(
        "moved-sharp",
        "Cauchy–Schwarz for the form less its part along W_l.",
        CAUCHY(
            _moved - _form / limit_norm**2 * (pairing_t / rho_t - limit_norm**2), distance_t, _sharp
        ),
        by="rho-positive",
    ),
    Inequality(
        "along-limit",
        "Where F >= 0 the part along W_l is at least F (Lam/‖W_l‖² - 1), as <W, W_l> >= Lam rho.",
        sp.Implies(
            _form >= 0,
            _form / limit_norm**2 * (pairing_t / rho_t - limit_norm**2)
            >= _form * weight_sum / limit_norm**2 - _form,
        ),
        by="aligned rho-positive",
    ),
    Inequality(
        "mean-sharp",
        "So then the bound needs only the orthogonal part.",
        sp.Implies(_form >= 0, mass_g * _own_share >= _SHARP),
        by="mean-form moved-sharp along-limit distance rho-positive",
    ),
    Let(
        "activation",
        "The own activation of neuron j.",
        activation_t,
        _b_h / rho_t,
        by="rho-positive",
    ),
    Citation(
        "neuron",
        "Neuron j is near the mean.",
        CAUCHY(_b_h - _own_mean, off_t, _norm_x),
    ),
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
        "The certificate bounds every own pair, for some beta each and in one of two ways; the "
        "slack is the least of these bounds and of the own activations at T.",
        (
            sp.Or(
                sp.Eq(bound_n, _PLAIN / mass_g - diameter_g * _norm_x / rho_T),
                sp.And(
                    _form >= 0,
                    sp.Eq(bound_n, _SHARP / mass_g - diameter_g * _norm_x / rho_T),
                ),
            ),
            capture_slack <= bound_n,
            capture_slack <= activation_T,
        ),
    ),
    Inequality(
        "activation-bound",
        "So at t every own activation is at least its bound.",
        activation_t >= bound_n,
        by="neuron-share mean-plain mean-sharp bound",
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
