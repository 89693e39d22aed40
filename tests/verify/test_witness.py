"""Witnesses of a FAIL: the same data, alone, give the same verdict and the same numbers."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
from perturbproof.theory.refute.search import Search
from perturbproof.verify.api import verify
from perturbproof.verify.command_line import cli
from perturbproof.verify.run import folder as report_folder_module
from perturbproof.verify.run import proof_witness
from perturbproof.verify.run.witness import folder_name
from perturbproof.verify.scenarios.scenario import load_scenario
from perturbproof.verify.values import Verdict

from ..command_line.commands import SCRIPT
from .false_theorems import CASES, write


@pytest.fixture(autouse=True)
def _quick(monkeypatch) -> None:
    """Without drawing reports or searching for exact data sets, which are tested elsewhere."""
    monkeypatch.setattr(report_folder_module, "render", lambda folder, strict: ())
    monkeypatch.setattr(proof_witness, "search", lambda theorem: Search(None, 0))


def failed(folder: Path, name: str):
    """Run a false theorem on the data that refute it; the result, and the theorem's file."""
    theorem, file = write(folder, name)
    result = verify(file, theorems=[theorem], device="cpu", out=folder / "report")
    return result, theorem


def claims(report: dict) -> list[dict]:
    (one,) = report["scenarios"]
    (judged,) = one["theorems"]
    return [{**claim, "witness": None} for claim in judged["claims"]]


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("data", "perturbed") else pytest.param(name, marks=pytest.mark.slow)
        for name in CASES
    ],
)
def test_the_replay_gives_the_same_verdict_and_the_same_numbers(tmp_path: Path, name: str) -> None:
    result, theorem = failed(tmp_path, name)
    (judged,) = result.results
    assert judged.verdict is Verdict.FAIL, judged.reason
    witness = result.witnesses["small", judged.theorem]
    file = tmp_path / "report" / "witnesses" / witness.name / "scenario.toml"
    again = verify(file, theorems=[theorem], device="cpu")
    (replayed,) = again.results
    assert (replayed.verdict, replayed.theorem) == (Verdict.FAIL, judged.theorem)
    assert claims(again.report) == claims(result.report)
    old, new = (r.run.outcomes[0] for r in (result, again))
    assert new.data["hash"] == old.data["hash"]
    for symbol, value in old.measured.items():
        back = new.measured[symbol].value
        assert (back.low == value.value.low, back.high == value.value.high) == (True, True)


@pytest.mark.parametrize("name", ["data", "perturbed"])
def test_the_data_lie_in_the_witness_as_they_were(tmp_path: Path, name: str) -> None:
    result, _ = failed(tmp_path, name)
    (folder,) = (tmp_path / "report" / "witnesses").glob("small--*")
    again = load_scenario(folder / "scenario.toml")
    assert again.data.kind == "file"
    assert again.theorems == (result.results[0].theorem,)
    original = load_scenario(tmp_path / "small.toml")
    drawn = original.data.draw(original.generator("data"))
    with np.load(folder / "witness.npz", allow_pickle=False) as arrays:
        assert arrays["x"].tobytes() == drawn.x.tobytes()
        assert arrays["y"].tobytes() == drawn.y.tobytes()
        if name == "perturbed":
            moved = arrays["perturbed_x"] - arrays["base_x"]
            towards = 2.0 * arrays["base_y"][:, None] * arrays["direction"]
            np.testing.assert_allclose(moved, towards, atol=1e-12)


def test_a_theorem_on_the_distribution_draws_its_data_again(tmp_path: Path) -> None:
    failed(tmp_path, "distribution")
    (folder,) = (tmp_path / "report" / "witnesses").glob("small--*")
    assert load_scenario(folder / "scenario.toml").data.kind == "uniform"


def test_the_report_and_the_terminal_tell_how_to_replay(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    """The command is run as it is printed, by the installed script."""
    theorem, file = write(tmp_path, "data")
    monkeypatch.chdir(tmp_path)
    words = ["perturbproof", "verify", file.name, "--theorem", theorem.name, "--out", "r s"]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit):
        cli.main()
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("replay: "))
    command = line.removeprefix("replay: ")
    report = json.loads((tmp_path / "r s" / "report.json").read_text())
    (claim,) = report["scenarios"][0]["theorems"][0]["claims"]
    where, told = claim["witness"].splitlines()
    assert told == f"replay: {command}"
    assert (tmp_path / "r s" / where / "witness.npz").is_file()
    program, *arguments = shlex.split(command)
    assert program == "perturbproof"
    monkeypatch.setattr("sys.argv", [program, *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    again = json.loads((tmp_path / "r s" / where / "replay" / "report.json").read_text())
    assert claims(again) == claims(report)
    # The first report is as it was.
    assert json.loads((tmp_path / "r s" / "report.json").read_text()) == report


@pytest.mark.slow
def test_the_command_works_in_the_shell(tmp_path: Path) -> None:
    theorem, file = write(tmp_path, "data")
    shell = {**os.environ, "PATH": f"{SCRIPT.parent}:{os.environ['PATH']}"}

    def ran(command: str) -> str:
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=shell, capture_output=True, text=True
        )
        assert done.returncode == 1, done.stderr
        return done.stdout

    out = ran(f"perturbproof verify {file.name} --theorem {theorem.name} -q")
    lines = [line for line in out.splitlines() if line.startswith("replay: ")]
    assert len(lines) == 2
    for line in lines:  # of the data, and of the proof
        assert "FAIL" in (told := ran(line.removeprefix("replay: "))) or "refuted" in told


def test_a_resumed_run_has_the_same_witness(tmp_path: Path, monkeypatch) -> None:
    result, theorem = failed(tmp_path, "data")
    file = tmp_path / "small.toml"
    first = {p.name: p.read_bytes() for p in (tmp_path / "report").rglob("*") if p.is_file()}

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report_folder_module, "write_atomic", full)
    with pytest.raises(OSError, match="space"):
        verify(file, theorems=[theorem], device="cpu", out=tmp_path / "report")
    monkeypatch.undo()
    monkeypatch.setattr(report_folder_module, "render", lambda folder, strict: ())
    told: list[str] = []
    again = verify(
        file,
        theorems=[theorem],
        device="cpu",
        out=tmp_path / "report",
        progress=lambda what, *_: told.append(what),
    )
    assert "resuming: 1 of 1 scenarios were finished" in told
    assert claims(again.report) == claims(result.report)
    for name in ("witness.npz", "scenario.toml"):
        (found,) = (tmp_path / "report").rglob(name)
        assert found.read_bytes() == first[name]


def test_data_that_changed_meanwhile_are_no_witness(tmp_path: Path, monkeypatch) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((4, 200)), np.array([1, -1, 1, -1])
    np.savez(tmp_path / "d.npz", x=x / 20, y=y)
    theorem, file = write(tmp_path, "data", data={"kind": "file", "path": "d.npz"})

    def changing(what: str, done: int, total: int) -> None:
        if "witness" in what:
            np.savez(tmp_path / "d.npz", x=x / 30, y=y)

    result = verify(
        file,
        theorems=[theorem],
        device="cpu",
        out=tmp_path / "report",
        progress=changing,
    )
    assert result.results[0].verdict is Verdict.FAIL
    assert ("small", "too-small") not in result.witnesses
    assert claims(result.report)[0]["verdict"] == "FAIL"


def test_without_a_folder_there_is_no_witness(tmp_path: Path) -> None:
    theorem, file = write(tmp_path, "data")
    result = verify(file, theorems=[theorem], device="cpu")
    assert result.results[0].verdict is Verdict.FAIL
    assert result.witnesses == {}


@pytest.mark.parametrize(
    "parts",
    [("a", "b"), ("../x", "b"), (".", ".."), ("a/b", "c"), ("a--b", "c"), ("A", "b"), ("",)],
)
def test_names_of_folders_stay_inside(parts: tuple[str, ...], tmp_path: Path) -> None:
    name = folder_name(*parts)
    assert (tmp_path / name).parent == tmp_path
    assert (tmp_path / name).resolve() == (tmp_path / name)
    others = [("a", "b--c"), ("a", "B"), ("x", "b"), ("a-b", "c")]
    assert name not in {folder_name(*other) for other in others}
