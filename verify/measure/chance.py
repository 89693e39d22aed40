"""Symbols of statements that hold with a probability: tried on fresh draws of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from sympy.logic.boolalg import Boolean

from ...numerics.compiler import compile_expression
from ...theory.exact.interval import Interval
from ...theory.steps.perturbed import CONDITION, RADIUS
from ...theory.symbols import symbols_of
from ...theory.theorems.boundary.uniform_data import CONDITIONS, Condition
from ..scenarios.scenario import Scenario
from ..values import Measured, Rigor
from .experiment import Experiment
from .one_set import has_perturbed_set
from .registry import measures


def _on_uniform_data(scenario: Scenario) -> bool:
    return scenario.data.kind == "uniform" and scenario.subset is None


def _on_uniform_noise(scenario: Scenario) -> bool:
    made = scenario.perturbed
    return made is not None and made.base == "uniform"


def _granted(scenario: Scenario) -> bool:
    return _on_uniform_data(scenario) or has_perturbed_set(scenario)


@measures("delta", _granted)
def failure_probability(experiment: Experiment) -> Measured:
    granted = Interval.exact(experiment.scenario.chance.delta)
    return Measured(granted, "the scenario's failure probability", Rigor.PROVED)


def fresh_draws(experiment: Experiment, stream: str) -> Iterator[np.ndarray]:
    """Fresh uniform samples (N, d), or noise (N_adv, d), as many times as the scenario says."""
    rng = experiment.scenario.generator(stream)
    size = experiment.sample.n if stream == "fresh data" else experiment.perturbed.made.base.n
    for _ in range(experiment.scenario.chance.draws):
        yield rng.uniform(-1, 1, (size, experiment.sample.d))


def _share(experiment: Experiment, stream: str, meets: Callable[[np.ndarray], bool]) -> Measured:
    """How often fresh uniform samples, as many as `shape` says, meet a condition."""
    draws, met = experiment.scenario.chance.draws, 0
    for k, x in enumerate(fresh_draws(experiment, stream)):
        experiment.progress(f"drawing {stream}", k, draws)
        met += meets(x)
    return Measured.counted(met, draws, "fresh draws")


def _holds(relation: Boolean, values: dict[str, float]) -> bool:
    symbols = symbols_of(relation)
    left, right = (
        compile_expression(side, symbols, "numpy")(*(values[s.name] for s in symbols))
        for side in relation.args
    )
    return bool(left < right) if relation.rel_op == "<" else bool(left > right)


def _norms(x: np.ndarray, prefix: str) -> dict[str, float]:
    gram = x @ x.T
    norms = np.sqrt(np.diag(gram))
    np.fill_diagonal(gram, 0)
    return {
        f"{prefix}R_min": float(norms.min()),
        f"{prefix}R_max": float(norms.max()),
        f"{prefix}p_max": float(abs(gram).max()),
    }


def _data_chance(condition: Condition) -> Callable[[Experiment], Measured]:
    def chance(experiment: Experiment) -> Measured:
        known = {"gamma": experiment.slope, "N": float(experiment.sample.n)}
        return _share(
            experiment,
            "fresh data",
            lambda x: _holds(CONDITIONS[condition], {**known, **_norms(x, "")}),
        )

    return chance


measures("chance_paper", _on_uniform_data)(_data_chance("paper"))
measures("chance_half_aware", _on_uniform_data)(_data_chance("half-aware"))


@measures("noise_chance", _on_uniform_noise)
def noise_chance(experiment: Experiment) -> Measured:
    made = experiment.perturbed.made
    if made.direction is None or made.eps is None:
        return Measured.missing("the perturbations of this set share no direction")
    direction = made.direction.dir
    known = {
        "gamma": experiment.slope,
        "N_adv": float(made.base.n),
        "eps": made.eps,
        "dir_sq": float(direction @ direction),
    }

    def meets(x: np.ndarray) -> bool:
        values = {**known, **_norms(x, "base_"), "kappa": float(abs(x @ direction).max())}
        return _holds(RADIUS.relation, values) and _holds(CONDITION.relation, values)

    return _share(experiment, "fresh noise", meets)
