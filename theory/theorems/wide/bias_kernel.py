"""The kernel of a wide network's start in closed form, biases included."""

import sympy as sp

from ...statement import (
    Citation,
    Claim,
    Conclusion,
    Definition,
    Identity,
    Inequality,
    Let,
    Theorem,
)
from ...steps import probability
from ...steps.own_pattern import slope_of
from ...symbols import Eq, declare, gamma
from .descent import WIDE

kernel_cos = declare(
    "kernel_cos",
    "cosine of (x/sqrt(d), 1) and (z/sqrt(d), 1) for the pair of points x, z looked at",
    low=-1,
    high=1,
    latex="c_{xz}",
)
kernel_same = declare(
    "kernel_same",
    "Pr[h_j(x) and h_j(z) have one sign] for a neuron of the start, w_j ~ N(0, I/d) and b_j ~ "
    "N(0, 1); measured as an exact binomial interval over fresh neurons",
    low=0,
    high=1,
    latex="\\Pr[\\mathrm{same}]",
)
kernel_asked = declare(
    "kernel_asked",
    "how closely the scenario asks the measured kernel to meet the closed form",
    low=0,
    latex="\\alpha_{\\mathrm{kernel}}",
)
kernel_angle = declare(
    "kernel_angle",
    "angle of (x/sqrt(d), 1) and (z/sqrt(d), 1)",
    low=0,
    latex="\\theta",
    abbreviation=True,
)
KERNEL = (1 + gamma**2) * (sp.pi - kernel_angle) / (2 * sp.pi) + gamma * kernel_angle / sp.pi
"""Phi(x, z) = E[phi'(h_j(x)) phi'(h_j(z))] over the start, in the slope and the angle."""

_mean = declare("kernel_mean", "Phi(x, z) = E[phi'(h_j(x)) phi'(h_j(z))]", latex="\\Phi(x,z)")
_on = declare("both_on", "Pr[h_j(x) > 0 and h_j(z) > 0]", low=0, high=1)
_off = declare("both_off", "Pr[h_j(x) < 0 and h_j(z) < 0]", low=0, high=1)
_h_x, _h_z = (declare(f"kernel_h_{p}", f"h_j({p}) at the start", index="j") for p in "xz")
_s_x, _s_z = (declare(f"kernel_slope_{p}", f"slope of phi at h_j({p})", index="j") for p in "xz")
_long_x, _long_z = (
    declare(f"kernel_norm_{p}", f"‖({p}/sqrt(d), 1)‖", low=0, open_low=True) for p in "xz"
)
_length = declare(
    "kernel_length",
    "length of the projection of (sqrt(d) w_j, b_j) on a plane through both vectors",
    low=0,
    open_low=True,
    index="j",
)
_psi = declare(
    "kernel_polar",
    "its polar angle, from (x/sqrt(d), 1) towards (z/sqrt(d), 1)",
    index="j",
    latex="\\psi",
)

_theta = kernel_angle
_ON, _OFF = (_theta - sp.pi / 2, sp.pi / 2), (_theta + sp.pi / 2, 3 * sp.pi / 2)
_NOWHERE = (3 * sp.pi / 2, 3 * sp.pi / 2)
_BOTH_ON, _BOTH_OFF = sp.And(_h_x > 0, _h_z > 0), sp.And(_h_x < 0, _h_z < 0)
_SAME = sp.Or(_BOTH_ON, _BOTH_OFF)
_density, _phi = 1 / (2 * sp.pi), sp.Symbol("phi", real=True)


def _chance(
    name: str, says: str, chance: sp.Symbol, event: sp.Basic, low: sp.Expr, high: sp.Expr
) -> tuple[Citation, Identity]:
    """The chance of an event that happens for the angles of an interval."""
    return (
        Citation(
            f"{name}-uniform <- where plane turn",
            says,
            probability.UNIFORM_ANGLE(
                chance, probability.indicator(event), _psi, low, high, *_NOWHERE
            ),
        ),
        Identity(
            f"{name}-integral",
            "The integral is the length of the interval over 2 pi.",
            sp.Integral(_density, (_phi, low, high)) + sp.Integral(_density, (_phi, *_NOWHERE)),
            (sp.pi - _theta) / (2 * sp.pi),
        ),
    )


_LAW = KERNEL.subs(kernel_angle, sp.acos(kernel_cos))
_MEASURED = (1 + gamma**2) / 2 * kernel_same + gamma * (1 - kernel_same)
_MET = sp.Abs(_MEASURED - _LAW) <= kernel_asked

THEOREM = Theorem(
    id="bias-kernel",
    order=610,
    any_output=True,
    leaky=False,
    title="The kernel of the start, with biases, in closed form",
    summary=(
        "For a start w_j ~ N(0, I/d), b_j ~ N(0, 1) the mean of phi'(h_j(x)) phi'(h_j(z)) is "
        "(1+gamma²) (pi-theta)/(2 pi) + gamma theta/pi, theta the angle of (x/sqrt(d), 1) and "
        "(z/sqrt(d), 1): it falls with the angle, at the rate (1-gamma)²/(2 pi)."
    ),
    source=WIDE,
    origin="after the paper",
    assumptions=(),
    claims=(
        Claim(
            "kernel",
            "Phi(x, z) = E[phi'(h_j(x)) phi'(h_j(z))] in closed form; from the measured chance of "
            "equal signs, as (1+gamma²)/2 and gamma, weighted, it is met as closely as asked.",
            _MET,
            formal=sp.And(
                Eq(_mean, _LAW),
                Eq(kernel_same, 1 - sp.acos(kernel_cos) / sp.pi),
                Eq(_mean, _MEASURED),
                _MET,
            ),
            display=Eq(sp.Function("Phi")(*sp.symbols("x z")), KERNEL),
        ),
    ),
    proof=(
        Let("angle", "Write theta for the angle.", kernel_angle, sp.acos(kernel_cos)),
        Inequality("turn <- angle", "It is at most pi.", kernel_angle <= sp.pi),
        Definition(
            "plane",
            "In a plane through both vectors (x/sqrt(d), 1) = ‖.‖ (1, 0) and (z/sqrt(d), 1) = ‖.‖ "
            "(cos theta, sin theta); (sqrt(d) w_j, b_j) is standard normal and projects, almost "
            "surely, to a length > 0 and an angle psi in (-pi/2, 3 pi/2) other than pi/2 and theta "
            "-+ pi/2.",
            (
                _psi > -sp.pi / 2,
                _psi < 3 * sp.pi / 2,
                Eq(_h_x, _long_x * _length * sp.cos(_psi)),
                Eq(_h_z, _long_z * _length * sp.cos(_psi - _theta)),
                *(sp.Ne(_psi, end) for end in (*_ON, _OFF[0])),
            ),
        ),
        Citation(
            "sign-x <- plane", "Where cos(psi) has which sign.", probability.COSINE_SIGN(_psi)
        ),
        Citation(
            "sign-z <- plane turn",
            "Where cos(psi - theta) has which sign; psi - theta lies in (-3 pi/2, 3 pi/2).",
            probability.COSINE_SIGN(_psi - _theta),
        ),
        Inequality(
            "where <- plane sign-x sign-z turn",
            "Both are positive for psi in (theta - pi/2, pi/2), both negative for psi in (theta + "
            "pi/2, 3 pi/2), and elsewhere their signs differ.",
            sp.And(
                sp.Equivalent(_BOTH_ON, sp.And(_psi > _ON[0], _psi < _ON[1])),
                sp.Equivalent(_BOTH_OFF, sp.And(_psi > _OFF[0], _psi < _OFF[1])),
                sp.Ne(_h_x, 0),
                sp.Ne(_h_z, 0),
            ),
        ),
        *_chance("on", "The angle is uniform.", _on, _BOTH_ON, *_ON),
        *_chance("off", "So too for both negative.", _off, _BOTH_OFF, *_OFF),
        Citation(
            "same <- where",
            "Signs are equal where both are positive or both negative, never at once.",
            probability.STEP_MEAN(
                kernel_same,
                probability.indicator(_SAME),
                _on,
                _off,
                probability.indicator(_BOTH_ON),
                probability.indicator(_BOTH_OFF),
                1,
                1,
                0,
            ),
        ),
        Definition(
            "slopes",
            "The slopes are those of phi.",
            (slope_of(_s_x, _h_x), slope_of(_s_z, _h_z)),
        ),
        Citation(
            "mean <- slopes where",
            "Their product is 1, gamma² or gamma.",
            probability.STEP_MEAN(
                _mean,
                _s_x * _s_z,
                _on,
                _off,
                probability.indicator(_BOTH_ON),
                probability.indicator(_BOTH_OFF),
                1,
                gamma**2,
                gamma,
            ),
        ),
        Inequality(
            "together <- mean on-uniform on-integral off-uniform off-integral",
            "So the mean is the closed form.",
            Eq(_mean, KERNEL),
        ),
        Inequality(
            "signs <- same on-uniform on-integral off-uniform off-integral",
            "Signs are equal with probability 1 - theta/pi.",
            Eq(kernel_same, 1 - _theta / sp.pi),
        ),
        Identity(
            "weighted",
            "In the closed form equal signs weigh (1+gamma²)/2, different ones gamma.",
            KERNEL,
            (1 + gamma**2) / 2 * (1 - kernel_angle / sp.pi) + gamma * kernel_angle / sp.pi,
        ),
        Identity(
            "falls",
            "Its derivative by the angle is -(1-gamma)²/(2 pi).",
            sp.Derivative(KERNEL, kernel_angle),
            -((1 - gamma) ** 2) / (2 * sp.pi),
        ),
        Inequality(
            "measured <- together signs",
            "So from the chance of equal signs.",
            Eq(_mean, _MEASURED),
        ),
        Conclusion("claim-kernel <- together signs measured angle", "With theta spelled out."),
    ),
    remarks=(
        "The authors estimate Phi by 1000 samples. At gamma = 1 it is 1, at gamma = 0 the arc "
        "cosine kernel of order 0, (pi - theta)/(2 pi).",
        "Without biases theta is the angle of x and z themselves.",
    ),
)
