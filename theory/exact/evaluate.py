"""Values of formulas at given points: one walk over the SymPy tree for every kind of number.

Rationals and balls (`scalars`) are for small exact data: sums, products, quotients, integer powers
and roots of rational powers stay exact, and what has no value raises. Intervals are for what was
measured: what is undefined is the whole line. Correlations between subexpressions are not seen
(x - x gives an interval around 0, not 0), which only widens the result.

The walk shares nothing with the SMT translation, so that a wrong encoding shows when both are held
against each other. A comparison that is not decided is None, never a guess.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from typing import Any, Generic, TypeVar

import sympy as sp
from flint import arb
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

from . import scalars
from .interval import Interval
from .scalars import Scalar, working_precision

_S = TypeVar("_S")
Point = Mapping[sp.Symbol, Scalar]


@dataclass(frozen=True, eq=False)
class Arithmetic(Generic[_S]):
    """What the walk asks of a kind of number.

    `at_most` and `equal` are None where that is not decided; `one_of` is the value of a Piecewise
    with these branches possible, of which one applies (none given: no branch does).
    """

    rational: Callable[[Fraction], _S]
    constants: Mapping[sp.Basic, Callable[[], _S]]
    functions: Mapping[type[sp.Basic], Callable[[_S], _S]]
    folds: Mapping[type[sp.Basic], Callable[[_S, _S], _S]]
    power: Callable[[_S, Fraction], _S]
    at_most: Callable[[_S, _S], bool | None]
    equal: Callable[[_S, _S], bool | None]
    one_of: Callable[[Sequence[_S]], _S]


SCALARS: Arithmetic[Scalar] = Arithmetic(
    rational=scalars.to_fmpq,
    constants={sp.pi: arb.pi, sp.E: arb.const_e},
    functions={
        sp.Abs: abs,
        sp.sign: scalars.sign,
        sp.log: scalars.logarithm,
        sp.exp: lambda x: scalars.finite(arb(x).exp()),
        sp.erf: lambda x: scalars.finite(arb(x).erf()),
        sp.cos: lambda x: arb(x).cos(),
        sp.sin: lambda x: arb(x).sin(),
        sp.acos: scalars.arccos,
    },
    folds={
        sp.Add: lambda a, b: a + b,
        sp.Mul: lambda a, b: a * b,
        sp.Max: scalars.larger,
        sp.Min: scalars.smaller,
    },
    power=scalars.power,
    at_most=scalars.at_most,
    equal=scalars.equal,
    one_of=scalars.one_of,
)


def _constant(ball: Callable[[], arb]) -> Callable[[], Interval]:
    def enclosed() -> Interval:
        with working_precision():
            return Interval.around(ball())

    return enclosed


def _equal(a: Interval, b: Interval) -> bool | None:
    if not a.intersects(b):
        return False
    return True if a.certainly_at_most(b) and b.certainly_at_most(a) else None


INTERVALS: Arithmetic[Interval] = Arithmetic(
    rational=Interval.exact,
    constants={sp.pi: _constant(arb.pi), sp.E: _constant(arb.const_e)},
    functions={
        sp.Abs: abs,
        sp.sign: Interval.sign,
        sp.log: Interval.log,
        sp.exp: Interval.exp,
        sp.erf: Interval.erf,
        sp.acos: Interval.acos,
    },
    folds={sp.Add: operator.add, sp.Mul: operator.mul, sp.Max: Interval.max, sp.Min: Interval.min},
    power=operator.pow,
    at_most=lambda a, b: a.certainly_at_most(b) or (False if b.certainly_less(a) else None),
    equal=_equal,
    one_of=lambda possible: reduce(Interval.hull, possible) if possible else Interval.whole(),
)


def value(formula: sp.Expr, at: Point) -> Scalar:
    """The value of a formula at a point.

    Raises:
        KeyError: a symbol has no value.
        Undefined: the formula has none, as far as the enclosures tell.
        Undecided: a Piecewise or a sign depends on a comparison that is not decided.
        TypeError: the formula holds a construct that is not evaluated.
    """
    return evaluator(formula, SCALARS)(at)


def truth(formula: sp.Basic, at: Point) -> bool | None:
    """Whether a formula holds at a point; None when the enclosures do not decide it.

    Raises:
        KeyError, Undefined, Undecided, TypeError: as for `value`.
    """
    return _formula(formula, SCALARS)(at)


def enclosure(expr: sp.Expr, values: Mapping[sp.Symbol, Interval]) -> Interval:
    """Enclose `expr` for all values of its symbols in the given intervals.

    Raises:
        KeyError: a symbol has no value.
        TypeError: an operation outside the bank (+ - * /, powers, sqrt, exp, log, Abs, Max, Min,
            sign, Piecewise, acos, erf, integrals that SymPy solves, pi, E, numbers).
    """
    return evaluator(expr, INTERVALS)(values)


def holds(formula: sp.Basic, values: Mapping[sp.Symbol, Interval]) -> bool | None:
    """Whether a formula certainly holds for values in the intervals, or certainly does not.

    Raises:
        KeyError, TypeError: as for `enclosure`.
    """
    return _formula(formula, INTERVALS)(values)


def relation_holds(relation: Relational, lhs: Interval, rhs: Interval) -> bool | None:
    """Whether `lhs relation rhs` certainly holds, certainly does not, or is not decided (None)."""
    return _comparison(relation, INTERVALS)(lhs, rhs)


@cache
def evaluator(e: sp.Basic, numbers: Arithmetic[_S]) -> Callable[[Mapping[sp.Symbol, _S]], _S]:
    """A function from points to values, built once per formula and kind of number.

    A float stands for its binary value.

    Raises:
        TypeError: the formula holds a construct that is not evaluated.
    """
    if isinstance(e, sp.Symbol):
        return _reader(e)
    if isinstance(e, sp.Rational | sp.Float):
        exact = sp.Rational(e)
        # Made at each call, at the precision then in force.
        fraction = Fraction(int(exact.p), int(exact.q))
        return lambda at: numbers.rational(fraction)
    if e in numbers.constants:
        constant = numbers.constants[e]
        return lambda at: constant()
    if isinstance(e, sp.Piecewise):
        return _piecewise(e, numbers)
    if isinstance(e, sp.Pow):
        return _power(e, numbers)
    if isinstance(e, sp.Integral):
        antiderivative = e.doit()
        if not antiderivative.has(sp.Integral):
            return evaluator(antiderivative, numbers)
    for kind, fold in numbers.folds.items():
        if isinstance(e, kind):
            parts = [evaluator(a, numbers) for a in e.args]
            return lambda at: reduce(fold, [part(at) for part in parts])
    for kind, function in numbers.functions.items():
        if isinstance(e, kind):
            argument = evaluator(e.args[0], numbers)
            return lambda at: function(argument(at))
    raise TypeError(f"{type(e).__name__} {e} is not evaluated")


def _reader(symbol: sp.Symbol) -> Callable[[Mapping[sp.Symbol, _S]], _S]:
    def read(at: Mapping[sp.Symbol, _S]) -> _S:
        if symbol not in at:
            raise KeyError(f"no value for the symbol {symbol.name}")
        return at[symbol]

    return read


def _power(e: sp.Pow, numbers: Arithmetic[_S]) -> Callable[[Mapping[sp.Symbol, _S]], _S]:
    base, exponent = e.args
    if isinstance(exponent, sp.Rational):
        of, by = evaluator(base, numbers), Fraction(int(exponent.p), int(exponent.q))
        return lambda at: numbers.power(of(at), by)
    by, exp = evaluator(exponent, numbers), numbers.functions[sp.exp]
    if base is sp.E:
        return lambda at: exp(by(at))
    # x^y = exp(y log x) for x > 0; elsewhere there is no logarithm.
    of, log = evaluator(base, numbers), numbers.functions[sp.log]
    return lambda at: exp(operator.mul(by(at), log(of(at))))


def _piecewise(e: sp.Piecewise, numbers: Arithmetic[_S]) -> Callable[[Mapping[sp.Symbol, _S]], _S]:
    branches = [(evaluator(v, numbers), _formula(guard, numbers)) for v, guard in e.args]  # type: ignore[misc]

    def branch(at: Mapping[sp.Symbol, _S]) -> _S:
        possible: list[_S] = []
        for piece, guard in branches:
            holds = guard(at)
            if holds is not False:
                possible.append(piece(at))
            if holds:
                return numbers.one_of(possible)
        # Some value may fall outside every branch, where the formula is undefined.
        return numbers.one_of(())

    return branch


def _not(holds: bool | None) -> bool | None:
    return None if holds is None else not holds


def _any(parts: Iterable[bool | None]) -> bool | None:
    unknown = False
    for holds in parts:
        if holds:
            return True
        unknown = unknown or holds is None
    return None if unknown else False


def _comparison(relation: sp.Basic, numbers: Arithmetic[_S]) -> Callable[[_S, _S], bool | None]:
    at_most, equal = numbers.at_most, numbers.equal
    match relation:
        case sp.LessThan():
            return at_most
        case sp.GreaterThan():
            return lambda a, b: at_most(b, a)
        case sp.StrictLessThan():
            return lambda a, b: _not(at_most(b, a))
        case sp.StrictGreaterThan():
            return lambda a, b: _not(at_most(a, b))
        case sp.Equality():
            return equal
        case _:
            return lambda a, b: _not(equal(a, b))


@cache
def _formula(
    f: sp.Basic, numbers: Arithmetic[Any]
) -> Callable[[Mapping[sp.Symbol, Any]], bool | None]:
    if isinstance(f, BooleanAtom):
        constant = f == sp.true
        return lambda at: constant
    if isinstance(f, Relational):
        compare = _comparison(f, numbers)
        left, right = (evaluator(a, numbers) for a in f.args)
        return lambda at: compare(left(at), right(at))
    if not isinstance(f, sp.Or | sp.And | sp.Not | sp.Implies | sp.Equivalent):
        raise TypeError(f"{type(f).__name__} {f} is not evaluated")
    parts = [_formula(a, numbers) for a in f.args]
    if isinstance(f, sp.Or):
        return lambda at: _any(p(at) for p in parts)
    if isinstance(f, sp.And):
        return lambda at: _not(_any(_not(p(at)) for p in parts))
    if isinstance(f, sp.Not):
        return lambda at: _not(parts[0](at))
    if isinstance(f, sp.Implies):
        # Lazily: the conclusion may have no value where the premise fails.
        return lambda at: _any(_not(p(at)) if p is parts[0] else p(at) for p in parts)

    def equivalent(at: Mapping[sp.Symbol, Any]) -> bool | None:
        left, right = (p(at) for p in parts)
        return None if left is None or right is None else left == right

    return equivalent
