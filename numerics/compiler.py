"""Formulas on numbers: SymPy to NumPy for searches, and relations on enclosures, decided or not.

A formula is typed once, in `theory`; what the solver proves and what is evaluated here on measured
values is the same object. This is the only module of numerics that reads SymPy expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanAtom
from sympy.printing.numpy import SciPyPrinter

from ..theory.exact.evaluate import enclosure, relation_holds
from ..theory.exact.interval import Interval


def compile_expression(expr: sp.Expr, symbols: Sequence[sp.Symbol]) -> Callable[..., Any]:
    """A NumPy function of the symbols' values, arrays or floats in their order; float64.

    Floats in `expr` stand for their exact binary value; rationals and roots are rounded once. The
    same arguments give the same function object. Certain values are those of
    `theory.exact.evaluate.enclosure`.

    Raises:
        ValueError: `expr` has a symbol that is not among `symbols`.
        TypeError: `expr` holds an operation that NumPy cannot compute.
    """
    missing = sorted(s.name for s in expr.free_symbols - set(symbols))
    if missing:
        raise ValueError(f"{expr} also depends on {', '.join(missing)}; add it to the symbols")
    return _compiled(expr, tuple(symbols))


@lru_cache(maxsize=1024)
def _compiled(expr: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> Callable[..., Any]:
    try:
        return sp.lambdify(symbols, expr, modules=["scipy", "numpy"], printer=_NumPyPrinter)
    except NotImplementedError as unsupported:
        raise TypeError(f"NumPy cannot compute {expr}") from unsupported


class _NumPyPrinter(SciPyPrinter):
    """NumPy's own prints Max(1, x) as amax((1, x)), which fails for an array x."""

    def __init__(self, settings: dict[str, Any] | None = None) -> None:
        super().__init__({"fully_qualified_modules": False, **(settings or {})})

    def _print_Max(self, expr: sp.Max) -> str:
        return self._folded("numpy.maximum", expr)

    def _print_Min(self, expr: sp.Min) -> str:
        return self._folded("numpy.minimum", expr)

    def _folded(self, function: str, expr: sp.Expr) -> str:
        name = self._module_format(function)
        return reduce(lambda a, b: f"{name}({a}, {b})", map(self._print, expr.args))


@dataclass(frozen=True, slots=True)
class RelationValue:
    """A relation on measured values.

    Attributes:
        holds: True or False only when certain for all values in the intervals; None otherwise.
        lhs, rhs: enclosures of the two sides; of the part that decides for And and Or.
        slack: by how much it holds (rhs - lhs for < and <=, lhs - rhs for > and >=), negative when
            it does not; None for = and !=.
        load: lhs/rhs for <, rhs/lhs for >: below 1 means it holds. None unless both sides are
            certainly non-negative and the divisor certainly positive.
        parts: the values of the parts of And and Or, in their order; empty otherwise.
    """

    lhs: Interval
    rhs: Interval
    holds: bool | None
    slack: Interval | None
    load: Interval | None
    parts: tuple[RelationValue, ...] = ()


def evaluate_relation(relation: Boolean, values: Mapping[str, Interval]) -> RelationValue:
    """<, <=, >, >=, =, != and And, Or of them on values by symbol name; others are ignored.

    A relation that SymPy has already decided (`sp.true`, `sp.false`) is accepted.

    Raises:
        KeyError: a symbol of the relation has no value.
        ValueError: two of its symbols share a name.
        TypeError: not such a relation.
    """
    used = {s.name: s for s in relation.free_symbols if isinstance(s, sp.Symbol)}
    if len(used) < len(relation.free_symbols):
        raise ValueError(f"{relation} has two different symbols of one name")
    missing = sorted(name for name in used if name not in values)
    if missing:
        raise KeyError(f"{relation} needs values for {', '.join(missing)}")
    return _evaluated(relation, {symbol: values[name] for name, symbol in used.items()})


def _evaluated(relation: Boolean, values: Mapping[sp.Symbol, Interval]) -> RelationValue:
    if isinstance(relation, sp.And | sp.Or):
        parts = tuple(_evaluated(part, values) for part in relation.args)
        # And is as true as its worst part, Or as its best; False < unknown < True, then the slack.
        chosen = (min if isinstance(relation, sp.And) else max)(parts, key=_rank)
        return RelationValue(chosen.lhs, chosen.rhs, chosen.holds, chosen.slack, chosen.load, parts)
    if isinstance(relation, BooleanAtom):
        zero = Interval.exact(0)
        return RelationValue(zero, zero, relation == sp.true, None, None)
    if not isinstance(relation, Relational):
        raise TypeError(
            f"{relation} is {type(relation).__name__}, not a relation or And/Or of them"
        )
    lhs, rhs = enclosure(relation.lhs, values), enclosure(relation.rhs, values)
    holds = relation_holds(relation, lhs, rhs)
    if isinstance(relation, sp.Eq | sp.Ne):
        return RelationValue(lhs, rhs, holds, None, None)
    small, large = (lhs, rhs) if isinstance(relation, sp.Lt | sp.Le) else (rhs, lhs)
    defined = Interval.exact(0).certainly_at_most(small) and Interval.exact(0).certainly_less(large)
    return RelationValue(lhs, rhs, holds, large - small, small / large if defined else None)


def _rank(part: RelationValue) -> tuple[int, float]:
    truth = {False: 0, None: 1, True: 2}[part.holds]
    return truth, part.slack.lower if part.slack is not None else 0.0
