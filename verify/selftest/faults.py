"""Faults planted in the numerics, each of which some verdict must catch.

A fault is planted by exchanging a function for a wrong one while a small scenario runs; nothing
else changes. It is caught when a verdict that was PASS is one no longer: an ERROR where two
computations exclude each other, a FAIL, or an INCONCLUSIVE that names what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...numerics.boundary import gram, multipliers
from ...numerics.enclose.ball_array import BallArray
from ...numerics.limit import anchor, capture
from ...numerics.limit.convex_limit import ConvexLimit
from ...numerics.perturb.base import GeometricPerturbation
from ...numerics.perturb.geometric import L2
from ...numerics.train import descent
from ...numerics.wide import training as wide
from ...theory.exact.interval import Interval
from .. import statistics
from ..measure import learner, normals
from ..scenarios.scenario import Scenario
from ..values import Measured

_OFF = Interval.exact(1 + 1e-6)
_LESS = Interval.exact(0.99)
_NETWORK = {"slope": 0.5, "width": 4, "initial_scale": 1e-4}
_LIGHT = {"steps": 600}
_NEAR = {"samples": 8, "dimension": 60, "coherence": 0.004, "radius": 1.25}
SCENARIOS: Mapping[str, dict[str, Any]] = {
    "natural": {
        "theorems": ["standard-boundary", "exact-multipliers", "perturbation-features"],
        "data": {"kind": "near-orthogonal", **_NEAR},
    },
    "uneven": {
        "theorems": ["standard-boundary", "half-aware"],
        "data": {"kind": "gaussian", "samples": 4, "dimension": 20_000},
        "network": {**_NETWORK, "slope": 0.9},
    },
    "flipped": {
        "theorems": ["standard-boundary", "matching-flipped-orthogonal", "agreement-law"],
        "data": {"kind": "orthogonal", "frame": "axes", "samples": 16, "dimension": 40},
        "perturbed": {
            "base": "natural",
            "labels": "flipped",
            "perturbation": {"kind": "l2", "eps": 0.5},
        },
    },
    "noise": {
        "seed": 1,
        "theorems": [
            "concentration-half-aware",
            "matching-random-labels",
            "matching-deterministic",
            "agreement-law",
        ],
        "data": {"kind": "uniform", "samples": 2, "dimension": 3000},
        "perturbed": {
            "base": "uniform",
            "samples": 4,
            "labels": "random",
            "perturbation": {"kind": "l2", "eps": 4.0},
        },
        "chance": {"delta": 0.1, "draws": 100},
        "network": {**_NETWORK, "slope": 1.0},
    },
    "captured": {
        "theorems": ["linear-limit", "limit-candidate", "capture", "capture-anchored"],
        "data": {"kind": "gaussian", "samples": 12, "dimension": 30},
        "training": {"until": "captured", "steps": 2000},
        "tolerance": {"angle": 0.5},
    },
    "wide": {
        "theorems": ["path-kernel"],
        "data": {"kind": "shifted-gaussian", "samples": 20, "dimension": 10},
        "network": {"slope": 0.5, "width": 20},
        "wide": {"eps": 0.5, "loss": "logistic", "momentum": 0.9, "steps": 50, "points": 20},
    },
}
"""In which every theorem passes as long as no fault is planted; at most a second each."""


def scenario(name: str, fault: str = "no-fault") -> Scenario:
    """The small scenario of that name, its own name telling which fault it runs under."""
    light = {"network": _NETWORK} if name == "wide" else {"network": _NETWORK, "training": _LIGHT}
    return Scenario.model_validate({"name": f"{name}-{fault}", **light, **SCENARIOS[name]})


Plant = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """A fault, in words, and how to plant it while the scenario of that name runs."""

    id: str
    says: str
    scenario: str
    plant: Plant


def _at(owner: object, name: str, wrong: Callable[[Any], Any]) -> Plant:
    """`owner.name` is wrong(right) while the fault is planted."""

    @contextmanager
    def exchanged() -> Iterator[None]:
        right = getattr(owner, name)
        setattr(owner, name, wrong(right))
        # Intervals of counts seen before would hide a fault in how they are computed.
        statistics.binomial_interval.cache_clear()
        try:
            yield
        finally:
            setattr(owner, name, right)
            statistics.binomial_interval.cache_clear()

    return exchanged


def _given(owner: object, name: str, change: Callable[[Any], Any], *places: int) -> Plant:
    """The function is given other arguments at these places."""

    def wrong(right: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            return right(*(change(g) if k in places else g for k, g in enumerate(given)), **named)

        return run

    return _at(owner, name, wrong)


def _returned(owner: object, name: str, change: Callable[[Any], Any]) -> Plant:
    """The function returns something else."""
    return _at(owner, name, lambda f: lambda *given, **named: change(f(*given, **named)))


class _BiasedDraws(np.random.Generator):
    """A source of random numbers with a bias in each kind of draw."""

    def choice(self, a: Any, size: Any = None, *_: Any, **__: Any) -> Any:
        return np.where(self.random(size) < 0.8, a[-1], a[0])

    def standard_normal(self, size: Any = None, *_: Any, **__: Any) -> Any:
        drawn = super().standard_normal(size)
        drawn[..., -1] *= 1.3
        return drawn

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        return 0.95 * super().uniform(low, high, size)


def _biased(stream: str) -> Plant:
    """Bias in one stream of random numbers of every scenario."""

    def wrong(right: Callable[[Scenario, str], np.random.Generator]) -> Any:
        def generator(self: Scenario, purpose: str) -> np.random.Generator:
            found = right(self, purpose)
            return _BiasedDraws(found.bit_generator) if purpose == stream else found

        return generator

    return _at(Scenario, "generator", wrong)


def _permuted(enclosed: Any) -> Any:
    order = np.roll(np.arange(len(enclosed)), 1)
    return enclosed[np.ix_(order, order)]


def _first_half(enclosed: Any) -> Any:
    kept = np.arange(len(enclosed) // 2)
    return enclosed[np.ix_(kept, kept)]


def _first_negated(values: np.ndarray, until: int = 1) -> np.ndarray:
    wrong = np.array(values)
    wrong[:until] *= -1
    return wrong


def _half(slope: Any) -> Fraction:
    return Fraction(slope) / 2


def _less(name: str, factor: float) -> Callable[[Any], Any]:
    """A capture certificate with one of its numbers multiplied."""

    def change(found: Any) -> Any:
        if found.certified is None:
            return found
        number = getattr(found.certified, name) * Interval.exact(factor)
        return replace(found, certified=replace(found.certified, **{name: number}))

    return change


_FAULTS: Mapping[str, Mapping[str, tuple[str, Plant]]] = {
    "natural": {
        "slope-in-the-pattern": (
            "The margin matrix is built with half the slope.",
            _given(multipliers, "margin_matrix", _half, 2),
        ),
        "slope-in-the-activations": (
            "The activation margins are computed with half the slope.",
            _given(multipliers, "candidate", _half, 3),
        ),
        "permuted-gram": (
            "Rows and columns of the Gram matrix belong to other samples than their labels.",
            _returned(gram, "gram_matrix", _permuted),
        ),
        "float32-gram": (
            "The Gram matrix is that of the samples rounded to float32.",
            _given(gram, "gram_matrix", lambda x: x.astype("f4").astype("f8"), 0),
        ),
        "rounding-forgotten": (
            "The Gram matrix has no rounding bounds.",
            _returned(gram, "gram_matrix", lambda enclosed: BallArray.exact(enclosed.mid)),
        ),
        "multipliers-for-other-labels": (
            "The multipliers are solved for with the label of one sample wrong.",
            _given(learner, "linear_kkt_point", _first_negated, 1),
        ),
        "inexact-solve": (
            "The enclosure of the multipliers is off by one part in a million.",
            _returned(multipliers, "verified_solve", lambda v: v if v is None else v * _OFF),
        ),
        "halves-of-the-limit": (
            "The two halves of the limit network are exchanged.",
            _returned(multipliers, "limit_coefficients", lambda found: found[:, ::-1]),
        ),
        "halves-in-training": (
            "Training takes the output weights of the two halves with the wrong sign.",
            _returned(descent, "output_weights", lambda weights: -weights),
        ),
        "stopped-early": (
            "The trainer stops after a hundredth of the steps.",
            _given(learner, "train", lambda recipe: replace(recipe, steps=recipe.steps // 100), 3),
        ),
        "angle-understated": (
            "The certified angle is a tenth of what it should be.",
            _returned(learner, "certified_angle", lambda angle: replace(angle, tau=angle.tau / 10)),
        ),
    },
    "uneven": {
        "pairs-left-out": (
            "The largest inner product is sought among the first half of the samples.",
            _given(gram, "_off_diagonal", _first_half, 0),
        ),
    },
    "flipped": {
        "sign-of-q": (
            "q has the wrong sign.",
            _returned(learner, "linear_normal", lambda q: -q),
        ),
        "sign-of-the-label": (
            "Samples are perturbed against their label instead of towards it.",
            _given(GeometricPerturbation, "perturbed", lambda y: -y, 2),
        ),
        "wrong-eps": (
            "Samples are perturbed by one percent more than eps.",
            _given(
                GeometricPerturbation,
                "perturbed",
                lambda made: made.model_copy(update={"eps": 1.01 * made.eps}),
                0,
            ),
        ),
        "biased-gaussian-points": (
            "Isotropic points are 1.3 times too wide in one direction.",
            _biased("isotropic points"),
        ),
    },
    "captured": {
        "halves-of-the-convex-limit": (
            "The linear form of the convex limit takes both halves with one sign.",
            _at(
                ConvexLimit,
                "answers",
                lambda right: lambda limit, z: (right(limit, z)[0], -right(limit, z)[1]),
            ),
        ),
        "distance-understated": (
            "The certified distance to the limit is half of what it should be.",
            _returned(capture, "capture", _less("distance", 0.5)),
        ),
        "mean-for-the-sum": (
            "The certificate takes the mean loss where it is stated for the sum.",
            _returned(capture, "log_loss", lambda total: total - Interval.exact(12).log()),
        ),
        "entropy-overstated": (
            "The entropy of the multipliers is five times what it should be.",
            _at(ConvexLimit, "entropy", lambda right: property(lambda self: right.func(self) * 5)),
        ),
        "norm-growth-understated": (
            "The certificate takes half of M, the rate at which the norm may grow.",
            _returned(capture, "capture", _less("ratio", 0.5)),
        ),
        "anchor-nearer-than-it-is": (
            "The distance of the checkpoint from its anchor is a hundredth part too small.",
            _returned(anchor, "_line", lambda line: replace(line, offset=line.offset * _LESS)),
        ),
        "anchor-of-another-time": (
            "The time that belongs to the anchor is taken as one more than it is.",
            _returned(anchor, "_line", lambda line: replace(line, time=line.time + 1)),
        ),
    },
    "wide": {
        "momentum-of-the-last-step": (
            "The path weights take every step as worth what it comes to without an end.",
            _at(
                wide, "worth", lambda _: lambda setup, s: setup.learning_rate / (1 - setup.momentum)
            ),
        ),
        "biases-not-trained": (
            "The samples are given to training without the coordinate of the bias.",
            _returned(wide, "homogeneous", lambda x: x * np.append(np.ones(x.shape[1] - 1), 0.0)),
        ),
        "gradients-not-normalised": (
            "Samples are perturbed by eps times the gradient, not its direction.",
            _returned(wide, "_sizes", np.ones_like),
        ),
    },
    "noise": {
        "wrong-direction": (
            "Half of the coordinates of the perturbation have the wrong sign.",
            _returned(L2, "direction", lambda e: _first_negated(e, len(e) // 2)),
        ),
        "wrong-rho": (
            "The cosine of q and q^a is squared.",
            _returned(normals, "cosine", lambda rho: rho**2),
        ),
        "biased-labels": (
            "Random labels are +1 with probability .8.",
            _biased("fresh labels"),
        ),
        "biased-fresh-data": (
            "Fresh uniform samples fill only 95 percent of the range.",
            _biased("fresh data"),
        ),
        "interval-of-more-trials": (
            "Binomial intervals are computed for ten times as many trials.",
            _given(statistics, "betaincinv", lambda count: 10 * count, 0, 1),
        ),
        "trials-overcounted": (
            "Every trial is counted a hundred times.",
            _given(Measured, "counted", lambda count: 100 * count, 0, 1),
        ),
    },
}
"""What is wrong and how it is planted, by id, in the order of the table in the documentation."""
FAULTS: tuple[Fault, ...] = tuple(
    Fault(id, says, name, plant)
    for name, some in _FAULTS.items()
    for id, (says, plant) in some.items()
)
