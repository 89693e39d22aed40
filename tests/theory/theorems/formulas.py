"""Formulas of proofs at floating-point values of their symbols."""

from __future__ import annotations

from functools import cache

import sympy as sp
from perturbproof.theory.symbols import symbols_of

ROOM = 1e-9


@cache
def _sides(relation: sp.Basic):
    symbols = symbols_of(relation)
    return tuple(s.name for s in symbols), sp.lambdify(symbols, relation.args, "numpy")


def true(formula: sp.Basic, at: dict[str, float], room: float = ROOM) -> bool:
    """A formula in floating point, with room for rounding on the side of holding."""
    if isinstance(formula, (sp.And, sp.Or)):
        parts = (true(part, at, room) for part in formula.args)
        return all(parts) if isinstance(formula, sp.And) else any(parts)
    if isinstance(formula, sp.Implies):
        return not true(formula.args[0], at, -room) or true(formula.args[1], at, room)
    if formula in (sp.true, sp.false):
        return formula is sp.true
    names, function = _sides(formula)
    left, right = function(*(at[name] for name in names))
    slack = room * (abs(left) + abs(right) + 1)
    if isinstance(formula, sp.Eq):
        return abs(left - right) <= max(slack, 0)
    if isinstance(formula, (sp.LessThan, sp.StrictLessThan)):
        return left <= right + slack
    return left >= right - slack
