"""Facts broken into single comparisons, and comparisons into what they say of one symbol."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

LESS = (sp.StrictLessThan, sp.LessThan)
COMPARISONS = (*LESS, sp.StrictGreaterThan, sp.GreaterThan, sp.Eq, sp.Ne)


def comparisons(fact: Boolean, rng: random.Random, sign: Any) -> list[Boolean]:
    """Comparisons that together imply the fact, one branch drawn wherever there are several.

    Equal signs are all drawn positive or all negative: `sign` is the comparison with 0.
    """
    if isinstance(fact, sp.Eq) and fact.rhs == 0 and isinstance(fact.lhs, sp.Mul):
        return [sp.Eq(rng.choice(fact.lhs.args), 0)]  # a product is 0 where a factor is
    if isinstance(fact, sp.Eq) and all(isinstance(side, sp.sign) for side in fact.args):
        return [sign(side.args[0], 0) for side in fact.args]
    if isinstance(fact, COMPARISONS):
        return _without_absolute_values(fact, rng)
    if isinstance(fact, sp.And):
        return [atom for part in fact.args for atom in comparisons(part, rng, sign)]
    if isinstance(fact, (sp.Or, sp.Implies, sp.Equivalent)) and rng.random() < 0.3:
        return [fact]  # left to the final check
    if isinstance(fact, sp.Or):
        return comparisons(rng.choice(fact.args), rng, sign)
    if isinstance(fact, sp.Implies):
        premise, conclusion = fact.args
        chosen = rng.choices(
            (sp.And(premise, conclusion), conclusion, sp.Not(premise)), weights=(4, 1, 1)
        )
        return comparisons(chosen[0], rng, sign)
    if isinstance(fact, sp.Equivalent):
        left, right = fact.args
        both = rng.random() < 0.5
        return comparisons(sp.And(left, right) if both else sp.And(~left, ~right), rng, sign)
    if isinstance(fact, sp.Not):
        pushed = sp.to_nnf(fact, simplify=False)
        if pushed != fact:
            return comparisons(pushed, rng, sign)
    return [fact]


def _without_absolute_values(fact: Boolean, rng: random.Random) -> list[Boolean]:
    if not isinstance(fact, (*LESS, sp.StrictGreaterThan, sp.GreaterThan)):
        return [fact]
    small, large = fact.args if isinstance(fact, LESS) else reversed(fact.args)
    if isinstance(small, sp.Abs):  # |e| < b says e < b and -e < b
        inner = small.args[0]
        return [fact.subs(small, inner), fact.subs(small, -inner)]
    if isinstance(large, sp.Abs):  # b < |e| says b < e or b < -e
        inner = large.args[0]
        return [fact.subs(large, inner if rng.random() < 0.5 else -inner)]
    return [fact]


@cache
def affine(atom: Boolean, symbol: sp.Symbol) -> tuple[int, sp.Expr, sp.Expr] | None:
    """`k, a, b` with lhs - rhs = a symbol**k + b, k = 1, 2 or 4; None where it is not seen."""
    for power in (1, 2, 4):
        sides = [_linear(side, symbol, power) for side in atom.args]
        if sides[0] is not None and sides[1] is not None:
            (a, b), (c, e) = sides[0], sides[1]
            return power, a - c, b - e
    return None


def _linear(e: sp.Basic, symbol: sp.Symbol, power: int) -> tuple[sp.Expr, sp.Expr] | None:
    if symbol not in e.free_symbols:
        return sp.Integer(0), e
    if e == symbol**power:
        return sp.Integer(1), sp.Integer(0)
    if isinstance(e, sp.Add):
        parts = [_linear(a, symbol, power) for a in e.args]
        if None in parts:
            return None
        return sp.Add(*(p[0] for p in parts)), sp.Add(*(p[1] for p in parts))  # type: ignore[index]
    if isinstance(e, sp.Mul):
        inside = [a for a in e.args if symbol in a.free_symbols]
        part = _linear(inside[0], symbol, power) if len(inside) == 1 else None
        if part is not None:
            rest = sp.Mul(*(a for a in e.args if a is not inside[0]))
            return rest * part[0], rest * part[1]
    return None
