"""Cross-checks of what random numbers rest on: coins are fair, points isotropic, noise uniform.

Each is a count of events that have probability 1/2 if the sampler is right, among the very numbers
that a measurement uses. The exact binomial interval of so small an error that a right sampler
never fails in practice must contain 1/2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ...numerics.binomial import binomial_interval
from ...numerics.enclosure import Interval
from ..experiment import Experiment
from ..measured import CrossCheck, Measured
from ..measurements.agreement import POINTS, isotropic_points
from ..measurements.chance import fresh_draws
from ..measurements.matching import fresh_labels

FALSE_ALARM = 1e-12
"""Chance that one check fails though the sampler is right."""

_ENOUGH = 2**18
_DISAGREEMENT = frozenset({"agreement", "disagreement_cos"})
_MISMATCH = frozenset({"mismatch_chance", "excess_chance"})


def sampler_checks(
    experiment: Experiment, measured: Mapping[str, Measured]
) -> Iterator[CrossCheck]:
    """Those of the draws behind the symbols measured, and of how many there were."""
    symbols = {name for name, value in measured.items() if value.value is not None}
    draws = experiment.scenario.chance.draws
    for name, value in measured.items():
        if value.trials is not None:
            yield CrossCheck(
                f"trials of {name}",
                f"number of trials behind {name}, against the draws asked for",
                Interval.exact(value.trials.trials),
                Interval.exact(POINTS if name in _DISAGREEMENT else draws),
                frozenset({name}),
            )
    if symbols & _DISAGREEMENT:
        inside, _ = isotropic_points(experiment)
        for what, events in _isotropy(inside):
            yield _check(f"isotropic points: {what}", events, _DISAGREEMENT)
    if symbols & _MISMATCH:
        labels = fresh_labels(experiment)
        yield _check("fresh labels: a label is +1", labels > 0, _MISMATCH)
        yield _check("fresh labels: two successive labels agree", _pairs(labels) > 0, _MISMATCH)
    for stream, spoilt in (
        ("fresh data", frozenset({"chance_paper", "chance_half_aware"})),
        ("fresh noise", frozenset({"noise_chance"})),
    ):
        if symbols & spoilt:
            entries = _first_entries(experiment, stream)
            for what, events in _uniformity(entries):
                yield _check(f"{stream}: {what}", events, spoilt)


def _isotropy(points: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Events of probability 1/2 for independent standard normal coordinates (n, 2)."""
    first, second = points.T
    yield "the first coordinate is positive", first > 0
    yield "the second coordinate is positive", second > 0
    yield "both coordinates have one sign", first * second > 0
    yield "the first coordinate is the larger one", abs(first) > abs(second)
    yield "the radius is beyond its median", first**2 + second**2 > 2 * np.log(2)


def _uniformity(entries: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Events of probability 1/2 for independent entries uniform on [-1, 1]."""
    yield "an entry is positive", entries > 0
    yield "an entry is beyond 1/2 in size", abs(entries) > 0.5
    yield "two successive entries have one sign", _pairs(entries) > 0


def _pairs(values: np.ndarray) -> np.ndarray:
    """Products of the first with the second, the third with the fourth, and so on."""
    flat = values.reshape(-1)
    even = flat[: len(flat) // 2 * 2].reshape(-1, 2)
    return even[:, 0] * even[:, 1]


def _first_entries(experiment: Experiment, stream: str) -> np.ndarray:
    """The first draws of a stream, at least one and about as many numbers as are enough."""
    found, count = [], 0
    for draw in fresh_draws(experiment, stream):
        found.append(draw.reshape(-1))
        count += draw.size
        if count >= _ENOUGH:
            break
    return np.concatenate(found)


def _check(what: str, events: np.ndarray, spoilt: frozenset[str]) -> CrossCheck:
    happened, trials = int(events.sum()), events.size
    return CrossCheck(
        f"sampler, {what}",
        f"share of {what}: {happened} of {trials}, exact binomial interval of error "
        f"{FALSE_ALARM:g}, against 1/2",
        binomial_interval(happened, trials, FALSE_ALARM),
        Interval.exact(0.5),
        spoilt,
    )
