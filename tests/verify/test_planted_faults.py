"""Every planted fault is caught, and nothing is caught where none is planted."""

from __future__ import annotations

from pathlib import Path

import pytest
from perturbproof.verify.run.run import ScenarioOutcome, run_scenario
from perturbproof.verify.selftest.faults import FAULTS, SCENARIOS, scenario
from perturbproof.verify.selftest.selftest import Catch, clean_runs, fault_table, try_faults
from perturbproof.verify.values import Verdict

from .small_scenarios import PROVED

TABLE = Path(__file__).parents[2] / "docs" / "planted-faults.md"
#: Scenarios of a fraction of a second; the others' faults are tried by the slow test.
QUICK = ("natural", "flipped", "wide")


@pytest.fixture(scope="module")
def quick() -> tuple[Catch, ...]:
    return tuple(try_faults(PROVED, [fault for fault in FAULTS if fault.scenario in QUICK]))


def rows(text: str) -> dict[str, str]:
    """The lines of a table by their first cell."""
    return {line.split(" | ")[0][2:]: line for line in text.splitlines() if line.startswith("| ")}


def test_faults_have_names_of_their_own_and_scenarios_that_exist() -> None:
    assert len({fault.id for fault in FAULTS}) == len(FAULTS)
    assert {fault.scenario for fault in FAULTS} == set(SCENARIOS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_every_fault_has_a_place_to_be_planted(fault) -> None:
    with fault.plant():
        pass


def test_quick_faults_are_caught(quick) -> None:
    assert len(quick) >= 15
    for catch in quick:
        assert catch.caught, catch.fault.id
        assert Verdict.PASS not in catch.verdicts.values()


def test_a_fault_of_the_code_is_an_error_and_short_training_is_not(quick) -> None:
    for catch in quick:
        early = catch.fault.id == "stopped-early"
        expected = Verdict.INCONCLUSIVE if early else Verdict.ERROR
        assert set(catch.verdicts.values()) == {expected}, catch.fault.id


def test_the_documented_table_is_what_a_run_writes(quick) -> None:
    documented = rows(TABLE.read_text(encoding="utf-8"))
    assert set(documented) == {"fault", *(fault.id for fault in FAULTS)}
    for id, line in rows(fault_table(quick)).items():
        assert documented[id] == line


def passes(outcome: ScenarioOutcome) -> bool:
    verdicts = {verdict for verdict, _ in outcome.judged}
    return verdicts == {Verdict.PASS} and all(check.agree for check in outcome.cross_checks)


@pytest.mark.parametrize("name", QUICK)
def test_no_fault_is_left_behind_and_nothing_is_caught_without_one(quick, name: str) -> None:
    assert passes(run_scenario(scenario(name), PROVED))


@pytest.mark.slow
def test_nothing_is_caught_without_a_fault_in_any_scenario() -> None:
    clean = clean_runs(PROVED)
    assert set(clean) == set(SCENARIOS)
    for name, outcome in clean.items():
        assert passes(outcome), (name, outcome.error, outcome.judgements)


@pytest.mark.slow
def test_every_fault_is_caught_and_documented() -> None:
    catches = tuple(try_faults(PROVED))
    for catch in catches:
        print(catch.fault.id, sorted(v.value for v in catch.verdicts.values()), catch.by)
        assert catch.caught
    assert fault_table(catches) == TABLE.read_text(encoding="utf-8")
