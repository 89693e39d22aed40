"""Workflow commands and the job summary, read back as the runner reads them."""

import json
import re
from urllib.parse import unquote

import pytest
from perturbproof.reports.files import parse_report
from perturbproof.reports.github import annotations, step_summary, summary

from .sample_report import report
from .sample_scenarios import Json, failing

COMMAND = re.compile(r"::(error|warning) ([^\r\n]*?)::([^\r\n]*)")


def runner(raw: Json, strict: bool = False, **files: str) -> list[tuple[str, dict[str, str], str]]:
    """The annotations as the runner understands them: level, properties, message."""
    found = []
    for line in annotations(parse_report(json.dumps(raw)), files, strict):
        command = COMMAND.fullmatch(line)
        assert command is not None, line
        level, properties, message = command.groups()
        pairs = (entry.split("=", 1) for entry in properties.split(","))
        found.append((level, {key: unquote(value) for key, value in pairs}, unquote(message)))
    return found


def levels(raw: Json, strict: bool = False) -> list[tuple[str, str]]:
    return [(level, told["title"].split()[0]) for level, told, _ in runner(raw, strict)]


def test_what_is_not_expected_is_annotated_errors_first() -> None:
    assert levels(report()) == [
        ("error", "FAIL"),
        ("error", "ERROR"),
        ("error", "gap"),
        ("warning", "INCONCLUSIVE"),
    ]
    assert [level for level, _ in levels(report(), strict=True)] == ["error"] * 4


def test_an_annotation_names_scenario_theorem_file_and_both_sides() -> None:
    item = failing() | {"name": "small"}
    (level, told, message), *_ = runner(report([item]), small="a, b: 100%.toml")
    assert level == "error"
    assert told["file"] == "a, b: 100%.toml"
    assert told["title"].startswith("FAIL small ")
    first, *rest = message.splitlines()
    assert first.startswith("FAIL where PASS was expected: ")
    assert any("bound [0.5, 1.5]" in line for line in rest)


def test_nothing_given_can_end_the_command_or_start_another() -> None:
    item = failing()
    item["theorems"][0]["reason"] = "50%\r\n::error::planted, title=x"
    lines = annotations(parse_report(json.dumps(report([item]))))
    assert not [line for line in lines if "\n" in line or "\r" in line]
    (_, _, message), *_ = runner(report([item]))
    assert "50%\r\n::error::planted, title=x" in message


def test_the_summary_is_whole_or_cut_after_a_line() -> None:
    whole = summary(parse_report(json.dumps(report())))
    assert step_summary(whole) == whole
    for room in (200, 1000, len(whole.encode()) - 1):
        cut = step_summary(whole, room)
        assert len(cut.encode()) <= room
        kept, _, told = cut.rpartition("\n\n")
        assert whole.startswith(f"{kept}\n") or kept == ""
        assert "summary.md" in told


@pytest.mark.parametrize("room", [10, 0, -5])
def test_a_full_summary_takes_nothing_more(room: int) -> None:
    assert step_summary("# A\n" * 9, room) == ""
