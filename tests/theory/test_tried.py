"""What SymPy is made to say is held against values in balls, which exclude what is false."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp
from perturbproof.theory import catalog, ledger, prove
from perturbproof.theory.statement import Identity, Limit, Step
from perturbproof.theory.symbols import N, declare, gamma
from perturbproof.theory.tried import excluded, not_approached

from .test_engine import theorem

x = declare("tried_x", "a real number")
_u, _v = sp.symbols("tried_u tried_v", real=True)
_n = sp.Symbol("tried_n", integer=True)
_a = sp.IndexedBase("tried_a", real=True)
_THOUSANDTH = sp.Rational(1, 1000)
_half = sp.Rational(1, 2)

PLANTED = {
    "a difference": Identity("s", "", (x + 1) ** 2, x**2 + x + 1),
    "far digits": Identity("s", "", x * sp.acos(sp.Rational(7823207, 7823209)), sp.Integer(0)),
    "one of two cases": Identity("s", "", gamma**2, gamma, cases=({gamma: 1}, {gamma: _half})),
    "a branch": Identity("s", "", sp.sqrt(x**2), x),
    "a sum": Identity("s", "", sp.Sum(_n, (_n, 1, N)), N**2 / 2),
    "a sum over a family": Identity("s", "", sp.Sum(x * _a[_n], (_n, 1, N)), x * _a[1]),
    "a derivative": Identity("s", "", sp.Derivative(x**3, x), 3 * x),
    "an integral": Identity("s", "", sp.Integral(_u**2, (_u, 0, x)), x**3 / 2),
    "an infinite one": Identity("s", "", sp.Integral(sp.exp(-_u), (_u, 0, sp.oo)), _half),
    "a double one": Identity("s", "", sp.Integral(_u * _v, (_u, 0, 1), (_v, 0, 1)), _half),
    "a limit": Limit("s", "", sp.sin(x) / x, x, sp.Integer(0), _half),
    "a limit from one side": Limit("s", "", sp.Abs(x) / x, x, sp.Integer(0), sp.Integer(1)),
    "a limit far away": Limit("s", "", (N + 1) / N, N, sp.oo, sp.Integer(2)),
    "an infinite limit": Limit("s", "", sp.log(1 / N), N, sp.oo, sp.oo),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_forced_through_is_a_dispute(name: str, monkeypatch) -> None:
    monkeypatch.setattr(ledger, "identical", lambda *_: ("equal", "planted"))
    monkeypatch.setattr(ledger, "tends_to", lambda *_: ("equal", "planted"))
    # Known by its words, which no proof of another test has.
    proof = prove(theorem(replace(PLANTED[name], says=f"Planted: {name}.")))
    (step,) = proof.disputed
    assert (step.status, proof.verdict) == ("gap", "gap")
    assert step.detail.startswith("balls disagree: ")


@pytest.mark.parametrize(
    ("expression", "point", "limit"),
    [
        (1 / sp.log(N), sp.oo, sp.Integer(0)),
        (sp.log(sp.log(N + 2)) / sp.log(N + 2), sp.oo, sp.Integer(0)),
        (sp.log(sp.log(N + 2)), sp.oo, sp.oo),
        (N * sp.log(N), sp.Integer(0), sp.Integer(0)),
    ],
)
def test_a_slow_limit_is_no_dispute(expression, point, limit) -> None:
    assert not not_approached(expression, N, point, limit, "+-")


def _off(step: Step) -> str:
    """What balls say of a step whose right side is moved by a thousandth."""
    if isinstance(step, Identity):
        return excluded(step.left, step.right + _THOUSANDTH, step.cases)
    assert isinstance(step, Limit)
    of, value = step.expression, step.value + _THOUSANDTH
    if step.value.is_infinite:
        of, value = 1 / of, step.value
    return not_approached(of, step.variable, step.point, value, step.side)


def test_no_identity_or_limit_of_the_catalog_escapes_the_trial() -> None:
    """Each has values at its points: none is passed over in silence."""
    steps = {s: t.id for t in catalog() for s in t.proof if isinstance(s, (Identity, Limit))}
    assert len(steps) > 40
    assert [(id, step.id) for step, id in steps.items() if not _off(step)] == []
