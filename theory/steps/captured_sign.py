"""The sign of a captured network: that of its limit's linear form, for ever, outside a thin cone.

W/rho stays within r of W_l, so sum_j a_j w_j/rho stays within ‖a‖ r of Q* = sum_j a_j w^l_j; and
the network bends by no more than the diameters of its halves allow.

Source: this project.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from ..statement import Citation, Definition, Inequality, Step
from ..symbols import Eq, declare, gamma
from . import sums
from .flow import distance_t
from .halves import apart_t, diameter_g, mass_g
from .linear_boundary import norm_z
from .losses import rho_T, rho_t
from .own_pattern import (
    CAUCHY,
    ORDER_NEURONS,
    capture_distance,
    minus_mass,
    plus_mass,
    size_j,
    tau_ever,
)

LARGEST_HALF = replace(sums.LARGEST, over="g")

# A half g of W(t) at a point z.
_b_z = declare("b_z", "<b_j, z> at t, j in the half g", index="gjzt")
_low = declare("low_z", "least <b_j, z> over the half", index="gzt")
_high = declare("high_z", "largest <b_j, z> over the half", index="gzt")
_tilt = declare("tilt_z", "slope of the chord of |.| between the two", index="gzt")
_lift = declare("lift_z", "its height at 0", index="gzt")
_line = declare("line_g", "sum of |a_j| <w_j, z> over the half", index="gzt")
_size = declare("size_g", "sum of |a_j| |<w_j, z>| over the half", index="gzt")
_gap = declare("gap_g", "sum of |a_j <w_j, z>| less |sum of a_j <w_j, z>|, of a half", index="gzt")
_gap_most = declare("gap_most", "the larger gap of the two halves", index="zt")
_spread = declare(
    "spread", "max(c_+ D_+, c_- D_-)", low=0, latex="\\max(c_{\\pm} D_{\\pm})", typst='"spread"'
)
norm_Q = declare("norm_Q", "‖Q*‖, Q* = sum_j a_j w^l_j", low=0, open_low=True, latex="\\|Q^*\\|")
norm_a = declare("norm_a", "‖a‖", low=0, open_low=True, latex="\\|a\\|")
limit_lean_z = declare("limit_lean_z", "<Q*, z>", index="z", latex="\\langle Q^*,z\\rangle")


def sign_steps(answer: sp.Symbol, lean: sp.Symbol, gap: sp.Symbol) -> tuple[Step, ...]:
    """Steps to the sign outside the cone, from the step "outside" on any network at z.

    `answer` is f(z), `lean` is <sum_j a_j w_j, z>, `gap` that of the half that could turn the sign.
    """
    return (
        Definition(
            "chord",
            "<b_j, z> lies between the least and the largest over its half. On that range |.| is "
            "at most its chord, which has slope 1 or -1 if the range does not hold 0.",
            (
                _low <= _b_z,
                _b_z <= _high,
                sp.Or(
                    sp.And(_low >= 0, Eq(_tilt, 1), Eq(_lift, 0)),
                    sp.And(_high <= 0, Eq(_tilt, -1), Eq(_lift, 0)),
                    sp.And(
                        _low < 0,
                        _high > 0,
                        Eq(_tilt * (_high - _low), _high + _low),
                        Eq(_lift * (_high - _low), -2 * _low * _high),
                    ),
                ),
                Eq(_gap, _size - sp.Abs(_line)),
                gap <= _gap_most,
            ),
        ),
        Inequality(
            "under-chord",
            "a_j² |<b_j, z>| is at most a_j² times the chord.",
            size_j**2 * sp.Abs(_b_z) <= size_j**2 * (_tilt * _b_z + _lift),
            by="chord",
        ),
        Citation(
            "under-chord-sum",
            "So too in the sum over the half.",
            ORDER_NEURONS(
                _size,
                _tilt * _line + _lift * mass_g,
                size_j**2 * sp.Abs(_b_z),
                size_j**2 * (_tilt * _b_z + _lift),
            ),
            by="under-chord",
        ),
        Inequality(
            "chord-lift",
            "The chord is no steeper than 1, and at 0 no higher than half the range.",
            sp.And(_tilt <= 1, _tilt >= -1, _lift <= (_high - _low) / 2),
            by="chord",
        ),
        Inequality(
            "gap-range",
            "So the gap is at most the mass times half the range.",
            _gap <= mass_g * (_high - _low) / 2,
            by="chord under-chord-sum chord-lift",
        ),
        Citation(
            "range",
            "Two neurons i and j of the half take the ends of the range.",
            CAUCHY(_high - _low, apart_t, norm_z),
        ),
        Definition(
            "spread",
            "Of both halves take the larger product of mass and diameter.",
            (mass_g * diameter_g <= _spread,),
        ),
        Inequality(
            "gap-half",
            "So the gap of a half is at most c D ‖z‖/2.",
            _gap <= _spread * norm_z / 2,
            by="gap-range range together spread",
        ),
        Citation(
            "gap-most",
            "And so is that of either half.",
            LARGEST_HALF(_gap_most, _gap, _spread * norm_z / 2),
            by="gap-half",
        ),
        Citation(
            "lean",
            "Cauchy–Schwarz: <Q, z> is the product of W with the vectors a_j z.",
            CAUCHY(lean / rho_t - limit_lean_z, distance_t, norm_a * norm_z),
            by="rho-positive",
        ),
        Definition(
            "angle",
            "‖a‖² = c_+ + c_-, and the certified angle has the sine (‖a‖ r + (1-gamma)/(4 gamma) "
            "max(c_+ D_+, c_- D_-)/rho(T))/‖Q*‖.",
            (
                Eq(norm_a**2, plus_mass + minus_mass),
                Eq(
                    tau_ever * norm_Q,
                    norm_a * capture_distance + (1 - gamma) / (4 * gamma) * _spread / rho_T,
                ),
            ),
        ),
        Inequality(
            "lean-near",
            "So <Q, z>/rho stays within ‖a‖ r ‖z‖ of <Q*, z>.",
            sp.Abs(lean / rho_t - limit_lean_z) <= norm_a * capture_distance * norm_z,
            by="lean distance rho-positive",
        ),
        Inequality(
            "bend-small",
            "And the bend, over rho, within (1-gamma)/4 max(c D) ‖z‖/rho(T).",
            (1 - gamma) / 2 * gap / rho_t <= (1 - gamma) / 4 * _spread * norm_z / rho_T,
            by="chord gap-most rising rho-positive",
        ),
        Inequality(
            "lean-far",
            "Outside the cone gamma |<Q, z>|/rho is larger than that, and <Q, z> has the sign of "
            "<Q*, z>.",
            sp.Implies(
                sp.Abs(limit_lean_z) > tau_ever * norm_Q * norm_z,
                sp.And(
                    gamma * sp.Abs(lean / rho_t) > (1 - gamma) / 4 * _spread * norm_z / rho_T,
                    Eq(sp.sign(lean / rho_t), sp.sign(limit_lean_z)),
                ),
            ),
            by="lean-near angle rho-positive",
        ),
        Inequality(
            "lean-outside",
            "So z is outside the region where the network may bend.",
            sp.Implies(
                sp.Abs(limit_lean_z) > tau_ever * norm_Q * norm_z,
                sp.And(
                    gamma * sp.Abs(lean) > (1 - gamma) / 2 * gap,
                    Eq(sp.sign(lean), sp.sign(limit_lean_z)),
                ),
            ),
            by="lean-far bend-small rho-positive",
        ),
        Inequality(
            "sign-ever",
            "There the network has the sign of <Q*, z>.",
            sp.Implies(
                sp.Abs(limit_lean_z) > tau_ever * norm_Q * norm_z,
                Eq(sp.sign(answer), sp.sign(limit_lean_z)),
            ),
            by="lean-outside outside",
        ),
    )
