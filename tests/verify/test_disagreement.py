"""The largest cosine at which the boundaries disagree: an enclosure, held against real vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from perturbproof.verify.measure import measure
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.measure.normals import POINTS
from perturbproof.verify.values import Rigor

from .small_scenarios import scenario

SET = {"base": "natural", "labels": "flipped", "perturbation": {"kind": "l2", "eps": 0.5}}


@pytest.mark.parametrize("bits", [None, 150])
def test_it_is_the_largest_among_vectors_of_the_space(bits) -> None:
    data = {"kind": "near-orthogonal", "samples": 8, "dimension": 30, "coherence": 0.01}
    experiment = Experiment(scenario(data=data, perturbed=SET, precision=bits))
    names = ["disagreement_cos", "rho"]
    found, rho = (measure(experiment, names)[name] for name in names)
    assert found.rigor is Rigor.ENCLOSED
    assert found.value is not None
    assert rho.value is not None
    assert found.value.width < 1e-12
    q, learnt = experiment.normal, experiment.perturbed.normal
    assert q is not None
    assert learnt is not None
    # The same draws, as vectors of the space itself.
    rng = experiment.scenario.generator("isotropic points")
    inside = rng.standard_normal((POINTS, 2))
    across = np.sqrt(rng.chisquare(28, POINTS))
    basis = np.linalg.qr(np.stack([q.mid, learnt.mid, np.arange(30.0)], axis=1))[0]
    basis *= np.sign([basis[:, 0] @ q.mid, basis[:, 1] @ learnt.mid, 1.0])
    z = np.column_stack([inside, across]) @ basis.T
    natural, adversarial = z @ q.mid, z @ learnt.mid
    cosines = abs(natural) / (np.linalg.norm(z, axis=1) * np.linalg.norm(q.mid))
    largest = float(cosines[natural * adversarial < 0].max())
    assert found.value.lower == pytest.approx(largest, rel=1e-11)
    assert largest <= math.sqrt(1 - rho.value.lower**2) + 1e-12
