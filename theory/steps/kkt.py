"""KKT points of the margin problem for a leaky-ReLU network: definitions and steps proofs share.

The problem: minimise ‖W‖²/2 subject to y_n f(x_n) >= 1, f(x) = sum_j a_j phi(<w_j, x>) with
a_j = ±1/sqrt(m) fixed and phi(t) = max(t, gamma t). The steps reduce vectors to scalars: x_n enters
through rho_n = ‖x_n‖² and through cross_n, the sum over the other samples of
lambda_k y_k y_n s_kj <x_k, x_n>, whose size the sum bound limits.
"""

from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from .. import symbols
from ..statement import Cases, Citation, Definition, Identity, Inequality, Let, Step, TrustedFact
from ..symbols import Eq, N, R_max, R_min, activation_margin, declare, gamma, lambda_max, m, p_max
from . import sums

r = declare("r", "R_min²", low=0, open_low=True, abbreviation=True)
R = declare("R", "R_max²", low=0, open_low=True, abbreviation=True)
P = declare("P", "(N-1) p_max, a bound on every row sum of |<x_n, x_k>|", low=0, abbreviation=True)
U = declare("U", "upper bound of every multiplier", low=0, open_low=True, abbreviation=True)
L = declare("L", "lower bound of every multiplier", abbreviation=True)

# An arbitrary sample n and an arbitrary neuron j.
lambda_n = declare("lambda_n", "multiplier of an arbitrary sample n", low=0, index="n")
rho_n = declare("rho_n", "‖x_n‖²", low=0, index="n")
slope_n = declare(
    "s_n", "slope of phi that neuron j takes at x_n", index="nj", typst="s_(n j)", latex="s_{nj}"
)
cross_n = declare(
    "cross_n",
    "sum over k != n of lambda_k y_k y_n s_kj <x_k, x_n>",
    index="nj",
    latex="\\chi_{nj}",
    typst="chi_(n j)",
)
margin_n = declare("margin_n", "margin y_n f(x_n)", index="n", latex="\\mu_n")
A_eigenvalue = declare(
    "A_eigenvalue",
    "smallest eigenvalue of A, A_nk = c_nk y_n y_k <x_n, x_k>/2, c = 1+gamma² for equal labels and "
    "2 gamma for different ones",
    latex="\\lambda_{\\min}(A)",
    typst='lambda_"min" (A)',
)
# The sample with the largest multiplier.
rho_top = declare("rho_top", "‖x_k‖² of the sample with the largest multiplier", low=0)
slope_top = declare("s_top", "slope that neuron j takes at that sample", index="j")
cross_top = declare("cross_top", "cross_n of that sample", index="j", latex="\\chi_{top}")
margin_top = declare("margin_top", "margin of that sample", latex="\\mu_{top}")

_t = declare("t", "a preactivation")
_s = declare("s", "a slope in the subdifferential of phi at t")
y = declare("y", "a label, +1 or -1")
_a = declare("a", "an output weight, +1/sqrt(m) or -1/sqrt(m)")
_rest = declare("rest", "sum over k != n of lambda_k y_k s_kj <x_k, x_n>", latex="C")
_w = declare("w", "one coordinate of w_j")
_n = sp.Symbol("n", integer=True, positive=True)
_N = sp.Symbol("N", integer=True, positive=True)
multipliers, labels, slopes, samples = (
    sp.IndexedBase(name)[_n] for name in ("lambda", "y", "s", "x")
)


def over_samples(term: sp.Expr) -> sp.Sum:
    """The sum of a term in `multipliers`, `labels`, `slopes` and `samples` (one coordinate)."""
    return sp.Sum(term, (_n, 1, _N))


_multiplier = declare("kkt_multiplier", "a KKT multiplier", low=0, latex="\\lambda")
_margin = declare("kkt_margin", "the margin y f(x) of its sample", latex="\\mu")

KKT_POINT = TrustedFact(
    "A-KKT",
    "Gradient flow on the mean exponential or logistic loss, once that loss is below 1/N "
    "(log 2/N), converges in direction to a KKT point of: minimise ‖W‖²/2 subject to "
    "y_n f(x_n) >= 1. At a KKT point every margin is at least 1 and lambda_n (y_n f(x_n) - 1) = 0.",
    "Lyu & Li, ICLR 2020; Ji & Telgarsky, NeurIPS 2020",
    (_multiplier, _margin),
    (),
    (_margin >= 1, Eq(_multiplier * (_margin - 1), 0)),
)


def _slope(slope: sp.Symbol, t: sp.Expr, active: sp.Expr, inactive: sp.Expr) -> Boolean:
    return sp.Or(
        sp.And(t > 0, Eq(slope, active)),
        sp.And(t < 0, Eq(slope, inactive)),
        sp.And(Eq(t, 0), slope >= gamma, slope <= 1),
    )


preactivation_n = slope_n * lambda_n * rho_n + cross_n
preactivation_top = slope_top * lambda_max * rho_top + cross_top

_LABELS_AND_WEIGHTS: tuple[dict[Any, Any], ...] = tuple(
    {y: label, _a: sign / sp.sqrt(m)} for label in (1, -1) for sign in (1, -1)
)

NAMES: tuple[Step, ...] = (
    Let("r", "Write r for the smallest squared norm.", r, R_min**2),
    Let("R", "Write R for the largest squared norm.", R, R_max**2),
    Definition("norms", "The largest norm is at least the smallest.", (R_max >= R_min,)),
    Let("P", "Write P for (N-1) p_max.", P, (N - 1) * p_max),
)

STATIONARITY: tuple[Step, ...] = (
    Identity(
        "stationary",
        "Setting the derivative of the Lagrangian in one coordinate of w_j to zero gives "
        "w_j = a_j sum_n lambda_n y_n s_nj x_n, with s_nj in the subdifferential of phi.",
        sp.Derivative(
            _w**2 / 2 - over_samples(multipliers * labels * _a * slopes * _w * samples), _w
        ),
        _w - _a * over_samples(multipliers * labels * slopes * samples),
    ),
    Definition(
        "subdifferential",
        "A slope s of phi at t is 1 for t > 0, gamma for t < 0, and between them at 0.",
        (_slope(_s, _t, sp.Integer(1), gamma),),
    ),
    Cases(
        "homogeneous <- subdifferential",
        "phi(t) = s t for every slope s of phi at t, so outputs are slopes times preactivations.",
        (_t > 0, _t < 0, Eq(_t, 0)),
        Eq(sp.Max(_t, gamma * _t), _s * _t),
    ),
    Identity(
        "preactivation",
        "m y_n a_j <w_j, x_n> = s_nj lambda_n rho_n + cross_n, since a_j² = 1/m and y_n² = 1 "
        "(cases: both labels, both signs of a_j).",
        m * y * _a * (_a * (lambda_n * y * slope_n * rho_n + _rest)),
        slope_n * lambda_n * rho_n + y * _rest,
        cases=_LABELS_AND_WEIGHTS,
    ),
    Identity(
        "contribution",
        "m times the contribution of neuron j to y_n f(x_n) is s_nj times that; the margin is its "
        "mean over the neurons.",
        m * y * _a * slope_n * (_a * (lambda_n * y * slope_n * rho_n + _rest)),
        slope_n * (slope_n * lambda_n * rho_n + y * _rest),
        cases=_LABELS_AND_WEIGHTS,
    ),
)

SAMPLES: tuple[Step, ...] = (
    Definition(
        "sample",
        "For an arbitrary sample n and neuron j: slopes lie in [gamma, 1], squared norms in "
        "[r, R], and no multiplier exceeds the largest.",
        (slope_n >= gamma, slope_n <= 1, rho_n >= r, rho_n <= R, lambda_n <= lambda_max),
    ),
    Definition(
        "top",
        "The same for the sample with the largest multiplier.",
        (slope_top >= gamma, slope_top <= 1, rho_top >= r, rho_top <= R),
    ),
    Citation(
        "cross",
        "The cross terms of an arbitrary sample are N-1 products with weights at most lambda_max.",
        sums.SUM_BOUND(cross_n, N - 1, lambda_max, p_max),
    ),
    Citation(
        "cross-top",
        "The same for the sample with the largest multiplier.",
        sums.SUM_BOUND(cross_top, N - 1, lambda_max, p_max),
    ),
    Citation(
        "kkt",
        "Feasibility and complementary slackness for an arbitrary sample.",
        KKT_POINT(lambda_n, margin_n),
    ),
    Citation(
        "kkt-top",
        "Feasibility and complementary slackness for the sample with the largest multiplier.",
        KKT_POINT(lambda_max, margin_top),
    ),
)


LEAST_ACTIVATION = Definition(
    "least-activation",
    "The minimum over finitely many samples and neurons is attained at some n and j.",
    (Eq(activation_margin, preactivation_n),),
    chooses="nj",
)


def activation_steps() -> tuple[Step, ...]:
    """Step 4 from lambda_max <= U ("2"), lambda_n >= L ("3") and gamma L r > U P ("4-bounds")."""
    return (
        Inequality(
            "4 <- sample cross P 2 3 4-bounds",
            "m y_n a_j <w_j, x_n> >= gamma L r - U P > 0 for every sample and neuron.",
            preactivation_n > 0,
        ),
        LEAST_ACTIVATION,
        Inequality(
            "4-all <- 4 least-activation",
            "Every sample activates exactly the neurons of its own label's half.",
            activation_margin > 0,
        ),
        Definition(
            "least-multiplier",
            "The minimum over finitely many samples is attained at some n.",
            (Eq(symbols.lambda_min, lambda_n),),
            chooses="n",
        ),
    )


def chain_steps(regime_from: str) -> tuple[Step, ...]:
    """Steps 2 to 4 of the paper's argument: from the largest multiplier to every activation.

    With U = 1/(gamma (gamma r - P)) and L = (1 - U P)/R kept exactly; rearranged from Frei et al.
    (COLT 2023).
    `regime_from` names the facts that yield gamma r > P and gamma L r > U P.
    """
    return (
        Inequality(
            f"regime <- {regime_from} r R norms P",
            "The norms outweigh the cross terms.",
            gamma * r > P,
        ),
        Inequality(
            "2-neuron <- regime top cross-top P",
            "At the largest multiplier every neuron contributes at least gamma (gamma r - P) times "
            "that multiplier.",
            slope_top * preactivation_top >= gamma * (gamma * r - P) * lambda_max,
        ),
        Citation(
            "2-mean <- 2-neuron", "So does their mean, the margin.", sums.MEAN_LOWER(margin_top)
        ),
        Let(
            "U <- regime",
            "Write U for the resulting upper bound.",
            U,
            1 / (gamma * (gamma * r - P)),
        ),
        Inequality(
            "2 <- 2-mean kkt-top U regime",
            "By slackness a positive multiplier has margin 1, so lambda_max <= U.",
            lambda_max <= U,
        ),
        Inequality(
            "3-neuron <- sample cross P 2",
            "At any sample no neuron contributes more than lambda_n R + U P.",
            slope_n * preactivation_n <= lambda_n * R + U * P,
        ),
        Citation("3-mean <- 3-neuron", "So neither does their mean.", sums.MEAN_UPPER(margin_n)),
        Let("L", "Write L for the resulting lower bound.", L, (1 - U * P) / R),
        Inequality(
            "3 <- 3-mean kkt L",
            "By feasibility the margin is at least 1, so lambda_n >= L.",
            lambda_n >= L,
        ),
        Inequality(
            f"4-bounds <- {regime_from} regime r R norms P U L",
            "The own term outweighs the cross terms at every sample.",
            gamma * L * r > U * P,
        ),
        *activation_steps(),
    )


# The two halves apart. Write t for m y_n a_j <w_j, x_n>: a neuron of the sample's own half has
# y_n a_j > 0, so its preactivation has the sign of t, and one of the other half that of -t.
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
        (Eq(margin_n, (own_mean + other_mean) / 2),),
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
        (Eq(margin_top, (own_mean_top + other_mean_top) / 2),),
    ),
)
