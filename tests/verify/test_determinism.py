"""One seed, one report: over runs, and over numbers of threads as far as rounding allows.

Sums of matrix products are split between threads, so that their last bits depend on how many there
are. Quantities of the data are enclosed all the same: the enclosures of one number meet. A trained
network is a slightly different network, so that what is measured of it moves by rounding errors.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch
from perturbproof.verify.api import verify
from perturbproof.verify.result import Result
from threadpoolctl import threadpool_limits

from ..command_line.commands import SCRIPT
from .small_scenarios import scenario
from .test_report_json import without_times

# Large enough for products that are split between threads.
LARGE = scenario(
    name="large",
    theorems=["standard-boundary", "half-aware", "exact-multipliers", "row-wise"],
    data={"kind": "uniform", "samples": 64, "dimension": 1000},
    network={"slope": 0.9, "width": 64},
    training={"steps": 30},
    expect="VACUOUS",
)
OF_THE_NETWORK = {"tau"}
"""Symbols whose true value depends on the trained network, not on the data alone."""


def with_threads(count: int) -> Result:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with threadpool_limits(count):
            return verify(scenario(), LARGE, device="cpu")
    finally:
        torch.set_num_threads(before)


@pytest.fixture(scope="module")
def one_thread() -> Result:
    return with_threads(1)


def test_the_same_seed_gives_the_same_report(one_thread: Result) -> None:
    again = with_threads(1)
    assert without_times(again.report) == without_times(one_thread.report)


def test_one_and_two_threads_agree_within_the_enclosures(one_thread: Result) -> None:
    two = with_threads(2)
    agree(one_thread, two)
    assert (one_thread.report["environment"]["threads"], two.report["environment"]["threads"]) == (
        1,
        2,
    )


def agree(first: Result, second: Result) -> None:
    """The same verdicts, claim by claim, and enclosures that meet."""
    assert [(r.scenario, r.theorem, r.verdict) for r in first] == [
        (r.scenario, r.theorem, r.verdict) for r in second
    ]
    for one, two in zip(first.run.outcomes, second.run.outcomes, strict=True):
        assert one.data == two.data
        for symbol, value in one.measured.items():
            other = two.measured[symbol].value
            assert (value.value is None) == (other is None)
            if value.value is None or other is None:
                continue
            if symbol in OF_THE_NETWORK:
                assert other.upper == pytest.approx(value.value.upper, rel=1e-6)
            else:
                assert value.value.intersects(other), symbol


# ---------------------------------------------------------------- the installed script


def report(folder: Path, out: str, threads: int, suite: str) -> dict[str, Any]:
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    done = subprocess.run(
        [SCRIPT, "verify", "--suite", suite, "--out", "report", "--seed", "3", "-q"],
        cwd=folder,
        env={**os.environ, **limits},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1, 4), done.stderr
    kept = (folder / "report").rename(folder / out)
    return json.loads((kept / "report.json").read_text())


def outcome(content: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (one["name"], judged["id"], judged["verdict"], claim["id"], claim["verdict"])
        for one in content["scenarios"]
        for judged in one["theorems"]
        for claim in judged["claims"]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["quick", "learning"])
def test_three_runs_of_a_suite_and_one_with_another_number_of_threads(
    tmp_path: Path, suite: str
) -> None:
    first, *more = (report(tmp_path, f"run {k}", 1, suite) for k in range(3))
    assert all(without_times(other) == without_times(first) for other in more)
    two = report(tmp_path, "two threads", 2, suite)
    assert outcome(two) == outcome(first)
    moved = [
        f"{one['name']}: {judged['id']}: {claim['id']}"
        for one, other in zip(first["scenarios"], two["scenarios"], strict=True)
        for judged, again in zip(one["theorems"], other["theorems"], strict=True)
        for claim, twice in zip(judged["claims"], again["claims"], strict=True)
        if claim["measured"] != twice["measured"] or claim["bound"] != twice["bound"]
    ]
    print(f"{suite}: {len(outcome(first))} claims, moved by the number of threads:", *moved)
