"""From the pattern to the sign of the network: its boundary is linear, and so is the trained one's.

When every sample activates exactly the neurons of its own label's half, the neurons of a half are
equal, and the output has the sign of <q, z>. A network on its way to the limit has that sign too,
for every z outside a cone around the boundary.
"""

import sympy as sp

from ..statement import Citation, Claim, Definition, Identity, Inequality, Step, TrustedFact
from ..symbols import Eq, activation_margin, declare, gamma, m, tau, tau_asked
from .kkt import labels, multipliers, over_samples, samples, y

# The condition on samples that the theorems on perturbed sets ask for, and what it gives.


def half_aware(norm_max: sp.Expr, norm_min: sp.Expr, row: sp.Expr) -> sp.StrictLessThan:
    """The half-aware condition: `row` is small against the squared norms."""
    bound = (
        gamma
        * (1 + gamma**2)
        * norm_min**2
        / ((1 + gamma**2) * norm_max + 2 * gamma * (1 + gamma) * norm_min)
    )
    return sp.StrictLessThan(row, bound)


def half_aware_product(norm_max: sp.Expr, norm_min: sp.Expr, row: sp.Expr) -> sp.StrictLessThan:
    """The same without its fraction."""
    return sp.StrictLessThan(
        row * ((1 + gamma**2) * norm_max + 2 * gamma * (1 + gamma) * norm_min),
        gamma * (1 + gamma**2) * norm_min**2,
    )


def upper_multiplier(norm_min: sp.Expr, row: sp.Expr) -> sp.Expr:
    """The upper bound of every multiplier then, from bounds of ‖x‖² and of row sums."""
    return 2 / ((1 + gamma**2) * (norm_min - row))


def lower_multiplier(norm_max: sp.Expr, norm_min: sp.Expr, row: sp.Expr) -> sp.Expr:
    """And the lower one."""
    return 2 / ((1 + gamma**2) * norm_max) - 2 * row / (
        (1 + gamma**2) * (norm_min - row) * norm_max
    )


# A test point z and the two neuron directions of the limit network.
alpha = declare("alpha", "<v, z>: preactivation of the neurons with a_j > 0")
beta = declare("beta", "<u, z>: preactivation of the neurons with a_j < 0")
f_z = declare("f_z", "output f(z) of the limit network", latex="f(z)", index="z")
q_z = declare("q_z", "<q, z>", latex="\\langle q,z\\rangle", index="z")
trained_z = declare(
    "trained_z", "output of the trained, rescaled network", latex="f_t(z)", index="z"
)
norm_z = declare("norm_z", "‖z‖", low=0, open_low=True, latex="\\|z\\|", index="z")
norm_q = declare(
    "norm_q", "‖q‖, q = sum over n of lambda_n y_n x_n", low=0, open_low=True, latex="\\|q\\|"
)
Delta = declare("Delta", "‖W - W*‖ of the trained, rescaled weights W", low=0)


_output = declare("lip_output", "f(W; z) - f(W'; z)", latex="\\delta f")
_move = declare("lip_move", "‖W - W'‖", low=0, latex="\\Delta")
_length = declare("lip_length", "‖z‖", low=0, latex="\\|z\\|")

LIPSCHITZ = TrustedFact(
    "A-LIP",
    "With ‖a‖ = 1 and slopes at most 1 the network is 1-Lipschitz in its weights: "
    "|f(W; z) - f(W'; z)| <= ‖W - W'‖ ‖z‖.",
    "Cauchy–Schwarz over the neurons and |phi(s) - phi(t)| <= |s - t|",
    (_output, _move, _length),
    (),
    (_output <= _move * _length, _output >= -_move * _length),
)


_half_sum, _half_gap = (1 + gamma) / 2, (1 - gamma) / 2
label_n = declare("label_n", "label of sample n")
label_k = declare("label_k", "label of sample k")


def _slope(half: int, label: sp.Expr) -> sp.Expr:
    """Slope at a sample with this label of the neurons with a_j of this sign."""
    return (1 + gamma) / 2 + half * label * (1 - gamma) / 2


SLOPES = _slope(1, label_n) * _slope(1, label_k) + _slope(-1, label_n) * _slope(-1, label_k)
"""Sum over both halves of the products of the slopes at two samples, given the pattern."""


def slope_products(same: str, same_says: str, different: str, says: str) -> tuple[Step, ...]:
    """`SLOPES` for equal labels and for different ones: two steps with these names and words."""
    return (
        Identity(
            same,
            same_says,
            SLOPES,
            1 + gamma**2,
            cases=tuple({label_n: label, label_k: label} for label in (1, -1)),
        ),
        Identity(
            different,
            says,
            SLOPES,
            2 * gamma,
            cases=tuple({label_n: label, label_k: -label} for label in (1, -1)),
        ),
    )


LINEAR_BOUNDARY: tuple[Step, ...] = (
    Identity(
        "5-slopes",
        "With that pattern s+ = (1+gamma)/2 + y (1-gamma)/2 is 1 for y = +1 and gamma for y = -1.",
        _half_sum + y * _half_gap,
        sp.Piecewise((1, Eq(y, 1)), (gamma, True)),
        cases=({y: 1}, {y: -1}),
    ),
    Identity(
        "5",
        "So the neurons of a half are equal, v for a_j > 0 and u for a_j < 0, and "
        "v - u = ((1+gamma)/sqrt(m)) q.",
        over_samples(multipliers * labels * (_half_sum + labels * _half_gap) * samples / sp.sqrt(m))
        + over_samples(
            multipliers * labels * (_half_sum - labels * _half_gap) * samples / sp.sqrt(m)
        ),
        (1 + gamma) / sp.sqrt(m) * over_samples(multipliers * labels * samples),
    ),
    Definition(
        "halves",
        "With that pattern, at a point z: alpha = <v, z>, beta = <u, z>, and m/2 equal neurons a "
        "half.",
        tuple(
            sp.Implies(activation_margin > 0, fact)
            for fact in (
                Eq(
                    f_z,
                    sp.sqrt(m) / 2 * (sp.Max(alpha, gamma * alpha) - sp.Max(beta, gamma * beta)),
                ),
                Eq(alpha - beta, (1 + gamma) / sp.sqrt(m) * q_z),
            )
        ),
    ),
    Inequality(
        "6 <- halves",
        "phi is strictly increasing, so f(z) has the sign of <v - u, z>, hence of <q, z>.",
        sp.Implies(activation_margin > 0, Eq(sp.sign(f_z), sp.sign(q_z))),
    ),
    Inequality(
        "7-slope <- halves",
        "phi rises at least with slope gamma, so |f(z)| >= gamma (1+gamma) |<q, z>| / 2.",
        sp.Implies(activation_margin > 0, sp.Abs(f_z) >= gamma * (1 + gamma) / 2 * sp.Abs(q_z)),
    ),
    Citation(
        "7-lipschitz",
        "The trained network, rescaled to smallest margin 1, differs from the limit by at most "
        "Delta ‖z‖.",
        LIPSCHITZ(trained_z - f_z, Delta, norm_z),
    ),
    Definition(
        "tau",
        "tau is the ratio 2 Delta/(gamma (1+gamma) ‖q‖).",
        (Eq(tau * gamma * (1 + gamma) * norm_q, 2 * Delta),),
    ),
    Inequality(
        "7 <- 6 7-slope 7-lipschitz tau",
        "Outside the cone |cos(z, q)| <= tau the trained network has the sign of <q, z>.",
        sp.Implies(
            sp.And(activation_margin > 0, sp.Abs(q_z) > tau * norm_q * norm_z),
            Eq(sp.sign(trained_z), sp.sign(q_z)),
        ),
    ),
)

_z, _q = sp.symbols("z q")
_f, _inner, _norm, _ft = (sp.Function(name) for name in ("f", "inner", "norm", "f_t"))

PATTERN_CLAIM = Claim(
    "boundary",
    "Every sample activates exactly its own label's half, so the KKT limit has the sign of <q, z> "
    "for every z.",
    activation_margin > 0,
    formal=sp.And(activation_margin > 0, Eq(sp.sign(f_z), sp.sign(q_z))),
    display=Eq(sp.sign(_f(_z)), sp.sign(_inner(_q, _z)), evaluate=False),
)
TRAINED_CLAIM = Claim(
    "trained",
    "The trained network has the sign of <q, z> for every z outside the certified angle, and that "
    "angle is as small as asked.",
    tau <= tau_asked,
    formal=sp.Implies(sp.Abs(q_z) > tau * norm_q * norm_z, Eq(sp.sign(trained_z), sp.sign(q_z))),
    limit=True,
    settle="train longer, or ask for a wider angle",
    display=sp.Implies(
        sp.Abs(_inner(_q, _z)) > tau * _norm(_q) * _norm(_z),
        Eq(sp.sign(_ft(_z)), sp.sign(_inner(_q, _z)), evaluate=False),
    ),
)
