"""Exact values of formulas: rationals stay exact, and nothing undecided becomes a truth."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp
from flint import arb, fmpq
from perturbproof.theory.exact.evaluate import truth, value
from perturbproof.theory.exact.scalars import (
    Undecided,
    Undefined,
    exact,
    to_fmpq,
    working_precision,
)

from ..numerics.expression_bank import BANK, Entry

x, y = sp.symbols("x y", real=True)

POINTS = [
    (Fraction(1, 3), Fraction(9, 4)),
    (Fraction(-2), Fraction(1, 100)),
    (Fraction(0), Fraction(4)),
]
# What the bank of the numeric backends does not hold.
FORMULAS = [
    1 / y - y**-2,
    sp.cbrt(y + 2),
    sp.Abs(x) + sp.sign(x),
    sp.Max(x, y, 1) - sp.Min(x, y),
    sp.exp(x) + sp.log(y) + sp.erf(x),
    sp.cos(x) - sp.sin(y) + sp.pi,
    sp.acos(x / 3),
    sp.Integral(x * y**2, (y, 0, 1)),
]


@pytest.mark.parametrize("entry", BANK, ids=lambda entry: entry.name)
def test_reproduces_the_bank(entry: Entry) -> None:
    with working_precision(128):
        found = arb(value(entry.expr, {s: exact(v) for s, v in entry.point.items()}))
        if isinstance(entry.value, Fraction):
            assert found.contains(to_fmpq(entry.value))
    assert float(found.rad()) < 1e-30
    assert float(found.mid()) == pytest.approx(float(entry.value), rel=1e-15, abs=1e-300)


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_agrees_with_high_precision(formula: sp.Expr) -> None:
    for a, b in POINTS:
        with working_precision(200):
            found = value(formula, {x: exact(a), y: exact(b)})
            expected = formula.doit().subs({x: sp.Rational(a), y: sp.Rational(b)}).evalf(40)
            assert abs(arb(found) - arb(str(expected))) < arb("1e-35")


def test_rationals_stay_exact() -> None:
    found = value(sp.sqrt(x) + x**-3, {x: fmpq(9, 4)})
    assert isinstance(found, fmpq)
    assert found == fmpq(3, 2) + fmpq(64, 729)


@pytest.mark.parametrize(
    ("formula", "at"), [(1 / x, 0), (sp.sqrt(x), -1), (sp.log(x), 0), (sp.acos(x), 2), (x**-2, 0)]
)
def test_undefined(formula: sp.Expr, at: int) -> None:
    with pytest.raises(Undefined):
        value(formula, {x: fmpq(at)})


def test_three_values() -> None:
    at = {x: fmpq(2), y: fmpq(3)}
    assert truth(x < y, at) is True
    assert truth(sp.Eq(x, y), at) is False
    root = {x: value(sp.sqrt(y), at), y: fmpq(3)}
    assert truth(sp.Eq(x**2, y), root) is None
    assert truth(sp.Or(sp.Eq(x**2, y), y > 0), root) is True
    assert truth(sp.And(sp.Eq(x**2, y), y < 0), root) is False
    assert truth(~sp.Eq(x**2, y), root) is None
    assert truth(sp.Implies(y < 0, 1 / (y - 3) > 0), at) is True  # the conclusion has no value
    assert truth(sp.Equivalent(x > 0, y > 0), at) is True


def test_undecided_branches() -> None:
    root = {x: value(sp.sqrt(y), {y: fmpq(3)}), y: fmpq(3)}
    with pytest.raises(Undecided):
        value(sp.Piecewise((1, x**2 >= y), (0, True)), root)
    with pytest.raises(Undecided):
        value(sp.sign(x**2 - y), root)


def test_floats_and_unknown_functions_are_refused() -> None:
    with pytest.raises(ValueError, match="binary float"):
        exact(0.1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not evaluated"):
        value(sp.Function("f")(x), {x: fmpq(1)})
    assert exact("0.1") == fmpq(1, 10)
