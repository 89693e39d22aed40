"""The neurons of a group draw together along the flow, and each keeps its sign at own samples.

A group are the neurons of one half whose own pairs have equal signs: the whole half if every own
pair is active. Write b_j = w_j/|a_j|. Along the flow the distance of two b_j of one group never
grows, because the slopes of phi never fall. So each is within the group's diameter at the
checkpoint of the group's mean, whose product with x_n the certified distance of W/rho from W_l and
the margin of n bound.

Source: this project.
"""

from __future__ import annotations

from dataclasses import dataclass

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

# An arbitrary group g, and two of its neurons i and j.
mass_g = declare(
    "mass_g", "sum of a_j² over a group g (a half)", low=0, open_low=True, index="g", latex="A_g"
)
diameter_g = declare(
    "diameter_g", "largest ‖b_i - b_j‖ of the group g at T", low=0, index="g", latex="D_g"
)
apart_T = declare("apart_T", "‖b_i - b_j‖ at T, i and j of the group g", low=0, index="gij")
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
_off_t = declare(
    "off_mean_t", "distance of b_j from the mean of its group at t", low=0, index="gjt"
)

_own, _one, _other = (sp.IndexedBase(name)[multipliers.indices[0]] for name in ("e", "s_i", "s_j"))


def together(slope: sp.Expr = sp.S.One) -> tuple[Step, ...]:
    """Steps to "no two neurons of a group part", whose own slopes kappa are `slope`, in common."""
    return (
        Identity(
            "apart-velocity",
            "b_j' = sum over own n of l_n kappa_n x_n - sum over cross n of l_n s_jn x_n, kappa_n "
            "being 1 where the own pairs of the group are active (e_n is 1 for own samples, else "
            "0; l_n stands as lambda_n; one coordinate): in b_i' - b_j' the own samples cancel.",
            over_samples(multipliers * (_own * slope - (1 - _own) * _one) * samples)
            - over_samples(multipliers * (_own * slope - (1 - _own) * _other) * samples),
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
            "So two neurons of a group never part.",
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
            "So each stays that near to its group's mean.",
            MEAN_DISTANCE(_off_t, apart_t, diameter_g),
            by="together",
        ),
    )


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
_own_mean = declare("own_mean_t", "<bbar_g, x_n> at t, bbar_g the mean of the group g", index="gnt")
_other_mean = declare("other_mean_t", "<bbar_g', x_n> at t, of the other half", index="gnt")
_own_share = declare("own_share", "<bbar_g, x_n>/rho at t", index="gnt", latex="u_n")
_other_share = declare("other_share", "<bbar_g', x_n>/rho at t", index="gnt", latex="v_n")
_b_h = declare("b_t", "<b_j, x_n> at t", index="gnjt")
activation_t = declare("activation_t", "own activation |<b_j, x_n>|/rho at t", index="gnjt")
activation_T = declare("activation_T", "own activation |<b_j, x_n>|/rho at T", index="gnj")
least_ever = declare(
    "least_ever", "infimum of all own activations over all times from T on", latex="\\sigma_\\infty"
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
        return goal if self.sign == 1 else sp.Implies(sp.Eq(self.sign, 1), goal)

    @property
    def margin(self) -> sp.Expr:
        """What the margin of n leaves to the group, of W_l over rho."""
        return 1 - entropy / rho_T + gamma * _other_mass * _other_limit - self.rival_limit

    @property
    def mixed(self) -> sp.Expr:
        """The certificate's bound of A_g sigma <bbar_g, x_n>/rho."""
        base = (1 - mix) * mass_g * self.sign * _own_limit
        return base + mix * self.margin - self.radius * _norm_x * _lever


ALL_ACTIVE = Pattern()


def activation(pattern: Pattern = ALL_ACTIVE, idle: str = "", sign: str = "") -> tuple[Step, ...]:
    """Steps to "every own activation stays at least the slack, for ever".

    `idle` names the step that says idle_t <= 0, `sign` the one that says sigma is 1, or -1 with
    beta = 0; neither is needed if every own pair is active.
    """
    g, rest = pattern, pattern.rival_mass + gamma**2 * _other_mass
    rivals: tuple[Step, ...] = ()
    if isinstance(g.rival_share, sp.Symbol):
        told = "And the rivals."
        rivals = (Let("rival-share", told, g.rival_share, g.rival_t / rho_t, by="rho-positive"),)
    return (
        Definition(
            "means",
            "Own neurons add kappa times the sum of |a_j| <w_j, x_n> over them. That over the "
            "group g, and over the other half, is its mass times its mean's product with x_n.",
            (g.active(sp.Eq(now.own_linear, mass_g * _own_mean + g.rival_t + g.idle_t)),),
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
            "So A_g <bbar_g, x_n> >= z_n + gamma A_g' <bbar_g', x_n> less what the rivals have, "
            "and z_n >= rho - H.",
            g.active(
                mass_g * _own_mean
                >= rho_t - entropy + gamma * _other_mass * _other_mean - g.rival_t
            ),
            by=f"means bend-sum one-margin t-parts loss {idle}",
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
            "+ gamma² A_g')).",
            (sp.Eq(_lever, sp.sqrt((1 - mix) ** 2 * mass_g + mix**2 * rest)),),
        ),
        Citation(
            "lever-bound",
            "Cauchy–Schwarz for that form at W/rho - W_l.",
            CAUCHY(
                (1 - mix) * mass_g * g.sign * (_own_share - _own_limit)
                + mix * gamma * _other_mass * (_other_share - _other_limit)
                - mix * (g.rival_share - g.rival_limit),
                distance_t,
                _norm_x * _lever,
            ),
        ),
        Inequality(
            "lever-radius",
            "With the certified distance.",
            distance_t * (_norm_x * _lever) <= g.radius * _norm_x * _lever,
            by="distance",
        ),
        Inequality(
            "mean-mixed",
            "beta times the bound from the margin and 1 - beta times the identity.",
            mass_g * g.sign * _own_share
            >= (1 - mix) * mass_g * g.sign * _own_share
            + mix * (1 - entropy / rho_T + gamma * _other_mass * _other_share - g.rival_share),
            by=f"mean-share {sign}",
        ),
        Inequality(
            "mean-bound",
            "So A_g sigma <bbar_g, x_n>/rho is at least what the certificate puts.",
            mass_g * g.sign * _own_share >= g.mixed,
            by="mean-mixed lever-bound lever-radius",
        ),
        Let(
            "activation",
            "The own activation of neuron j.",
            activation_t,
            g.sign * _b_h / rho_t,
            by="rho-positive",
        ),
        Citation("neuron", "Neuron j is near the mean.", CAUCHY(_b_h - _own_mean, _off_t, _norm_x)),
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
            "The certificate bounds every own pair, for some beta each; the slack is the least of "
            "these bounds and of the own activations at T.",
            (
                sp.Eq(bound_n, g.mixed / mass_g - diameter_g * _norm_x / rho_T),
                g.slack <= bound_n,
                g.slack <= activation_T,
            ),
        ),
        Inequality(
            "activation-bound",
            "So at t every own activation is at least its bound.",
            activation_t >= bound_n,
            by="neuron-share mean-bound bound",
        ),
        Inequality("at-start", "And positive at T.", activation_T > 0, by="certificate bound"),
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
