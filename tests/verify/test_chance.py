"""Events are counted where an enclosure decides them, and nothing outlives its experiment."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.theory import theorem
from perturbproof.theory.exact.interval import Interval
from perturbproof.verify.measure import chance, measure, normals, test_points
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.measure.measuring import measure_scenario
from perturbproof.verify.values import Trials

from .perturbed_scenarios import NOISE, learning
from .small_scenarios import scenario

DRAWS = {"delta": 0.1, "draws": 40}
RANDOM = ["matching-random-labels"]


def small(**changes) -> Experiment:
    """Random labels far enough inside the conditions for every symbol to be measured."""
    fields = {
        "data": {"kind": "uniform", "samples": 4, "dimension": 3000},
        "network": {"slope": 0.9, "width": 4, "initial_scale": 1e-4},
        "chance": DRAWS,
        **changes,
    }
    return learning({**NOISE, "samples": 4, "perturbation": {"kind": "l2", "eps": 4.0}}, **fields)


def trials(experiment: Experiment, name: str) -> Trials:
    found = measure(experiment, [name])[name].trials
    assert found is not None
    return found


def test_fresh_labels_are_counted_as_numpy_does() -> None:
    """The linear system of every draw again, from the stored base and direction."""
    experiment = small()
    made, gamma, z = experiment.perturbed.made, experiment.slope, experiment.point
    assert made.direction is not None
    assert made.eps is not None
    q = experiment.normal
    assert q is not None
    wrong = 0
    for y in experiment.fresh_labels:
        x = made.base.x + made.eps * y[:, None] * made.direction
        slopes = np.where(np.equal.outer(y, y), (1 + gamma**2) / 2, gamma) * np.outer(y, y)
        lam = np.linalg.solve(slopes * (x @ x.T), np.ones(len(y)))
        wrong += ((lam * y) @ x @ z) * (q.mid @ z) <= 0
    assert trials(experiment, "mismatch_chance") == Trials(wrong, 40)
    assert trials(experiment, "excess_chance").undecided == 0


@pytest.mark.parametrize("name", ["chance_paper", "chance_half_aware", "noise_chance"])
def test_a_wide_gram_matrix_decides_no_event(monkeypatch, name: str) -> None:
    right = chance.gram_matrix

    def wide(x):
        gram = right(x)
        return BallArray(gram.mid, 2 * abs(gram.mid) + 1)

    experiment = small()
    decided = trials(experiment, name)
    assert decided.undecided == 0
    monkeypatch.setattr(chance, "gram_matrix", wide)
    assert trials(small(), name) == Trials(0, 40, 40)


def test_a_wide_solution_decides_no_event(monkeypatch) -> None:
    monkeypatch.setattr(test_points, "verified_solve", lambda matrix, rhs: None)
    assert trials(small(), "mismatch_chance") == Trials(0, 40, 40)
    assert trials(small(), "excess_chance") == Trials(0, 40, 40)


def test_a_wide_cosine_decides_no_point(monkeypatch) -> None:
    assert trials(small(), "agreement").undecided == 0
    monkeypatch.setattr(normals, "cosine", lambda *given: Interval.between(-1, 1))
    assert trials(small(), "agreement") == Trials(0, normals.POINTS, normals.POINTS)


def test_expected_verdicts_by_theorem_go_with_random_labels() -> None:
    """A scenario that holds a table is measured like any other."""
    fields = small().scenario.model_dump() | {
        "theorems": tuple(RANDOM),
        "expect": {RANDOM[0]: "VACUOUS"},
    }
    found = measure_scenario(scenario(**fields), [theorem(RANDOM[0])])
    assert found.error is None
    assert found.measured["mismatch_chance"].trials is not None


def test_no_measurement_keeps_an_experiment_alive() -> None:
    experiment = small()
    trials(experiment, "mismatch_chance")
    trials(experiment, "excess_chance")
    gone = weakref.ref(experiment)
    del experiment
    gc.collect()
    assert gone() is None
