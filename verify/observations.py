"""What was seen besides the claims: samples classified, signs agreeing with the hyperplane."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest

from ..numerics.enclosure import Interval
from ..numerics.multipliers import linear_normal
from ..numerics.network import LeakyNetwork
from .experiment import Experiment
from .measured import Observation
from .verdict import Rigor

POINTS = 4000
LEVEL = 0.99


def observations(experiment: Experiment) -> tuple[Observation, ...]:
    """Plain facts about the trained network, for the report."""
    sample, slope = experiment.sample, experiment.slope
    weights = experiment.training.network.weights()
    network = LeakyNetwork(weights, slope)
    right = int(np.sum(network.output(sample.x) * sample.y > 0))
    seen = [
        Observation(
            f"training samples that the trained network classifies correctly, of {sample.n}",
            Interval.exact(right),
            Rigor.NUMERIC,
            sample.n,
        ),
        Observation(
            "stationarity residual of the trained network, relative to its norm",
            experiment.residuals.relative_stationarity,
            Rigor.ENCLOSED,
        ),
    ]
    lam = experiment.multipliers.lam
    if lam is None:
        return tuple(seen)
    normal = linear_normal(sample.x, lam, sample.y).mid
    # Both signs depend on z only through its projection on the span of the weights and q, where an
    # isotropic Gaussian is again one: a point costs at most m + 1 numbers, whatever d is.
    span = np.linalg.qr(np.vstack([weights, normal]).T)[0]
    z = experiment.scenario.generator("points").standard_normal((POINTS, span.shape[1]))
    outputs = LeakyNetwork(weights @ span, slope).output(z)
    agree = int(np.sum(np.sign(outputs) == np.sign(z @ (span.T @ normal))))
    share = binomtest(agree, POINTS).proportion_ci(LEVEL, "exact")
    seen.append(
        Observation(
            f"share of isotropic Gaussian points where the trained network has the sign of <q, z> "
            f"(q from A lambda = 1; exact {LEVEL:.0%} binomial interval)",
            Interval.between(float(share.low), float(share.high)),
            Rigor.STATISTICAL,
            POINTS,
        )
    )
    return tuple(seen)
