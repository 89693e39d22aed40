"""Row-wise certificates: what their proofs share.

Off the diagonal write y_n y_k <x_n, x_k> = e+ - e- with e+, e- >= 0, for the non-negative matrices
E+ and E-, and let D hold the ‖x_n‖². A certificate is a positive vector t with, in every row n,

    (i)  gamma D_n t_n > (E- t)_n        (ii)  (1+gamma²) D_n t_n - (1+gamma) (E- t)_n >= 2.

Then lambda <= t at every KKT point: take the sample where lambda_n/t_n is largest. The forms differ
in E+, E- and t; each shows (i) and (ii) in its own file. Source: this project.
"""

from dataclasses import dataclass

import sympy as sp

from ..statement import Assumption, Citation, Claim, Conclusion, Definition, Inequality, Step
from ..symbols import Eq, activation_margin, declare, gamma
from . import kkt, linear_boundary, sums
from .kkt import lambda_n, other_slope, other_t, own_mean, own_slope, own_t, rho_n, slope_n

t_n = declare("t_n", "component of the certificate t at sample n", index="n")
L_n = declare("L_n", "(2 - (1+gamma)(E+ t)_n)/((1+gamma²)‖x_n‖²)", index="n")
lambda_k = declare("lambda_k", "multiplier of an arbitrary other sample", low=0, index="k")
t_k = declare("t_k", "its component of t", index="k")
L_k = declare("L_k", "its component of L", index="k")
ratio = declare("ratio", "largest lambda_n/t_n", low=0, latex="\\theta")


def _row(side: str, sign: str, vector: str, shown: str) -> sp.Symbol:
    return declare(
        f"{side}_{vector}",
        f"(E{sign} {vector})_n",
        low=0,
        index="n",
        latex=f"(E^{{{sign}}} {shown})_n",
    )


minus_lambda = _row("minus", "-", "lambda", "\\lambda")
plus_lambda = _row("plus", "+", "lambda", "\\lambda")
minus_t = _row("minus", "-", "t", "t")
plus_t = _row("plus", "+", "t", "t")
plus_L = declare("plus_L", "(E+ L)_n", index="n", latex="(E^{+} L)_n")


FIRST = gamma * rho_n * t_n > minus_t
"""What (i) says of a row."""

SECOND = (1 + gamma**2) * rho_n * t_n - (1 + gamma) * minus_t >= 2
"""What (ii) says of a row."""

UNSIGNED = (Eq(minus_lambda, plus_lambda), Eq(minus_t, plus_t))
"""What E+ = E- says of a row."""


@dataclass(frozen=True)
class RowSymbols:
    """The measured symbols of one form of certificate."""

    witness: sp.Symbol
    gap: sp.Symbol
    headroom: sp.Symbol
    footroom: sp.Symbol


def row_symbols(prefix: str, tag: str, t: str, gap: str) -> RowSymbols:
    """Declare the symbols of a form: `prefix` in their names, `tag` in their notation."""

    def symbol(name: str, meaning: str, inner: str) -> sp.Symbol:
        body = inner.replace("lambda", "\\lambda").replace("gap", "\\mathrm{gap}")
        return declare(prefix + name, meaning, latex=f"\\min({body})_{{\\mathrm{{{tag}}}}}")

    return RowSymbols(
        symbol(
            "witness_min", f"smallest component of {t}; 0 when no positive t is a solution", "t"
        ),
        symbol("row_gap", gap, "gap"),
        symbol("headroom", f"smallest t_n - lambda_n, with {t}", "t - lambda"),
        symbol(
            "footroom",
            "smallest lambda_n - L_n, with L_n = (2 - (1+gamma)(E+ t)_n)/((1+gamma²)‖x_n‖²)",
            "lambda - L",
        ),
    )


def assumptions(symbols: RowSymbols) -> tuple[Assumption, ...]:
    """A positive t, and a positive gap in every row."""
    return (
        Assumption("positive", "The certificate t is positive.", symbols.witness > 0),
        Assumption("row-gap", "At every sample the own term outweighs the row.", symbols.gap > 0),
    )


def claims(symbols: RowSymbols) -> tuple[Claim, ...]:
    """Bounds on every multiplier, and the linear boundary."""
    return (
        Claim("upper", "Every multiplier is at most its t_n.", symbols.headroom >= 0),
        Claim("lower", "Every multiplier is at least its L_n.", symbols.footroom >= 0),
        linear_boundary.PATTERN_CLAIM,
        linear_boundary.TRAINED_CLAIM,
    )


def opening(witness: sp.Expr) -> tuple[Step, ...]:
    """Stationarity and what a row of the Gram matrix says of the cross terms.

    `witness` is the smallest component of t.
    """
    return (
        *kkt.STATIONARITY,
        *kkt.ANY_SAMPLE,
        Definition(
            "row",
            "Slopes lie in [gamma, 1], so the cross terms of sample n lie between "
            "gamma (E+ lambda)_n - (E- lambda)_n and (E+ lambda)_n.",
            (
                kkt.cross_n <= plus_lambda,
                kkt.cross_n >= gamma * plus_lambda - minus_lambda,
                slope_n >= gamma,
                slope_n <= 1,
                rho_n > 0,
            ),
        ),
        Citation(
            "kkt", "Feasibility and slackness at sample n.", kkt.KKT_POINT(lambda_n, kkt.margin_n)
        ),
        Definition("witness", "Every component of t is at least the smallest.", (t_n >= witness,)),
    )


UPPER_BOUND: tuple[Step, ...] = (
    Definition(
        "largest-ratio <- witness positive",
        "Take the sample n where lambda_n/t_n is largest, and call that ratio theta.",
        (Eq(lambda_n, ratio * t_n), lambda_k <= ratio * t_k),
        chooses="n",
    ),
    Citation(
        "row-at-n <- largest-ratio",
        "All multipliers are at most theta t, so (E- lambda)_n <= theta (E- t)_n.",
        sums.MONOTONE(minus_lambda, ratio * minus_t),
    ),
    Inequality(
        "own <- slopes row largest-ratio row-at-n (i) witness positive",
        "By (i) every sign at x_n is fixed if theta > 0, so a neuron of the own half contributes "
        "at least D_n lambda_n - (E- lambda)_n; if theta = 0 both are 0.",
        own_slope * own_t >= rho_n * lambda_n - minus_lambda,
    ),
    Inequality(
        "other <- slopes row largest-ratio row-at-n (i) witness positive",
        "And one of the other half at least gamma times gamma D_n lambda_n - (E- lambda)_n.",
        other_slope * other_t >= gamma * (gamma * rho_n * lambda_n - minus_lambda),
    ),
    Citation("own-mean <- own", "So does the own half's mean.", sums.MEAN_LOWER(own_mean)),
    Citation("other-mean <- other", "And the other half's.", sums.MEAN_LOWER(kkt.other_mean)),
    Inequality(
        "margin-at-n <- own-mean other-mean margin-halves largest-ratio row-at-n (ii)",
        "The margin is their mean, and by (ii) at least theta.",
        kkt.margin_n >= ratio,
    ),
    Inequality(
        "ratio <- margin-at-n kkt largest-ratio witness positive",
        "If theta > 0 the margin is 1 by slackness: theta <= 1.",
        ratio <= 1,
    ),
    Definition(
        "every-sample",
        "By its definition no sample has a larger ratio, and t is positive at each.",
        (lambda_n <= ratio * t_n, lambda_k <= ratio * t_k, t_k > 0),
    ),
    Inequality(
        "upper <- ratio every-sample witness positive",
        "So lambda <= t at every sample.",
        sp.And(lambda_n <= t_n, lambda_k <= t_k),
    ),
)

LOWER_BOUND: tuple[Step, ...] = (
    Citation(
        "plus-row <- upper", "So (E+ lambda)_n <= (E+ t)_n.", sums.MONOTONE(plus_lambda, plus_t)
    ),
    Citation(
        "minus-row <- upper", "And (E- lambda)_n <= (E- t)_n.", sums.MONOTONE(minus_lambda, minus_t)
    ),
    Inequality(
        "most-own <- slopes row plus-row",
        "A neuron of the own half contributes at most D_n lambda_n + (E+ t)_n.",
        own_slope * own_t <= rho_n * lambda_n + plus_t,
    ),
    Inequality(
        "most-other <- slopes row plus-row",
        "One of the other half at most gamma² D_n lambda_n + gamma (E+ t)_n.",
        other_slope * other_t <= gamma**2 * rho_n * lambda_n + gamma * plus_t,
    ),
    Citation(
        "most-own-mean <- most-own", "So does the own half's mean.", sums.MEAN_UPPER(own_mean)
    ),
    Citation(
        "most-other-mean <- most-other", "And the other half's.", sums.MEAN_UPPER(kkt.other_mean)
    ),
    Definition(
        "L",
        "L_n is (2 - (1+gamma)(E+ t)_n)/((1+gamma²) D_n).",
        (Eq(L_n * (1 + gamma**2) * rho_n, 2 - (1 + gamma) * plus_t), rho_n > 0),
    ),
    Inequality(
        "lower <- most-own-mean most-other-mean margin-halves kkt L",
        "By feasibility the margin is at least 1, so lambda_n >= L_n.",
        lambda_n >= L_n,
    ),
)


def closing(bounds: tuple[Step, ...]) -> tuple[Step, ...]:
    """From a positive preactivation ("pattern") at every sample and neuron to the claims.

    `bounds` conclude the claims "upper" and "lower".
    """
    return (
        kkt.LEAST_ACTIVATION,
        Inequality(
            "pattern-all <- pattern least-activation",
            "Every sample activates exactly the neurons of its own label's half.",
            activation_margin > 0,
        ),
        *linear_boundary.LINEAR_BOUNDARY,
        *bounds,
        Conclusion("claim-boundary <- pattern-all 6", "The pattern and step 6 together."),
        Conclusion("claim-trained <- pattern-all 7", "Step 7."),
    )


def rooms(symbols: RowSymbols) -> tuple[Step, ...]:
    """The bounds of every multiplier, as the least room that they leave."""
    return (
        Definition(
            "least-headroom",
            "The smallest t_n - lambda_n is attained at some n.",
            (Eq(symbols.headroom, t_n - lambda_n),),
            chooses="n",
        ),
        Conclusion("claim-upper <- upper least-headroom", "As it is at every n."),
        Definition(
            "least-footroom",
            "The smallest lambda_n - L_n is attained at some n.",
            (Eq(symbols.footroom, lambda_n - L_n),),
            chooses="n",
        ),
        Conclusion("claim-lower <- lower least-footroom", "As it is at every n."),
    )
