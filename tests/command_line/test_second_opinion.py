"""`perturbproof prove --second-opinion`: who confirms what, and what a disagreement ends in."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from perturbproof.theory import smt

from .commands import refused

DENIED = """\
from perturbproof.theory import Assumption, Claim, Conclusion, Theorem, declare
from perturbproof.theory.statement import PROJECT
less, more = declare("denied_less", "a number"), declare("denied_more", "another")
THEOREM = Theorem(
    "denied", "False", "False.", PROJECT,
    (Assumption("given", "Given.", less < more),),
    (Claim("wrong", "Wrong.", more < less),),
    (Conclusion("step", "Clearly.", "wrong", by="given"),),
)
"""
"""False, and about nothing that the search for refuting data sets knows."""


def test_the_terminal_counts_and_json_says_it_of_every_step(run) -> None:
    out = run("prove", "linear-limit", "--second-opinion", "-q").out
    assert "  cvc5 confirms 9 of 9 queries\n" in out
    content = json.loads(run("prove", "linear-limit", "--second-opinion", "--json", "-q").out)
    said = {entry.pop("step"): entry for entry in content["second_opinion"]}
    (proof,) = content["proofs"]
    by = {s["checked_by"].replace("certificate", "Z3") for s in proof["steps"]}
    assert by == {"Z3 + cvc5", "definition", "citation, Z3 + cvc5", "exact identity"}
    assert "9 checked, 1 cited, 5 defined" in " ".join(out.split())
    asked = {s["id"]: s["smt"].count("(check-sat)") for s in proof["steps"] if s["smt"]}
    assert said == {
        step: {
            "theorem": "linear-limit",
            "by": "cvc5",
            "confirmed": count,
            "left_open": 0,
            "denied": 0,
        }
        for step, count in asked.items()
    }


def test_a_disagreement_is_an_error_with_the_query_as_a_file(run, here: Path, monkeypatch) -> None:
    """Z3 is made to prove whatever it is asked, contradictions apart."""

    def believe(text: str, timeout_ms: int, resources: int) -> smt.Decision:
        contradiction = "(assert (not false))" in text
        return smt.Decision("unknown" if contradiction else "implied", "planted", text)

    monkeypatch.setattr(smt, "_solve", believe)
    monkeypatch.setattr(smt, "_decided", {})
    (here / "denied.py").write_text(DENIED, encoding="utf-8")
    words = ("prove", "--theorem", "denied.py", "--out", "out", "-q")
    assert run(*words).code == 0
    ended = run(*words, "--second-opinion")
    assert ended.code == 1
    assert "cvc5 confirms 0 of 1 queries" in ended.out
    assert ended.out.startswith("ERROR  denied")
    assert "ERROR: cvc5 and Z3 disagree: step" in ended.out
    assert "0 of 1 theorems proved" in ended.out
    (file,) = (here / "out").iterdir()
    assert f"denied by cvc5: out/{file.name}" in ended.out
    monkeypatch.undo()
    assert (
        smt._solve(file.read_text(encoding="utf-8"), 1000, smt.RESOURCE_LIMIT).status
        == "not implied"
    )


def test_without_cvc5_one_line_before_any_proof(run, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cvc5", None)
    monkeypatch.setattr("perturbproof.theory.refute.survey.tested", pytest.fail)
    assert "cvc5" in refused(run("verify", "--second-opinion", "--quiet"))
    ended = run("prove", "linear-limit", "--second-opinion")
    assert "pip install 'perturbproof[second-opinion]'" in refused(ended)


def test_a_witness_is_replayed_without_it(run) -> None:
    assert "--second-opinion" in refused(run("prove", "--second-opinion", "--replay", "w.json"))
