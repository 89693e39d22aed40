"""Random small scenarios, judged by every theorem as one run.

In the regime no theorem may FAIL, ERROR or be VACUOUS; outside none may FAIL, ERROR or PASS. What
is known of an instance (inner products, norms, eps, ...) comes from its recipe and not from a
measurement, so that a measurement that misjudges the regime shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from sympy.logic.boolalg import Boolean

from ...numerics.compiler import compile_expression
from ...numerics.configuration import InputError
from ...theory.engine import ProofReport
from ...theory.statement import Theorem
from ...theory.symbols import symbols_of
from ...theory.theorems import catalog
from ..measure.measuring import MeasuredScenario, measure_symbols
from ..run.run import ScenarioOutcome, judge_measured, proved, select
from ..scenarios.scenario import Scenario
from ..values import Progress, Verdict, unwatched

_ROOM = 1e-6
"""Relative distance from an assumption's edge below which an instance counts as on neither side."""


@dataclass(frozen=True)
class Instance:
    """A scenario, and the values of symbols that its recipe fixes."""

    scenario: Scenario
    known: Mapping[str, float]

    def regime(self, theorem: Theorem) -> bool | None:
        """Whether all assumptions hold, or one does not; None where the recipe does not tell."""
        sides = [_holds(a.relation, self.known) for a in theorem.assumptions]
        if False in sides:
            return False
        return None if None in sides else True


def _holds(relation: Boolean, known: Mapping[str, float]) -> bool | None:
    if isinstance(relation, sp.And):
        parts = [_holds(part, known) for part in relation.args]  # type: ignore[arg-type]
        return False if False in parts else None if None in parts else True
    symbols = symbols_of(relation)
    if any(s.name not in known for s in symbols):
        return None
    at = [known[s.name] for s in symbols]
    left, right = (
        float(compile_expression(side, symbols)(*at))  # type: ignore[arg-type]
        for side in relation.args
    )
    small, large = (left, right) if isinstance(relation, sp.Lt | sp.Le) else (right, left)
    if small == large and isinstance(relation, sp.Le | sp.Ge):
        return True
    room = _ROOM * (abs(left) + abs(right))
    return None if abs(large - small) <= room else large > small


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def nearly_orthogonal(rng: np.random.Generator, name: str) -> Instance:
    """Equal norms and inner products of one size, from far inside to far outside every bound."""
    samples, slope = int(rng.integers(2, 9)), float(rng.uniform(0.05, 1.0))
    bound = slope**3 / (3 * samples)
    coherence = _log_uniform(rng, bound / 5, 0.95 / (samples - 1))
    radius = float(2.0 ** rng.integers(-8, 9))
    dimension = int(rng.integers(samples, 41))
    signs = str(rng.choice(["random", "adverse"]))
    labels = str(rng.choice(["alternating", "random"]))
    data = _near(samples, dimension, coherence, radius) | {"signs": signs, "labels": labels}
    return _made(name, rng, slope, data, _setting(samples, radius, coherence * radius**2))


def orthogonal_flipped(rng: np.random.Generator, name: str) -> Instance:
    """Coordinate axes with flipped labels, on both sides of the switch and near it."""
    samples = 2 * int(rng.integers(2, 7))
    slope, radius = float(rng.uniform(0.1, 1.0)), float(2.0 ** rng.integers(-4, 5))
    eps = _log_uniform(rng, 0.02, 4) * radius / samples**0.5
    dimension = int(rng.integers(samples, 41))
    data = {"kind": "orthogonal", "frame": "axes", "samples": samples, "dimension": dimension}
    known = _setting(samples, radius, 0.0) | {"d": dimension, "imbalance": 0.0}
    known |= {"eps": eps, "N_adv": samples, "dir_sq": 1.0, "kappa": radius / samples**0.5}
    known |= {"base_R_min": radius, "base_R_max": radius, "base_p_max": 0.0}
    flipped = _set("natural", "flipped", {"kind": "l2", "eps": eps})
    return _made(name, rng, slope, data | {"radius": radius}, known, perturbed=flipped)


def nearly_orthogonal_perturbed(rng: np.random.Generator, name: str) -> Instance:
    """A nearly orthogonal set, perturbed a little in any geometric way, flipped or with coins."""
    samples, dimension = int(rng.integers(4, 9)), int(rng.integers(12, 41))
    slope, radius = float(rng.uniform(0.4, 1.0)), float(2.0 ** rng.integers(-4, 5))
    coherence = float(rng.uniform(0.01, 1.2)) * slope**3 / (3 * samples)
    kind = str(rng.choice(["l2", "l2", "linf-rescaled", "linf-sign", "l0-value", "l0-sign"]))
    eps = _log_uniform(rng, 1e-3, 0.3) * radius
    perturbation: dict[str, Any] = {"kind": kind, "eps": eps}
    if kind == "linf-sign":
        perturbation["eps"] = eps / dimension**0.5
    if kind.startswith("l0"):
        perturbation["k"] = int(rng.integers(1, 4))
    labels = "flipped" if rng.random() < 0.8 else "random"
    return _made(
        name,
        rng,
        slope,
        _near(samples, dimension, coherence, radius),
        _setting(samples, radius, coherence * radius**2),
        perturbed=_set("natural", labels, perturbation),
        point={"kind": str(rng.choice(["direction", "training", "gaussian"]))},
    )


def uniform_noise(rng: np.random.Generator, name: str) -> Instance:
    """Uniform data and perturbed uniform noise with random labels, in high dimension."""
    samples, noise = int(rng.integers(2, 4)), int(rng.integers(2, 6))
    dimension = int(_log_uniform(rng, 500, 12_000))
    slope, delta = float(rng.uniform(0.85, 1.0)), float(rng.uniform(0.05, 0.6))
    eps = _log_uniform(rng, 0.3, 12)
    return _made(
        name,
        rng,
        slope,
        {"kind": "uniform", "samples": samples, "dimension": dimension},
        {"N": samples, "d": dimension, "delta": delta, "N_adv": noise, "eps": eps, "dir_sq": 1.0},
        perturbed=_set("uniform", "random", {"kind": "l2", "eps": eps}) | {"samples": noise},
        chance={"delta": delta, "draws": 40},
    )


Recipe = Callable[[np.random.Generator, str], Instance]
RECIPES: Mapping[str, tuple[Recipe, float]] = {
    "nearly-orthogonal": (nearly_orthogonal, 0.8),
    "orthogonal-flipped": (orthogonal_flipped, 0.1),
    "nearly-orthogonal-perturbed": (nearly_orthogonal_perturbed, 0.07),
    "uniform-noise": (uniform_noise, 0.03),
}
"""Each recipe and its share of the instances."""


def _made(
    name: str,
    rng: np.random.Generator,
    slope: float,
    data: Mapping[str, Any],
    known: Mapping[str, float],
    **sections: Any,
) -> Instance:
    scenario = {
        "name": name,
        "seed": int(rng.integers(2**31)),
        "data": data,
        "network": {"slope": slope, "width": 2, "initial_scale": 1e-4},
        "training": {"steps": 150},
        "tolerance": {"angle": 0.9},
        **sections,
    }
    return Instance(Scenario.model_validate(scenario), {"gamma": slope, **known})


def _near(samples: int, dimension: int, coherence: float, radius: float) -> dict[str, Any]:
    size = {"samples": samples, "dimension": dimension}
    return {"kind": "near-orthogonal", **size, "coherence": coherence, "radius": radius}


def _set(base: str, labels: str, perturbation: Mapping[str, Any]) -> dict[str, Any]:
    return {"base": base, "labels": labels, "perturbation": perturbation}


def _setting(samples: int, radius: float, p_max: float) -> dict[str, float]:
    return {"N": samples, "R_min": radius, "R_max": radius, "p_max": p_max}


def instances(count: int, rng: np.random.Generator) -> Iterator[Instance]:
    """So many instances, their recipes in fixed shares."""
    for recipe, (make, share) in RECIPES.items():
        for number in range(max(1, round(share * count))):
            yield make(rng, f"{recipe}-{number}")


@dataclass(frozen=True)
class Agreement:
    """All instances judged.

    `tallies` count the verdicts of each theorem `inside` its regime, `outside`, and `near` where
    that is unknown: inside is what the recipe says, or where it says nothing, that all assumptions
    were certainly met as measured. `inside`, `outside`: instances in and out of some theorem's
    regime. `wrong`: what should not have happened, in words.
    """

    tallies: Mapping[str, Mapping[str, Counter[str]]]
    inside: int
    outside: int
    wrong: tuple[str, ...]


def agreement(
    count: int,
    rng: np.random.Generator,
    *,
    theorems: Sequence[Theorem] | None = None,
    proofs: Mapping[str, ProofReport] | None = None,
    progress: Progress = unwatched,
) -> Agreement:
    """Judge so many random instances together, as one run with one level of confidence.

    `theorems` defaults to the catalog, `proofs` to having them proved.
    """
    known = tuple(theorems or catalog())
    proofs = proofs or proved(known, progress)
    chosen: list[Instance] = []
    measured: list[MeasuredScenario] = []
    for instance in instances(count, rng):
        progress("random instances", len(chosen), count)
        theorems_of = select(instance.scenario, known)
        ids = tuple(theorem.id for theorem in theorems_of)
        names = {s.name for theorem in theorems_of for s in theorem.measured_symbols}
        try:
            measured.append(measure_symbols(instance.scenario, ids, names, with_figures=False))
        except InputError:
            continue  # random labels of one class only, which are no perturbed set
        chosen.append(instance)
    return _tallied(chosen, judge_measured(measured, known, proofs), known)


def _tallied(
    chosen: Iterable[Instance], outcomes: Iterable[ScenarioOutcome], theorems: Iterable[Theorem]
) -> Agreement:
    places = {True: "inside", False: "outside", None: "near"}
    forbidden = {True: Verdict.VACUOUS, False: Verdict.PASS, None: None}
    tallies = {theorem.id: {where: Counter() for where in places.values()} for theorem in theorems}
    seen: Counter[bool | None] = Counter()
    wrong: list[str] = []
    for instance, outcome in zip(chosen, outcomes, strict=True):
        if outcome.error is not None:
            wrong.append(f"{outcome.scenario.name}: {outcome.error}")
        regimes: set[bool | None] = set()
        for judged in outcome.judgements:
            theorem, verdict = judged.theorem, judged.verdict
            regime = instance.regime(theorem)
            if verdict in (Verdict.ERROR, Verdict.FAIL, forbidden[regime]):
                where = {True: "in", False: "outside", None: "near"}[regime]
                wrong.append(
                    f"{outcome.scenario.name}: {theorem.id} is {verdict.value} {where} its "
                    f"regime: {judged.reason}"
                )
            held = {a.holds for a in judged.assumptions}
            if regime is None and ("no" in held or held <= {"yes"}):
                regime = "no" not in held
            tallies[theorem.id][places[regime]][verdict.value] += 1
            regimes.add(regime)
        seen.update(regimes)
    return Agreement(tallies, seen[True], seen[False], tuple(wrong))
