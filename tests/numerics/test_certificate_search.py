"""Certificates are found for queries of each kind, and told to proof assistants as they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from perturbproof.numerics.certificates.search import certificate
from perturbproof.theory.certificates.checker import refuted
from perturbproof.theory.certificates.export import SYSTEMS
from perturbproof.theory.certificates.stored import without_comments

QUERIES = {
    "a square": "x y : (< (+ (* x x) (* y y)) (* 2 x y))",
    "a product": "x y : (> x 1) | (> y 1) | (not (> (* x y) 1))",
    "a bound moved by a factor": "p r : (>= p 0) | (> r 0) | (< (* p (+ r p)) (* r r)) | (>= p r)",
    "equations": "x y z : (= x (+ y 1)) | (= y (* z z)) | (< x 1)",
    "a root": "r x : (>= r 0) | (= (* r r) x) | (> x 4) | (not (> r 2))",
    "a quotient": "x y : (> y 0) | (> x y) | (not (> (/ x y) 1))",
    "a quotient in a quotient": "x y z : (> x 0) | (> y 0) | (= z (/ 1 (/ x y))) | (< (* z x) y)",
    "cases": "x y : (> y (ite (>= x 0) x (- x))) | (<= (* y y) (* x x))",
    "a case excluded by a product": "x y m : (>= y 0) | (<= (* y (ite (>= x 0) x (- x))) m) | "
    "(not (<= (* x y) m)) | (>= m 0)",
    "a cancelled factor": "x y z : (>= x z) | (> z 0) | (= (* x (- y 1)) 0) | (< y 1)",
    "a disequality": "x y : (not (= x y)) | (= (* x x) (* x y)) | (> x 0)",
    "alternatives": "x y : (or (> x 1) (> y 1)) | (>= 1 x) | (=> (> y 1) (< y 0))",
}


def smt(name: str) -> str:
    variables, formulas = QUERIES[name].split(" : ")
    lines = [f"(declare-const {v} Real)" for v in variables.split()]
    lines += [f"(assert {f})" for f in formulas.split(" | ")]
    return "\n".join(["; a ) title", "(set-logic QF_NRA)", *lines, "(check-sat)"])


@pytest.fixture(scope="module")
def found() -> dict[str, dict]:
    return {name: certificate(smt(name), seconds=5) or {} for name in QUERIES}


@pytest.mark.parametrize("name", QUERIES)
def test_a_certificate_is_found(name: str, found: dict[str, dict]) -> None:
    assert refuted(without_comments(smt(name)), found[name])


@pytest.mark.parametrize(
    "formula", ["(> x 0)", "(= (* x x) 2)", "(> (/ 1 x) 1)", "(>= (* x x x) x)"]
)
def test_none_where_there_is_a_solution(formula: str) -> None:
    query = f"(declare-const x Real)\n(assert {formula})\n(check-sat)"
    assert certificate(query, seconds=1) is None


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("name", QUERIES)
def test_an_export_has_all_of_it(name: str, system: str, found: dict[str, dict]) -> None:
    text = SYSTEMS[system](smt(name), found[name]).theorem("name")
    depth = 0
    for sign in text:
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    assert "(ite" not in text
    assert "!" not in text
    stated = text[: text.index("False")]
    for i in range(QUERIES[name].count(" | ") + 1):
        assert system == "coq" or f"(h{i} :" in stated
    used = set(re.findall(r"\bf\d+\b", text))
    assert used == set(re.findall(r"(?:assert \(|have )(f\d+) :", text))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("coqc") is None, reason="there is no Coq: apt install coq")
def test_coq_accepts_every_export(found: dict[str, dict], tmp_path: Path) -> None:
    coq = SYSTEMS["coq"]
    theorems = [coq(smt(q), found[q]).theorem(f"query_{i}") for i, q in enumerate(QUERIES)]
    (tmp_path / "queries.v").write_text("\n".join([coq.head, *theorems]), encoding="utf-8")
    done = subprocess.run(["coqc", "queries.v"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (tmp_path / "queries.v").write_text(
        "\n".join([coq.head, theorems[0].replace("g1", "g2").replace("<", ">")]), encoding="utf-8"
    )
    done = subprocess.run(["coqc", "queries.v"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
