"""Scenarios about wide networks: measured, judged and told."""

import numpy as np
import pytest
from perturbproof.verify.measure import measured_symbols
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.measure.measuring import measure_symbols
from perturbproof.verify.run.run import run_scenario
from perturbproof.verify.scenarios.scenario import Scenario
from perturbproof.verify.values import Verdict
from pydantic import ValidationError

from .small_scenarios import PROVED

SMALL = {
    "name": "wide",
    "data": {"kind": "shifted-gaussian", "samples": 20, "dimension": 10},
    "network": {"slope": 0.5, "width": 400},
    "wide": {"eps": 4.0, "steps": 5, "learning_rate": 0.1, "points": 30, "draws": 2000},
    "chance": {"draws": 20, "delta": 0.2},
}


def scenario(**changes) -> Scenario:
    return Scenario.model_validate({**SMALL, **changes})


def measured(given: Scenario):
    found = measure_symbols(given, (), measured_symbols(given))
    assert found.error is None
    return found


def test_every_symbol_is_measured_and_every_check_agrees():
    found = measured(scenario())
    assert {name for name, one in found.measured.items() if one.value is None} == set()
    assert {check.id for check in found.cross_checks if not check.agree} == set()
    assert len(found.cross_checks) == 6
    values = {name: one.value for name, one in found.measured.items()}
    assert values["wide_certified"].upper <= values["wide_matches"].lower <= 30
    assert values["path_weight_min"].lower > 0
    assert all(values[f"{name}_contrary"].upper == 0 for name in ("path", "lazy", "start", "drift"))


def test_the_natural_base_and_held_out_samples_are_used():
    setup = {**SMALL["wide"], "base": "natural", "loss": "logistic", "labels": "fair"}
    pair = Experiment(scenario(wide=setup, held_out=0.25)).wide
    assert len(pair.points) == 20 - pair.sample.n == 4
    steps = pair.g.x - pair.sample.x
    assert np.linalg.norm(steps, axis=1) == pytest.approx(4.0)
    assert set(pair.labels) == {-1.0, 1.0}


def test_it_passes_and_is_told():
    outcome = run_scenario(scenario(), PROVED)
    verdicts = {one.theorem.id: one.verdict for one in outcome.judgements}
    assert verdicts["path-kernel"] is Verdict.PASS
    assert Verdict.FAIL not in verdicts.values()
    assert "standard-boundary" not in verdicts
    assert any("the sign of f" in one.says for one in outcome.observations)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training": {"steps": 10}}, "training: a wide network is trained as the table 'wide'"),
        ({"subset": {}}, "subset: a wide network"),
        ({"network": {"initial_scale": 1.0}}, "network.initial_scale: a wide network starts"),
        ({"data": {"kind": "digits", "bias": True}}, "a wide network has biases of its own"),
        ({"wide": {"momentum": 1.0}}, "momentum"),
        ({"wide": {"eps": 0}}, "eps"),
        ({"wide": {"colour": 1}}, "colour"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_wide_network_has_not(changes, said):
    with pytest.raises(ValidationError, match=said):
        scenario(**changes)
