"""Edges of the command line: what is asked twice, what cannot be written, what is wrong at once."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from perturbproof.verify.command_line import cli
from perturbproof.verify.scenarios.inputs import run_inputs, suite_names

from .commands import refused, scenario_text


def test_a_suite_and_scenario_files_exclude_each_other(run, here: Path) -> None:
    line = refused(run("verify", "small.toml", "--suite", "learning"))
    assert "learning or scenario files, not both" in line


def test_a_study_takes_no_precision(here: Path) -> None:
    assert "paper" in suite_names()
    study = Path(cli.__file__).parents[1] / "suites" / "paper"
    file = next(path for path in study.glob("*.toml") if 'kind = "study"' in path.read_text())
    with pytest.raises(ValueError, match="decides nothing in balls"):
        run_inputs([file], precision=80)


def test_all_that_is_wrong_in_a_file_is_told(run, here: Path) -> None:
    text = scenario_text(network="slope = 3\nwidht = 4", training="steps = 0", top="sed = 1")
    (here / "bad.toml").write_text(text)
    line = refused(run("verify", "bad.toml"))
    for told in (
        "unknown key 'sed'",
        "'network.slope': must lie",
        "'network.widht'",
        "'training.st",
    ):
        assert told in line


def test_what_an_encoding_lacks_is_replaced(monkeypatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    monkeypatch.setattr(sys, "argv", ["perturbproof", "--version"])
    assert cli._main() == 0
    print("\N{GREEK SMALL LETTER LAMDA} = 1", file=sys.stdout, flush=True)
    assert written.getvalue().splitlines()[-1] == b"? = 1"


@pytest.mark.parametrize("asked", ["module://nowhere", "nothing"])
def test_any_backend_will_do(monkeypatch, asked: str) -> None:
    """A notebook asks its children for one that need not be installed for them."""
    monkeypatch.setenv("MPLBACKEND", asked)
    script = (
        "import perturbproof.reports.any_backend, io, os\n"
        "from matplotlib.figure import Figure\n"
        "Figure().savefig(io.BytesIO(), format='svg')\n"
        "print(os.environ['MPLBACKEND'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{asked}\n", "")
