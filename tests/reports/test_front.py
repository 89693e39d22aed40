"""The first page: its three sentences, which figure is shown, the matrix of verdicts."""

import json
from typing import Any

from perturbproof.reports.compose import compose
from perturbproof.reports.files import parse_report
from perturbproof.reports.front import key_figure, message
from perturbproof.reports.schema import Report

from .sample_report import report
from .sample_scenarios import Json, failing, passing, vacuous
from .sample_study import study


def loaded(raw: Json) -> Report:
    return parse_report(json.dumps(raw))


def sentences(raw: Json) -> dict[str, str]:
    return dict(message(loaded(raw)))


def test_the_three_sentences_count_what_was_judged() -> None:
    told = sentences(report())
    assert told["Asked"].startswith("Whether the proofs of 2 theorems are right, and whether")
    assert "5 scenarios" in told["Asked"]
    assert "4 verdicts" in told["Asked"]
    assert told["Holds"].startswith("1 of 2 proofs without a gap, and 1 time every assumption")
    for part in (
        "Not proved: The same with constant 2",
        "1 time what was asked could not be judged (uniform-out-of-memory: 1)",
        "1 time what was asked is refuted by data (four-unit-vectors-simplex: 1)",
        "is undecided",
        "is silent, because an assumption certainly fails (digits-0-against-1-all: 1)",
        "not all as expected",
    ):
        assert part in told["Does not"]


def test_what_is_absent_is_said() -> None:
    told = sentences(report([passing()]))
    assert "no data refute a theorem; all as expected." in told["Does not"]
    assert "1 time every assumption and every claim certainly (1 enclosed)" in told["Holds"]


def test_reports_without_scenarios_have_sentences_too() -> None:
    empty = report([]) | {"theorems": [], "proofs": []}
    assert sentences(empty)["Asked"] == "Nothing: the report is empty."
    assert "published numbers" in sentences(report([]) | {"studies": [study()]})["Asked"]


def test_the_figure_is_of_what_came_out_unexpectedly_or_says_most() -> None:
    raw = report([passing(), failing()])
    assert key_figure(loaded(raw)).startswith("scenarios-2-")
    kinds = [figure["kind"] for figure in passing()["figures"]]
    key = key_figure(loaded(report([passing()])))
    assert key == f"scenarios-1-{kinds.index('sweep') + 1}"
    assert key_figure(loaded(report([]))) == ""


def test_the_matrix_has_a_mark_where_a_theorem_was_held_against_a_scenario() -> None:
    raw = report([passing(), vacuous(), failing()])
    raw["scenarios"].append(passing("broken") | {"theorems": [], "verdict": "ERROR"})
    view: dict[str, Any] = compose(loaded(raw), {})["matrix"]
    own, *theorems = view["rows"]
    assert [cell and cell["outcome"]["word"] for cell in own["cells"]] == [None] * 3 + ["ERROR"]
    first, second = theorems
    assert [cell and cell["outcome"]["word"] for cell in first["cells"]] == [
        "PASS", "VACUOUS", "FAIL", None,
    ]  # fmt: skip
    assert [cell["expected"] for cell in first["cells"][:3]] == [True, True, False]
    assert second["cells"] == [None] * 4
    assert second["proof"]["word"] == "gap"
    assert [row["number"] for row in theorems] == ["A.1", "A.2"]


def test_what_an_earlier_theorem_of_a_scenario_shows_is_named_and_not_repeated() -> None:
    item = passing()
    item["theorems"].append(json.loads(json.dumps(item["theorems"][0])) | {"id": "again"})
    first, second = compose(loaded(report([item])), {})["scenarios"][0]["theorems"]
    assert first["above"] == []
    assert second["new_claims"] == second["new_assumptions"] == []
    assert second["above"] == [row["id"] for row in (*first["assumptions"], *first["claims"])]
    item["theorems"][1]["claims"][0]["measured"]["lower"] = 0.7
    _, other = compose(loaded(report([item])), {})["scenarios"][0]["theorems"]
    assert [row["id"] for row in other["new_claims"]] == [second["above"][1]]
