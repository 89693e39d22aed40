"""Own pairs active at a limit: its boundary is linear, whatever the cross pairs do."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Identity,
    Inequality,
    Theorem,
)
from ...steps import sums
from ...steps.kkt import labels, lambda_n, multipliers, over_samples, samples, slopes, y
from ...steps.own_pattern import (
    contrary_points,
    minus_mass,
    own_activation,
    phi,
    plus_mass,
    slope_of,
)
from ...symbols import Eq, N, declare

_mass = declare("own_mass", "sum of a_j² over the own half of n", low=0, open_low=True, index="n")
_own_h = declare("b_own", "<b_j, x_n>, b_j = w_j/|a_j|, at an own pair", index="nj")
_own_slope = declare("s_own_active", "slope of phi at an own pair", index="nj")
_first_h = declare("b_first", "<b_i, x_n> at a cross pair (i, n)", index="ni")
_second_h = declare("b_second", "<b_j, x_n> at a cross pair, i and j of one half", index="nj")
_first_slope = declare("s_first", "slope of phi there, for neuron i", index="ni")
_second_slope = declare("s_second", "slope of phi there, for neuron j", index="nj")
tied = declare(
    "tied_square", "‖b_i - b_j‖², i and j of one half", low=0, index="ij", latex="\\|b_i-b_j\\|^2"
)
_crossed = declare(
    "tied_crossed",
    "sum over the cross samples of lambda_n (s_in - s_jn) <b_i - b_j, x_n>",
    index="ij",
)
_plus_z = declare("limit_plus_z", "<v, z>, v = b_j for a_j > 0", index="z")
_minus_z = declare("limit_minus_z", "<u, z>, u = b_j for a_j < 0", index="z")
limit_z = declare("limit_z", "output f*(z) of the limit network", index="z", latex="f^*(z)")
limit_q_z = declare(
    "limit_q_z",
    "<q, z>, q = sum_n lambda_n (c_own + c_other s_n) y_n x_n",
    index="z",
    latex="\\langle q,z\\rangle",
)

OWN_ACTIVE = Assumption(
    "own-active",
    "At the solution of the margin program every sample activates every neuron of its own half.",
    own_activation > 0,
)
SAME_SIGN = Eq(sp.sign(limit_z), sp.sign(limit_q_z))

_own = sp.IndexedBase("e")[labels.indices[0]]
"""1 where the pair of a neuron and a sample is own, 0 where it is cross."""
_one, _other = (sp.IndexedBase(name)[labels.indices[0]] for name in ("s_i", "s_j"))
_mean = (plus_mass + minus_mass) / 2
_gap = (plus_mass - minus_mass) / 2
_f, _inner = sp.Function("f^*"), sp.Function("inner")
_z, _q = sp.symbols("z q")

THEOREM = Theorem(
    id="linear-limit",
    order=510,
    any_output=True,
    title="Own pairs active: the limit's boundary is linear",
    summary=(
        "At a KKT point at which every sample activates the neurons of its own label's half, the "
        "neurons of a half are equal and the network has the sign of <q, z> for every z, q = "
        "sum_n lambda_n (c_own + c_other s_n) y_n x_n, whatever the neurons of the other half do: "
        "active, inactive or at their kink."
    ),
    source=PROJECT,
    assumptions=(OWN_ACTIVE,),
    claims=(
        Claim(
            "boundary",
            "The neurons of a half are equal up to |a_j|, and the limit network has the sign of "
            "<q, z> for every z; so it has at every test point.",
            contrary_points <= 0,
            formal=sp.And(Eq(tied, 0), SAME_SIGN, contrary_points <= 0),
            display=Eq(sp.sign(_f(_z)), sp.sign(_inner(_q, _z))),
        ),
    ),
    proof=(
        Definition(
            "own-pairs",
            "The scaled own activation is the mass of the half times <b_j, x_n>, and none is below "
            "the smallest.",
            (own_activation <= _mass * _own_h,),
        ),
        Inequality(
            "own-sign",
            "So the neuron is active at every own pair.",
            _own_h > 0,
            by="own-active own-pairs",
        ),
        Definition(
            "own-slope",
            "At a KKT point the slopes of own pairs lie in the subdifferential of phi.",
            (slope_of(_own_slope, _own_h),),
        ),
        Inequality(
            "own-slopes",
            "Hence they are all 1.",
            Eq(_own_slope, 1),
            by="own-sign own-slope",
        ),
        Identity(
            "difference",
            "Stationarity gives b_j = sum over own n of lambda_n x_n - sum over cross n of "
            "lambda_n s_jn x_n (e_n is 1 for own samples, else 0; one coordinate): in b_i - b_j "
            "the own samples cancel.",
            over_samples(multipliers * (_own - (1 - _own) * _one) * samples)
            - over_samples(multipliers * (_own - (1 - _own) * _other) * samples),
            -over_samples(multipliers * (1 - _own) * (_one - _other) * samples),
        ),
        Definition(
            "separation",
            "Take the product with b_i - b_j. Both cross slopes lie in the subdifferential of phi; "
            "the sign of <w_j, x_n> is that of <b_j, x_n>.",
            (
                sp.Implies(Eq(_own_slope, 1), Eq(tied, -_crossed)),
                slope_of(_first_slope, _first_h),
                slope_of(_second_slope, _second_h),
            ),
        ),
        Inequality(
            "monotone",
            "Slopes of phi never fall: each term of the sum is at least 0.",
            lambda_n * (_first_slope - _second_slope) * (_first_h - _second_h) >= 0,
            by="separation",
        ),
        Citation(
            "monotone-sum",
            "So is the sum.",
            sums.TERM_SUM_LOWER(
                _crossed, N, lambda_n * (_first_slope - _second_slope) * (_first_h - _second_h), 0
            ),
            by="monotone",
        ),
        Inequality(
            "tied",
            "A square that is at most 0: b_i = b_j.",
            Eq(tied, 0),
            by="own-slopes separation monotone-sum",
        ),
        Identity(
            "weights",
            "(c_+ + c_-)/2 + y (c_+ - c_-)/2 is the mass of the half with the sign of y.",
            _mean + y * _gap,
            sp.Piecewise((plus_mass, Eq(y, 1)), (minus_mass, True)),
            cases=({y: 1}, {y: -1}),
        ),
        Identity(
            "normal",
            "So c_+ v - c_- u = q: a sample adds lambda_n (c_own + c_other s_n) y_n x_n (in one "
            "coordinate; y_n² = 1).",
            plus_mass * over_samples(multipliers * ((1 + labels) - slopes * (1 - labels)) * samples)
            - minus_mass
            * over_samples(multipliers * ((1 - labels) - slopes * (1 + labels)) * samples),
            2
            * over_samples(
                multipliers * (_mean * labels + _gap + slopes * (_mean * labels - _gap)) * samples
            ),
        ),
        Definition(
            "halves",
            "With equal b_j in a half and phi(|a| t) = |a| phi(t), f*(z) = c_+ phi(<v, z>) - "
            "c_- phi(<u, z>); and <q, z> = c_+ <v, z> - c_- <u, z>.",
            (
                sp.Implies(
                    Eq(tied, 0),
                    Eq(limit_z, plus_mass * phi(_plus_z) - minus_mass * phi(_minus_z)),
                ),
                Eq(limit_q_z, plus_mass * _plus_z - minus_mass * _minus_z),
            ),
        ),
        Inequality(
            "sign",
            "phi is strictly increasing and phi(c t) = c phi(t): f*(z) has the sign of <q, z>.",
            SAME_SIGN,
            by="tied halves",
        ),
        Definition(
            "contrary",
            "If there are contrary test points, let z be one of them.",
            (sp.Implies(contrary_points > 0, sp.Ne(sp.sign(limit_z), sp.sign(limit_q_z))),),
            chooses="z",
        ),
        Conclusion(
            "claim-boundary",
            "The sign holds at every z, so no test point is contrary.",
            by="tied sign contrary",
        ),
    ),
    remarks=(
        "With equal halves q is a multiple of sum_n lambda_n (1 + s_n) y_n x_n, s_n the slope of "
        "the other half at x_n. Where every cross pair of a supporting sample is strictly inactive "
        "s_n = gamma and this is (1 + gamma) times the paper's normal: the paper's theorem is the "
        "case in which its condition forces all this.",
        "Nothing is assumed of norms or inner products of the samples, nor of the number of "
        "neurons; the output weights may differ.",
    ),
)
