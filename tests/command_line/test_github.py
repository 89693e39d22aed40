"""`perturbproof verify` on GitHub Actions, and `--strict`."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from perturbproof.reports import render as render_module
from perturbproof.reports.figures import Drawing

from .commands import OUTSIDE, scenario_text


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch) -> None:
    """Drawings and the PDF, which take most of the time, are blank; all else is as it is."""
    blank = Drawing('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>', "")
    monkeypatch.setattr(render_module, "draw", lambda *_: blank)
    monkeypatch.setattr(render_module, "pdf", lambda *_: b"%PDF")


@pytest.fixture
def github(here: Path, monkeypatch) -> Path:
    """The file of the job summary, with what an earlier step wrote."""
    target = here / "step-summary.md"
    target.write_text("earlier\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(target))
    return target


def commands(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("::")]


def test_a_warning_and_the_job_summary(run, here: Path, github: Path) -> None:
    (here / "out.toml").write_text(scenario_text(OUTSIDE))
    ended = run("verify", "out.toml", "--out", "report", "--json")
    assert ended.code == 4
    (line,) = commands(ended.err)
    assert line.startswith("::warning file=out.toml,title=VACUOUS small standard-boundary::VACUOUS")
    assert json.loads(ended.out)["summary"]["exit_code"] == 4
    assert github.read_text() == f"earlier\n{(here / 'report/summary.md').read_text()}"


def test_strict_turns_it_red_everywhere(run, here: Path, github: Path) -> None:
    (here / "out.toml").write_text(scenario_text(OUTSIDE))
    ended = run("verify", "out.toml", "--out", "report", "--strict", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["summary"]["exit_code"] == 1
    (line,) = commands(ended.err)
    assert line.startswith("::error file=out.toml,")
    root = ElementTree.parse(here / "report/junit.xml").getroot()
    assert (root.get("failures"), root.get("skipped")) == ("1", "0")
    again = {
        words: run("report", "report", *words).code for words in ((), ("--strict",), ("--quiet",))
    }
    assert again == {(): 0, ("--strict",): 1, ("--quiet",): 0}


def test_nothing_to_say_of_a_run_as_expected(run, here: Path, github: Path) -> None:
    (here / "out.toml").write_text(scenario_text(OUTSIDE, top='expect = "VACUOUS"'))
    ended = run("verify", "out.toml", "--out", "report", "--strict", "--quiet")
    assert (ended.code, ended.err) == (0, "")
    assert "as expected" in github.read_text()


def test_without_github_nothing_is_told(quick, here: Path) -> None:
    (here / "out.toml").write_text(scenario_text(OUTSIDE))
    ended = quick("verify", "out.toml", "--out", "report", "--quiet")
    assert (ended.code, ended.err) == (4, "")


def test_a_summary_that_cannot_be_written_changes_no_verdict(
    run, here: Path, github: Path, monkeypatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(here))
    ended = run("verify", "small.toml", "--out", "report", "--quiet")
    assert ended.code == 0
    assert ended.err.startswith("perturbproof: GITHUB_STEP_SUMMARY: ")
