"""Theorems written as a new user would: proved, and measured by what their files say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.theory import prove
from perturbproof.theory.refute import survey
from perturbproof.verify import Verdict, verify
from perturbproof.verify.run.sweep import run_sweep
from perturbproof.verify.scenarios.inputs import sweep_inputs

from .false_theorems import load_theorem

FILES = sorted((Path(__file__).parent / "own_theorems").glob("*.py"))
NAMES = ["orthogonal_svm", "tau_uniform", "universal_flip"]
SCENARIO = """\
name = "{name}"
precision = 128
theorems = {theorems}
[data]
samples = 4
dimension = 12
{data}
[network]
slope = 1.0
width = 4
[training]
steps = 20
"""


def scenario(folder: Path, name: str, theorems: list[str], data: str) -> Path:
    path = folder / f"{name}.toml"
    text = SCENARIO.format(name=name, theorems=theorems, data=data)
    path.write_text(text.replace("'", '"'), encoding="utf-8")
    return path


def near(folder: Path) -> Path:
    data = 'kind = "near-orthogonal"\ncoherence = 0.01'
    return scenario(folder, "near", ["tau-uniform", "universal-flip"], data)


def test_right_theorems_are_proved_and_measured(tmp_path: Path) -> None:
    assert [path.stem for path in FILES] == NAMES
    axes = scenario(tmp_path, "axes", ["orthogonal-svm"], 'kind = "orthogonal"\nframe = "axes"')
    result = verify(axes, near(tmp_path), theorems=FILES, device="cpu")
    judged = [t for s in result.report["scenarios"] for t in s["theorems"]]
    assert {t["id"]: t["verdict"] for t in judged} == {
        name.replace("_", "-"): "PASS" for name in NAMES
    }
    assert {t["origin"] for t in result.report["theorems"]} == {"a file of your own"}
    (long,) = [a for t in judged for a in t["assumptions"] if a["id"] == "long"]
    assert 0.49 < long["load"] < 0.51
    assert "Twice the length" in long["how"]


@pytest.mark.parametrize(
    ("name", "guarded"),
    [("orthogonal_svm", ["MARGIN"]), ("tau_uniform", ["MARGIN", "TOP"])],
)
def test_a_definition_true_at_slope_1_only_is_caught(
    tmp_path: Path, name: str, guarded: list[str]
) -> None:
    """Written without its premise it is proved, and no step rests on the slope any more."""
    text = next(path for path in FILES if path.stem == name).read_text(encoding="utf-8")
    for margin in guarded:
        assert f"sp.Implies(gamma >= 1, {margin})" in text
        text = text.replace(f"sp.Implies(gamma >= 1, {margin})", margin)
    (tmp_path / f"{name}.py").write_text(text.replace(' linear"', '"'), encoding="utf-8")
    unguarded = load_theorem(tmp_path / f"{name}.py")
    proof = prove(unguarded)
    assert (proof.verdict, proof.unused) == ("proved", ("linear",))
    if name == "orthogonal_svm":  # the other speaks of a number that the search knows nothing of
        without = replace(unguarded, assumptions=unguarded.assumptions[1:])
        assert "proved and refuted" in survey.tested(without).open_steps[0].detail


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        ("MEASURED = 3", "must be a dict"),
        ("MEASURED = {'flip_step': _step}", "must be a symbol"),
        ("MEASURED = {t: 3}", "must be a symbol, with a function"),
        ("MEASURED = {sp.Symbol('t_of_nobody'): _step}", "'t_of_nobody' is not declared"),
        ("MEASURED = {**MEASURED, R_max: _step}", "R_max is measured already"),
    ],
)
def test_what_cannot_be_a_measurement_is_one_line(
    tmp_path: Path, measured: str, told: str, monkeypatch
) -> None:
    monkeypatch.setattr("perturbproof.verify.scenarios.own_measurements.OWN", fresh := {})
    monkeypatch.setattr("perturbproof.verify.measure.experiment.OWN", fresh)
    text = FILES[2].read_text(encoding="utf-8")
    (tmp_path / "own.py").write_text(f"{text}\n{measured}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        verify(near(tmp_path), theorems=[FILES[1], tmp_path / "own.py"], device="cpu")
    assert told in str(caught.value)


def test_a_worker_of_a_sweep_reads_how_to_measure(tmp_path: Path, monkeypatch) -> None:
    path = near(tmp_path)
    text = path.read_text(encoding="utf-8").replace(', "universal-flip"', "")
    path.write_text(f"{text}[sweep]\nseed = [1]\n", encoding="utf-8")
    own = FILES[1:2]
    grid = sweep_inputs(path, own, None)
    theorem = load_theorem(own[0])
    # What a process that was just started knows.
    monkeypatch.setattr("perturbproof.verify.scenarios.own_measurements.OWN", fresh := {})
    monkeypatch.setattr("perturbproof.verify.measure.experiment.OWN", fresh)
    swept = run_sweep(grid, (theorem,), tmp_path, own=own)
    assert [judged for judged, _ in swept.judged] == [Verdict.PASS]
