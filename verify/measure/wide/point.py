"""A point of a study of wide networks: shares on test points, plain but for what is certified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....numerics.wide.predictors import alignments
from ...scenarios.scenario import Scenario
from ..experiment import Experiment
from .symbols import certified


@dataclass(frozen=True)
class WidePoint:
    """What was seen with one seed.

    Attributes:
        agreement: share of test points at which g has the sign of f.
        accuracy: share of the samples held out that g gets right; None without any.
        predicted: share at which the predictors of f and g have one sign; `authors` with their
            formula for g.
        told, told_authors: share at which g has the sign of the predictor, and of theirs.
        alignment: median |cosine| of a perturbation and its predicted direction.
        labels: |mean label of g|.
        certified: shares at which f, g, and both are certified to have one sign; None where that
            was not asked.
        contrary: certified points that are seen to be wrong.
        points: test points. dimension: d of the data.
    """

    seed: int
    agreement: float
    accuracy: float | None
    predicted: float
    authors: float
    told: float
    told_authors: float
    alignment: float
    labels: float
    certified: tuple[float, float, float] | None
    contrary: int
    points: int
    dimension: int


def wide_point(scenario: Scenario, certificates: bool, device: str) -> WidePoint:
    """Train f and g and look at the test points. Raises InputError where data cannot be used."""
    experiment = Experiment(scenario, device)
    pair = experiment.wide_pair(exact=certificates)
    f, g = (network.output(pair.points) > 0 for network in (pair.f.network, pair.g.network))
    told = pair.predicted
    told_f, told_g, theirs = (values > 0 for values in (told.f, told.g, told.authors))
    held = experiment.natural_points.get("held-out samples")
    accuracy = None
    if held is not None:
        accuracy = float(((pair.g.network.output(held.x) > 0) == (held.y > 0)).mean())
    shares, contrary = None, 0
    if certificates:
        both = certified(pair)
        first, second = pair.lazy
        alone = float(first.certified.mean()), float(second.certified.mean())
        shares = (*alone, float(both.mean()))
        contrary = first.base_contrary + second.base_contrary + int((both & (f != g)).sum())
    return WidePoint(
        scenario.seed,
        float((f == g).mean()),
        accuracy,
        float((told_f == told_g).mean()),
        float((told_f == theirs).mean()),
        float((told_g == g).mean()),
        float((theirs == g).mean()),
        float(np.median(alignments(pair.f))),
        abs(float(pair.labels.mean())),
        shares,
        contrary,
        len(pair.points),
        pair.sample.d,
    )
