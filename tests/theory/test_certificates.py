"""Certificates: what is right is accepted, what is not is refused, and nothing false has one."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perturbproof.theory import certificates, declare, smt
from perturbproof.theory.certificates import stored
from perturbproof.theory.certificates.checker import refuted
from perturbproof.theory.certificates.facts import Branch, plain
from perturbproof.theory.smt import decide

from .sample_certificates import SAMPLES

FOLDER = Path(certificates.__file__).parent
x, y = declare("certificate_x", "a number"), declare("certificate_y", "another")


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return SAMPLES[request.param]


def leaves(node: dict[str, Any]) -> Iterator[list[list[Any]]]:
    if "on" in node:
        yield from leaves(node["yes"])
        yield from leaves(node["no"])
    else:
        yield node["sum"]


def corruptions(certificate: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The certificate with one thing wrong."""
    for i in range(len(certificate["from"])):
        changed = copy.deepcopy(certificate)
        del changed["from"][i]
        yield f"assertion {i} is missing", changed
    for leaf in range(len(list(leaves(certificate)))):
        for term in range(len(list(leaves(certificate))[leaf])):
            for says, change in CHANGES.items():
                changed = copy.deepcopy(certificate)
                changed_sum = list(leaves(changed))[leaf]
                if change(changed_sum, term):
                    yield f"leaf {leaf}, term {term}: {says}", changed
    if "on" in certificate:
        yield "the split is another one", {**certificate, "on": "(>= z 0)"}
        yield "a branch is missing", {k: v for k, v in certificate.items() if k != "no"}


def changing(name: str) -> Any:
    def change(terms: list[list[Any]], i: int) -> bool:
        c, chosen, *square = terms[i]
        if name == "left out":
            del terms[i]
        elif name == "another coefficient":
            terms[i] = [f"(* 2 {c})", chosen, *square]
        elif name == "a negative coefficient":
            terms[i] = [f"(- {c})", chosen, *square]
        elif name == "a fact more" and chosen:
            terms[i] = [c, [*chosen, chosen[0]], *square]
        elif name == "a fact that there is not":
            terms[i] = [c, [*chosen, 99], *square]
        elif name == "another square" and square:
            terms[i] = [c, chosen, f"(+ 1 {square[0]})"]
        else:
            return False
        return True

    return change


CHANGES = {
    name: changing(name)
    for name in (
        "left out",
        "another coefficient",
        "a negative coefficient",
        "a fact more",
        "a fact that there is not",
        "another square",
    )
}


def test_a_right_certificate_is_accepted(sample: tuple[str, dict[str, Any]]) -> None:
    assert refuted(*sample)


# There 0 > 0 is a fact, with any coefficient.
@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"formulas that exclude each other"}))
def test_what_is_wrong_is_refused(name: str) -> None:
    query, certificate = SAMPLES[name]
    found = [says for says, changed in corruptions(certificate) if refuted(query, changed)]
    assert not found


@pytest.mark.parametrize(
    ("query", "certificate"),
    [
        ("(assert (> x 0))", {"from": [0], "sum": []}),
        ("(assert (>= x 0)) (assert (>= (- x) 0))", {"from": [0, 1], "sum": [["1", [0]]]}),
        (
            "(assert (>= x y)) (assert (>= y z)) (assert (>= z x))",
            {"from": [0, 1, 2], "sum": [["1", [0]], ["1", [1]], ["1", [2]]]},
        ),
        ("(assert (<= (* x x) 0))", {"from": [0], "sum": [["1", [], "x"], ["1", [0]]]}),
        ("(assert (= x 0))", {"from": [0], "sum": [["x", []], ["(- x)", []]]}),
        ("(assert (> x 0))", {"from": [0], "sum": [["x", [0]], ["(- x)", [0]]]}),
        ("(assert (>= x 0))", {"from": [0], "sum": [["0", [0]]]}),
        ("(assert (= x 0))", {"from": [0], "sum": [["1", [0]], ["(- 1)", [0]]]}),
        ("(assert (> x 0)) (push) (assert (< x 0))", {"from": [0, 1], "sum": [["1", [1]]]}),
        ("(assert (= (/ x y) 1)) (assert (= x 0))", {"from": [0, 1], "sum": [["1", [2]]]}),
        ("(assert (or (> x 0) (> y 0)))", {"from": [0], "sum": [["1", [0]]]}),
        ("(assert (> x 0))", {}),
        ("(assert (> x 0))", {"from": [0], "sum": [[1, [0]]]}),
        ("(assert (> x 0)", {"from": [0], "sum": [["1", []]]}),
    ],
)
def test_no_certificate_where_there_is_a_solution(query: str, certificate: dict) -> None:
    assert not refuted(query, certificate)


NUMBERS = st.integers(-2, 2)
TERMS = st.recursive(
    st.sampled_from(["x", "y", "0", "1", "2"]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("+-*/"), inner, inner),
        st.tuples(
            st.just("ite"), st.tuples(st.sampled_from(["<", "="]), inner, inner), inner, inner
        ),
    ),
    max_leaves=5,
)
RELATIONS = st.tuples(st.sampled_from(["<", "<=", "=", ">=", ">"]), TERMS, TERMS)
FORMULAS = st.recursive(
    RELATIONS | st.sampled_from(["true", "false"]),
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or", "=>", "="]), inner, inner),
    ),
    max_leaves=5,
)
TESTS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "=>": lambda a, b: b or not a,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: Fraction(7) if b == 0 else a / b,  # any value: SMT-LIB names none
}


def value(e: Any, point: dict[str, Fraction]) -> Any:
    """What an expression is at a point."""
    if isinstance(e, str):
        return {"true": True, "false": False, **point}.get(e) if not e.isdigit() else Fraction(e)
    op, *parts = e
    values = [value(part, point) for part in parts]
    if op == "ite":
        return values[1 if values[0] else 2]
    return not values[0] if op == "not" else TESTS[op](*values)


@settings(max_examples=60, deadline=None)
@given(st.lists(FORMULAS, min_size=1, max_size=4), NUMBERS, NUMBERS)
def test_facts_hold_wherever_the_formulas_do(formulas: list[Any], a: int, b: int) -> None:
    point = {"x": Fraction(a), "y": Fraction(b)}
    true = [f if value(f, point) else ("not", f) for f in formulas]
    branch = Branch([plain(f) for f in true])
    point |= {str(e): value(e, point) for e in branch.terms if isinstance(e, tuple)}
    assert all(branch.value(plain(f)) is not False for f in true)
    for p, signs in branch.facts:
        total = Fraction(0)
        for m, c in p.items():
            for v in m:
                c *= point[v]
            total += c
        assert (total > 0) - (total < 0) in signs


@pytest.mark.parametrize("name", ["checker", "facts", "polynomials"])
def test_the_checker_stands_alone(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    imported = {
        (node.level, node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
    }
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    types = {(0, "typing"), (0, "collections.abc")}
    assert imported <= {(0, "fractions"), (1, "facts"), (1, "polynomials"), *types}


def asked(monkeypatch: pytest.MonkeyPatch, kept: dict[str, Any]) -> list[str]:
    """The queries that a solver is asked from now on, of these certificates kept."""
    queries: list[str] = []
    monkeypatch.setattr(smt, "_decided", {})
    monkeypatch.setattr(smt, "_solve", lambda query, *limits: queries.append(query) or NOBODY)
    monkeypatch.setattr(stored, "_kept", lambda: kept)
    stored._checked.cache_clear()
    return queries


NOBODY = smt.Decision("unknown", "nobody was asked", "")


def test_a_certificate_decides_without_a_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    query = smt.smt_text([x > 1, y > 1], x * y > 1)
    right = {"from": [0, 1, 2], "sum": [["1", [0, 1]], ["1", [0]], ["1", [1]], ["1", [2]]]}
    queries = asked(monkeypatch, {stored.digest(query): right})
    assert decide([x > 1, y > 1], x * y > 1).reason == "by a certificate"
    assert not queries


@pytest.mark.parametrize("wrong", ["coefficient", "stale", "shape"])
def test_a_wrong_certificate_is_as_good_as_none(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    query = smt.smt_text([x > 1, y > 1], x * y > 1)
    terms = [["1", [0, 1]], ["2", [0]], ["1", [1]], ["1", [2]]]
    entry: Any = {"from": [0, 1, 2], "sum": terms}
    if wrong == "stale":
        entry = {"from": [0], "sum": [["1", [0]]]}
    queries = asked(monkeypatch, {stored.digest(query): "none" if wrong == "shape" else entry})
    assert decide([x > 1, y > 1], x * y > 1).status == "unknown"
    assert len(queries) == 1


def test_comments_do_not_count() -> None:
    query = smt.smt_text([x > 1], x > 0)
    assert stored.digest(f"; a title\n{query}") == stored.digest(query)
