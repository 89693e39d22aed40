"""What was seen besides the claims: samples classified, signs agreeing, perturbations at work."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...numerics.network import LeakyNetwork
from ..experiment import Experiment
from ..measured import Observation
from ..verdict import Rigor
from .agreement import LEVEL, POINTS, agreements, estimated_share
from .matching import coverage, parts
from .networks import (
    alignments,
    of_the_solution,
    of_the_training,
    on_natural_samples,
    orthogonality,
)


def observations(experiment: Experiment) -> tuple[Observation, ...]:
    """Plain facts about the trained networks and the perturbed set, for the report."""
    if experiment.scenario.perturbed is None:
        return (*of_the_training("the trained network", experiment), *_signs_of_limit(experiment))
    return (
        *_of_every_network(experiment),
        *_signs_of_limit(experiment),
        *on_natural_samples(experiment),
        *agreements(experiment),
        *parts(experiment),
        *coverage(experiment),
        *alignments(experiment),
        *orthogonality(experiment),
    )


def _of_every_network(experiment: Experiment) -> Iterator[Observation]:
    for name, learner in experiment.networks.items():
        yield from of_the_solution(name, learner)
        yield from of_the_training(f"trained {name}", learner)


def _signs_of_limit(experiment: Experiment) -> Iterator[Observation]:
    """How often the trained network has the sign of its own linear-pattern solution."""
    if experiment.normal is None:
        return
    weights, normal = experiment.network.weights, experiment.normal.mid
    # Both signs depend on z only through its projection on the span of the weights and q, where an
    # isotropic Gaussian is again one: a point costs at most m + 1 numbers, whatever d is.
    span = np.linalg.qr(np.vstack([weights, normal]).T)[0]
    z = experiment.scenario.generator("points").standard_normal((POINTS, span.shape[1]))
    outputs = LeakyNetwork(weights @ span, experiment.slope).output(z)
    agree = int(np.sum(np.sign(outputs) == np.sign(z @ (span.T @ normal))))
    yield Observation(
        "share of isotropic Gaussian points where the trained network has the sign of <q, z> "
        f"(q from A lambda = 1; exact {LEVEL:.0%} binomial interval)",
        estimated_share(agree, POINTS),
        Rigor.STATISTICAL,
        POINTS,
    )
