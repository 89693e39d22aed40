"""Symbols of statements that hold with a probability: tried on fresh draws, and the draws checked.

An event is counted where an enclosure decides the theorem's own relation. What rounding leaves open
is counted both ways (`values.Trials`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from sympy.logic.boolalg import Boolean

from ...numerics.boundary.gram import extremes, gram_matrix
from ...numerics.compiler import decide_relation
from ...numerics.enclose.ball_array import BallArray
from ...theory.exact.interval import Interval
from ...theory.steps.perturbed import CONDITION, RADIUS
from ...theory.theorems.boundary.uniform_data import CONDITIONS, Condition
from ...theory.theorems.learning.matching_random_labels import EXCESS, MISMATCH
from ...theory.theorems.perturbation import perturbed_boundary
from ..scenarios.scenario import Scenario
from ..statistics import binomial_interval
from ..values import CrossCheck, Measured
from .experiment import Experiment, always, evaluated, has_perturbed_set, measure, measures
from .learner import Missing
from .normals import POINTS, isotropic_points
from .one_set import gives


def _on_uniform_data(scenario: Scenario) -> bool:
    return always(scenario) and scenario.data.kind == "uniform" and scenario.subset is None


gives(
    "delta",
    "the scenario's failure probability",
    lambda e: e.scenario.chance.delta,
    lambda scenario: _on_uniform_data(scenario) or has_perturbed_set(scenario),
)


# Conditions met by fresh uniform samples.


def fresh_draws(experiment: Experiment, stream: str) -> Iterator[np.ndarray]:
    """Fresh uniform samples (N, d), or noise (N_adv, d), as many times as the scenario says."""
    rng = experiment.scenario.generator(stream)
    size = experiment.sample.n if stream == "fresh data" else experiment.perturbed.made.base.n
    for _ in range(experiment.scenario.chance.draws):
        yield rng.uniform(-1, 1, (size, experiment.sample.d))


def _share(
    experiment: Experiment, stream: str, meets: Callable[[np.ndarray], bool | None]
) -> Measured:
    """How often fresh uniform samples meet a condition."""
    draws = experiment.scenario.chance.draws

    def events() -> Iterator[bool | None]:
        for k, x in enumerate(fresh_draws(experiment, stream)):
            experiment.progress(f"drawing {stream}", k, draws)
            yield meets(x)

    return Measured.counted_in(events(), "fresh draws")


def _norms(x: np.ndarray, prefix: str = "") -> dict[str, Interval]:
    found = zip(("R_min", "R_max", "p_max"), extremes(gram_matrix(x)), strict=True)
    return {prefix + name: value for name, value in found}


def _register_data_chance(symbol: str, condition: Condition) -> None:
    @measures(symbol, _on_uniform_data)
    def chance(experiment: Experiment) -> Measured:
        gamma, count = Interval.exact(experiment.slope), Interval.exact(experiment.sample.n)
        known = {"gamma": gamma, "N": count}
        return _share(
            experiment,
            "fresh data",
            lambda x: decide_relation(CONDITIONS[condition], {**known, **_norms(x)}),
        )


_register_data_chance("chance_paper", "paper")
_register_data_chance("chance_half_aware", "half-aware")


@measures("noise_chance", lambda s: s.perturbed is not None and s.perturbed.base == "uniform")
def noise_chance(experiment: Experiment) -> Measured:
    vector, eps = experiment.perturbed.step
    direction = BallArray.exact(vector)
    known = {
        "gamma": Interval.exact(experiment.slope),
        "N_adv": Interval.exact(experiment.perturbed.made.base.n),
        "eps": Interval.exact(eps),
        "dir_sq": (direction @ direction).interval(),
    }

    def meets(x: np.ndarray) -> bool | None:
        kappa = abs(BallArray.exact(x) @ direction).max_enclosure().nonnegative()
        values = {**known, **_norms(x, "base_"), "kappa": kappa}
        both = {
            decide_relation(RADIUS.relation, values),
            decide_relation(CONDITION.relation, values),
        }
        return False if False in both else None if None in both else True

    return _share(experiment, "fresh noise", meets)


# Bounds of the multipliers whatever the labels, and what fresh labels teach about the test point.


def _random_labels(scenario: Scenario) -> bool:
    return scenario.perturbed is not None and scenario.perturbed.labels == "random"


_LABEL_FREE = {claim.id: claim for claim in perturbed_boundary.THEOREM.claims}
"""Among them the multiplier bounds, which hold whatever the labels are."""


@measures("label_free_upper", _random_labels, "bound of perturbed-boundary, rounded up")
def label_free_upper(experiment: Experiment) -> Interval:
    upper = evaluated(experiment, _LABEL_FREE["multipliers-upper"]).upper
    # Outside the condition of perturbed-boundary its formula bounds nothing.
    if not 0 < upper < math.inf:
        raise Missing("perturbed-boundary bounds no multiplier of this set")
    return Interval.exact(upper)


@measures("label_free_lower", _random_labels, "bound of perturbed-boundary, rounded down")
def label_free_lower(experiment: Experiment) -> Interval:
    lower = evaluated(experiment, _LABEL_FREE["multipliers-lower"]).lower
    if not math.isfinite(lower):
        raise Missing("the bound is infinite")
    return Interval.exact(lower)


def _counted_labels(
    experiment: Experiment, relation: Boolean, known: Mapping[str, Interval]
) -> Measured:
    """How often a relation about the test point holds under fresh labels."""
    events = (
        None
        if parts is None
        else decide_relation(relation, {**known, "T1_z": parts[0], "adv_q_z": parts[1]})
        for parts in experiment.relabelled
    )
    return Measured.counted_in(events, "fresh label draws")


@measures("mismatch_chance", _random_labels)
def mismatch_chance(experiment: Experiment) -> Measured:
    if not experiment.relabelled or (values := experiment.at_point) is None:
        raise Missing(experiment.perturbed.why_no_limit)
    return _counted_labels(experiment, MISMATCH, {"q_z": values.q_z.interval(0)})


@measures("excess_chance", _random_labels)
def excess_chance(experiment: Experiment) -> Measured:
    of_set = measure(experiment, ("label_free_upper", "label_free_lower", "delta"))
    known = {name: found.value for name, found in of_set.items() if found.value is not None}
    if not experiment.relabelled or len(known) < len(of_set):
        raise Missing("the label-free multiplier bounds are not known")
    base = BallArray.exact(experiment.perturbed.made.base.x) @ experiment.point
    known |= {"base_l1_z": abs(base).sum().interval(), "base_l2_z": base.norm()}
    return _counted_labels(experiment, EXCESS, known)


# Cross-checks of what random numbers rest on: coins are fair, points isotropic, noise uniform.
#
# Each is a count of events that have probability 1/2 if the sampler is right, among the very
# numbers that a measurement uses. The exact binomial interval of so small an error that a right
# sampler never fails in practice must contain 1/2.

FALSE_ALARM = 1e-12
"""Chance that one check fails though the sampler is right."""

_ENOUGH = 2**18
_DISAGREEMENT = frozenset({"agreement", "disagreement_cos"})
_MISMATCH = frozenset({"mismatch_chance", "excess_chance"})
_DATA = frozenset({"chance_paper", "chance_half_aware"})
_Events = Iterator[tuple[str, np.ndarray]]
"""What happens, and where it did: of probability 1/2."""


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
    for source, events, spoilt in (
        ("isotropic points", _isotropy, _DISAGREEMENT),
        ("fresh labels", _fairness, _MISMATCH),
        ("fresh data", _uniformity, _DATA),
        ("fresh noise", _uniformity, frozenset({"noise_chance"})),
    ):
        if not symbols & spoilt:
            continue
        for event, happening in events(experiment, source):
            what, happened, trials = f"{source}: {event}", int(happening.sum()), happening.size
            yield CrossCheck(
                f"sampler, {what}",
                f"share of {what}: {happened} of {trials}, exact binomial interval of error "
                f"{FALSE_ALARM:g}, against 1/2",
                binomial_interval(happened, trials, FALSE_ALARM),
                Interval.exact(0.5),
                spoilt,
            )


def _isotropy(experiment: Experiment, _: str) -> _Events:
    """Of independent standard normal coordinates."""
    first, second = isotropic_points(experiment)[0].T
    yield "the first coordinate is positive", first > 0
    yield "the second coordinate is positive", second > 0
    yield "both coordinates have one sign", first * second > 0
    yield "the first coordinate is the larger one", abs(first) > abs(second)
    yield "the radius is beyond its median", first**2 + second**2 > 2 * np.log(2)


def _fairness(experiment: Experiment, _: str) -> _Events:
    """Of fair independent labels."""
    labels = experiment.fresh_labels
    yield "a label is +1", labels > 0
    yield "two successive labels agree", _pairs(labels) > 0


def _uniformity(experiment: Experiment, stream: str) -> _Events:
    """Of independent entries uniform on [-1, 1]: the first draws of a stream, as many as needed."""
    found: list[np.ndarray] = []
    for draw in fresh_draws(experiment, stream):
        found.append(draw.reshape(-1))
        if sum(map(len, found)) >= _ENOUGH:
            break
    entries = np.concatenate(found)
    yield "an entry is positive", entries > 0
    yield "an entry is beyond 1/2 in size", abs(entries) > 0.5
    yield "two successive entries have one sign", _pairs(entries) > 0


def _pairs(values: np.ndarray) -> np.ndarray:
    """Products of the first with the second, the third with the fourth, and so on."""
    flat = values.reshape(-1)
    even = flat[: len(flat) // 2 * 2].reshape(-1, 2)
    return even[:, 0] * even[:, 1]
