"""Several starts: each network is the one trained alone, and the farthest one is judged."""

from __future__ import annotations

import numpy as np
import pytest
from perturbproof.numerics.network import initial_weights
from perturbproof.numerics.train.convergence import certified_angle
from perturbproof.numerics.train.training import train
from perturbproof.verify.measure import measure
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.scenarios.scenario import Scenario

BASE = {
    "name": "starts",
    "data": {"kind": "orthogonal", "samples": 6, "dimension": 20},
    "network": {"width": 6, "initial_scale": 1e-2},
    "training": {"steps": 60},
}


def experiment(starts: int) -> Experiment:
    training = {**BASE["training"], "starts": starts}
    return Experiment(Scenario.model_validate({**BASE, "training": training}))


def test_the_first_network_does_not_depend_on_the_number_of_starts() -> None:
    one, three = experiment(1), experiment(3)
    assert one.others == ()
    assert np.array_equal(one.training.network.coefficients, three.training.network.coefficients)


def test_the_largest_angle_of_networks_trained_one_by_one_is_measured() -> None:
    several = experiment(4)
    rng = several.scenario.generator("weights")
    taus = []
    for _ in range(4):
        start = initial_weights(6, 20, rng, scale=1e-2)
        alone = train(several.sample, start, several.slope, several.scenario.training.resolve())
        lam = several.limit_multipliers
        assert lam is not None
        taus.append(certified_angle(alone.weights(), several.sample, several.slope, lam).tau.upper)
    assert len(set(taus)) == 4
    measured = measure(several, ["tau"])["tau"]
    assert measured.value is not None
    assert measured.value.upper == pytest.approx(max(taus), rel=1e-6)
    assert "largest over 4 starts" in measured.how
