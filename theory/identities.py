"""Exact identities and limits with SymPy: a difference counts as zero only when it expands to 0.

SymPy's `simplify` may give up without a word, takes as long as it likes and has been seen to err,
so it decides nothing here: the normal form is an expansion, the same in every run. Differences are
brought to one fraction and its numerator is expanded; sums over the same range are merged first.
What does not expand to the number 0 is reported with a point at which the sides differ, or as
unknown.
"""

from collections.abc import Mapping
from typing import Literal

import sympy as sp
from flint import fmpq

from .exact.evaluate import truth
from .exact.scalars import Undecided, Undefined
from .smt import FUNCTIONS

Answer = tuple[Literal["equal", "different", "unknown"], str]


def _merge_sums(e: sp.Expr) -> sp.Expr:
    """Pull constants into sums and add sums that run over the same range."""
    terms: dict[tuple, sp.Expr] = {}
    rest = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(e)):
        coefficient, sums = sp.Integer(1), []
        for factor in sp.Mul.make_args(term):
            if isinstance(factor, sp.Sum):
                sums.append(factor)
            else:
                coefficient *= factor
        # A factor that has the name of the running index is something else than the index.
        if len(sums) == 1 and not coefficient.free_symbols & set(sums[0].variables):
            body, *limits = sums[0].args
            terms[tuple(limits)] = terms.get(tuple(limits), sp.Integer(0)) + coefficient * body
        else:
            rest += term
    merged = sum(
        (sp.Sum(body, *limits) for limits, body in terms.items() if expands_to_zero(body) is False),
        sp.Integer(0),
    )
    return rest + merged


def expands_to_zero(e: sp.Expr) -> bool:
    """Whether `e`, as one fraction, has a numerator that expands to the number 0."""
    numerator, _ = sp.fraction(sp.together(sp.expand(e, trig=e.has(sp.cos, sp.sin))))
    numerator = sp.expand(numerator)
    if numerator.has(sp.sin):
        # sin² is 1 - cos², after which no two polynomials in them are equal unless they look alike.
        numerator = sp.expand(numerator.replace(_square_of_sine, _by_cosine))
    return numerator == 0


def _square_of_sine(e: sp.Basic) -> bool:
    return e.is_Pow and isinstance(e.base, sp.sin) and e.exp.is_Integer and e.exp > 1  # type: ignore[attr-defined]


def _by_cosine(e: sp.Pow) -> sp.Expr:
    return (1 - sp.cos(e.base.args[0]) ** 2) ** (e.exp // 2) * e.base ** (e.exp % 2)


def identical(
    left: sp.Expr, right: sp.Expr, cases: tuple[Mapping[sp.Symbol, sp.Expr], ...] = ()
) -> Answer:
    """Whether `left = right` identically, in every case given, wherever both are defined."""
    for case in cases or ({},):
        difference = (left - right).subs(case, simultaneous=True)
        if difference.has(sp.Integral, sp.Derivative):
            difference = sp.expand(difference.doit())
        if difference.has(sp.Sum):
            difference = _merge_sums(difference)
        if expands_to_zero(difference):
            continue
        where = f" at {dict(case)}" if case else ""
        point = _differing_point(difference)
        if point is None:
            return "unknown", f"the difference {difference} was not brought to 0{where}"
        return "different", f"the sides differ{where} at {point}"
    return "equal", f"expands to 0 in {len(cases)} cases" if cases else "expands to 0"


def _differing_point(difference: sp.Expr) -> dict[str, str] | None:
    """A rational point where an expression is certainly not zero, if one of a few is."""
    symbols = sorted(difference.free_symbols, key=str)
    for shift in range(1, 6):
        point = {s: sp.Rational(2 * i + shift, 2 * i + shift + 3) for i, s in enumerate(symbols)}
        if _nonzero(difference, point):
            return {str(s): str(v) for s, v in point.items()}
    return None


def _nonzero(e: sp.Expr, point: Mapping[sp.Symbol, sp.Rational]) -> bool:
    """Whether balls of fixed precision separate the value from 0: no search for more digits."""
    try:
        return (
            truth(sp.Ne(e, 0, evaluate=False), {s: fmpq(v.p, v.q) for s, v in point.items()})
            is True
        )
    except (KeyError, TypeError, Undefined, Undecided):
        return False


# SymPy's limits of these are relied on; it is known to err on others, such as Airy functions.
_TRUSTED_IN_LIMITS = (*FUNCTIONS, sp.Abs, sp.sign, sp.Max, sp.Min)


def tends_to(
    expression: sp.Expr,
    variable: sp.Symbol,
    point: sp.Expr,
    value: sp.Expr,
    side: Literal["+", "-", "+-"] = "+-",
) -> Answer:
    """Whether the limit of `expression` at `point` is `value`, from each side that is meant."""
    if odd := expression.atoms(sp.Function) - expression.atoms(*_TRUSTED_IN_LIMITS):
        return "unknown", f"limits of {min(map(str, odd))} are not taken"
    for sign in side if point.is_finite else "-":
        found = sp.limit(expression, variable, point, sign)
        if isinstance(found, sp.Limit):
            return "unknown", f"SymPy could not take the limit of {expression}"
        if found != value and not expands_to_zero(found - value):
            if _nonzero(found - value, {}) or found in (sp.oo, -sp.oo, sp.zoo, sp.nan):
                return "different", f"the limit is {found}, not {value}"
            return "unknown", f"the limit {found} was not shown equal to {value}"
    return "equal", f"the limit is {value}"
