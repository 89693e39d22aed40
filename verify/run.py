"""Runs scenarios: draw, solve, train, measure, judge."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..numerics.enclosure import precision
from ..numerics.input_error import InputError
from ..theory.catalog import catalog
from ..theory.engine import ProofReport
from ..theory.statement import Theorem
from .cross_checks import cross_checks
from .experiment import Experiment
from .figure_data import figures
from .findings import findings
from .judge import Judgement, judge
from .measured import CrossCheck, Observation
from .measurements import measure, measured_symbols
from .observations import observations
from .progress import Progress, unwatched
from .scenario import Scenario
from .verdict import Verdict


@dataclass(frozen=True)
class ScenarioOutcome:
    """Everything that came of one scenario. `error` says why it could not be finished."""

    scenario: Scenario
    data: dict[str, Any] | None
    judgements: tuple[Judgement, ...]
    cross_checks: tuple[CrossCheck, ...]
    observations: tuple[Observation, ...]
    findings: tuple[str, ...]
    figures: tuple[dict[str, Any], ...]
    seconds: float
    error: str | None = None

    @property
    def judged(self) -> tuple[tuple[Verdict, Verdict], ...]:
        """Pairs of verdict and expected verdict; one ERROR when the scenario could not be run."""
        if self.error is not None:
            return ((Verdict.ERROR, Verdict.PASS),)
        return tuple((j.verdict, self.scenario.expected(j.theorem.id)) for j in self.judgements)


def select(scenario: Scenario, theorems: Iterable[Theorem]) -> tuple[Theorem, ...]:
    """The theorems that a scenario is about: those it names, or all that it can measure.

    Raises:
        InputError: it names a theorem, or expects a verdict of one, that there is not.
    """
    known = {theorem.id: theorem for theorem in theorems}
    named = scenario.theorems
    if named is None:
        can = measured_symbols(scenario)
        named = tuple(
            id for id, t in known.items() if all(s.name in can for s in t.measured_symbols)
        )
    expected = scenario.expect if isinstance(scenario.expect, dict) else {}
    for field, ids in (("theorems", named), ("expect", tuple(expected))):
        for id in ids:
            if id not in known:
                raise InputError(
                    f"scenario {scenario.name}, '{field}': no theorem {id!r}; known: "
                    f"{', '.join(known)}"
                )
    for id in expected:
        if id not in named:
            raise InputError(
                f"scenario {scenario.name}, 'expect': {id!r} is not among the theorems it runs"
            )
    if not named or len(set(named)) < len(named):
        twice = next((id for id in named if named.count(id) > 1), None)
        what = f"{twice!r} is named twice" if twice else "at least one theorem is needed"
        raise InputError(f"scenario {scenario.name}, 'theorems': {what}")
    return tuple(known[id] for id in named)


def run_scenario(
    scenario: Scenario,
    proofs: Mapping[str, ProofReport],
    *,
    theorems: tuple[Theorem, ...] | None = None,
    device: str = "cpu",
    progress: Progress = unwatched,
) -> ScenarioOutcome:
    """Run one scenario. Data that cannot be used raise InputError; any other fault is an ERROR."""
    started = time.perf_counter()
    chosen = select(scenario, theorems or catalog())
    experiment = Experiment(scenario, device, progress)
    try:
        with precision(128):
            return _measure_and_judge(experiment, chosen, proofs, started)
    except InputError as error:
        raise InputError(f"scenario {scenario.name}: {error}") from error
    except (ArithmeticError, AssertionError, MemoryError, RuntimeError, ValueError) as error:
        why = f"{type(error).__name__}: {error}"
        seconds = time.perf_counter() - started
        return ScenarioOutcome(scenario, None, (), (), (), (), (), seconds, why)


def _measure_and_judge(
    experiment: Experiment,
    theorems: tuple[Theorem, ...],
    proofs: Mapping[str, ProofReport],
    started: float,
) -> ScenarioOutcome:
    sample = experiment.sample
    names = {symbol.name for theorem in theorems for symbol in theorem.measured_symbols}
    measured = measure(experiment, sorted(names))
    checks = cross_checks(experiment)
    judgements = tuple(judge(t, proofs[t.id], measured, checks) for t in theorems)
    seen = observations(experiment)
    data = {
        "source": sample.source,
        "samples": sample.n,
        "dimension": sample.d,
        "hash": sample.fingerprint(),
        "range": [float(sample.x.min()), float(sample.x.max())],
    }
    return ScenarioOutcome(
        experiment.scenario,
        data,
        judgements,
        checks,
        seen,
        findings(experiment, judgements),
        figures(experiment),
        time.perf_counter() - started,
    )
