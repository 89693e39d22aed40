"""report.json: the structure readers rely on, plain numbers, and the same bytes for one seed."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from perturbproof.reports.files import parse_report
from perturbproof.theory.exact.interval import Interval
from perturbproof.verify.command_line.console import command_line
from perturbproof.verify.run.folder import report_text
from perturbproof.verify.run.record import RunInfo, build_report, summary
from perturbproof.verify.run.run import Run, run_scenario
from perturbproof.verify.values import Verdict, finite, interval

from .small_scenarios import FAR_OUTSIDE, OUTSIDE, scenario

INFO = RunInfo("perturbproof verify", "cpu", 0, "2026-01-01T00:00:00+00:00", 1.5)
TIMES = {"seconds", "milliseconds", "started"}


@pytest.fixture(scope="module")
def outcomes(outcome, theorems, proofs):
    vacuous = scenario(name="vacuous", data=FAR_OUTSIDE, expect="VACUOUS")
    undecided = scenario(
        name="undecided",
        data={**OUTSIDE, "coherence": 0.001},
        training={"steps": 3},
        expect={"standard-boundary": "INCONCLUSIVE"},
    )
    ran = [run_scenario(s, proofs, theorems=theorems) for s in (vacuous, undecided)]
    broken = replace(
        ran[0],
        scenario=scenario(name="broken"),
        error="OverflowError: too large",
        data=None,
        judgements=(),
        cross_checks=(),
        observations=(),
        findings=(),
        figures=(),
    )
    return (outcome, *ran, broken)


@pytest.fixture(scope="module")
def content(outcomes, theorems, proofs) -> dict[str, Any]:
    return json.loads(
        report_text(build_report(Run(outcomes, theorems, proofs), INFO).model_dump(mode="json")),
        parse_constant=lambda name: pytest.fail(f"{name} in the report"),
    )


def walk(value: Any, path: str = "$"):
    yield path, value
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from walk(entry, f"{path}.{key}")
    elif isinstance(value, list):
        for i, entry in enumerate(value):
            yield from walk(entry, f"{path}[{i}]")


PROOF_KEYS = {"theorem", "title", "verdict", "seconds", "steps"}
FORMULA_KEYS = {"id", "says", "formula_text", "formula_typst", "formula_latex"}
STEP_KEYS = FORMULA_KEYS | {
    "kind",
    "uses",
    "engine",
    "status",
    "milliseconds",
    "detail",
    "countermodel",
    "smt",
}
THEOREM_KEYS = {
    "id",
    "title",
    "origin",
    "kind",
    "source",
    "summary",
    "assumptions",
    "claims",
    "trusted_base",
    "symbols",
}
SCENARIO_KEYS = {
    "name",
    "description",
    "configuration",
    "data",
    "expected",
    "verdict",
    "as_expected",
    "seconds",
    "error",
    "theorems",
    "cross_checks",
    "observations",
    "findings",
    "figures",
}
JUDGED_KEYS = {
    "id",
    "title",
    "source",
    "verdict",
    "expected",
    "as_expected",
    "reason",
    "assumptions",
    "claims",
    "trusted_base",
    "proof",
}
ASSUMPTION_KEYS = FORMULA_KEYS | {"lhs", "rhs", "load", "holds", "rigor", "confidence"}
CLAIM_KEYS = FORMULA_KEYS | {
    "display_typst",
    "measured",
    "bound",
    "slack",
    "rigor",
    "confidence",
    "verdict",
    "settle",
    "witness",
}


def test_top_level(content) -> None:
    assert set(content) == {
        "schema_version",
        "environment",
        "started",
        "setting",
        "notation",
        "statistics",
        "check",
        "seconds",
        "studies",
        "sweeps",
        "proofs",
        "theorems",
        "scenarios",
        "summary",
    }
    assert content["schema_version"] == 1
    assert set(content["environment"]) >= {
        "perturbproof",
        "python",
        "platform",
        "packages",
        "device",
        "dtype",
        "seed",
        "command",
        "git_revision",
        "threads",
    }


def test_every_level_has_its_keys(content) -> None:
    for proof in content["proofs"]:
        assert set(proof) >= PROOF_KEYS
        for step in proof["steps"]:
            assert set(step) >= STEP_KEYS
            assert step["status"] in ("discharged", "gap", "unknown")
    for theorem in content["theorems"]:
        assert set(theorem) >= THEOREM_KEYS
        assert set(theorem["source"]) >= {"authors", "title", "venue", "year", "locator", "url"}
    for one in content["scenarios"]:
        assert set(one) >= SCENARIO_KEYS
        for judged in one["theorems"]:
            assert set(judged) >= JUDGED_KEYS
            assert set(judged["proof"]) >= {"verdict", "steps", "discharged"}
            for assumption in judged["assumptions"]:
                assert set(assumption) >= ASSUMPTION_KEYS
                assert assumption["holds"] in ("yes", "no", "unknown")
            for claim in judged["claims"]:
                assert set(claim) >= CLAIM_KEYS
                assert claim["formula_text"]
                assert claim["formula_latex"]
                assert claim["formula_typst"]


def test_the_dtype_is_that_of_the_networks(outcomes) -> None:
    one = outcomes[-1]
    other = replace(one, scenario=scenario(training={"dtype": "float32"}))
    for given, told in (((one,), "float64"), ((other,), "float32"), ((), "float64")):
        assert build_report(Run(given, (), {}), INFO).environment.dtype == told
    both = build_report(Run((one, other), (), {}), INFO)
    assert both.environment.dtype == "float32, float64"


def test_what_is_not_finite_cannot_enter_a_report(outcomes) -> None:
    for seconds in (math.nan, math.inf):
        with pytest.raises(ValueError, match="finite"):
            build_report(Run((replace(outcomes[-1], seconds=seconds),), (), {}), INFO)


def test_numbers_are_finite_and_intervals_ordered(content) -> None:
    for path, value in walk(content):
        if isinstance(value, float):
            assert math.isfinite(value), path
        if isinstance(value, dict) and {"lower", "upper"} <= set(value):
            low, high = value["lower"], value["upper"]
            if not isinstance(low, list) and low is not None and high is not None:
                assert low <= high, path


def test_reports_can_read_it(content) -> None:
    report = parse_report(json.dumps(content))
    assert [one.name for one in report.scenarios] == ["small", "vacuous", "undecided", "broken"]
    assert report.summary.exit_code == content["summary"]["exit_code"]


def test_verdicts_of_scenarios_are_the_worst_of_their_theorems(content) -> None:
    verdicts = {one["name"]: one["verdict"] for one in content["scenarios"]}
    assert verdicts == {
        "small": "PASS",
        "vacuous": "VACUOUS",
        "undecided": "INCONCLUSIVE",
        "broken": "ERROR",
    }
    expected = {one["name"]: one["as_expected"] for one in content["scenarios"]}
    assert expected == {"small": True, "vacuous": True, "undecided": True, "broken": False}


def test_summary_counts_every_verdict_once(content, outcomes) -> None:
    counted = content["summary"]
    assert counted["verdicts"] == {
        "PASS": 7,
        "FAIL": 0,
        "VACUOUS": 1,
        "INCONCLUSIVE": 1,
        "ERROR": 1,
    }
    assert counted["scenarios"] == 4
    assert counted["theorems"] == 7
    assert counted["as_expected"] is False
    assert counted["exit_code"] == 1
    assert "\n" not in counted["line"]
    assert "1 ERROR" in counted["line"]
    fine = summary(outcomes[:3])
    assert (fine.exit_code, fine.as_expected) == (0, True)
    assert "all as expected" in fine.line


def test_an_error_is_said_and_nothing_else_is(content) -> None:
    broken = content["scenarios"][3]
    assert broken["error"] == "OverflowError: too large"
    assert broken["data"] is None
    assert broken["theorems"] == []


def test_loads_and_slacks_say_the_same_as_holds(content) -> None:
    for one in content["scenarios"]:
        for judged in one["theorems"]:
            for a in judged["assumptions"]:
                if a["load"] is not None and a["holds"] != "unknown":
                    assert (a["load"] < 1) == (a["holds"] == "yes")
            for c in judged["claims"]:
                if c["slack"] is not None and c["verdict"] in ("PASS", "OBSERVED"):
                    assert c["slack"] >= 0
                if c["slack"] is not None and c["verdict"] in ("FAIL", "NOT OBSERVED"):
                    assert c["slack"] <= 0


def test_what_is_open_says_what_would_settle_it(content) -> None:
    for one in content["scenarios"]:
        for judged in one["theorems"]:
            assert judged["reason"]
            for claim in judged["claims"]:
                if claim["verdict"] == "INCONCLUSIVE":
                    assert claim["settle"]


def test_trusted_base_of_a_judgement_is_that_of_its_theorem(content) -> None:
    stated = {t["id"]: {fact["key"] for fact in t["trusted_base"]} for t in content["theorems"]}
    for one in content["scenarios"]:
        for judged in one["theorems"]:
            assert set(judged["trusted_base"]) == stated[judged["id"]]


def test_every_figure_of_a_run_with_a_limit(content) -> None:
    assert [f["kind"] for f in content["scenarios"][0]["figures"]] == [
        "multipliers",
        "convergence",
        "slack",
        "decision-map",
    ]
    multipliers = content["scenarios"][0]["figures"][0]["data"]
    assert len(multipliers["lower"]) == len(multipliers["label"]) == 8
    for low, high in zip(multipliers["lower"], multipliers["upper"], strict=True):
        assert multipliers["bounds"][0]["lower"] < low <= high < multipliers["bounds"][0]["upper"]


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in TIMES}
    if isinstance(value, list | tuple):
        return [without_times(entry) for entry in value]
    return value


def test_two_runs_with_one_seed_differ_in_times_only(content, theorems, proofs, outcome) -> None:
    later = replace(INFO, started="2027-02-02T02:02:02+00:00", clock=99.0)
    again = run_scenario(outcome.scenario, proofs, theorems=theorems)
    fresh = build_report(Run((again,), theorems, proofs), later).model_dump(mode="json")
    first, second = without_times(content), without_times(fresh)
    assert second["scenarios"] == first["scenarios"][:1]
    assert second["proofs"] == first["proofs"]
    assert second["theorems"] == first["theorems"]
    assert second["environment"] == first["environment"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (Interval.exact(0.5), {"lower": 0.5, "upper": 0.5}),
        (Interval.between(1, math.inf), {"lower": 1.0, "upper": None}),
        (Interval.whole(), {"lower": None, "upper": None}),
    ],
)
def test_intervals_as_plain_data(value, shown) -> None:
    assert interval(value) == shown


def test_what_is_not_finite_is_null() -> None:
    assert [finite(v) for v in (1.0, math.inf, -math.inf, math.nan)] == [1.0, None, None, None]


@pytest.mark.parametrize(
    "words",
    [["verify", "a b.toml"], ["verify", "it's.toml"], ["verify", "$HOME/x.toml", "--out", ""]],
)
def test_the_command_can_be_typed_again(words: list[str]) -> None:
    import shlex

    assert shlex.split(command_line(words)) == ["perturbproof", *words]


def test_verdict_words_are_those_of_the_schema(content) -> None:
    assert set(content["summary"]["verdicts"]) == {verdict.value for verdict in Verdict}
