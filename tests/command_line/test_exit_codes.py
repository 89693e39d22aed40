"""Every exit code of the design, in this process and through the installed script."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from perturbproof.theory.exact.interval import Interval
from perturbproof.verify.measure import measuring as measuring_module
from perturbproof.verify.run import record
from perturbproof.verify.run import run as run_module
from perturbproof.verify.values import Measured

from .commands import OUTSIDE, SCRIPT, scenario_text, tree


def test_0_as_expected(quick, here: Path) -> None:
    ended = quick("verify", "small.toml", "--out", "report")
    assert ended.code == 0
    assert "1 PASS; all as expected" in ended.out


def test_0_when_vacuous_is_expected(quick, here: Path) -> None:
    (here / "v.toml").write_text(scenario_text(OUTSIDE, top='expect = "VACUOUS"'))
    assert quick("verify", "v.toml", "--out", "report").code == 0


def test_1_when_a_pass_was_not_expected(quick, here: Path) -> None:
    (here / "v.toml").write_text(scenario_text(top='expect = "VACUOUS"'))
    ended = quick("verify", "v.toml", "--out", "report")
    assert ended.code == 1
    assert "expected VACUOUS" in ended.out
    assert "1 not as expected" in ended.out


def test_1_when_data_refute_a_theorem(quick, here: Path) -> None:
    """A theorem with a false claim, from the user's own file; its proof has a gap as well."""
    (here / "own.py").write_text(
        "from perturbproof.theory import Conclusion\n"
        "from perturbproof.theory.statement import PROJECT, Assumption, Claim, Theorem\n"
        "from perturbproof.theory.symbols import R_max, lambda_max, p_max\n"
        "THEOREM = Theorem(\n"
        "    'too-good', 'Too good', 'False.', PROJECT,\n"
        "    (Assumption('small', 'Small.', p_max < R_max),),\n"
        "    (Claim('bound', 'Small multipliers.', lambda_max < R_max),),\n"
        "    (Conclusion('claim', 'Clearly.', 'bound', by='small'),),\n"
        ")\n"
    )
    text = scenario_text().replace("standard-boundary", "too-good")
    (here / "f.toml").write_text(text)
    ended = quick("verify", "f.toml", "--theorem", "own.py", "--out", "report")
    assert ended.code == 1
    assert re.search(r"^small .*\nFAIL +too-good", ended.out, re.MULTILINE)
    written = json.loads((here / "report/report.json").read_text())
    assert written["summary"]["verdicts"]["FAIL"] == 1
    # The same theorem, without data, is a proof gap: also red.
    gap = quick("prove", "--theorem", "own.py")
    assert gap.code == 1
    assert gap.out.startswith("gap")
    assert "countermodel" in gap.out
    assert "--replay perturbproof-witnesses/" in gap.out
    # Nor is it less red, or told less of, where its witness cannot be written.
    shutil.rmtree(here / "perturbproof-witnesses")
    (here / "perturbproof-witnesses").touch()
    again = quick("prove", "--theorem", "own.py")
    assert again.code == 1
    assert "countermodel" in again.out
    assert "--replay" not in again.out
    assert "what speaks against a proof could not be written" in again.err


def test_1_on_an_error_of_the_code(quick, here: Path, monkeypatch) -> None:
    right = measuring_module.measure

    def wrong(experiment, names):
        return {**right(experiment, names), "N": Measured(Interval.exact(-3), "a bug")}

    monkeypatch.setattr(measuring_module, "measure", wrong)
    ended = quick("verify", "small.toml", "--out", "report")
    assert ended.code == 1
    assert re.search(r"^small .*\nERROR ", ended.out, re.MULTILINE)


def test_1_when_a_scenario_cannot_be_run_and_the_others_still_are(
    quick, here: Path, monkeypatch
) -> None:
    right = measuring_module.measure

    def sometimes(experiment, names):
        if experiment.scenario.name == "bad":
            raise OverflowError("too large")
        return right(experiment, names)

    monkeypatch.setattr(measuring_module, "measure", sometimes)
    (here / "bad.toml").write_text(scenario_text().replace('"small"', '"bad"'))
    ended = quick("verify", "bad.toml", "small.toml", "--out", "report")
    assert ended.code == 1
    assert re.search(r"^bad .*\nERROR +OverflowError: too large", ended.out, re.MULTILINE)
    assert re.search(r"^small .*\nPASS ", ended.out, re.MULTILINE)


def test_3_on_an_internal_error_with_the_traceback(quick, here: Path, monkeypatch) -> None:
    def broken(*_):
        raise AttributeError("nobody thought of this")

    monkeypatch.setattr(record, "build_report", broken)
    before = tree(here)
    ended = quick("verify", "small.toml", "--out", "report", "--quiet")
    assert ended.code == 3
    assert ended.out == ""
    assert ended.err.startswith("perturbproof: internal error, please report it")
    assert "nobody thought of this" in ended.err
    # What was measured is kept for the next run; of the report nothing is left.
    left = {name for name in tree(here) if name not in before}
    assert left
    assert all(
        Path(name).parts[:2] in {("report",), ("report", ".perturbproof-journal")} for name in left
    )


@pytest.mark.parametrize(
    "text",
    [scenario_text(OUTSIDE), scenario_text(training="steps = 3")],
    ids=["vacuous", "inconclusive"],
)
def test_4_when_a_pass_was_expected_and_nothing_failed(quick, here: Path, text: str) -> None:
    (here / "u.toml").write_text(text)
    ended = quick("verify", "u.toml", "--out", "report")
    assert ended.code == 4
    assert "expected PASS" in ended.out


def test_130_on_an_interrupt_in_the_middle(quick, here: Path, monkeypatch) -> None:
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    before = tree(here)
    monkeypatch.setattr(run_module, "run_scenarios", interrupted)
    ended = quick("verify", "small.toml", "--out", "report", "--quiet")
    assert (ended.code, ended.out, ended.err) == (130, "", "perturbproof: interrupted\n")
    assert tree(here) == before


# ---------------------------------------------------------------- through the installed script

PLANTED = """import sys, types
module = types.ModuleType('perturbproof.verify.command_line.report')
def report(): ...
def list_(): 1 / 0
module.report, module.list_ = report, list_
sys.modules[module.__name__] = module
"""


@pytest.fixture(scope="module")
def ends(tmp_path_factory) -> dict[int, tuple[int, str]]:
    """Runs of the installed script: asked code -> code and stderr.

    Those of 0 and 130 are in test_installed, those of 1 and 4 in test_ci_docs.
    """
    folder = tmp_path_factory.mktemp("ends")
    (folder / "bad.toml").write_text("name = ")
    (folder / "planted").mkdir()
    (folder / "planted/sitecustomize.py").write_text(PLANTED)
    asked = {
        2: ["verify", "bad.toml", "--quiet", "--out", "2"],
        3: ["list"],
    }
    ended = {}
    for code, words in asked.items():
        planted = {"PYTHONPATH": str(folder / "planted")} if code == 3 else {}
        done = subprocess.run(
            [SCRIPT, *words],
            cwd=folder,
            env=os.environ | planted,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        ended[code] = (done.returncode, done.stderr)
    return ended


@pytest.mark.parametrize("code", [2, 3])
def test_exit_codes_of_the_installed_script(ends, code: int) -> None:
    found, error = ends[code]
    assert found == code, error
    if code == 2:
        assert error.startswith("perturbproof: bad.toml: not valid TOML")
    else:
        assert error.startswith("perturbproof: internal error, please report it")
