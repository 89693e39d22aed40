"""Random data meet the near-orthogonality conditions: the steps that proofs share.

x uniform on [-1, 1]^d: every squared norm is within t1 of d/3 and every inner product within t2 of
0, with probability at least 1 - delta. Half of delta is spent on the N norms, half on the
N (N - 1)/2 inner products, each by the better of Hoeffding's and Bernstein's inequality.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from .probability import BERNSTEIN, HOEFFDING, NEITHER, SUB_EVENT, UNION
from .proof import Citation, Definition, Identity, Inequality, Let, Step
from .radii import (
    CONDITIONS,
    CROSS_RADII,
    LOG_CROSS,
    LOG_NORM,
    NORM_RADII,
    Bound,
    Condition,
    certified,
    delta,
    radii,
)
from .statement import Assumption
from .symbols import N, R_max, R_min, d, declare, p_max

# An arbitrary pair of coordinates, of one sample or of two, and the chances of deviations.
_x = declare(
    "coordinate", "one coordinate of a sample", low=-1, high=1, index="i", typst="x", latex="x"
)
_y = declare(
    "other_coordinate",
    "the same coordinate of another",
    low=-1,
    high=1,
    index="i",
    typst="y",
    latex="y",
)
_u, _w = sp.symbols("u w", real=True)
_ell1 = declare("log_norm", "log(4 N/delta)", low=0, latex="\\ell_1", typst="ell_1")
_ell2 = declare("log_cross", "log(2 N (N-1)/delta)", low=0, latex="\\ell_2", typst="ell_2")
_t1 = declare("t1", "bound of every |‖x_n‖² - d/3|", low=0, latex="t_1", typst="t_1")
_t2 = declare("t2", "bound of every |<x_n, x_k>|", low=0, latex="t_2", typst="t_2")
_larger = declare("d_larger", "a larger dimension", low=1, latex="d'", typst="d'")


def _chance(name: str, meaning: str, index: str = "") -> Any:
    return declare(name, f"probability that {meaning}", low=0, high=1, index=index)


_bad_norms = _chance("bad_norms", "some ‖x_n‖² is farther than t1 from d/3")
_bad_cross = _chance("bad_cross", "some |<x_n, x_k>| exceeds t2")
_good = _chance("good_draw", "neither happens")


def _density(moment: sp.Expr, *variables: sp.Symbol) -> sp.Expr:
    """The mean of a function of independent coordinates uniform on [-1, 1]."""
    return sp.Integral(moment / 2 ** len(variables), *((v, -1, 1) for v in variables))


_NORM_VARIANCE = _density((_u**2 - sp.Rational(1, 3)) ** 2, _u)
_CROSS_VARIANCE = _density((_u * _w) ** 2, _u, _w)

_MOMENTS: tuple[Step, ...] = (
    Identity("mean-square", "The mean of x² is 1/3.", _density(_u**2, _u), sp.Rational(1, 3)),
    Identity("variance-square", "The variance of x² is 4/45.", _NORM_VARIANCE, sp.Rational(4, 45)),
    Identity(
        "mean-product", "The mean of a product x y is 0.", _density(_u * _w, _u, _w), sp.Integer(0)
    ),
    Identity("variance-product", "Its variance is 1/9.", _CROSS_VARIANCE, sp.Rational(1, 9)),
)


_EITHER: tuple[Bound, ...] = ("hoeffding", "bernstein")


def _tail_steps(
    name: str,
    radius: sp.Symbol,
    log: tuple[sp.Symbol, sp.Expr],
    radii_of: dict[Bound, sp.Expr],
    term: tuple[sp.Expr, int, int],
    moments: tuple[sp.Expr, sp.Expr, sp.Expr],
    failure: sp.Expr,
) -> tuple[Step, ...]:
    """The chance of one deviation beyond the radius is at most `failure`, by either inequality."""
    ell, spelled = log
    symbols: dict[Bound, Any] = {
        bound: declare(f"{radius.name}_{bound}", f"{radius.name} by {bound.title()}", low=0)
        for bound in _EITHER
    }
    tails = {
        bound: _chance(f"{name}_tail_{bound}", f"one deviates beyond {symbols[bound]}", "n")
        for bound in symbols
    }
    tail = _chance(f"{name}_tail", f"one deviates beyond {radius}", "n")
    (expression, low, high), (mean, spread, variance) = term, moments
    return (
        Let(
            f"{name}-log", "Write the logarithm as one number.", ell, spelled, uses=("two-samples",)
        ),
        *(
            Let(
                f"{name}-{b}",
                f"The radius by {b.title()}.",
                symbols[b],
                radii_of[b],
                uses=(f"{name}-log", "two-samples"),
            )
            for b in symbols
        ),
        Inequality(
            f"{name}-range",
            "Each term lies in its interval, and no farther from its mean than the spread.",
            sp.And(expression >= low, expression <= high, sp.Abs(expression - mean) <= spread),
        ),
        Citation(
            f"{name}-tail-hoeffding",
            "Hoeffding's radius suffices.",
            HOEFFDING,
            (tails["hoeffding"], d, expression, low, high, symbols["hoeffding"], failure),
            uses=(f"{name}-range", f"{name}-hoeffding", f"{name}-log", "two-samples"),
        ),
        Citation(
            f"{name}-tail-bernstein",
            "Bernstein's radius suffices.",
            BERNSTEIN,
            (
                tails["bernstein"],
                d,
                expression,
                mean,
                spread,
                variance,
                symbols["bernstein"],
                failure,
            ),
            uses=(
                f"{name}-range",
                f"{name}-bernstein",
                f"{name}-log",
                "two-samples",
                "variance-square",
                "variance-product",
            ),
        ),
        Let(f"{name}-radius", "Take the smaller radius.", radius, sp.Min(*symbols.values())),
        Definition(
            f"{name}-either",
            "It is one of the two, with that one's chance of a deviation.",
            (sp.Or(*(sp.And(sp.Eq(radius, symbols[b]), sp.Eq(tail, tails[b])) for b in symbols)),),
        ),
        Inequality(
            f"{name}-tail",
            "Either way one deviation has at most its share of the failure probability.",
            tail <= failure,
            uses=(
                f"{name}-either",
                f"{name}-tail-hoeffding",
                f"{name}-tail-bernstein",
                "two-samples",
            ),
        ),
    )


_NORM_FAILURE, _CROSS_FAILURE = delta / (2 * N), delta / (N * (N - 1))
_NORM_TAIL = _tail_steps(
    "norm",
    _t1,
    (_ell1, LOG_NORM),
    NORM_RADII,
    (_x**2, 0, 1),
    (sp.Rational(1, 3), sp.Rational(2, 3), _NORM_VARIANCE),
    _NORM_FAILURE,
)
_CROSS_TAIL = _tail_steps(
    "cross",
    _t2,
    (_ell2, LOG_CROSS),
    CROSS_RADII,
    (_x * _y, -1, 1),
    (sp.Integer(0), sp.Integer(1), _CROSS_VARIANCE),
    _CROSS_FAILURE,
)


def uniform_assumptions(condition: Condition) -> tuple[Assumption, ...]:
    """N >= 2, t1 < d/3, and the condition at the worst that t1 and t2 leave."""
    t1, t2 = radii()
    return (
        Assumption("two-samples", "There are at least two samples.", N >= 2),
        Assumption("norms-positive", "The radius of the norms is below their mean.", t1 < d / 3),
        Assumption(
            "dimension",
            "The dimension is large enough for the condition at the worst that the radii leave.",
            certified(condition, t1, t2),
        ),
    )


def uniform_steps(condition: Condition, chance: sp.Symbol) -> tuple[Step, ...]:
    """Pr[a uniform draw meets the condition] >= 1 - delta, from `uniform_assumptions`."""
    event = sp.And(R_max**2 <= d / 3 + _t1, R_min**2 >= d / 3 - _t1, p_max <= _t2)
    met = CONDITIONS[condition]
    names = ("norm-log", "norm-hoeffding", "norm-bernstein", "norm-radius", "cross-log")
    names = (*names, "cross-hoeffding", "cross-bernstein", "cross-radius")
    return (
        *_MOMENTS,
        *_NORM_TAIL,
        *_CROSS_TAIL,
        Citation(
            "all-norms",
            "All N norms together.",
            UNION,
            (_bad_norms, N, sp.Symbol("norm_tail", nonnegative=True), _NORM_FAILURE),
            uses=("norm-tail",),
        ),
        Citation(
            "all-pairs",
            "All N (N-1)/2 inner products together.",
            UNION,
            (
                _bad_cross,
                N * (N - 1) / 2,
                sp.Symbol("cross_tail", nonnegative=True),
                _CROSS_FAILURE,
            ),
            uses=("cross-tail", "two-samples"),
        ),
        Citation("neither", "Neither fails.", NEITHER, (_good, _bad_norms, _bad_cross)),
        Inequality(
            "good",
            "So a draw is good with probability at least 1 - delta.",
            _good >= 1 - delta,
            uses=("neither", "all-norms", "all-pairs", "two-samples"),
        ),
        Inequality(
            "t1-spelled",
            "t1 in N, d and delta.",
            sp.Eq(_t1, radii()[0]),
            uses=(*names[:4], "two-samples"),
        ),
        Inequality(
            "t2-spelled",
            "t2 in N, d and delta.",
            sp.Eq(_t2, radii()[1]),
            uses=(*names[4:], "two-samples"),
        ),
        Inequality(
            "t1",
            "The radius of the norms is below their mean.",
            _t1 < d / 3,
            uses=("norms-positive", "t1-spelled", "two-samples"),
        ),
        Inequality(
            "worst",
            "The condition at the worst, in t1 and t2.",
            certified(condition, _t1, _t2),
            uses=("dimension", "t1", "t1-spelled", "t2-spelled"),
        ),
        Inequality(
            "draw",
            "A good draw meets the condition, which only asks for less when norms grow closer and "
            "inner products smaller.",
            sp.Implies(event, met),
            uses=("worst", "t1", "two-samples"),
        ),
        Citation(
            "event",
            "So the condition is met at least as often as a draw is good.",
            SUB_EVENT,
            (_good, chance, sp.Piecewise((1, event), (0, True)), sp.Piecewise((1, met), (0, True))),
            uses=("draw",),
        ),
    )
