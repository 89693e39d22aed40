"""A neuron's slope where its sign is known: 1 on its own half, gamma on the other.

Write t for m y_n a_j <w_j, x_n>. A neuron of the sample's own half (y_n a_j > 0) has slope 1 when
t > 0 and gamma when t < 0; a neuron of the other half has it the other way round.
"""

from __future__ import annotations

import sympy as sp

from .kkt import cross_n, cross_top, lambda_n, margin_n, margin_top, rho_n, rho_top
from .proof import Definition, Step
from .symbols import declare, gamma, lambda_max

own_slope = declare("s_own", "slope at x_n of a neuron of its own half", index="nj")
other_slope = declare("s_other", "slope at x_n of a neuron of the other half", index="nj")
own_mean = declare("mean_own", "mean contribution of the own half to the margin of n", index="n")
other_mean = declare("mean_other", "mean contribution of the other half", index="n")
own_slope_top = declare("s_own_top", "own-half slope at the largest multiplier", index="j")
other_slope_top = declare("s_other_top", "other-half slope at the largest multiplier", index="j")
own_mean_top = declare("mean_own_top", "own half's mean contribution at the largest multiplier")
other_mean_top = declare("mean_other_top", "other half's mean contribution there")

own_t = own_slope * lambda_n * rho_n + cross_n
other_t = other_slope * lambda_n * rho_n + cross_n
own_t_top = own_slope_top * lambda_max * rho_top + cross_top
other_t_top = other_slope_top * lambda_max * rho_top + cross_top


def _slope(slope: sp.Symbol, t: sp.Expr, active: sp.Expr, inactive: sp.Expr) -> sp.Basic:
    return sp.Or(
        sp.And(t > 0, sp.Eq(slope, active)),
        sp.And(t < 0, sp.Eq(slope, inactive)),
        sp.And(sp.Eq(t, 0), slope >= gamma, slope <= 1),
    )


ANY_SAMPLE: tuple[Step, ...] = (
    Definition(
        "slopes",
        "At any sample, a neuron of its own half has slope 1 where t > 0 and gamma where t < 0; "
        "one of the other half the other way round.",
        (
            _slope(own_slope, own_t, sp.Integer(1), gamma),
            _slope(other_slope, other_t, gamma, sp.Integer(1)),
        ),
    ),
    Definition(
        "margin-halves",
        "The halves are equally large: the margin is the mean of the two halves' means.",
        (sp.Eq(margin_n, (own_mean + other_mean) / 2),),
    ),
)
TOP_SAMPLE: tuple[Step, ...] = (
    Definition(
        "slopes-top",
        "The same at the sample with the largest multiplier.",
        (
            _slope(own_slope_top, own_t_top, sp.Integer(1), gamma),
            _slope(other_slope_top, other_t_top, gamma, sp.Integer(1)),
        ),
    ),
    Definition(
        "margin-halves-top",
        "And its margin is the mean of the two halves' means.",
        (sp.Eq(margin_top, (own_mean_top + other_mean_top) / 2),),
    ),
)
