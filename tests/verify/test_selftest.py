"""The selftest as a command: everything false is caught, and what is not ends in exit code 1."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from perturbproof.theory import prove, theorem
from perturbproof.theory.refute import survey
from perturbproof.theory.refute.mutants import mutants
from perturbproof.verify.command_line.selftest import selftest as command
from perturbproof.verify.selftest import selftest as runs
from perturbproof.verify.selftest.selftest import MUTANTS, Attempt, SelfTest, mutants_tried, spread
from perturbproof.verify.selftest.trials import exact_trials
from perturbproof.verify.selftest.tricks import REFUTED

CAUGHT = Attempt("faults", "q has the wrong sign.", "ERROR: cross-check normal-f", True)
MISSED = Attempt("faults", "tau [sic] is too small.", "NOT CAUGHT", False)


@pytest.mark.parametrize(("attempts", "code"), [((CAUGHT,), 0), ((CAUGHT, MISSED), 1)])
@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_missed_is_said_and_ends_in_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys, attempts, code: int, as_json: bool
) -> None:
    result = SelfTest(attempts, ())
    monkeypatch.setattr(runs, "selftest", lambda progress: result)
    assert command(None, as_json, quiet=True) == code
    printed = capsys.readouterr()
    assert printed.err == ""
    if as_json:
        content = json.loads(printed.out)
        assert content["passed"] is (code == 0)
        assert [a["caught"] for a in content["attempts"]] == [a.caught for a in attempts]
        return
    last = printed.out.strip().splitlines()[-1]
    assert last == result.summary
    assert ("NOT CAUGHT" in last) is (code == 1)
    assert ("MISSED" in printed.out) is (code == 1)


def test_only_what_is_false_counts_as_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutants that are true, or of which nobody knows, are no catches."""
    verdicts = iter(("refuted", "proof gap", "proved", "unknown"))

    def judged(mutant):
        word = next(verdicts)
        return survey.MutantReport(mutant, word, "planted", "proved" if word == "proved" else "gap")

    monkeypatch.setattr(runs, "classify", judged)
    tried = mutants_tried("row-sums")
    assert (tried.caught, tried.false, tried.undecided) == (True, 1, 2)
    assert "1 false (data refute it)" in tried.came
    assert SelfTest((CAUGHT, tried), ()).summary == (
        "2 false things tried; all caught; 2 more may be false or true, and are not believed"
    )


@pytest.mark.parametrize("build", REFUTED.values(), ids=REFUTED)
def test_what_no_solver_finds_fault_with_data_refute(build) -> None:
    assert prove(build()).verdict == "proved"
    assert "proved and refuted" in survey.tested(build()).open_steps[0].detail


def test_the_table_of_faults_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runs, "selftest", lambda progress: SelfTest((CAUGHT,), ()))
    command(tmp_path / "faults.md", as_json=True, quiet=True)
    assert (tmp_path / "faults.md").read_text(encoding="utf-8").startswith("# Planted faults")


def test_numbers_are_never_wrong_and_some_edges_are_decided() -> None:
    trials = list(exact_trials(np.random.default_rng(0)))
    assert all(trial.wrong == 0 for trial in trials)
    assert any(trial.open for trial in trials)
    assert any(not trial.open for trial in trials if "edge" in trial.tried)


def test_mutants_are_taken_from_all_over_a_theorem() -> None:
    found = mutants(theorem("standard-boundary"))
    chosen = spread(found, MUTANTS)
    assert len(set(chosen)) == MUTANTS
    assert (chosen[0], chosen[-1]) == (found[0], found[-1])
    assert spread(found[:2], MUTANTS) == found[:2]


@pytest.mark.slow
def test_the_command_catches_everything(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-c",
        "from perturbproof.verify.command_line.cli import main; main()",
    ]
    done = subprocess.run(
        [*words, "selftest", "--json"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
    content = json.loads(done.stdout)
    assert content["passed"]
    assert {a["part"] for a in content["attempts"]} == {
        "numbers",
        "statistics",
        "instances",
        "faults",
        "mutants",
    }
