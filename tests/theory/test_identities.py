"""Identities and limits: true ones are equal, false ones differ, hard ones stay unknown."""

from __future__ import annotations

import pytest
import sympy as sp
from perturbproof.theory.identities import identical, tends_to

x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)
n, K = sp.symbols("n K", integer=True, positive=True)
a, b = sp.IndexedBase("a"), sp.IndexedBase("b")

TRUE = [
    ((x + y) ** 2, x**2 + 2 * x * y + y**2),
    (1 / x + 1 / y, (x + y) / (x * y)),
    (sp.sqrt(p**2), p),
    (sp.sin(x) ** 2 + sp.cos(x) ** 2, sp.Integer(1)),
    (sp.Integral(x**2, (x, -1, 1)), sp.Rational(2, 3)),
    (sp.Derivative(x**3, x), 3 * x**2),
    (sp.Sum(a[n], (n, 1, K)) + 2 * sp.Sum(b[n], (n, 1, K)), sp.Sum(a[n] + 2 * b[n], (n, 1, K))),
    (x * sp.Sum(a[n], (n, 1, K)), sp.Sum(x * a[n], (n, 1, K))),
]
FALSE = [
    ((x + y) ** 2, x**2 + y**2),
    (1 / x + 1 / y, 2 / (x + y)),
    (sp.sqrt(x**2), x - 2),
    (sp.Integral(x**2, (x, -1, 1)), sp.Rational(1, 3)),
    (sp.Derivative(x**3, x), 2 * x**2),
    (sp.exp(x), 1 + x),
]
NEVER_EQUAL = [
    (sp.Sum(a[n], (n, 1, K)), sp.Sum(b[n], (n, 1, K))),
    (sp.Sum(a[n], (n, 1, K)), sp.Sum(a[n], (n, 2, K))),
    (n * sp.Sum(a[n], (n, 1, K)), sp.Sum(n * a[n], (n, 1, K))),
    (sp.Sum(a[n], (n, 1, K)) ** 2, sp.Sum(a[n] ** 2, (n, 1, K))),
    (sp.sqrt(x**2), x),
    (sp.Abs(x), x),
]


@pytest.mark.parametrize(("left", "right"), TRUE, ids=str)
def test_true_identities(left: sp.Expr, right: sp.Expr) -> None:
    assert identical(left, right)[0] == "equal"
    assert identical(right, left)[0] == "equal"


@pytest.mark.parametrize(("left", "right"), FALSE, ids=str)
def test_false_identities_come_with_a_point(left: sp.Expr, right: sp.Expr) -> None:
    verdict, detail = identical(left, right)
    assert verdict == "different"
    assert "differ" in detail


@pytest.mark.parametrize(("left", "right"), NEVER_EQUAL, ids=str)
def test_what_is_not_an_identity_is_never_equal(left: sp.Expr, right: sp.Expr) -> None:
    assert identical(left, right)[0] != "equal"


def test_every_case_counts() -> None:
    signs = ({x: 1}, {x: -1})
    assert identical(x**2, sp.Integer(1), signs)[0] == "equal"
    assert identical(x**2, sp.Integer(1))[0] == "different"
    verdict, detail = identical(x**2, sp.Integer(1), (*signs, {x: 2}))
    assert verdict == "different"
    assert "x: 2" in detail


def test_what_is_not_brought_to_zero_is_unknown() -> None:
    f = sp.Function("f")
    assert identical(f(x), f(-x))[0] == "unknown"


def test_limits() -> None:
    growth = (K - 2) / K
    assert tends_to(growth, K, sp.oo, sp.Integer(1))[0] == "equal"
    assert tends_to(growth, K, sp.oo, sp.Integer(0))[0] == "different"
    assert tends_to(sp.sqrt(p), p, sp.oo, sp.oo)[0] == "equal"
    assert tends_to(x / y, x, sp.oo, sp.Integer(0))[0] != "equal"
