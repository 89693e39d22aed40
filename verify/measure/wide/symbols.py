"""Symbols of the theorems about wide networks, f and g."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ....numerics.wide.fresh import height_rounding
from ....numerics.wide.identities import Residual
from ....numerics.wide.kernel import cosines_enclosed
from ....numerics.wide.lazy import Lazy
from ....numerics.wide.setting import draw_start
from ....numerics.wide.training import homogeneous
from ....theory.exact.interval import Interval
from ...values import Measured, Rigor
from ..experiment import Experiment, is_wide, measures
from ..one_set import gives
from .pair import WidePair

gives("momentum", "the scenario's momentum", lambda e: e.wide.setup.momentum, is_wide)
gives("delta_start", "the scenario's delta", lambda e: e.scenario.chance.delta, is_wide)
gives("kernel_asked", "the scenario's tolerance", lambda e: e.scenario.tolerance.kernel, is_wide)


@measures("path_weight_min", is_wide)
def path_weight_min(experiment: Experiment) -> Measured:
    least = min(paths.weights.min() for paths in experiment.wide.paths)
    # Sums of terms >= 0, each rounded: their signs are exact.
    return Measured(Interval.exact(float(least)), "summed up beside the training of f and g")


# The identities.


RESIDUALS: dict[str, Callable[[WidePair], tuple[Residual, ...]]] = {
    "output": lambda pair: tuple(p.at(pair.points).output_residual() for p in pair.paths),
    "gradient": lambda pair: (pair.paths[0].at(pair.sample.x).gradient_residual(),),
    "learned": lambda pair: (pair.learned.residual,),
}
"""What is left between the two sides of each identity, of f, or of f and g."""


def residual(pair: WidePair, name: str) -> Residual:
    """That of a name with most left beyond rounding."""
    return max(RESIDUALS[name](pair), key=lambda one: one.value - one.rounding)


def _register_residual(name: str) -> None:
    @measures(f"{name}_residual", is_wide)
    def left(experiment: Experiment) -> Measured:
        value = residual(experiment.wide, name).value
        return Measured(Interval.exact(value), "the two sides, each in float64")

    @measures(f"{name}_rounding", is_wide)
    def rounding(experiment: Experiment) -> Measured:
        pair = experiment.wide
        how = f"bounds of every rounding in {pair.setup.steps} steps, and of both sides in balls"
        return Measured(Interval.exact(residual(pair, name).rounding), how)


for _name in RESIDUALS:
    _register_residual(_name)


def _counted(value: int, of: int, what: str) -> Measured:
    return Measured(Interval.exact(value), f"counted over {of} {what}")


@measures("path_contrary", is_wide)
def path_contrary(experiment: Experiment) -> Measured:
    found = experiment.wide.learned
    size = len(found.outweighed)
    return _counted(found.contrary, int(found.outweighed.sum()), f"of {size} test points")


# The kernel, and the start.


@measures("kernel_cos", is_wide)
def kernel_cos(experiment: Experiment) -> Measured:
    x, z = _first_pair(experiment)
    found = cosines_enclosed(x[None], z[None]).interval(0, 0)
    return Measured(found.max(-1).min(1), "the first sample and the first test point")


def _first_pair(experiment: Experiment) -> tuple[np.ndarray, np.ndarray]:
    return experiment.sample.x[0], experiment.wide.points[0]


@measures("kernel_same", is_wide)
def kernel_same(experiment: Experiment) -> Measured:
    draws, rng = experiment.wide.setup.draws, experiment.scenario.generator("wide neurons")
    pair = np.stack(_first_pair(experiment))
    start = draw_start(draws, pair.shape[1], rng)
    heights = homogeneous(pair) @ start.weights.T
    sure = (abs(heights) > height_rounding(pair, start.weights)).all(axis=0)
    same = (heights[0] > 0) == (heights[1] > 0)
    undecided = int((~sure).sum())
    return Measured.counted(int((same & sure).sum()), draws, "fresh neurons", undecided)


def _register_chance(symbol: str, which: int) -> None:
    @measures(symbol, is_wide)
    def chance(experiment: Experiment) -> Measured:
        events = (both[which] for both in experiment.wide.fresh_starts)
        return Measured.counted_in(events, "fresh starts")


_register_chance("chance_kernel", 0)
_register_chance("chance_flips", 1)


@measures("loss_weight_min", is_wide)
def loss_weight_min(experiment: Experiment) -> Measured:
    pair = experiment.wide
    least = min(pair.f.least_slope, pair.g.least_slope)
    if pair.setup.loss == "identity":
        return Measured(Interval.exact(1), "the identity loss", Rigor.PROVED)
    found = Interval.between(least * (1 - 1e-12), least * (1 + 1e-12)).min(1)
    return Measured(found, "seen at every step of f and g")


# What is certified of f, g and both. Of the two networks the counts are summed.


def _register_count(symbol: str, read: Callable[[Lazy], int], what: str, which: int | None) -> None:
    @measures(symbol, is_wide)
    def count(experiment: Experiment) -> Measured:
        pair = experiment.wide
        chosen = pair.lazy if which is None else pair.lazy[which : which + 1]
        return Measured(Interval.exact(sum(map(read, chosen))), what.format(len(pair.points)))


_register_count(
    "lazy_contrary", lambda one: one.kernel_contrary, "samples by {} test points, f and g", None
)
_register_count("start_contrary", lambda one: one.start_contrary, "{} test points, f and g", None)
_register_count("drift_contrary", lambda one: one.drift_contrary, "{} test points, f and g", None)
_register_count("base_contrary", lambda one: one.base_contrary, "those certified of {}", 0)
_register_count("learned_contrary", lambda one: one.base_contrary, "those certified of {}", 1)


@measures("wide_certified", is_wide)
def wide_certified(experiment: Experiment) -> Measured:
    pair = experiment.wide
    return _counted(int(certified(pair).sum()), len(pair.points), "test points")


def certified(pair: WidePair) -> np.ndarray:
    """Where both are certified, and to one sign, bool (B,)."""
    f, g = pair.lazy
    return f.certified & g.certified & (f.expected * g.expected).positive


@measures("wide_matches", is_wide)
def wide_matches(experiment: Experiment) -> Measured:
    pair = experiment.wide
    f, g = (one.value for one in pair.lazy)
    return _counted(int((~(f * g).negative).sum()), len(pair.points), "test points")
