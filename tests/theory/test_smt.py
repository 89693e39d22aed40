"""The translation to SMT-LIB and the solver's verdicts: what is not certain is never `implied`."""

from __future__ import annotations

import sys

import pytest
import sympy as sp
from perturbproof.theory import smt
from perturbproof.theory.smt import Untranslatable, decide, side_conditions, smt_text
from perturbproof.theory.symbols import declare

x = declare("smt_x", "a real number")
y = declare("smt_y", "another")
u = declare("smt_u", "a number >= 0", low=0)
v = declare("smt_v", "a number > 0", low=0, open_low=True)
w = declare("smt_w", "a number in (0, 1]", low=0, open_low=True, high=1)

IMPLIED = [
    ([], sp.Ge(x**2, 0)),
    ([], u >= 0),
    ([], v > 0),
    ([], w <= 1),
    ([x > 1], x**3 > 1),
    ([x > 0, y > 0], (x + y) / 2 >= sp.sqrt(x * y)),
    ([], sp.Max(x, y) >= sp.Min(x, y)),
    ([], sp.Abs(x) >= x),
    ([x < 0], sp.Eq(sp.sign(x), -1)),
    ([], sp.Eq(sp.sign(sp.Integer(0) * x + u - u), 0)),
    ([], sp.Eq(sp.Piecewise((1, x > 0), (0, True)) + sp.Piecewise((1, x <= 0), (0, True)), 1)),
    ([], sp.Or(x > 0, x <= 0)),
    ([sp.Implies(x > 0, y > 0), x > 1], y > 0),
    ([sp.Equivalent(x > 0, y > 0), x <= 0], y <= 0),
    ([sp.Ne(x, 0)], sp.Or(x > 0, x < 0)),
    ([], v ** sp.Rational(3, 2) > 0),
    ([sp.Eq(v**3, 8)], sp.Eq(v, 2)),
    ([], sp.Ge(w**-2, 1)),
    ([sp.Eq(x, sp.Rational(1, 3))], sp.Eq(3 * x, 1)),
]
NOT_IMPLIED = [
    ([], x > 0),
    ([], u > 0),
    ([], w < 1),
    ([x >= 0], x > 0),
    ([x > 1], x**3 > 2),
    ([], sp.Eq(sp.sqrt(x**2), x)),
    ([], sp.Max(x, y) > sp.Min(x, y)),
    ([], sp.Implies(x > 0, y > 0)),
    ([], sp.Eq(sp.sign(x), 1)),
]


@pytest.mark.parametrize(("facts", "goal"), IMPLIED, ids=str)
def test_implied(facts: list, goal: sp.Basic) -> None:
    answer = decide(facts, goal)
    assert answer.status == "implied"
    assert answer.countermodel is None


@pytest.mark.parametrize(("facts", "goal"), NOT_IMPLIED, ids=str)
def test_not_implied_comes_with_numbers(facts: list, goal: sp.Basic) -> None:
    answer = decide(facts, goal)
    assert answer.status == "not implied"
    assert answer.countermodel


def test_countermodel_refutes_the_goal() -> None:
    answer = decide([x > 1, y > x], y > x**2)
    assert answer.countermodel is not None
    point = {s: sp.Rational(answer.countermodel[s.name]) for s in (x, y)}
    assert point[x] > 1
    assert point[y] > point[x]
    assert not point[y] > point[x] ** 2


TRUE_OF_OPAQUE = [
    ([x > y, y > 0], sp.log(x) > sp.log(y)),
    ([x > 1], sp.log(x) > 0),
    ([x > y], sp.exp(x) > sp.exp(y)),
    ([], sp.exp(x) > 0),
    ([sp.Eq(x, 2 * y)], sp.Eq(sp.erf(x), sp.erf(2 * y))),
    ([x > 0], sp.erf(x) > 0),
    ([x > y, x <= 1, y >= -1], sp.acos(x) < sp.acos(y)),
    ([w < 1], sp.And(sp.acos(w) > 0, sp.acos(w) <= sp.pi)),
    ([], sp.cos(x) <= 1),
    ([], sp.And(sp.pi > sp.Rational(314, 100), sp.pi < sp.Rational(315, 100))),
    ([sp.Eq(x, sp.Integral(y**2, (y, 0, 1)))], sp.Eq(x, sp.Integral(y**2, (y, 0, 1)))),
]
NOT_KNOWN_OF_OPAQUE = [
    ([], sp.log(x) > sp.log(y)),
    ([x > y], sp.acos(x) < sp.acos(y)),  # outside [-1, 1] nothing is known
    ([x > y], sp.cos(x) > sp.cos(y)),
    ([x > 0], sp.log(x) > 0),
    ([], sp.Eq(sp.pi, sp.Rational(22, 7))),
    ([], sp.Eq(sp.Integral(y**2, (y, 0, 1)), sp.Integral(y, (y, 0, 1)))),
]


@pytest.mark.parametrize(("facts", "goal"), TRUE_OF_OPAQUE, ids=str)
def test_facts_of_opaque_terms(facts: list, goal: sp.Basic) -> None:
    assert decide(facts, goal).status == "implied"


@pytest.mark.parametrize(("facts", "goal"), NOT_KNOWN_OF_OPAQUE, ids=str)
def test_nothing_false_is_known_of_opaque_terms(facts: list, goal: sp.Basic) -> None:
    assert decide(facts, goal).status == "not implied"


def test_long_terms_with_a_name_are_folded() -> None:
    term = sp.Min(sp.log(v), sp.sqrt(v))
    facts = [sp.Eq(x, term), sp.Eq(y, term), term**3 * w > 1]
    assert decide(facts, x**3 * w > 1).status == "implied"
    assert decide(facts, sp.Eq(x, y)).status == "implied"
    assert decide(facts[1:], x**3 * w > 1).status == "not implied"


f = sp.Function("f")
OUTSIDE = [
    f(x) > 0,
    x**y > 0,
    sp.Gt(x, 0.5),
    sp.tan(x) > 0,
    sp.Sum(x, (y, 1, 3)) > 0,
    sp.Integral(x, x) > 0,
    sp.Piecewise((x, x > 0), (y, x < -1)) > 0,
]


@pytest.mark.parametrize("goal", OUTSIDE, ids=str)
def test_what_cannot_be_translated_is_unknown(goal: sp.Basic) -> None:
    with pytest.raises(Untranslatable):
        smt_text([], goal)  # type: ignore[arg-type]
    for facts, wanted in (([], goal), ([goal], x > 0)):
        answer = decide(facts, wanted)  # type: ignore[arg-type]
        assert answer.status == "unknown"
        assert "not translated" in answer.reason


def test_side_conditions() -> None:
    found = side_conditions((1 / x + sp.sqrt(y) > sp.log(u) + sp.acos(v),))
    assert set(found) == {sp.Ne(x, 0), y >= 0, u > 0, v >= -1, v <= 1} - {sp.true}


def test_a_solver_out_of_time_is_unknown() -> None:
    names = [declare(f"smt_hard_{i}", "a number in a hard query") for i in range(9)]
    hard = sum(s**7 for s in names) - sp.prod(names) ** 3
    answer = decide(
        [sp.Eq(hard, 1), sp.Eq(sum(names), 1)], sp.Lt(hard**2 + names[0] ** 5, 0), timeout_ms=1
    )
    assert answer.status == "unknown"
    assert "gave up" in answer.reason or "failed" in answer.reason


def test_a_missing_solver_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "_decided", {})
    monkeypatch.setitem(sys.modules, "z3", None)
    answer = decide([], sp.Ge(x**2, 0, evaluate=False))
    assert answer.status == "unknown"
    assert "could not be loaded" in answer.reason


def test_an_unknown_answer_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "_decided", {})
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "z3", None)
        assert decide([], sp.Ge(x**4, 0, evaluate=False)).status == "unknown"
    assert decide([], sp.Ge(x**4, 0, evaluate=False)).status == "implied"


def test_names_of_roots_do_not_clash_with_symbols() -> None:
    clash = declare("root_1", "a symbol that is called like a root")
    assert decide([], sp.Eq(clash, sp.sqrt(v))).status == "not implied"


def test_the_kept_text_is_the_query_that_was_decided() -> None:
    import z3

    answer = decide([x > 1], x > 0, title="two\nlines")
    assert answer.smt.startswith("; two\n; lines\n")
    solver = z3.Solver(ctx=z3.Context())
    solver.from_string(answer.smt.replace("(get-model)", ""))
    assert solver.check() == z3.unsat
