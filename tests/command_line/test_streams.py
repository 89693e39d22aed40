"""What goes to stdout, what to stderr, and what a seed decides."""

from __future__ import annotations

import json
import re
from pathlib import Path


def test_json_is_the_report_and_nothing_else(quick, here: Path) -> None:
    ended = quick("verify", "small.toml", "--out", "report", "--json")
    assert json.loads(ended.out) == json.loads((here / "report/report.json").read_text())
    assert ended.code == 0


def test_quiet_says_nothing_on_stderr(quick, here: Path) -> None:
    assert quick("verify", "small.toml", "--out", "report", "--quiet").err == ""
    assert quick("prove", "exact-chain", "-q").err == ""
    assert quick("list").err == ""


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_colour_on_a_terminal_and_not_with_no_color(quick, here: Path, monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = quick("prove", "exact-chain", "-q")
    assert "\x1b[32m" in coloured.out
    monkeypatch.setenv("NO_COLOR", "1")
    plain = quick("prove", "exact-chain", "-q")
    # NO_COLOR forbids colours; bold and dim may stay.
    codes = {code for found in COLOUR.findall(plain.out) for code in found[2:-1].split(";")}
    assert codes <= {"0", "1", "2", "3", "4", "22", "24", ""}
    assert COLOUR.sub("", plain.out) == COLOUR.sub("", coloured.out)


def test_seed_replaces_that_of_the_scenarios(quick, here: Path) -> None:
    hashes = set()
    for seed in ("1", "2", "1"):
        content = json.loads(
            quick("verify", "small.toml", "--out", "r", "--json", "--seed", seed).out
        )
        assert content["environment"]["seed"] == int(seed)
        assert content["scenarios"][0]["configuration"]["seed"] == int(seed)
        hashes.add(content["scenarios"][0]["data"]["hash"])
    assert len(hashes) == 2


def test_two_runs_with_one_seed_write_the_same_report(quick, here: Path) -> None:
    texts = []
    for _ in range(2):
        quick("verify", "small.toml", "--out", "report", "--seed", "3")
        text = (here / "report/report.json").read_text()
        texts.append(re.sub(r'"(seconds|milliseconds|started)": [^,\n]*', r'"\1": 0', text))
    assert texts[0] == texts[1]
