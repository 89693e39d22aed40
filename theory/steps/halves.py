"""The neurons of a group never part along the flow, and each stays near their mean.

A group are the neurons of one half whose own pairs have equal signs: the whole half if every own
pair is active. Write b_j = w_j/|a_j|. Along the flow the distance of two b_j of one group never
grows, because the slopes of phi never fall. So each is within the group's diameter at the
checkpoint of the group's mean.

Source: this project.
"""

from __future__ import annotations

import sympy as sp

from ..statement import Citation, Definition, Identity, Inequality, Step
from ..symbols import Eq, N, declare
from .kkt import multipliers, over_samples, samples
from .losses import pull_n_t
from .motion import INTEGRAL, MEAN_DISTANCE
from .own_pattern import slope_of
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
    "sum over the cross samples of l'_n (s_in - s_jn) <b_i - b_j, x_n> at t",
    index="gijt",
)
_first_h = declare("b_first_t", "<b_i(t), x_n> at a cross sample of g", index="gnit")
_second_h = declare("b_second_t", "<b_j(t), x_n> at a cross sample of g", index="gnjt")
_first_slope = declare("s_first_t", "slope of phi there, for neuron i", index="gnit")
_second_slope = declare("s_second_t", "slope of phi there, for neuron j", index="gnjt")
off_t = declare("off_mean_t", "distance of b_j from the mean of its group at t", low=0, index="gjt")

_own, _one, _other = (sp.IndexedBase(name)[multipliers.indices[0]] for name in ("e", "s_i", "s_j"))


def together(slope: sp.Expr = sp.S.One) -> tuple[Step, ...]:
    """Steps to "no two neurons of a group part", whose own slopes kappa are `slope`, in common."""
    return (
        Identity(
            "apart-velocity",
            "b_j' = sum over own n of l'_n kappa_n x_n - sum over cross n of l'_n s_jn x_n, "
            "kappa_n being 1 where the own pairs of the group are active (e_n is 1 for own "
            "samples, else 0; l'_n stands as lambda_n; one coordinate): in b_i' - b_j' the own "
            "samples cancel.",
            over_samples(multipliers * (_own * slope - (1 - _own) * _one) * samples)
            - over_samples(multipliers * (_own * slope - (1 - _own) * _other) * samples),
            -over_samples(multipliers * (1 - _own) * (_one - _other) * samples),
        ),
        Definition(
            "apart",
            "So ‖b_i - b_j‖² has the derivative -2 sum over cross n of l'_n (s_in - s_jn) "
            "<b_i - b_j, x_n>, with slopes of phi; at T it is at most the squared diameter.",
            (
                Eq(_apart_rate, -2 * _crossed_t),
                slope_of(_first_slope, _first_h),
                slope_of(_second_slope, _second_h),
                apart_T <= diameter_g,
            ),
        ),
        Inequality(
            "apart-term",
            "Slopes of phi never fall: each term is at least 0.",
            pull_n_t * (_first_slope - _second_slope) * (_first_h - _second_h) >= 0,
            by="apart",
        ),
        Citation(
            "apart-sum",
            "So is their sum.",
            TERM_SUM_LOWER(
                _crossed_t, N, pull_n_t * (_first_slope - _second_slope) * (_first_h - _second_h), 0
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
            MEAN_DISTANCE(off_t, apart_t, diameter_g),
            by="together",
        ),
    )
