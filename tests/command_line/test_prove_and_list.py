"""`perturbproof prove` and `perturbproof list`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from perturbproof.theory import catalog


def test_prove_shows_statement_steps_and_trusted_base(run) -> None:
    ended = run("prove", "standard-boundary", "--show")
    assert ended.code == 0
    flat = " ".join(ended.out.split())
    for words in (
        "proved standard-boundary",
        "assume nearly-orthogonal",
        "p_max < R_min^4*gamma^3/(3*N*R_max^2)",
        "claim boundary",
        "A-KKT: Gradient flow",
        "1 of 1 theorems proved",
    ):
        assert words in flat.replace("gamma^3*R_min^4", "R_min^4*gamma^3")


def test_definitions_of_earlier_theorems_are_shown(run) -> None:
    shown = " ".join(run("prove", "refined-multipliers", "--show", "-q").out.split())
    said = json.loads(run("prove", "refined-multipliers", "--json", "-q").out)
    (entry,) = said["theorems"]
    assert {one["theorem"] for one in entry["defined"]} == {
        "certificate-ladder",
        "half-aware",
        "exact-multipliers",
    }
    for one in entry["defined"]:
        assert f"{one['theorem']}, definition {one['step']}: " in shown


def test_prove_as_json(run) -> None:
    content = json.loads(run("prove", "exact-chain", "half-aware", "--json", "-q").out)
    assert [proof["theorem"] for proof in content["proofs"]] == ["exact-chain", "half-aware"]
    assert {proof["verdict"] for proof in content["proofs"]} == {"proved"}


def test_prove_names_a_theorem_once(run) -> None:
    ended = run("prove", "exact-chain", "exact-chain", "-q")
    assert "1 of 1 theorems proved" in ended.out


@pytest.fixture
def smt_files(run, tmp_path: Path) -> Path:
    ended = run("prove", "exact-chain", "--smt", tmp_path / "smt", "-q")
    assert ended.code == 0, ended.err
    return tmp_path / "smt" / "exact-chain"


def test_every_smt_file_is_unsat_for_z3_without_a_complaint(smt_files: Path) -> None:
    """Run by the solver's own program, each file alone, as a reader would."""
    solver = Path(sys.executable).with_name("z3")
    files = sorted(smt_files.rglob("*.smt2"))
    assert len(files) > 15
    for path in files:
        asked = path.read_text().count("(check-sat)")
        done = subprocess.run([solver, path], capture_output=True, text=True, check=False)
        assert done.stdout.split("\n")[:-1] == ["unsat"] * asked, f"{path}\n{done.stdout}"
        assert done.returncode == 0


def test_queries_of_one_smt_file_do_not_lean_on_each_other(smt_files: Path) -> None:
    """Without a reset the first negated goal makes every later query unsat."""
    for path in smt_files.rglob("*.smt2"):
        parts = path.read_text().split("(check-sat)")
        assert all("(reset)" in part for part in parts[1:-1]), path


def test_list_names_what_there_is(run) -> None:
    ended = run("list")
    assert ended.code == 0
    for name in ("standard-boundary", "row-wise", "near-orthogonal", "digits", "quick"):
        assert name in ended.out
    content = json.loads(run("list", "--json").out)
    assert set(content) >= {"theorems", "datasets", "suites"}
    assert "standard-boundary" in content["theorems"]
    assert content["symbols"]["R_max"]["range"] == "> 0"
    fact = content["facts"]["perturbproof.theory.steps.sums.SMALLEST"]
    assert (fact["key"], fact["arguments"]) == (
        "A-SMALLEST",
        "the number, any of the numbers, its bound",
    )
    assert {f.key for t in catalog() for f in t.trusted_base} <= {
        fact["key"] for fact in content["facts"].values()
    }
