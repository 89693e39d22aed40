"""The margin program of an own pattern: its symbols, and what all its proofs share.

A pair (j, n) of neuron and sample is own if the neuron's half is the sample's, a_j y_n > 0, and
cross otherwise. Where every own pair is active the margins of the network are concave in W,

    z_n(W) = sum over own j of |a_j| <w_j, x_n> - sum over cross j of |a_j| phi(<w_j, x_n>),

whatever the cross pairs do. So they are wherever no own pair changes its sign, with kappa_jn
<w_j, x_n> at own pairs, kappa_jn = 1 where active, else gamma. The margin program (M) minimises
‖W‖²/2 subject to z_n(W) >= 1; its solution is W* = sum_n lambda_n zeta_n with the vectors zeta_n
that have |a_j| kappa_jn x_n at own neurons and -|a_j| s_jn x_n at cross ones, s_jn a slope of phi.
Output weights and halves may be unequal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from ..statement import Citation, Definition, Inequality, Step, TrustedFact
from ..symbols import Eq, declare, gamma
from . import sums

own_activation = declare(
    "own_activation",
    "smallest own activation own_n = (1/2) sum_k y_n y_k <x_n, x_k> lambda_k (1 if y_k = y_n, else "
    "s_k) over the samples n, at the solution (lambda, s) of the margin program with all own pairs "
    "active",
    latex="\\min(\\mathrm{own})",
)
contrary_points = declare(
    "contrary_points",
    "number of test points at which the limit network and its linear form certainly have "
    "different signs",
    low=0,
    integer=True,
    latex="K_{\\mathrm{contrary}}",
)
seed_slack = declare(
    "seed_slack",
    "least bound of the capture certificate over all own pairs, for the start c W*, c = 1024",
    latex="\\sigma_{\\mathrm{seed}}",
)
capture_slack = declare(
    "capture_slack",
    "the least, over all own pairs, of what the capture certificate bounds the scaled own "
    "activation <w_j, x_n>/(|a_j| rho) by for ever, and of that activation at the checkpoint; rho "
    "is the smooth margin -log L - e + H, which has to be positive there",
    latex="\\sigma_{\\mathrm{cap}}",
)
followed_activation = declare(
    "followed_activation",
    "smallest scaled own activation <w_j, x_n>/(|a_j| rho) seen while the captured network was "
    "followed on",
    latex="\\sigma_{\\mathrm{seen}}",
)
followed_distance = declare(
    "followed_distance",
    "largest ‖W/rho - W_l‖ seen while the captured network was followed on",
    low=0,
    latex="r_{\\mathrm{seen}}",
)
capture_distance = declare(
    "capture_distance",
    "the certified bound r_T of ‖W/rho - W_l‖ from the checkpoint on",
    low=0,
    latex="r_T",
)
tau_ever = declare(
    "tau_ever",
    "sine of the certified angle: from the checkpoint on, for ever, the network's sign is that of "
    "<Q*, z> wherever |cos(z, Q*)| > tau_ever",
    low=0,
    latex="\\tau_{\\mathrm{ever}}",
)
outside_contrary = declare(
    "outside_contrary",
    "number of test points certainly outside the region where the network may bend at which its "
    "sign and that of <Q, z> certainly differ",
    low=0,
    integer=True,
    latex="K_{\\mathrm{outside}}",
)
support_min = declare(
    "support_min",
    "smallest y_n y_k <x_n, x_k> over all pairs of samples",
    latex="\\min(G)",
)
trained_activation = declare(
    "trained_activation",
    "smallest m y_n a_j <w_j, x_n> over samples and neurons of the trained network: positive when "
    "every sample activates exactly the neurons of its own label's half",
    latex="\\mu_{\\mathrm{trained}}",
)

size_j = declare("size_j", "|a_j|", low=0, open_low=True, index="j", latex="\\alpha_j")
plus_mass = declare(
    "plus_mass", "sum of a_j² over the neurons with a_j > 0", low=0, open_low=True, latex="c_{+}"
)
minus_mass = declare(
    "minus_mass", "sum of a_j² over the neurons with a_j < 0", low=0, open_low=True, latex="c_{-}"
)

# Trusted facts.

_less = declare("order_less", "a sum of terms")
_more = declare("order_more", "a sum of as many terms")
_lower = declare("order_lower", "an arbitrary term of the first sum")
_upper = declare("order_upper", "the term of the second sum with the same index")

ORDER_NEURONS = TrustedFact(
    "A-ORDER",
    "Sums keep order: if every term of one sum is at most the corresponding term of another, so is "
    "the sum.",
    "sum of inequalities",
    (_less, _more, _lower, _upper),
    (_lower <= _upper,),
    (_less <= _more,),
    over="j",
    varying=(_lower, _upper),
)
ORDER_SAMPLES = replace(ORDER_NEURONS, over="n")
LINEAR_NEURONS = replace(sums.LINEAR_SUM, over="j")

_terms = declare("one_total", "a sum of terms")
_any = declare("one_any", "an arbitrary one of the terms")
_picked = declare("one_picked", "one of the terms")

ONE_TERM = TrustedFact(
    "A-ONE-TERM",
    "A sum of numbers that are not negative is at least each of them.",
    "sum of inequalities",
    (_terms, _any, _picked),
    (_any >= 0,),
    (_terms >= _picked,),
    over="k",
    varying=(_any,),
)

_multiplier = declare("program_multiplier", "a multiplier of the program", low=0, latex="\\lambda")
_margin = declare("program_margin", "the margin z_n(W*) of its sample", latex="z")

PROGRAM = TrustedFact(
    "A-CONVEX",
    "Convex programs: minimise ‖W‖²/2 subject to z_n(W) >= 1 with finite concave z_n; if some W "
    "has all z_n(W) > 1 there is exactly one solution W*, and multipliers lambda_n >= 0 with W* = "
    "sum lambda_n zeta_n for supergradients zeta_n of z_n at W*, z_n(W*) >= 1 and "
    "lambda_n (z_n(W*) - 1) = 0. Conversely these conditions make W* the solution.",
    "Rockafellar, Convex Analysis, 1970, Theorem 28.3 (Slater's condition)",
    (_multiplier, _margin),
    (),
    (_margin >= 1, Eq(_multiplier * (_margin - 1), 0)),
)

_product = declare("cauchy_product", "<u, v>")
_first = declare("cauchy_first", "‖u‖", low=0)
_second = declare("cauchy_second", "‖v‖", low=0)

CAUCHY = TrustedFact(
    "A-CAUCHY",
    "Cauchy–Schwarz: |<u, v>| <= ‖u‖ ‖v‖.",
    "Cauchy–Schwarz",
    (_product, _first, _second),
    (),
    (_product <= _first * _second, _product >= -_first * _second),
)


def phi(t: sp.Expr) -> sp.Expr:
    """The leaky ReLU as a formula, in which no sign is looked for."""
    return sp.Max(t, gamma * t, evaluate=False)


def slope_of(slope: sp.Expr, t: sp.Expr) -> sp.Basic:
    """That `slope` is in the subdifferential of phi at t."""
    return sp.Or(
        sp.And(t > 0, Eq(slope, 1)),
        sp.And(t < 0, Eq(slope, gamma)),
        sp.And(Eq(t, 0), slope >= gamma, slope <= 1),
    )


@dataclass(frozen=True)
class Network:
    """What a network V answers to sample n, by own and cross pairs, and its product with zeta_n.

    `margin` is z_n(V), `answer` is y_n f(x_n), `product` is <zeta_n(s), V> for slopes s. `kappa` is
    the slope of phi at own pairs: 1 unless some may be inactive.
    """

    tag: str
    says: str
    own_h: sp.Symbol
    cross_h: sp.Symbol
    slope: sp.Symbol
    own_linear: sp.Symbol
    own_answer: sp.Symbol
    cross_linear: sp.Symbol
    cross_answer: sp.Symbol
    margin: sp.Symbol
    answer: sp.Symbol
    product: sp.Symbol
    kappa: sp.Expr = sp.S.One

    @property
    def own_term(self) -> str:
        """What an own neuron adds to the margin, in words."""
        return "|a_j| h_jn" if self.kappa == 1 else "|a_j| kappa_jn h_jn"

    def concave(self) -> tuple[Step, ...]:
        """<zeta_n(s), V> >= z_n(V) for any slopes s in [gamma, 1]: z_n is concave."""
        return (
            Definition(
                f"{self.tag}-parts",
                f"For {self.says}: z_n = sum over own j of {self.own_term} - sum over cross j of "
                "|a_j| phi(h_jn), and <zeta_n, .> has s_jn h_jn in place of phi(h_jn).",
                (
                    Eq(self.margin, self.own_linear - self.cross_answer),
                    Eq(self.product, self.own_linear - self.cross_linear),
                    self.slope >= gamma,
                    self.slope <= 1,
                ),
            ),
            Inequality(
                f"{self.tag}-pair",
                "phi(h) >= s h for every s in [gamma, 1].",
                size_j * self.slope * self.cross_h <= size_j * phi(self.cross_h),
                by=f"{self.tag}-parts",
            ),
            Citation(
                f"{self.tag}-cross",
                "So too in the sum over the cross neurons of a sample.",
                ORDER_NEURONS(
                    self.cross_linear,
                    self.cross_answer,
                    size_j * self.slope * self.cross_h,
                    size_j * phi(self.cross_h),
                ),
                by=f"{self.tag}-pair",
            ),
            Inequality(
                f"{self.tag}-concave",
                "So <zeta_n, V> >= z_n(V).",
                self.product >= self.margin,
                by=f"{self.tag}-parts {self.tag}-cross",
            ),
        )

    def on_the_cone(self, active: str) -> tuple[Step, ...]:
        """y_n f(x_n) = z_n(V) where own pairs have the signs that the step `active` says."""
        return (
            Definition(
                f"{self.tag}-answer",
                "y_n f(x_n) is the sum of |a_j| phi(h_jn) over own neurons less that over cross "
                "ones.",
                (Eq(self.answer, self.own_answer - self.cross_answer),),
            ),
            Inequality(
                f"{self.tag}-own-pair",
                "phi(h) = h where h > 0." if self.kappa == 1 else "phi(h) = kappa h for that sign.",
                Eq(size_j * phi(self.own_h), size_j * self.kappa * self.own_h),
                by=active,
            ),
            Citation(
                f"{self.tag}-own",
                "So the own parts agree.",
                LINEAR_NEURONS(
                    self.own_answer,
                    self.own_linear,
                    0,
                    0,
                    size_j * phi(self.own_h),
                    size_j * self.kappa * self.own_h,
                    0,
                ),
                by=f"{self.tag}-own-pair",
            ),
            Inequality(
                f"{self.tag}-margin",
                "On the cone the margins of the network are the concave z_n.",
                Eq(self.answer, self.margin),
                by=f"{self.tag}-answer {self.tag}-own {self.tag}-parts",
            ),
        )


def network(tag: str, says: str, slopes: str, time: str = "", slope_time: str = "") -> Network:
    """Declare the symbols of a network and of the slopes that its product with zeta_n takes.

    `time` is "t" where the network moves, `slope_time` where the slopes do.
    """

    def pair(name: str, meaning: str, index: str) -> sp.Symbol:
        return declare(f"{name}_{tag}", f"{meaning} of {says}", index=index)

    moved = "".join(dict.fromkeys(time + slope_time))
    return Network(
        tag,
        says,
        pair("h_own", "<w_j, x_n> at an own pair", "nj" + time),
        pair("h_cross", "<w_j, x_n> at a cross pair", "nj" + time),
        declare(f"slope_{tag}", f"slope s_jn at a cross pair: {slopes}", index="nj" + slope_time),
        pair(
            "own_linear",
            "sum over own j of |a_j| kappa_jn <w_j, x_n>, kappa_jn = 1 where active, else gamma,",
            "n" + time,
        ),
        pair("own_answer", "sum over own j of |a_j| phi(<w_j, x_n>)", "n" + time),
        declare(
            f"cross_linear_{tag}",
            f"sum over cross j of |a_j| s_jn <w_j, x_n> of {says}",
            index="n" + moved,
        ),
        pair("cross_answer", "sum over cross j of |a_j| phi(<w_j, x_n>)", "n" + time),
        pair("z", "z_n", "n" + time),
        pair("answer", "y_n f(x_n)", "n" + time),
        declare(f"product_{tag}", f"<zeta_n(s), .> of {says}", index="n" + moved),
    )
