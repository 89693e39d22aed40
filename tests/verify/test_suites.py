"""The built-in suites: every scenario is valid, distinct, and says what it expects."""

from pathlib import Path

import pytest
import tomli_w
from perturbproof.numerics.configuration import InputError
from perturbproof.theory import catalog
from perturbproof.verify.run.run import select
from perturbproof.verify.scenarios.inputs import (
    load_run_file,
    load_suite,
    run_inputs,
    suite_names,
)
from perturbproof.verify.scenarios.scenario import Scenario
from perturbproof.verify.values import Verdict

SCENARIOS = [
    suite for suite in suite_names() if all(isinstance(one, Scenario) for one in load_suite(suite))
]


def test_there_is_a_quick_suite() -> None:
    assert "quick" in suite_names()


@pytest.mark.parametrize("suite", SCENARIOS)
def test_scenarios_are_valid_named_once_and_described(suite: str) -> None:
    scenarios = load_suite(suite)
    assert scenarios
    assert len({s.name for s in scenarios}) == len(scenarios)
    for one in scenarios:
        assert one.description.endswith(".")
        assert select(one, catalog())


@pytest.mark.parametrize("suite", SCENARIOS)
def test_a_seed_reaches_every_scenario(suite: str) -> None:
    assert {one.seed for one in run_inputs([suite], seed=12)[0]} == {12}


def test_the_quick_suite_covers_what_it_promises() -> None:
    scenarios = {one.name: one for one in load_suite("quick")}
    kinds = {one.data.kind for one in scenarios.values()}
    assert {"orthogonal", "uniform", "digits"} <= kinds
    assert any(one.subset is not None for one in scenarios.values())
    expected = {
        one.expected(theorem.id) for one in scenarios.values() for theorem in select(one, catalog())
    }
    assert expected == {Verdict.PASS, Verdict.VACUOUS}
    paper = scenarios["digits-paper-slope"]
    assert (paper.network.slope, paper.expect) == (0.01, Verdict.VACUOUS)


def test_scenarios_come_in_the_order_of_their_files() -> None:
    names = [one.name for one in load_suite("quick")]
    assert names.index("orthogonal") == 0
    assert names.index("inactive-pairs") == len(names) - 1


@pytest.mark.parametrize("name", ["", "slow", "../quick", "quick/", "__pycache__"])
def test_an_unknown_suite_is_bad_input(name: str) -> None:
    with pytest.raises(InputError, match=r"no suite .*(known: .*|mean )'?quick"):
        load_suite(name)


@pytest.mark.parametrize("suite", suite_names())
def test_every_scenario_reads_back_from_a_file_that_a_witness_would_write(
    suite: str, tmp_path: Path
) -> None:
    for scenario in (one for one in load_suite(suite) if isinstance(one, Scenario)):
        file = tmp_path / f"{scenario.name}.toml"
        content = scenario.model_dump(mode="json", exclude_none=True)
        file.write_text(tomli_w.dumps(content), encoding="utf-8")
        assert load_run_file(file) == scenario
