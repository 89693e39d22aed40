"""How often two boundaries have the same sign: counted, estimated, and as the agreement law says.

Exact boundaries are those of the normals q, trained ones those of the networks. The natural samples
are what they are, so shares of them are counted; on points drawn independently of both boundaries a
share is an estimate, with the exact binomial interval of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from scipy.stats import binomtest

from ...numerics.compiler import compile_expression
from ...numerics.decomposition import cosine
from ...numerics.enclosure import Interval
from ...numerics.network import LeakyNetwork
from ...numerics.rounding import BallArray
from ...theory.theorems import agreement_law
from ..experiment import Experiment
from ..learner import Learner
from ..measured import Observation
from ..verdict import Rigor
from .matching_points import TestPoints, in_balls, signs

LEVEL = 0.99
POINTS = 4000
_INTERVAL = f"exact {LEVEL:.0%} binomial interval of its own"
_OTHERS = ("g", "control")


def agreements(experiment: Experiment) -> Iterator[Observation]:
    """Agreement with f of g and of the control, on natural, fresh and isotropic points."""
    whole = TestPoints("natural samples", experiment.sample.x, drawn=False)
    fresh = [points for points in experiment.test_points if points.name == "fresh samples"]
    for points in (whole, *fresh):
        for other in _OTHERS:
            yield from _on_points(experiment, other, points)
    isotropic = _isotropic(experiment)
    for other in _OTHERS:
        yield from isotropic[other]
        yield from _law(experiment, other)


def estimated_share(count: int, trials: int) -> Interval:
    """The exact (Clopper-Pearson) interval of a probability, by itself at confidence `LEVEL`."""
    share = binomtest(count, trials).proportion_ci(LEVEL, "exact")
    return Interval.between(float(share.low), float(share.high))


def _on_points(experiment: Experiment, other: str, points: TestPoints) -> Iterator[Observation]:
    learner = experiment.networks[other]
    size = len(points.z)
    if experiment.normal is not None and learner.normal is not None:
        exact = BallArray.exact(points.z)
        both = signs(exact @ in_balls(experiment.normal)) * signs(exact @ in_balls(learner.normal))
        yield _share(
            f"exact f and {other} agree in sign on {points.name}",
            int((both > 0).sum()),
            int((both >= 0).sum()),
            size,
            points.drawn,
            Rigor.ENCLOSED,
        )
    signs_f, signs_other = (
        np.sign(network.output(points.z)) for network in (experiment.network, learner.network)
    )
    agree = int((signs_f == signs_other).sum())
    yield _share(
        f"trained f and {other} agree in sign on {points.name}",
        agree,
        agree,
        size,
        points.drawn,
        Rigor.NUMERIC,
    )


def _share(
    says: str, certain: int, possible: int, size: int, drawn: bool, rigor: Rigor
) -> Observation:
    if not drawn:
        ends = (Interval.exact(Fraction(count, size)) for count in (certain, possible))
        share = next(ends).hull(next(ends))
        return Observation(f"share where {says} (counted)", share, rigor, size)
    low, high = estimated_share(certain, size), estimated_share(possible, size)
    says = f"share where {says}: {certain} of {size}, {_INTERVAL}"
    return Observation(says, low.hull(high), Rigor.STATISTICAL, size)


def _isotropic(experiment: Experiment) -> dict[str, list[Observation]]:
    """Agreement on isotropic Gaussian points, of exact and of trained boundaries."""
    networks = experiment.networks
    weights = {name: learner.network.weights for name, learner in networks.items()}
    normals = {
        name: learner.normal.mid for name, learner in networks.items() if learner.normal is not None
    }
    # All signs depend on z only through its projection on the span of weights and normals, where
    # an isotropic Gaussian is again one: a point costs few numbers, whatever d is.
    rows = np.vstack([*weights.values(), *(q[None, :] for q in normals.values())])
    span = np.linalg.qr(rows.T)[0]
    z = experiment.scenario.generator("isotropic signs").standard_normal((POINTS, span.shape[1]))
    trained = {
        name: np.sign(LeakyNetwork(w @ span, experiment.slope).output(z))
        for name, w in weights.items()
    }
    exact = {name: np.sign(z @ (span.T @ q)) for name, q in normals.items()}
    found: dict[str, list[Observation]] = {}
    for other in _OTHERS:
        found[other] = []
        for what, seen in (("exact", exact), ("trained", trained)):
            if "f" not in seen or other not in seen:
                continue
            agree = int((seen["f"] == seen[other]).sum())
            says = f"{what} f and {other} agree in sign on isotropic points"
            found[other].append(_share(says, agree, agree, POINTS, True, Rigor.STATISTICAL))
    return found


def _law(experiment: Experiment, other: str) -> Iterator[Observation]:
    learner: Learner = experiment.networks[other]
    if experiment.normal is None or learner.normal is None:
        return
    law = compile_expression(agreement_law.LAW, (agreement_law.rho,), "interval")
    yield Observation(
        f"the agreement law for exact f and {other} on isotropic points, 1 - arccos(rho)/pi",
        law(cosine(experiment.normal, learner.normal)).max(0).min(1),
        Rigor.ENCLOSED,
    )
