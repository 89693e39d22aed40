"""Measuring a scenario: draw, solve, train, measure. No verdict is formed here.

What comes out is plain values, so that all scenarios of a run can be judged together afterwards:
the confidence level of one statistical claim depends on how many the run makes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...numerics.configuration import InputError
from ...theory.exact.endpoints import precision
from ...theory.statement import Theorem
from ..scenarios.scenario import Scenario
from ..values import CrossCheck, Measured, Observation, Progress, unwatched
from . import measure
from .chance import sampler_checks
from .cross_checks import cross_checks
from .experiment import Experiment
from .figures import figures
from .findings import notes
from .observations import observations

FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What ends as an ERROR of the scenario rather than of the program. InputError is none of them."""


@dataclass(frozen=True)
class MeasuredScenario:
    """Everything that was measured in one scenario. `error` says why it could not be finished.

    `theorems` are the ids of those it is to be judged by, `measured` their symbols, `notes` the
    findings that depend on no verdict.
    """

    scenario: Scenario
    theorems: tuple[str, ...]
    data: dict[str, Any] | None = None
    measured: Mapping[str, Measured] = field(default_factory=dict)
    cross_checks: tuple[CrossCheck, ...] = ()
    observations: tuple[Observation, ...] = ()
    notes: tuple[str, ...] = ()
    figures: tuple[dict[str, Any], ...] = ()
    seconds: float = 0.0
    error: str | None = None


def measure_scenario(
    scenario: Scenario,
    theorems: Iterable[Theorem],
    *,
    device: str = "cpu",
    progress: Progress = unwatched,
) -> MeasuredScenario:
    """Measure what these theorems need in a scenario.

    Raises:
        InputError: the data cannot be used. Any other fault is the `error` of the result.
    """
    theorems = tuple(theorems)
    ids = tuple(theorem.id for theorem in theorems)
    symbols = {symbol.name for theorem in theorems for symbol in theorem.measured_symbols}
    return measure_symbols(scenario, ids, symbols, device=device, progress=progress)


def measure_symbols(
    scenario: Scenario,
    theorems: tuple[str, ...],
    symbols: Iterable[str],
    *,
    device: str = "cpu",
    progress: Progress = unwatched,
    with_figures: bool = True,
) -> MeasuredScenario:
    """The same for theorems of which only the ids and symbols are known, as a worker does.

    Raises:
        InputError: as for `measure_scenario`.
    """
    started = time.perf_counter()
    experiment = Experiment(scenario, device, progress)
    try:
        with precision(scenario.working_bits):
            return _measured(experiment, theorems, sorted(symbols), with_figures, started)
    except InputError as error:
        raise InputError(f"scenario {scenario.name}: {error}") from error
    except FAULTS as error:
        why = f"{type(error).__name__}: {error}"
        seconds = time.perf_counter() - started
        return MeasuredScenario(scenario, theorems, seconds=seconds, error=why)


def _measured(
    experiment: Experiment,
    theorems: tuple[str, ...],
    symbols: list[str],
    with_figures: bool,
    started: float,
) -> MeasuredScenario:
    sample = experiment.sample
    measured = measure(experiment, symbols)
    checks = (*cross_checks(experiment), *sampler_checks(experiment, measured))
    seen = observations(experiment)
    data = {
        "source": sample.source,
        "samples": sample.n,
        "dimension": sample.d,
        "hash": sample.fingerprint(),
        "range": [float(sample.x.min()), float(sample.x.max())],
    }
    return MeasuredScenario(
        experiment.scenario,
        theorems,
        data,
        measured,
        checks,
        seen,
        notes(experiment),
        figures(experiment) if with_figures else (),
        time.perf_counter() - started,
    )
