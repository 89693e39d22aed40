import json
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from perturbproof.reports.files import ReportError, load_report, parse_report

from .sample_report import many, report


def test_reads_the_sample_from_a_folder_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report()))
    loaded = load_report(tmp_path)
    assert loaded == load_report(tmp_path / "report.json")
    assert [s.verdict for s in loaded.scenarios] == [
        "PASS", "FAIL", "VACUOUS", "INCONCLUSIVE", "ERROR",
    ]  # fmt: skip
    assert len(parse_report(json.dumps(many(50))).scenarios) == 50


def test_unknown_keys_are_ignored_so_that_the_writer_may_grow() -> None:
    raw = report()
    raw["new"] = raw["scenarios"][0]["new"] = 1
    assert parse_report(json.dumps(raw)).schema_version == 1


def _set(path: tuple[str | int, ...], value: object) -> Callable[[Any], None]:
    def change(raw: Any) -> None:
        for key in path[:-1]:
            raw = raw[key]
        operator.setitem(raw, path[-1], value)

    return change


CLAIM = ("scenarios", 0, "theorems", 0, "claims", 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set(("schema_version",), 2), "schema_version: this version reads 1, not 2"),
        (_set(("schema_version",), True), "schema_version: this version reads 1, not True"),
        (_set((*CLAIM, "verdict"), "MAYBE"), "scenarios[0].theorems[0].claims[0].verdict: "),
        (_set((*CLAIM, "slack"), "big"), "scenarios[0].theorems[0].claims[0].slack: "),
        (_set((*CLAIM, "bound"), {"lower": 2, "upper": 1}), "claims[0].bound: "),
        (_set(("scenarios", 3, "data", "range"), [1]), "scenarios[3].data.range"),
        (_set(("proofs", 1, "steps", 4, "status"), "fine"), "proofs[1].steps[4].status: "),
        (lambda raw: raw["scenarios"][2].pop("name"), "scenarios[2].name: Field required"),
        (lambda raw: raw.pop("environment"), "environment: Field required"),
    ],
)
def test_malformed_reports_name_the_json_path_in_one_line(
    change: Callable[[Any], None], message: str
) -> None:
    raw = report()
    change(raw)
    with pytest.raises(ReportError) as caught:
        parse_report(json.dumps(raw), where="x/report.json")
    assert str(caught.value).startswith("x/report.json: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON (line 1, column 2"),
        ("[]", "$: should be an object, not list"),
        ('{"schema_version": NaN}', "NaN is not allowed; an infinite bound is null"),
        ("[" * 100_000, "report.json: "),
    ],
)
def test_what_is_not_a_report_is_refused(text: str, message: str) -> None:
    with pytest.raises(ReportError) as caught:
        parse_report(text)
    assert message in str(caught.value)


def test_a_number_too_large_for_a_double_is_refused() -> None:
    text = json.dumps(report()).replace("0.142,", "1e999,", 1)
    with pytest.raises(ReportError, match="finite"):
        parse_report(text)


def test_missing_and_unreadable_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no such file; `perturbproof verify --out DIR`"):
        load_report(tmp_path)
    (tmp_path / "report.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ReportError, match="cannot be read"):
        load_report(tmp_path)
