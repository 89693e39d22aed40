"""What a terminal of 80 columns shows, and what a pipe gets."""

from __future__ import annotations

import io
import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from perturbproof.verify.command_line.progress import Log, watched
from rich.cells import cell_len

from .commands import OUTSIDE, scenario_text

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
COMMANDS = [
    ("list",),
    ("prove", "exact-chain"),
    ("prove", "exact-chain", "half-aware", "--show"),
    ("check", "mine.npz", "--slope", "0.01", "--slope", "0.5"),
    ("verify", "small.toml", "long.toml", "--out", "report"),
]


@pytest.fixture
def files(here: Path, monkeypatch) -> Path:
    rng = np.random.default_rng(0)
    np.savez(here / "mine.npz", x=rng.standard_normal((12, 300)), y=np.arange(12) % 2)
    long = scenario_text(OUTSIDE).replace('"small"', f'"{"long-" * 15}"')
    (here / "long.toml").write_text(long)
    monkeypatch.setenv("COLUMNS", "80")
    return here


@pytest.mark.parametrize(
    ("words", "terminal"),
    [
        *((words, True) for words in COMMANDS),
        *((words, False) for words in COMMANDS[:2]),
        *(pytest.param(words, False, marks=pytest.mark.slow) for words in COMMANDS[2:]),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else ("piped", "terminal")[part],
)
def test_80_columns_are_enough(
    quick, files: Path, monkeypatch, words: tuple[str, ...], terminal: bool
) -> None:
    if terminal:
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("FORCE_COLOR", "1")
    shown = quick(*words).out
    wide = [line for line in COLOUR.sub("", shown).splitlines() if cell_len(line) > 80]
    assert wide == []
    assert bool(COLOUR.search(shown)) is terminal


@pytest.mark.parametrize(
    ("words", "last"),
    [
        (COMMANDS[0], r"\d+ theorems, \d+ datasets, \d+ perturbations, \d+ suites"),
        (COMMANDS[1], r"1 of 1 theorems proved in [0-9.]+ s"),
        (
            COMMANDS[3],
            r"12 samples: a linear limit at every slope; none covers all at any slope",
        ),
        (COMMANDS[4], r"1 PASS, 1 VACUOUS; 1 not as expected"),
    ],
    ids=["list", "prove", "check", "verify"],
)
def test_the_last_line_sums_up(quick, files: Path, words: tuple[str, ...], last: str) -> None:
    assert re.fullmatch(last, quick(*words).out.splitlines()[-1])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal_tells_the_time_left(files: Path, monkeypatch) -> None:
    shown = Terminal()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stderr", shown)
    with watched(quiet=False) as progress:
        for done in range(8):
            progress("small: training", done, 1000)
            time.sleep(0.12)  # it is drawn ten times a second
        progress(f"{'long-' * 15}: training", 3, 10)
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.getvalue()))
    assert any(re.search(r"small: training .*/1000 0:\d\d:\d\d left", line) for line in lines)
    assert max(map(cell_len, lines)) <= 80


def test_progress_elsewhere_is_a_line_a_stage(files: Path, capsys) -> None:
    with watched(quiet=False) as progress:
        for done in range(9):
            progress("small: training", done, 10)
    assert capsys.readouterr().err == "small: training ...\n"


def test_a_log_says_every_ten_seconds_how_far_a_long_stage_is(capsys, monkeypatch) -> None:
    now = 0.0
    monkeypatch.setattr("perturbproof.verify.command_line.progress.SILENCE", 10.0)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    log = Log()
    for now in range(1, 80):
        if now < 30 and now % 4 == 0:
            log.show("points of studies", now // 4, 9)
        elif now == 45:
            log.show("the study ended", 0, 0)
        elif now == 46:
            log.show("writing the report", 0, 1)
        log.beat()
    assert capsys.readouterr().err.splitlines() == [
        "points of studies ...",
        "points of studies: 3 of 9, 10 s so far",
        "points of studies: 6 of 9, 20 s so far",
        "points of studies: 7 of 9, 30 s so far",
        "points of studies: 7 of 9, 40 s so far",
        "the study ended",
        "writing the report ...",
        *(f"writing the report: {seconds} s so far" for seconds in (10, 20, 30)),
    ]


def test_a_stage_that_never_says_how_far_it_is_is_told_all_the_same(capsys, monkeypatch) -> None:
    monkeypatch.setattr("perturbproof.verify.command_line.progress.SILENCE", 0.02)
    with watched(quiet=False) as progress:
        progress("proving", 3, 40)
        while "proving: 3 of 40, 0 s so far" not in capsys.readouterr().err:
            time.sleep(0.01)
