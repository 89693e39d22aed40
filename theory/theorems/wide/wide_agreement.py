"""A certificate that wide networks have the signs of their kernels, and so of each other."""

import sympy as sp

from ...statement import (
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Inequality,
    Step,
    Theorem,
)
from ...steps.sums import WEIGHTS
from ...symbols import Eq, N, declare, gamma, symbols_of
from . import descent, lazy_kernel
from .descent import learned, momentum
from .drift import loss_weight_min, time
from .fresh_start import delta_start
from .lazy_kernel import (
    CRUDE,
    OUTPUT,
    at_z,
    bend_z,
    flip_reach,
    flips_z,
    hat_z,
    kernel_0,
    point,
    start_z,
    w,
)
from .path_kernel import answer

base_contrary = declare(
    "base_contrary",
    "number of test points z at which the certificate for f holds, computed from the start, and "
    "the signs of f and f^ certainly differ",
    low=0,
    integer=True,
    latex="K_f",
)
learned_contrary = declare(
    "learned_contrary",
    "number of test points z at which the certificate for g holds, computed from its start, and "
    "the signs of g and g^ certainly differ",
    low=0,
    integer=True,
    latex="K_g",
)
wide_certified = declare(
    "wide_certified",
    "number of test points z at which the certificates for f and for g both hold and f^(z), g^(z) "
    "have one sign",
    low=0,
    integer=True,
    latex="K_{\\mathrm{certified}}",
)
wide_matches = declare(
    "wide_matches",
    "number of test points z at which the signs of f and g do not certainly differ",
    low=0,
    integer=True,
    latex="K_{\\mathrm{same}}",
)

_mass = declare("mass_2", "S_2 = sum of a_j²", low=0, open_low=True, latex="S_2")
_kernel = declare("closed_kernel_n", "Phi(x_n, z), the closed form", index="nz")
_signal = declare(
    "signal_z", "f^(z) = mean of y_n Phi(x_n, z) (<x_n, z> + 1)", index="z", latex="\\hat f(z)"
)
_missed = declare("missed_sum_z", "sum of y_n (Phi_0 - S_2 Phi)(x_n, z) (<x_n, z> + 1)", index="z")
_error = declare("kernel_error_z", "largest |Phi_0 - S_2 Phi|(x_n, z)", low=0, index="z")
_F_z, _F_reach, _kappa = (
    declare(f"{name}_z", f"a number that {what} does not exceed", low=0, index="z")
    for name, what in (
        ("flips_bound", "F(z)"),
        ("flip_reach_bound", "sum of F(x_n) |<x_n, z> + 1|"),
        ("kernel_bound", "|Phi_0 - S_2 Phi|(x_n, z)"),
    )
)


_whole = N * time.total * _mass * _signal
_apart = sp.Abs(N * answer.value - _whole)


def _noise(bend: sp.Expr, reach: sp.Expr, missed: sp.Expr) -> sp.Expr:
    """N times |f_0| + (1-gamma) (bend + t reach/N) + t missed/N, with N bend given."""
    return N * sp.Abs(start_z) + (1 - gamma) * (bend + time.total * reach) + time.total * missed


NOISE = _noise(N * bend_z, flip_reach, sp.Abs(_missed))
CERTIFIED = sp.Abs(_whole) > NOISE
_LARGER = sp.And(flips_z <= _F_z, flip_reach <= _F_reach, _error <= _kappa)
_NOISE_BEFORE = _noise(time.horizon * at_z.reach_sum * _F_z, _F_reach, _kappa * at_z.reach_sum)
_BEFORE = sp.And(_LARGER, sp.Abs(_whole) > _NOISE_BEFORE)
RIGHT = Eq(sp.sign(answer.value), sp.sign(_signal))

_SHARED = (gamma, N, momentum, loss_weight_min, delta_start)
_TWINS = tuple(
    (s, learned(s))
    for s in symbols_of(*(c.statement for c in lazy_kernel.THEOREM.claims))
    if s not in _SHARED
)
_OWN = (
    _mass,
    _kernel,
    _signal,
    _missed,
    _error,
    _F_z,
    _F_reach,
    _kappa,
    kernel_0,
    w.label,
    point.reach,
)
_OF_G = {s: learned(s) for s in _OWN} | dict(_TWINS)


def _of_g(formula: sp.Basic) -> sp.Basic:
    return formula.xreplace(_OF_G)


def _steps(tag: str, of_g: bool) -> tuple[Step, ...]:
    """Steps to "certified points have the predicted sign", for f, or with the symbols of g."""

    def own(formula: sp.Basic) -> sp.Basic:
        return _of_g(formula) if of_g else formula

    miss = kernel_0 - _mass * _kernel
    return (
        Definition(
            f"{tag}-signal",
            "What the start's own kernel predicts is S_2 N times the closed form's prediction, and "
            "a rest; labels are 1 or -1.",
            tuple(
                map(
                    own,
                    (
                        Eq(hat_z, N * _mass * _signal + _missed),
                        Eq(w.label**2, 1),
                        sp.Abs(miss) <= _error,
                    ),
                )
            ),
        ),
        Inequality(
            f"{tag}-miss <- {tag}-signal",
            "Each weight of the rest is at most the largest error.",
            own(sp.And(w.label * miss <= _error, w.label * miss >= -_error)),
        ),
        Citation(
            f"{tag}-missed <- {tag}-miss",
            "So the rest is at most that times N B(z).",
            WEIGHTS(*map(own, (_missed, w.label * miss, _error, at_z.reach_sum))),
        ),
        Inequality(
            f"{tag}-near <- {tag}",
            "Of that, how far the network is from what its start's kernel predicts.",
            own(sp.And(OUTPUT, CRUDE, time.total >= 0)),
        ),
        Inequality(
            f"{tag}-apart <- {tag}-signal {tag}-near",
            "So N f(z) is this near to N t S_2 f^(z).",
            own(_apart <= NOISE),
        ),
        Inequality(
            f"{tag}-right <- {tag}-apart {tag}-near",
            "Nearer than that is to 0, where it outweighs all else.",
            own(sp.Implies(CERTIFIED, RIGHT)),
        ),
        Inequality(
            f"{tag}-larger <- {tag}-missed {tag}-near",
            "Larger numbers make larger products.",
            own(
                sp.Implies(
                    _LARGER,
                    sp.And(
                        N * bend_z <= time.horizon * at_z.reach_sum * _F_z,
                        sp.Abs(_missed) <= _kappa * at_z.reach_sum,
                    ),
                )
            ),
        ),
        Inequality(
            f"{tag}-weaker <- {tag}-larger {tag}-near",
            "So the certificate asks for more.",
            own(sp.Implies(_LARGER, NOISE <= _NOISE_BEFORE)),
        ),
        Inequality(
            f"{tag}-before <- {tag}-right {tag}-weaker",
            "So it holds beforehand, too.",
            own(sp.Implies(_BEFORE, RIGHT)),
        ),
        Definition(
            f"{tag}-contrary",
            "If there are contrary test points, let z be one of them.",
            (
                sp.Implies(
                    (learned_contrary if of_g else base_contrary) > 0,
                    sp.And(own(CERTIFIED), sp.Not(own(RIGHT))),
                ),
            ),
            chooses="zt",
        ),
    )


_BOTH = sp.And(CERTIFIED, _of_g(CERTIFIED), Eq(sp.sign(_signal), sp.sign(learned(_signal))))
_AGREE = Eq(sp.sign(learned(answer.value)), sp.sign(answer.value))

_fn = {name: sp.Function(name) for name in ("f", "g")}
_z = sp.Symbol("z")

THEOREM = Theorem(
    id="wide-agreement",
    order=630,
    any_output=True,
    leaky=False,
    title="A certificate that wide networks agree: f with its kernel, g with its own, f with g",
    summary=(
        "With the identity loss f has the sign of f^(z) = mean y_n Phi(x_n, z) (<x_n, z> + 1) "
        "wherever t S_2 |f^(z)| outweighs what the start answers, what neurons that may change "
        "sides can do, and what the start's kernel differs by; so has g the sign of the same for "
        "what it learned from. Where both hold and the predictions agree, f and g do."
    ),
    source=descent.WIDE,
    origin="after the paper",
    assumptions=(
        *lazy_kernel.THEOREM.assumptions,
        Assumption(
            "certified",
            "The certificate says something: f and g are certified to agree at some test point.",
            wide_certified > 0,
        ),
    ),
    claims=(
        Claim(
            "base",
            "f has the sign of f^ wherever t S_2 |f^(z)| > |f_0(z)| + (1-gamma) (bend(z) + t "
            "mean F(x_n) |<x_n, z> + 1|) + t |mean y_n (Phi_0 - S_2 Phi)(x_n, z) (<x_n, z> + "
            "1)|; so too with larger numbers known beforehand for F and |Phi_0 - S_2 Phi|, and t "
            "B(z) F(z) for bend(z).",
            base_contrary <= 0,
            formal=sp.And(
                sp.Implies(CERTIFIED, RIGHT), sp.Implies(_BEFORE, RIGHT), base_contrary <= 0
            ),
        ),
        Claim(
            "learned",
            "The same of g, with the samples and labels that it learned from.",
            learned_contrary <= 0,
            formal=sp.And(
                _of_g(sp.Implies(CERTIFIED, RIGHT)),
                _of_g(sp.Implies(_BEFORE, RIGHT)),
                learned_contrary <= 0,
            ),
        ),
        Claim(
            "agreement",
            "Where both certificates hold and the predictions have one sign, so have f and g: at "
            "no fewer test points than are certified.",
            wide_matches >= wide_certified,
            formal=sp.And(
                sp.Implies(_BOTH, _AGREE), wide_matches >= wide_certified, wide_matches > 0
            ),
            display=sp.Implies(_BOTH, Eq(sp.sign(_fn["g"](_z)), sp.sign(_fn["f"](_z)))),
        ),
    ),
    proof=(
        Earlier(
            "base", "f is near its start's kernel.", lazy_kernel.THEOREM, by="momentum identity"
        ),
        Earlier(
            "learned",
            "So is g.",
            lazy_kernel.THEOREM,
            _TWINS,
            _SHARED,
            by="momentum identity",
        ),
        *_steps("base", False),
        *_steps("learned", True),
        Inequality(
            "agree <- base-right learned-right",
            "Equal predictions are equal signs.",
            sp.Implies(_BOTH, _AGREE),
        ),
        Definition(
            "count",
            "If fewer match than are certified, let z be a certified point that does not.",
            (sp.Implies(wide_matches < wide_certified, sp.And(_BOTH, sp.Not(_AGREE))),),
            chooses="zt",
        ),
        Inequality(
            "counted <- agree count",
            "There is none.",
            wide_matches >= wide_certified,
        ),
        Conclusion("claim-base <- base-right base-before base-contrary", "At every z."),
        Conclusion("claim-learned <- learned-right learned-before learned-contrary", "At every z."),
        Conclusion("claim-agreement <- agree counted certified", "At every z."),
    ),
    remarks=(
        "The numbers known beforehand are those of lazy-kernel, with probability 1 - delta each.",
        "What neurons that change sides at z can do counts once, and as bend(z): the two parts of "
        "the kernel machine that hold it, I(z) and C_n(z), are bounded together.",
        "Where nothing is certified, as at the paper's own widths and times, the theorem says "
        "nothing, and that f and g agree is only observed.",
    ),
)
