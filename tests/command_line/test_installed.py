"""The installed script: its files, its streams, signals and pipes."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from importlib import resources
from importlib.metadata import version
from pathlib import Path

import perturbproof
import pytest
from perturbproof.reports.files import load_report
from perturbproof.verify.run.run import run_scenario

from .commands import RENDERED, SCRIPT, scenario_text, tree


# What .ci/run does, too: a real run of the script takes its time.
@pytest.mark.slow
def test_a_run_of_the_installed_script(installed) -> None:
    folder, done = installed
    assert done.returncode == 0, done.stderr
    assert {path.name for path in folder.iterdir()} == {"small.toml", "report"}
    assert {path.name for path in (folder / "report").iterdir()} == RENDERED | {"report.json"}
    assert (folder / "report/report.pdf").read_bytes().startswith(b"%PDF")
    assert len(list((folder / "report/figures").iterdir())) == 8
    assert load_report(folder / "report").summary.exit_code == 0


@pytest.mark.slow
def test_results_go_to_stdout_and_progress_to_stderr(installed) -> None:
    _, done = installed
    assert re.search(r"^small .*\nPASS +standard-boundary +enclosed$", done.stdout, re.MULTILINE)
    assert "1 PASS; all as expected" in done.stdout
    assert "report/report.pdf" in done.stdout
    for stage in ("proving", "small: training", "writing the report"):
        assert stage in done.stderr
        assert stage not in done.stdout


@pytest.mark.slow
def test_piped_output_is_plain_text(installed) -> None:
    _, done = installed
    for text in (done.stdout, done.stderr):
        assert "\x1b" not in text
        assert "\r" not in text


@pytest.mark.slow
def test_the_report_tells_how_to_do_it_again(installed) -> None:
    folder, _ = installed
    told = json.loads((folder / "report/report.json").read_text())["environment"]["command"]
    assert shlex.split(told) == [
        "perturbproof",
        "verify",
        "small.toml",
        "--out",
        "report",
    ]


def test_help_is_quick_because_it_imports_little(record_property) -> None:
    """Under 0.4 s; what is held here is the cause, and the time is only written down."""
    took = []
    for _ in range(5):
        started = time.perf_counter()
        done = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True, check=False)
        took.append(time.perf_counter() - started)
        assert done.returncode == 0
    record_property("help_median_seconds", sorted(took)[2])
    for word in ("verify", "prove", "report", "list"):
        assert word in done.stdout
    assert done.stderr == ""
    heavy = ("torch", "sympy", "numpy", "scipy", "matplotlib", "z3", "pydantic", "typst")
    code = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from perturbproof.verify.command_line.cli import main\n"
        "try: main()\n"
        f"finally: sys.stderr.write(repr([m for m in {heavy!r} if m in sys.modules]))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stderr == "[]"


def test_the_version_is_that_of_the_installed_distribution(run) -> None:
    installed = version("perturbproof")
    assert perturbproof.__version__ == installed
    ended = run("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"perturbproof {installed}\n", "")
    assert resources.files("perturbproof").joinpath("py.typed").is_file()


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
@pytest.mark.slow
def test_an_interrupt_ends_with_130_one_line_and_no_folder(here: Path) -> None:
    (here / "long.toml").write_text(scenario_text(training="steps = 1_000_000"), encoding="utf-8")
    before = tree(here)
    # A shell that starts the tests in the background lets them, and what they start, ignore SIGINT.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [SCRIPT, "verify", "long.toml", "--out", "report"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, ignored)
    assert process.stderr is not None
    for line in process.stderr:
        if "training" in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=900)
    assert process.returncode == 130
    assert (out, err) == ("", "perturbproof: interrupted\n")
    assert tree(here) == before


@pytest.mark.skipif(os.name != "posix", reason="pipes are those of POSIX")
def test_a_pipe_that_closes_early_is_left_to_the_system(run) -> None:
    run("--help")
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_DFL


@pytest.mark.slow
def test_in_process_and_installed_runs_agree(installed) -> None:
    """What the tests above run in this process is what the script runs."""
    assert run_scenario.__module__ == "perturbproof.verify.run.run"
    folder, _ = installed
    one = load_report(folder / "report").scenarios[0]
    assert (one.name, one.verdict) == ("small", "PASS")
