"""Certificates: what is right is accepted, what is not is refused, and nothing false has one."""

from __future__ import annotations

import ast
import copy
import functools
import itertools
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perturbproof.theory import certificates, declare, smt
from perturbproof.theory.certificates import checker, stored
from perturbproof.theory.certificates.cases import Known, also
from perturbproof.theory.certificates.checker import SIGNS, refuted
from perturbproof.theory.smt import decide

from .sample_certificates import SAMPLES

FOLDER = Path(certificates.__file__).parent
x, y = declare("certificate_x", "a number"), declare("certificate_y", "another")


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return SAMPLES[request.param]


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree: what holds it, and the index or key."""
    keys = range(len(node)) if isinstance(node, list) else node if isinstance(node, dict) else ()
    for key in keys:
        yield node, key
        yield from places(node[key])


def others(part: Any) -> Iterator[Any]:
    """What could stand in the place of a part of a certificate."""
    if isinstance(part, int):
        yield from (part + 1, part - 1, -part - 1, 99, str(part))
    elif isinstance(part, str):
        yield from (f"(+ 1 {part})", f"(- {part})", part[:-1], 0)
    elif isinstance(part, list):
        yield from (part[:-1], part[1:], part[::-1], [*part, part[-1]], [*part, 0])
    yield None


def corruptions(certificate: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The certificate with one thing in its tree changed."""
    for place, (holder, key) in enumerate(places(certificate)):
        for other in others(holder[key]):
            changed = copy.deepcopy(certificate)
            twin, _ = next(itertools.islice(places(changed), place, None))
            twin[key] = other
            yield changed


def test_a_right_certificate_is_accepted(sample: tuple[str, dict[str, Any]]) -> None:
    assert refuted(*sample)


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_refutes_what_has_a_solution(name: str) -> None:
    """Of no sample can an assertion be left out, so that no certificate whatever may be right."""
    query, certificate = SAMPLES[name]
    said = re.findall(r"\(assert (.*?)\)(?= \(assert|$)", query)
    for i in range(len(said)):
        less = " ".join(f"(assert {'true' if i == k else e})" for k, e in enumerate(said))
        assert not refuted(less, certificate)
        assert not [c for c in corruptions(certificate) if refuted(less, c)]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sum_is_checked_to_the_last_number(name: str) -> None:
    query, certificate = SAMPLES[name]
    for place, (holder, key) in enumerate(places(certificate)):
        if key == "sum":
            for i, (c, *parts) in enumerate(holder[key]):
                for other in ([], [[c + 7, *parts]], [[-c, *parts]], [[c, *parts, "(+ x 9)"]]):
                    changed = copy.deepcopy(certificate)
                    twin, _ = next(itertools.islice(places(changed), place, None))
                    twin[key][i : i + 1] = other
                    assert not refuted(query, changed)


HOSTILE: dict[str, tuple[str, Any]] = {
    "an empty sum": ("(assert (> x 0))", {"sum": []}),
    "an assertion that is not false": ("(assert (> x 0))", 0),
    "a fact before it is said": ("(assert (> x 0))", {"sum": [[-1, 1]]}),
    "a fact from the other side": ("(assert (> x 0))", ["(> x 1)", {"sum": [[1, 1]]}, 0]),
    "a relation that nothing says": ("(assert (> x 0))", ["(< x 0)", {"sum": [[1, 1]]}, 0]),
    "a conclusion without its premise": (
        "(assert (=> (> x 0) (> y 0))) (assert (<= y 0))",
        [1, 0, 1],
    ),
    "one alternative of two": (
        "(assert (or (> x 0) (> y 0))) (assert (<= y 0))",
        [1, 0, 1],
    ),
    "one side of an equivalence": (
        "(assert (= (> x 0) (> y 0))) (assert (<= y 0))",
        ["(> x 0)", ["(> y 0)", 1, 0], 1],
    ),
    "a side that is missing": ("(assert (> x 0))", ["(<= x 0)", 0]),
    "a side too many": ("(assert (> x 0))", ["(<= x 0)", 0, 0, 0]),
    "a case that is left out": ("(assert (>= x 0)) (assert (<= x 0))", ["(> x 0)", 1, 0]),
    "none is > 0": (
        "(assert (>= x y)) (assert (>= y z)) (assert (>= z x))",
        [0, [1, [2, {"sum": [[1, 0], [1, 2], [1, 4]]}, 2], 1], 0],
    ),
    "a square that may be 0": (
        "(assert (<= (* x x) 0))",
        [0, {"sum": [[1, "x", "x"], [1, 1]]}, 0],
    ),
    "an odd power": ("(assert (not (= x 0)))", [0, 0, {"sum": [[1, 0], [1, 1]]}]),
    "a term of any sign": ("(assert (= x 0))", [0, {"sum": [[1, "x"], [1, "(- x)"]]}, 0]),
    "a multiple of an inequality": (
        "(assert (> x 0))",
        [0, {"sum": [[1, "x", 0], [1, "(- x)", 0]]}, 0],
    ),
    "a weight < 0": ("(assert (> x 0))", [0, {"sum": [[1, 0], [-1, 0]]}, 0]),
    "a weight 0": ("(assert (> x 0))", [0, {"sum": [[0, 0]]}, 0]),
    "a weight that rounds to 0": ("(assert (> x 0))", [0, {"sum": [[1e-30, 0]]}, 0]),
    "a weight that is no number": ("(assert (> x 0))", [0, {"sum": [[float("nan"), 0]]}, 0]),
    "weights that are rounded": (
        "(assert (> x 0)) (assert (= z x))",
        [0, [1, {"sum": [[1, 0], [1e17, 2], [-1e17, 2]]}, 1], 0],
    ),
    "infinite weights": (
        "(assert (> x 0))",
        [0, {"sum": [[float("inf"), 0], [float("-inf"), 0]]}, 0],
    ),
    "only equations": ("(assert (= x 0))", [0, {"sum": [[1, 0], [-1, 0]]}, 0]),
    "another polynomial than 0": ("(assert (> x 0))", [0, {"sum": [[1, 0], [1]]}, 0]),
    "a chain read as a difference": (
        "(assert (< x y z)) (assert (>= x (+ y z)))",
        [1, 0, 1],
    ),
    "a function read as its argument": (
        "(assert (= (abs x) 1)) (assert (< x 0))",
        ["(= x 1)", [1, {"sum": [[1, 0], [1], [1, 3]]}, 1], 0],
    ),
    "a quotient of three": (
        "(assert (= (/ 6 2 3) 1))",
        ["(> 2 0)", 0, {"sum": [[2], [-1, 0]]}],
    ),
    "a term by cases in no known case": (
        "(assert (> (ite (> x 0) y z) 0)) (assert (<= y 0))",
        ["(> y 0)", 1, 0],
    ),
    "the wrong case": (
        "(assert (> (ite (> x 0) y z) 0)) (assert (<= y 0)) (assert (<= x 0))",
        [2, ["(> y 0)", 1, 0], 2],
    ),
    "a comment that looks like an assertion": (
        "(assert true ; ) (assert (< y 0)) (assert (or true)\n) (assert (> y 0))",
        [1, 3, 1],
    ),
    "a quoted name": ("(assert (< |+ 1 x x| 0)) (assert (> x 0))", 0),
    "an assertion taken back": ("(push 1) (assert (< x 0)) (pop 1) (assert (> x 0))", [1, 0, 1]),
    "a query cut off": ("(assert (> x 0)) (assert (or (< x 0) ", [0, 1, 0]),
    "a definition": ("(define-fun x () Real 1) (assert (< x 0)) (assert (> x 0))", [1, 0, 1]),
    "a name that looks like a relation": (
        "(declare-const <ab Bool) (assert <ab) (assert (>= a b))",
        [0, 1, 0],
    ),
    "names that look like relations": (
        "(assert (= <ab <cd)) (assert (>= a b)) (assert (< c d))",
        ["(< a b)", 1, ["(< c d)", 0, 2]],
    ),
    "a truth value as a number": ("(assert (= b (> x 0)))", [0, 0, 0]),
    "an equivalence as a relation": ("(assert (= (> x 0) (> y 0)))", [0, 0, 0]),
    "a number of an assertion that there is not": ("(assert (> x 0))", ["(> x 0)", 7, 0]),
    "a split on nothing": ("(assert (> x 0))", ["", 0, 0]),
    "a split on a list": ("(assert (> x 0))", [["> x 0"], 0, 0]),
    "no end": (
        "(assert (> x 0))",
        functools.reduce(lambda n, _: ["(> x 1)", n, 0], range(9999), 0),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_certificate_is_refused(name: str) -> None:
    query, tree = HOSTILE[name]
    assert not refuted(query, {"tree": tree})


@pytest.mark.parametrize(
    ("query", "quotients", "tree"),
    [
        # 0/0 is any number, and 1/0, too: nothing is said where the denominator may be 0.
        ("(assert (= (/ x y) 1)) (assert (= x 0))", "(/ x y)", [2, 2, 2]),
        (
            "(assert (= (/ x y) 1)) (assert (= y 0)) (assert (= x 2))",
            "(/ x y)",
            [0, [1, [2, [3, {"sum": [[2], [1, 6], [-1, "(/ x y)", 2], [1, 4]]}, 3], 2], 1], 0],
        ),
        ("(assert (= (/ 1 0) 0))", "(/ 1 0)", [1, {"sum": [[1], [-1, 0]]}, 1]),
        ("(assert (= (* x y) 1))", "(* x y)", ["(= (* x y y) x)", {"sum": [[1, 0]]}, 1]),
        ("(assert (> x 0))", "(/ x y z)", 0),
        ("(assert (> x 0))", ["(/ x y)"], 1),
    ],
)
def test_a_quotient_is_no_more_than_it_is(query: str, quotients: Any, tree: Any) -> None:
    assert not refuted(query, {"tree": tree, "quotients": quotients})


@pytest.mark.parametrize("shape", [None, 3, "tree", [], {}, {"tree": None}, {"sum": [[1]]}])
def test_no_other_shape_is_a_certificate(shape: Any) -> None:
    assert not refuted("(assert (> x 0))", shape)


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


def is_term(e: Any) -> bool:
    """Whether an expression is a number."""
    return e not in ("true", "false") and (isinstance(e, str) or e[0] in (*"+-*/", "ite"))


def value(e: Any, point: dict[str, Fraction]) -> Any:
    """What an expression is at a point."""
    if isinstance(e, str):
        return {"true": True, "false": False, **point}.get(e) if not e.isdigit() else Fraction(e)
    op, *parts = e
    values = [value(part, point) for part in parts]
    if op == "ite":
        return values[1 if values[0] else 2]
    return not values[0] if op == "not" else TESTS[op](*values)


def written(e: Any) -> str:
    return e if isinstance(e, str) else f"({' '.join(map(written, e))})"


def within(e: Any) -> Iterator[Any]:
    if not isinstance(e, str):
        yield e
        yield from itertools.chain.from_iterable(map(within, e[1:]))


@settings(max_examples=40, deadline=None)
@given(st.lists(FORMULAS, min_size=1, max_size=3), NUMBERS, NUMBERS)
def test_what_is_known_holds_where_it_was_said(formulas: list[Any], a: int, b: int) -> None:
    """Whatever relations are split on: what is known is so at the point, no true formula counts as
    false, and nothing that adds up to 0 is > 0."""
    point = {"x": Fraction(a), "y": Fraction(b)}
    known: Known = {}
    for e in [e for f in formulas for e in within(f) if e[0] in SIGNS and is_term(e[1])]:
        known = also(known, e, value(e, point))
    point |= {str(e): value(e, point) for f in formulas for e in within(f) if is_term(e)}
    for p, signs in known.items():
        total = sum(c * math.prod(point[v] for v in m) for m, c in p)
        assert (total > 0) - (total < 0) in signs
    for f in formulas:
        assert checker.value(known, f) in ((0, 1) if value(f, point) else (0, -1))


PARTS = st.integers(0, 3) | st.sampled_from(["x", "(- y)", "(+ x 1)", "(/ x y)"])
SUMS = st.lists(st.tuples(st.integers(-2, 2), PARTS, PARTS).map(list), max_size=3)
TREES = st.recursive(
    st.integers(0, 3) | SUMS.map(lambda products: {"sum": products}),
    lambda inner: st.tuples(st.integers(0, 4) | RELATIONS.map(written), inner, inner).map(list),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(FORMULAS, min_size=1, max_size=3), NUMBERS, NUMBERS, TREES)
def test_no_tree_refutes_what_has_a_solution(
    formulas: list[Any], a: int, b: int, tree: Any
) -> None:
    point = {"x": Fraction(a), "y": Fraction(b)}
    true = [f if value(f, point) else ("not", f) for f in formulas]
    query = " ".join(f"(assert {written(f)})" for f in true)
    assert not refuted(query, {"tree": tree, "quotients": "(/ x y) (/ 1 x)"})


def test_the_checker_is_one_small_file_that_stands_alone() -> None:
    text = (FOLDER / "checker.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 100
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)]
    from_ = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    assert not found
    assert {(node.level, node.module) for node in from_} == {(0, "fractions"), (0, "typing")}
    assert not {"eval", "exec", "open", "__import__"} & set(re.findall(r"\w+", text))


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
    right = {"tree": [0, [1, [2, 2, {"sum": [[1, 0, 2], [1, 0], [1, 2], [1, 5]]}], 1], 0]}
    queries = asked(monkeypatch, {stored.digest(query): right})
    assert decide([x > 1, y > 1], x * y > 1).reason == "by a certificate"
    assert not queries


@pytest.mark.parametrize("wrong", ["coefficient", "stale", "shape"])
def test_a_wrong_certificate_is_as_good_as_none(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    query = smt.smt_text([x > 1, y > 1], x * y > 1)
    products = [[1, 0, 2], [2, 0], [1, 2], [1, 5]]
    entry: Any = {"tree": [0, [1, [2, 2, {"sum": products}], 1], 0]}
    if wrong == "stale":
        entry = {"tree": [0, [1, 0, 1], 0]}
    queries = asked(monkeypatch, {stored.digest(query): "none" if wrong == "shape" else entry})
    assert decide([x > 1, y > 1], x * y > 1).status == "unknown"
    assert len(queries) == 1


def test_comments_do_not_count() -> None:
    query = smt.smt_text([x > 1], x > 0)
    assert stored.digest(f"; a title\n{query}") == stored.digest(query)
