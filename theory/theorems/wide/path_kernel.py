"""What gradient descent makes of a wide network, exactly, and what g learns from perturbations."""

import sympy as sp

from ...statement import (
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Step,
    Theorem,
)
from ...steps.own_pattern import phi
from ...steps.perturbed import eps
from ...steps.sums import LINEAR_SUM
from ...symbols import Eq, declare
from . import descent
from .descent import Output, momentum

# Measured.

path_weight_min = declare(
    "path_weight_min",
    "smallest path weight c_jn over neurons and samples, of both networks",
    latex="\\min(c)",
)


def _residual(name: str, meaning: str, letter: str) -> tuple[sp.Symbol, sp.Symbol]:
    """A residual as computed, and what rounding may make of it."""
    return (
        declare(f"{name}_residual", f"largest {meaning}, as computed", low=0, latex=f"r_{letter}"),
        declare(
            f"{name}_rounding",
            f"what rounding in training and in the sums may make of {name}_residual",
            low=0,
            latex=f"u_{letter}",
        ),
    )


output_residual, output_rounding = _residual(
    "output", "|f(z) - I(z) - sum_n y_n C_n(z) (<x_n, z> + 1)| over the test points", "f"
)
gradient_residual, gradient_rounding = _residual(
    "gradient", "‖grad f(x_n) - rho(x_n) - sum_k y_k C_k(x_n) x_k‖ over the samples", "d"
)
learned_residual, learned_rounding = _residual(
    "learned", "|g(z) - I_g(z) - P(z) - B(z) - M(z)| over the test points", "g"
)
path_contrary = declare(
    "path_contrary",
    "number of test points with certainly |P(z)| > |I_g(z) + B(z) + M(z)| at which the signs of g "
    "and P certainly differ",
    low=0,
    integer=True,
    latex="K_{\\mathrm{path}}",
)

# The networks, at a point z, and f in a direction v (a probe without a one).

_w = descent.weights()
_wg = _w.other()
_at = descent.probe("point", "<w_j, z> + b_j", "<x_n, z> + 1")
_g = _at.other()
_along = descent.probe("along", "<w_j, v>", "<x_n, v>", "v")

slope_z = declare(
    "slope_z", "slope s_j of phi at h_j(z), at t", low=0, high=1, index="jzt", latex="s_j(z)"
)
_slope_gz = descent.learned(slope_z)
kernel = declare("kernel_n", "C_n(z) = sum_j a_j² s_j c_jn at t", index="nzt", latex="C_n(z)")
_kernel_g = descent.learned(kernel)
answer = Output(
    declare("wide_z", "output f(z) at t", index="zt", latex="f(z)"),
    declare("start_part_z", "I(z) = sum_j a_j s_j h_j(0; z)", index="zt", latex="I(z)"),
    declare("path_part_j", "the path's part of f(z), over neurons", index="zt"),
    declare(
        "path_part_z", "sum of y_n C_n(z) (<x_n, z> + 1)", index="zt", latex="\\Sigma y_n C_n K_n"
    ),
)
_gz = answer.other()
_d = Output(
    declare("slant_z", "<grad f(z), v> at t", index="zvt", latex="\\langle\\nabla f(z),v\\rangle"),
    declare("rho_v", "<rho(z), v>, rho(z) = sum_j a_j s_j w_j(0)", index="zvt"),
    declare("slant_path_j", "the path's part of <grad f(z), v>, over neurons", index="zvt"),
    declare("slant_path_z", "sum of y_n C_n(z) <x_n, v>", index="zvt"),
)

# What g learns from.

_kept = declare("kept", "1 where g sees x_n + eta_n, 0 where it sees eta_n alone", low=0, high=1)
_x = declare("natural_n", "<x_n, z>", index="nz", latex="\\langle x_n,z\\rangle")
_d_n = declare("gradient_n", "<grad f(x_n), z>", index="nz")
_norm_d = declare("gradient_norm_n", "‖grad f(x_n)‖", low=0, open_low=True, index="n")
_P = declare(
    "perturbed_part", "P(z) = eps sum_n C^g_n(z) <grad f(x_n), z>/‖grad f(x_n)‖", index="zt"
)
_rest = declare("other_part", "B(z) + M(z)", index="zt")
_B = declare("bias_part", "B(z) = sum_n y^a_n C^g_n(z)", index="zt")
_M = declare("natural_part", "sum_n y^a_n C^g_n(z) <x_n, z>", index="zt")
_others = _gz.rest + _B + _kept * _M
SETTLED = sp.Abs(_P) > sp.Abs(_others)
FOLLOWS = Eq(sp.sign(_gz.value), sp.sign(_P))
_BOTH = sp.And(
    SETTLED,
    sp.Abs(answer.by_sample) > sp.Abs(answer.rest),
    Eq(sp.sign(answer.by_sample), sp.sign(_P)),
)
_AGREE = Eq(sp.sign(_gz.value), sp.sign(answer.value))

_OUTPUT = Eq(answer.value, answer.rest + answer.by_sample)
_GRADIENT = Eq(_d.value, _d.rest + _d.by_sample)
_LEARNED = Eq(_gz.value, _P + _others)


def _computed(
    name: str, residual: sp.Symbol, exact: sp.Expr, rounding: sp.Symbol, letters: str
) -> Definition:
    return Definition(
        f"computed-{name}",
        "The largest residual is that at some point; what was computed differs from what exact "
        "training gives by rounding at most.",
        (residual <= sp.Abs(exact) + rounding,),
        chooses=letters,
    )


_PERTURBED: tuple[Step, ...] = (
    Definition(
        "perturbed",
        "g learns from r_n = kept x_n + eps y^a_n grad f(x_n)/‖grad f(x_n)‖ with labels y^a_n.",
        (
            Eq(_wg.label**2, 1),
            sp.Or(Eq(_kept, 0), Eq(_kept, 1)),
            Eq(_g.reach, _kept * _x + eps * _wg.label * _d_n / _norm_d + 1),
        ),
    ),
    Citation(
        "split <- perturbed",
        "In y^a_n <r_n, z> the label of the perturbation cancels.",
        LINEAR_SUM(
            _gz.by_sample,
            _rest,
            eps,
            _P / eps,
            _wg.label * _g.reach * _kernel_g,
            _wg.label * (1 + _kept * _x) * _kernel_g,
            _kernel_g * _d_n / _norm_d,
        ),
    ),
    Citation(
        "split-rest",
        "What is left are the bias and, in scenario (b), the samples with their new labels.",
        LINEAR_SUM(
            _rest,
            _B,
            _kept,
            _M,
            _wg.label * (1 + _kept * _x) * _kernel_g,
            _wg.label * _kernel_g,
            _wg.label * _kernel_g * _x,
        ),
    ),
    Inequality("learned <- split split-rest g-kernel", "Together.", _LEARNED),
)

_z, _n, _v = sp.symbols("z n v")
_fn = {name: sp.Function(name) for name in ("f", "g", "I", "C", "inner", "P")}

THEOREM = Theorem(
    id="path-kernel",
    order=600,
    any_output=True,
    leaky=False,
    title="Gradient descent as a kernel machine, exactly, at any width and any time",
    summary=(
        "A trained network is its start's weights seen through the slopes of now, plus a kernel "
        "machine on its own samples with non-negative weights C_n(z) = sum_j a_j² phi'(h_j(z)) "
        "c_jn, c_jn the path weights that gradient descent has summed up. So every gradient "
        "perturbation is a non-negative combination of the y_n x_n plus a known residual, and what "
        "g learns from perturbations splits into four parts."
    ),
    source=descent.WIDE,
    origin="after the paper",
    assumptions=(Assumption("momentum", "The momentum is not negative.", momentum >= 0),),
    claims=(
        Claim(
            "weights",
            "No path weight is negative, and so no kernel weight C_n(z) is.",
            path_weight_min >= 0,
            formal=sp.And(_w.path >= 0, kernel >= 0, _kernel_g >= 0, path_weight_min >= 0),
        ),
        Claim(
            "output",
            "f(z) = I(z) + sum_n y_n C_n(z) (<x_n, z> + 1), I(z) = sum_j a_j phi'(h_j(z)) h_j(0; "
            "z): at every z, after any steps.",
            output_residual <= output_rounding,
            formal=sp.And(_OUTPUT, output_residual <= output_rounding),
        ),
        Claim(
            "gradient",
            "grad f(z) = rho(z) + sum_n y_n C_n(z) x_n, rho(z) = sum_j a_j phi'(h_j(z)) w_j(0), in "
            "every direction v.",
            gradient_residual <= gradient_rounding,
            formal=sp.And(_GRADIENT, gradient_residual <= gradient_rounding),
        ),
        Claim(
            "learned",
            "g(z) = I_g(z) + P(z) + B(z) + M(z): the perturbations' part P(z) = eps sum_n C^g_n(z) "
            "<grad f(x_n), z>/‖grad f(x_n)‖, in which the labels y^a_n cancel, the bias B(z) = "
            "sum_n y^a_n C^g_n(z), and where g sees the samples too M(z) = sum_n y^a_n C^g_n(z) "
            "<x_n, z>; I_g, the I of g.",
            learned_residual <= learned_rounding,
            formal=sp.And(_LEARNED, learned_residual <= learned_rounding),
        ),
        Claim(
            "agreement",
            "g has the sign of P(z) wherever |P(z)| > |I_g(z) + B(z) + M(z)|; and that of f(z) "
            "where P(z) has the sign of a kernel part of f that outweighs |I(z)|.",
            path_contrary <= 0,
            formal=sp.And(
                sp.Implies(SETTLED, FOLLOWS), sp.Implies(_BOTH, _AGREE), path_contrary <= 0
            ),
        ),
    ),
    proof=(
        *descent.weights_steps(_w),
        *descent.weights_steps(_wg, "g-"),
        *descent.moved(_w, _at, "f"),
        *descent.bent(slope_z, _at.height, "f"),
        *descent.output_steps(_w, _at, answer, slope_z, "f", _w.output * phi(_at.height), "f-bent"),
        *descent.moved(_w, _along, "v"),
        *descent.output_steps(
            _w, _along, _d, slope_z, "v", _w.output * slope_z * _along.height, "f-slope"
        ),
        *descent.moved(_wg, _g, "g", "g-"),
        *descent.bent(_slope_gz, _g.height, "g"),
        *descent.output_steps(_wg, _g, _gz, _slope_gz, "g", _wg.output * phi(_g.height), "g-bent"),
        *_PERTURBED,
        descent.not_negative(kernel, _w, slope_z, "f", "weights-sign"),
        descent.not_negative(_kernel_g, _wg, _slope_gz, "g", "g-weights-sign"),
        Definition(
            "smallest",
            "The smallest path weight is one of those of f or of g.",
            (sp.Or(Eq(path_weight_min, _w.path), Eq(path_weight_min, _wg.path)),),
            chooses="jnt",
        ),
        Conclusion(
            "claim-weights <- weights-sign g-weights-sign f-sign g-sign smallest", "As shown."
        ),
        _computed(
            "output",
            output_residual,
            answer.value - answer.rest - answer.by_sample,
            output_rounding,
            "zt",
        ),
        Conclusion("claim-output <- f-kernel computed-output", "phi(h) = phi'(h) h."),
        _computed(
            "gradient",
            gradient_residual,
            _d.value - _d.rest - _d.by_sample,
            gradient_rounding,
            "zvt",
        ),
        Conclusion(
            "claim-gradient <- v-kernel computed-gradient",
            "Along v = the residual over its norm it is the norm.",
        ),
        _computed("learned", learned_residual, _gz.value - _P - _others, learned_rounding, "zt"),
        Conclusion("claim-learned <- learned computed-learned", "As shown."),
        Inequality(
            "follows <- learned",
            "A part that outweighs the sum of all others has the sign of the whole.",
            sp.Implies(SETTLED, FOLLOWS),
        ),
        Inequality(
            "agree <- follows f-kernel",
            "So too for f.",
            sp.Implies(_BOTH, _AGREE),
        ),
        Definition(
            "contrary",
            "If there are contrary test points, let z be one of them.",
            (sp.Implies(path_contrary > 0, sp.And(SETTLED, sp.Not(FOLLOWS))),),
            chooses="zt",
        ),
        Conclusion("claim-agreement <- follows agree contrary", "At every z."),
    ),
    remarks=(
        "c_jn = sum over the steps s < T of rate_s (1-mu^(T-s))/(1-mu) l'_n phi'(h_j(x_n))/N for a "
        "fixed rate: all of them measured at the step s. The step sizes and the slopes of the loss "
        "may be any that are not negative.",
        "In P the gradient may be spelled out: P(z) = eps sum_n C^g_n(z)/‖grad f(x_n)‖ (<rho(x_n), "
        "z> + sum_k y_k C_k(x_n) <x_k, z>).",
        "Neither width nor time matters, and nothing is assumed of the data; the parts have to be "
        "taken from the run.",
    ),
)
