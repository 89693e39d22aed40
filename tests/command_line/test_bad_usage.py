"""Bad usage, bad scenarios, bad theorem files: one line, exit code 2, nothing written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from perturbproof.verify.run import folder as report_folder_module

from .commands import refused, scenario_text, tree


def test_no_command_shows_the_help_as_it_is(run) -> None:
    ended = run()
    text = ended.out + ended.err
    assert text.startswith("Usage: perturbproof")
    assert "Commands:" in text
    assert ended.code in (0, 2)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["verfy"], "verfy"),
        (["verify", "--outt", "x"], "--outt"),
        (["verify", "small.toml", "--seed", "-1"], "--seed"),
        (["verify", "small.toml", "--seed", "many"], "--seed"),
        (["verify", "small.toml", "--device", "tpu"], "must be auto, cpu, cuda or cuda:INDEX"),
        (["verify", "small.toml", "--device", "cuda:"], "must be auto, cpu, cuda or cuda:INDEX"),
        (["verify", "small.toml", "--device", "cuda:99"], "this machine has"),
        (["verify", "--suite", "slow"], "no suite 'slow'; known: "),
        (["verify", "none.toml"], "none.toml: no such scenario file"),
        (["verify", "."], "is a folder, not a scenario file"),
        (["verify", "small.toml", "small.toml"], "two scenarios are named 'small'"),
        (["verify", "small.toml", "--theorem", "none.py"], "none.py: no such file"),
        (["prove", "fermat"], "no theorem 'fermat'; known: accuracy-prediction"),
        (["prove", "exact-chain", "--smt", "small.toml/x"], "small.toml/x"),
        (["prove", "exact-chain", "--export", "isabelle", "x"], "no system 'isabelle'; known: coq"),
        (["prove", "--certificates", "small.toml"], "small.toml"),
        (["prove", "--replay", "w.json", "--export", "coq", "x"], "replayed without it"),
        (["report"], "DIR"),
        (["report", "none"], "none"),
        (["report", "."], "no such file"),
        (["report", "small.toml"], "not JSON"),
    ],
    ids=" ".join,
)
def test_bad_usage(quick, here: Path, words: list[str], named: str) -> None:
    before = tree(here)
    assert named in refused(quick(*words))
    assert tree(here) == before


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "missing"),
        ("name = ", "not valid TOML"),
        (scenario_text(top="colour = 1"), "unknown key 'colour'"),
        (scenario_text(extra="[tolerance]\nangel = 0.1"), "unknown key 'tolerance.angel'"),
        (scenario_text(network="slope = 1.5"), "[0, 1]"),
        (scenario_text(network="slope = -0.5"), "[0, 1]"),
        (scenario_text(network="slope = nan"), "[0, 1]"),
        (scenario_text(network="slope = inf"), "[0, 1]"),
        (scenario_text(network="width = 7"), "even"),
        (scenario_text(network="width = 0"), "even"),
        (scenario_text(network="initial_scale = -1.0"), "scale"),
        (scenario_text(network="initial_scale = nan"), "scale"),
        (scenario_text(training="steps = 0"), "'training.steps'"),
        (scenario_text(training="learning_rate = -1.0"), "learning_rate"),
        (scenario_text(training="momentum = 1.0"), "momentum"),
        (scenario_text('kind = "moons"'), "kind"),
        (scenario_text('kind = "uniform"\nsamples = 1\ndimension = 5'), "samples"),
        (scenario_text('kind = "uniform"\nsamples = 4\ndimension = 0'), "dimension"),
        (scenario_text('kind = "uniform"\nsamples = 4'), "dimension"),
        (scenario_text('kind = "digits"\nclasses = [3, 3]'), "classes"),
        (scenario_text('kind = "digits"\nclasses = [3, 11]'), "classes"),
        (scenario_text().replace('"standard-boundary"', '"fermat"'), "no theorem 'fermat'"),
        (scenario_text().replace('["standard-boundary"]', "[]"), "theorems"),
        (scenario_text(top='expect = "FINE"'), "expect"),
        (scenario_text(top='"a\\nb" = 1'), "unknown key"),
    ],
)
def test_bad_scenarios(quick, here: Path, text: str, named: str) -> None:
    (here / "bad.toml").write_text(text, encoding="utf-8")
    before = tree(here)
    line = refused(quick("verify", "bad.toml", "--out", "report"))
    assert named in line
    assert tree(here) == before


@pytest.mark.parametrize("out", ["small.toml", "small.toml/x", "small.toml/x/y"])
def test_a_folder_that_cannot_be_written(quick, here: Path, out: str) -> None:
    before = tree(here)
    line = refused(quick("verify", "small.toml", "--out", out))
    assert f"out {out}" in line
    assert tree(here) == before


def test_bad_data_leave_none_of_the_folders_made_for_the_report(quick, here: Path) -> None:
    (here / "bad.toml").write_text(scenario_text('kind = "file"\npath = "none.npz"'))
    before = tree(here)
    refused(quick("verify", "bad.toml", "--out", "a/b/c"))
    assert tree(here) == before


def test_bad_data_in_the_second_scenario_take_nothing_of_the_first(quick, here: Path) -> None:
    bad = scenario_text('kind = "file"\npath = "none.npz"').replace('"small"', '"bad"')
    (here / "bad.toml").write_text(bad)
    before = tree(here)
    refused(quick("verify", "small.toml", "bad.toml", "--out", "report"))
    # Once the file is there the same command goes on, with nothing of the first lost.
    shutil.rmtree(here / "report", ignore_errors=True)
    assert tree(here) == before


def test_a_disk_that_fills_up_is_one_line(quick, here: Path, monkeypatch) -> None:
    def full(*_):
        raise OSError(28, "No space left on device", "report/report.json")

    monkeypatch.setattr(report_folder_module, "write_atomic", full)
    before = tree(here)
    ended = quick("verify", "small.toml", "--out", "report")
    assert ended.code == 2
    # The verdicts told as they fell stand before it.
    assert ended.err.endswith("\nperturbproof: No space left on device: report/report.json\n")
    assert "Traceback" not in ended.err
    # What was finished stays, so that the same command can go on once there is room.
    journal = here / "report" / ".perturbproof-journal"
    assert len(list(journal.glob("*.json"))) == 1
    shutil.rmtree(here / "report")
    assert tree(here) == before


OWN = """\
import sympy as sp
from perturbproof.theory import *
from perturbproof.theory.statement import PROJECT
x = declare({name!r}, 'a number')
known = x > 0
a = Assumption('a', '', known)
steps = (Conclusion('s', '', 'c', by='a'),)
THEOREM = Theorem('own', 'Own', 'Own.', PROJECT, (a,), (Claim('c', '', x > 0),), steps)
"""


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("x = 1\n", "must define THEOREM"),
        ("def\n", "line 1"),
        ("x = 1\nraise RuntimeError('two\\nlines')\n", "line 2"),
        ("raise SystemExit(0)\n", "own.py"),
        ("THEOREM = 3\n", "found int"),
        ("from perturbproof.theory.theorems.boundary.exact_chain import THEOREM\n", "taken"),
        (OWN.format(name="x y"), "line 4: ValueError: symbol 'x y': a name is made of letters"),
        (OWN.format(name="λ"), "line 4: ValueError: symbol 'λ': a name is made of letters"),
        (OWN.format(name="and"), "line 4: ValueError: symbol 'and': "),
        (OWN.format(name="true"), "line 4: ValueError: symbol 'true': "),
        (OWN.format(name="N"), "line 4: ValueError: symbol 'N' is already declared as"),
        (
            OWN.format(name="own_x").replace("= x > 0", "= sp.Symbol('own_x') > 0"),
            "line 6: ValueError: assumption a: 'own_x' is not",
        ),
        (OWN.format(name="own_x").replace("= x > 0", "= sp.Symbol('own_w') > 0"), "'own_w' is not"),
        (OWN.format(name="own_x").replace("= x > 0", "= True"), "True is no SymPy formula"),
        (OWN.format(name="own_x").replace("by='a'", "by=('a',)"), "step s: `by` must be names"),
        (OWN.format(name="own_x").replace("by='a'", "by='b'"), "step s: uses ['b']"),
        (OWN.format(name="own_x").replace("by='a'", "uses=('a',)"), "keyword argument 'uses"),
        (OWN.format(name="own_x").replace("'s', ''", "'s t', ''"), "step 's t'"),
    ],
)
def test_bad_theorem_files(quick, here: Path, code: str, named: str) -> None:
    (here / "own.py").write_text(code)
    line = refused(quick("prove", "--theorem", "own.py", "-q"))
    assert named in line


def test_the_default_folder_is_named_and_written(quick, here: Path) -> None:
    ended = quick("verify", "small.toml")
    assert "perturbproof-report/report.pdf" in ended.out
    assert (here / "perturbproof-report/report.json").is_file()
