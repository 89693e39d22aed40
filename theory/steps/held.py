"""Each neuron keeps its sign at the samples of its own half, for ever.

The mean of a group (see `halves`) has a product with x_n that two things bound: the certified
distance of W/rho from W_l, and the margin of n, which is at least rho - H. A neuron is within the
group's diameter of the mean. beta in [0, 1] mixes the two; any beta may be taken at each sample.

Source: this project.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from ..statement import Citation, Definition, Inequality, Let, Step
from ..symbols import Eq, declare, gamma
from .flow import distance_t, limit_norm, pairing_t, weight_sum
from .halves import diameter_g, mass_g, off_t
from .losses import entropy, now, partition_t, rho_T, rho_t
from .motion import EXIT, GIBBS
from .own_pattern import CAUCHY, ORDER_NEURONS, capture_distance, capture_slack, phi, size_j

# A sample n of which the group g is own.
_norm_x = declare("norm_x", "‖x_n‖", low=0, open_low=True, index="n", latex="\\|x_n\\|")
mix = declare(
    "mix",
    "beta in [0, 1]: how much of the bound comes from the margin of n",
    low=0,
    high=1,
    index="gn",
    latex="\\beta",
)
_other_mass = declare(
    "other_mass", "sum of a_j² over the other half", low=0, open_low=True, index="g", latex="A_{g'}"
)
_own_limit = declare("own_limit", "<bbar_g(W_l), x_n>", index="gn", latex="h^l_n")
_other_limit = declare("other_limit", "<bbar_g'(W_l), x_n>", index="gn", latex="c^l_n")
_lever = declare(
    "lever",
    "sqrt((1-beta)² A_g + beta² (A_r + gamma² A_g')), A_r the mass of the rivals, 0 if g is a half",
    low=0,
    index="gn",
    latex="k_n",
)
bound_n = declare(
    "bound_n", "the certificate's bound at the own pairs of n", index="gn", latex="\\sigma_n"
)
_moved = declare(
    "form_moved", "the form at W/rho - W_l", index="gnt", latex="\\Delta_n", abbreviation=True
)
_own_mean = declare("own_mean_t", "<bbar_g, x_n> at t, bbar_g the mean of the group g", index="gnt")
_other_mean = declare("other_mean_t", "<bbar_g', x_n> at t, of the other half", index="gnt")
_own_share = declare(
    "own_share", "<bbar_g, x_n>/rho at t", index="gnt", latex="u_n", abbreviation=True
)
_other_share = declare(
    "other_share", "<bbar_g', x_n>/rho at t", index="gnt", latex="v_n", abbreviation=True
)
_b_h = declare("b_t", "<b_j, x_n> at t", index="gnjt")
activation_t = declare(
    "activation_t", "own activation |<b_j, x_n>|/rho at t", index="gnjt", abbreviation=True
)
activation_T = declare("activation_T", "own activation |<b_j, x_n>|/rho at T", index="gnj")
least_ever = declare(
    "least_ever", "infimum of all own activations over all times from T on", latex="\\sigma_\\infty"
)

_form = declare(
    "form_n",
    "(1-beta) sigma A_g <bbar_g(W_l), x_n> + beta (gamma A_g' <bbar_g'(W_l), x_n> less the sum "
    "over the rivals), sigma the sign of the own pairs, 1 if all are active",
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


@dataclass(frozen=True)
class Pattern:
    """What a proof puts for an own pattern: by default that every own pair is active.

    Attributes
    ----------
    slack, radius : the least bound of the certificate, and the certified distance.
    sign : sigma_gn, the sign of the own pairs of the group g at n.
    rival_mass, rival_limit, rival_t, rival_share : for the other active own groups of n, the
        rivals, the sum of a_j², and the sum of |a_j| <w_j, x_n> for W_l, W(t) and W(t)/rho.
    idle_t : the sum of |a_j| gamma <w_j, x_n> over the inactive own pairs of n, at t.
    """

    slack: sp.Symbol = capture_slack
    radius: sp.Symbol = capture_distance
    sign: sp.Expr = sp.S.One
    rival_mass: sp.Expr = sp.S.Zero
    rival_limit: sp.Expr = sp.S.Zero
    rival_t: sp.Expr = sp.S.Zero
    rival_share: sp.Expr = sp.S.Zero
    idle_t: sp.Expr = sp.S.Zero

    def active(self, goal: sp.Basic) -> sp.Basic:
        """The goal where the own pairs of g at n are active."""
        return goal if self.sign == 1 else sp.Implies(Eq(self.sign, 1), goal)

    @property
    def plain(self) -> sp.Expr:
        """What bounds A_g sigma <bbar_g, x_n>/rho."""
        return _form + mix * (1 - entropy / rho_T) - self.radius * _norm_x * _lever

    @property
    def sharp(self) -> sp.Expr:
        """What does so more sharply where the form is not negative at W_l."""
        along = _form * weight_sum / limit_norm**2
        return along + mix * (1 - entropy / rho_T) - self.radius * _sharp


ALL_ACTIVE = Pattern()


def activation(pattern: Pattern = ALL_ACTIVE, idle: str = "", sign: str = "") -> tuple[Step, ...]:
    """Steps to "every own activation stays at least the slack, for ever".

    `idle` names the step that says idle_t <= 0, `sign` the one that says sigma is 1, or -1 with
    beta = 0; neither is needed if every own pair is active.
    """
    g, rest = pattern, pattern.rival_mass + gamma**2 * _other_mass
    own = mass_g * g.sign * _own_share
    rivals: tuple[Step, ...] = ()
    if isinstance(g.rival_share, sp.Symbol):
        told = "And the rivals."
        rivals = (Let("rival-share", told, g.rival_share, g.rival_t / rho_t, by="rho-positive"),)
    return (
        Definition(
            "means",
            "Own neurons add kappa times the sum of |a_j| <w_j, x_n> over them. That over the "
            "group g, and over the other half, is its mass times its mean's product with x_n.",
            (g.active(Eq(now.own_linear, mass_g * _own_mean + g.rival_t + g.idle_t)),),
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
            "So A_g <bbar_g, x_n> >= z_n + gamma A_g' <bbar_g', x_n> less what the rivals have, "
            "and z_n >= rho - H.",
            g.active(
                mass_g * _own_mean
                >= rho_t - entropy + gamma * _other_mass * _other_mean - g.rival_t
            ),
            by=f"means bend-sum one-margin t-parts smooth {idle}",
        ),
        Let("own-share", "Divide by rho.", _own_share, _own_mean / rho_t, by="rho-positive"),
        Let(
            "other-share",
            "And the other mean.",
            _other_share,
            _other_mean / rho_t,
            by="rho-positive",
        ),
        *rivals,
        Inequality(
            "mean-multiplied",
            "Then A_g u_n >= 1 - H/rho + gamma A_g' v_n - r_n.",
            g.active(
                (mass_g * _own_share - 1 - gamma * _other_mass * _other_share + g.rival_share)
                * rho_t
                >= -entropy
            ),
            by=f"mean-margin own-share other-share rho-positive {' '.join(s.id for s in rivals)}",
        ),
        Inequality(
            "mean-share",
            "rho has not fallen, and H >= 0.",
            g.active(
                mass_g * _own_share
                >= 1 - entropy / rho_T + gamma * _other_mass * _other_share - g.rival_share
            ),
            by="mean-multiplied rising rho-positive",
        ),
        Definition(
            "lever",
            "The linear form W -> (1-beta) sigma A_g <bbar_g, x_n> + beta (gamma A_g' <bbar_g', "
            "x_n> less the sum over the rivals) has the norm ‖x_n‖ sqrt((1-beta)² A_g + beta² (A_r "
            "+ gamma² A_g')) and the value F at W_l.",
            (
                Eq(_lever, sp.sqrt((1 - mix) ** 2 * mass_g + mix**2 * rest)),
                Eq(
                    _form,
                    (1 - mix) * mass_g * g.sign * _own_limit
                    + mix * (gamma * _other_mass * _other_limit - g.rival_limit),
                ),
                Eq(_sharp**2 * limit_norm**2, (_norm_x * _lever * limit_norm) ** 2 - _form**2),
            ),
        ),
        Inequality(
            "mean-mixed",
            "beta times the bound from the margin and 1 - beta times the identity.",
            own
            >= (1 - mix) * own
            + mix * (1 - entropy / rho_T + gamma * _other_mass * _other_share - g.rival_share),
            by=f"mean-share {sign}",
        ),
        Let(
            "moved",
            "Write Delta for the form at W/rho - W_l.",
            _moved,
            (1 - mix) * mass_g * g.sign * (_own_share - _own_limit)
            + mix * gamma * _other_mass * (_other_share - _other_limit)
            - mix * (g.rival_share - g.rival_limit),
        ),
        Inequality(
            "mean-form",
            "So A_g sigma <bbar_g, x_n>/rho >= F + Delta + beta (1 - H/rho(T)).",
            own >= _form + _moved + mix * (1 - entropy / rho_T),
            by="mean-mixed lever moved",
        ),
        Citation("moved-plain", "Cauchy–Schwarz.", CAUCHY(_moved, distance_t, _norm_x * _lever)),
        Inequality(
            "mean-plain",
            "With the certified distance.",
            own >= g.plain,
            by="mean-form moved-plain distance",
        ),
        Citation(
            "moved-sharp",
            "Cauchy–Schwarz for the form less its part along W_l.",
            CAUCHY(
                _moved - _form / limit_norm**2 * (pairing_t / rho_t - limit_norm**2),
                distance_t,
                _sharp,
            ),
            by="rho-positive",
        ),
        Inequality(
            "along-limit",
            "Where F >= 0 the part along W_l is at least F (Lam/‖W_l‖² - 1), as <W, W_l> >= Lam "
            "rho.",
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
            sp.Implies(_form >= 0, own >= g.sharp),
            by="mean-form moved-sharp along-limit distance rho-positive",
        ),
        Let(
            "activation",
            "The own activation of neuron j.",
            activation_t,
            g.sign * _b_h / rho_t,
            by="rho-positive",
        ),
        Citation(
            "neuron",
            "Neuron j is near the mean.",
            CAUCHY(_b_h - _own_mean, off_t, _norm_x),
        ),
        Inequality(
            "neuron-near",
            "By at most the diameter, so sigma <b_j, x_n> >= sigma <bbar_g, x_n> - D_g ‖x_n‖.",
            g.sign * _b_h >= g.sign * _own_mean - diameter_g * _norm_x,
            by=f"neuron near-mean {sign}",
        ),
        Inequality(
            "neuron-share",
            "Divide by rho, which has not fallen.",
            activation_t >= g.sign * _own_share - diameter_g * _norm_x / rho_T,
            by="neuron-near activation own-share rising rho-positive",
        ),
        Definition(
            "bound",
            "The certificate bounds every own pair, for some beta each and in one of two ways; the "
            "slack is the least of these bounds and of the own activations at T.",
            (
                sp.Or(
                    Eq(bound_n, g.plain / mass_g - diameter_g * _norm_x / rho_T),
                    sp.And(
                        _form >= 0,
                        Eq(bound_n, g.sharp / mass_g - diameter_g * _norm_x / rho_T),
                    ),
                ),
                g.slack <= bound_n,
                g.slack <= activation_T,
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
            "At every time up to which no own pair has changed its sign, own activations are at "
            "least the slack.",
            activation_t >= g.slack,
            by="activation-bound bound",
        ),
        Citation(
            "for-ever",
            "So they are at least that for ever: no own pair ever changes its sign, and t is any "
            "time from T on.",
            EXIT(activation_T, activation_t, g.slack, least_ever),
            by="certificate at-start held",
        ),
    )
