"""Measuring a scenario: draw, solve, train, measure. No verdict is formed here.

What comes out is plain values, so that all scenarios of a run can be judged together afterwards:
the confidence level of one statistical claim depends on how many the run makes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import binomtest

from ...numerics.boundary.decomposition import cosine
from ...numerics.configuration import InputError
from ...numerics.data.sample import Sample, row_list
from ...theory.exact.interval import Interval
from ...theory.exact.scalars import precision
from ...theory.statement import Theorem
from ...theory.symbols import gamma
from ..scenarios.scenario import Scenario
from ..values import CrossCheck, Measured, Observation, Progress, factor, unwatched
from . import measure
from .captured_pair import pair_notes
from .chance import sampler_checks
from .cross_checks import cross_checks
from .experiment import Experiment, PerturbedLearner
from .figures.scenario import figures
from .observations import LEVEL, half_aware_load, observations, predicted_accuracy, right
from .test_points import Coverage, Matching, coverage
from .wide.told import wide_checks, wide_notes, wide_observations

# Findings in words: what a reader should take away from a scenario.


def notes(experiment: Experiment) -> Iterator[str]:
    """Sentences about the data, the subset and the limit: what no verdict is needed for."""
    sample = experiment.sample
    if experiment.scenario.subset is not None:
        yield (
            f"The {experiment.scenario.subset.certificate} certificate holds for {sample.n} of "
            f"{experiment.drawn.n} samples, "
            f"{row_list(sample.rows)} of the source; no single further sample can be added."
        )
    for first, second in experiment.gram.duplicates[:3]:
        yield (
            f"Samples {first} and {second} (rows {sample.rows[first]} and {sample.rows[second]} of "
            "the source) are equal, so the Gram matrix is singular."
        )
    if not experiment.has_limit:
        yield f"No exact limit: {experiment.why_no_limit}."
    if experiment.scenario.perturbed is not None:
        yield from _accuracy(experiment, experiment.scenario.perturbed.labels == "flipped")
        yield from _brought(experiment.perturbed)
        yield from pair_notes(experiment)
        for natural in experiment.matching:
            if natural.points.name == "natural samples":
                yield _explained(experiment, natural)
        yield from _side(experiment)
        if experiment.matching:
            yield _coverage(coverage(experiment.matching))
        yield from _orthogonality(experiment)


def _brought(learner: PerturbedLearner) -> Iterator[str]:
    """Whether the perturbations that the user brings are those of theorems on one direction."""
    made = learner.made
    if made.brought is None:
        return
    if made.shares_direction:
        apart = made.brought.apart.max()
        yield (
            f"The perturbations in the file are one step of length {made.brought.eps:.6g} times "
            f"their labels, to within {apart:.1g}: theorems on a shared direction speak of them."
        )
    else:
        yield f"{learner.no_direction.capitalize()}. Theorems about one say nothing of them."


def _accuracy(experiment: Experiment, flipped: bool) -> Iterator[str]:
    """Accuracy of g and of the control on the natural samples."""
    sample, size = experiment.sample, experiment.sample.n
    g, control = (right(experiment.networks[name].network, sample) for name in ("g", "control"))
    learnt = "as the flipped labels teach it to do"
    beside = learnt if flipped else f"which {_against_chance(control, size)}"
    yield (
        f"Trained on perturbed samples, g classifies {g} of {size} natural samples as labelled "
        f"({g / size:.1%}), which {_against_chance(g, size)}; the control, trained on the same "
        f"base and labels without perturbations, {control} ({control / size:.1%}), {beside}."
    )
    share = predicted_accuracy(experiment)
    if share is not None:
        yield (
            f"The prediction for this accuracy (a heuristic, not a theorem) is {share:.1%}, "
            f"{abs(g / size - share) * 100:.1f} points from what the trained network reaches."
        )


def _against_chance(count: int, size: int) -> str:
    """How a count compares with a fair coin, at the two-sided exact level of the report."""
    if binomtest(count, size).pvalue >= 1 - LEVEL:
        return "chance could give"
    return "is above chance" if 2 * count > size else "is below chance"


def _explained(experiment: Experiment, natural: Matching) -> str:
    """Whether perturbations or base decide where the exact solutions agree."""
    agreeing, size = natural.agreeing > 0, len(natural.agreeing)
    decided = abs(natural.values.T2_z.mid) > abs(natural.values.T1_z.mid)
    by_perturbations, by_base = int((agreeing & decided).sum()), int((agreeing & ~decided).sum())
    samples = f"the {'' if size == experiment.sample.n else 'first '}{size} natural samples"
    median = f"the median of |T2|/|T1| is {np.median(natural.ratio):.3g}"
    told = "The exact solutions of g and f agree in sign on"
    if not agreeing.any():
        return f"{told} none of {samples}: {median}."
    rest = (
        f"at {by_perturbations} of these the perturbations decide the sign, |T2| > |T1|, at the "
        f"other {by_base} the base samples happen to help"
        if by_base
        else "at each of these the perturbations decide the sign, |T2| > |T1|"
    )
    return f"{told} {int(agreeing.sum())} of {samples}; {rest}; {median}."


def _side(experiment: Experiment) -> Iterator[str]:
    learnt = experiment.perturbed.normal
    if experiment.normal is None or learnt is None:
        return
    rho = cosine(experiment.normal, learnt)
    if rho.upper < 0:
        yield (
            f"The boundary that g learns is turned away from that of f, cos(q^a, q) = "
            f"{_short(rho)}: perturbations of this size do not outweigh the labels of the base."
        )


def _coverage(found: Coverage) -> str:
    told = "The deterministic matching theorem covers"
    if not found.covered:
        also = f"{found.agreeing} of them all the same" if found.agreeing else "none of them either"
        return f"{told} none of the {found.points} test points; q and q^a agree about {also}."
    all_ = "all of these" if found.both == found.covered else f"only {found.both} of these"
    return (
        f"{told} {found.covered} of the {found.points} test points. q and q^a certainly agree "
        f"about {all_}, and about {found.agreeing - found.both} that it does not cover."
    )


def _orthogonality(experiment: Experiment) -> Iterator[str]:
    before, after = experiment.control, experiment.perturbed
    low, high = half_aware_load(before), half_aware_load(after)
    if low is not None and high is not None and after.gram.p_max.upper > 0:
        yield (
            "The perturbations take the largest inner product of the base samples from "
            f"{_short(before.gram.p_max)} to {_short(after.gram.p_max)}, and the load of the "
            f"half-aware condition (met below 1) from {factor(low)} to {factor(high)}."
        )


def _short(value: Interval) -> str:
    return f"{(value.lower + value.upper) / 2:.3g}"


FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError)
FAULTS += (RuntimeError, TypeError, ValueError)
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
    sample: Sample | None = None,
    device: str = "cpu",
    progress: Progress = unwatched,
    with_figures: bool = True,
) -> MeasuredScenario:
    """Measure what these theorems need in a scenario; `sample` stands for its data if given.

    Raises:
        InputError: the data cannot be used. Any other fault is the `error` of the result.
    """
    about = tuple(theorems)
    symbols = {symbol.name for theorem in about for symbol in theorem.measured_symbols}
    return measure_symbols(
        scenario,
        tuple(theorem.id for theorem in about),
        symbols,
        sample=sample,
        device=device,
        progress=progress,
        shown=about if with_figures else None,
    )


def measure_symbols(
    scenario: Scenario,
    theorems: tuple[str, ...],
    symbols: Iterable[str],
    *,
    sample: Sample | None = None,
    device: str = "cpu",
    progress: Progress = unwatched,
    shown: tuple[Theorem, ...] | None = None,
) -> MeasuredScenario:
    """The same for theorems of which only the ids and symbols are known, as a worker does.

    `shown` are the theorems whose claims the figures show; None for no figures.

    Raises:
        InputError: as for `measure_scenario`.
    """
    started = time.perf_counter()
    experiment = Experiment(scenario, device, progress, sample)
    try:
        with precision(scenario.working_bits):
            measured = measure(experiment, sorted({gamma.name, *symbols}))
            if scenario.wide is not None:
                pair, drawn = experiment.wide, ()
                checks, seen, said = wide_checks(pair), wide_observations(pair), wide_notes(pair)
            else:
                checks = (*cross_checks(experiment), *sampler_checks(experiment, measured))
                seen, said = observations(experiment), notes(experiment)
                drawn = figures(experiment, shown) if shown is not None else ()
            return MeasuredScenario(
                scenario,
                theorems,
                described(experiment.sample),
                measured,
                tuple(checks),
                tuple(seen),
                tuple(said),
                drawn,
                time.perf_counter() - started,
            )
    except InputError as error:
        raise InputError(f"scenario {scenario.name}: {error}") from error
    except FAULTS as error:
        why = f"{type(error).__name__}: {error}"
        seconds = time.perf_counter() - started
        return MeasuredScenario(scenario, theorems, seconds=seconds, error=why)


def described(sample: Sample) -> dict[str, Any]:
    """A labelled set, for the report."""
    return {
        "source": sample.source,
        "samples": sample.n,
        "dimension": sample.d,
        "hash": sample.fingerprint(),
        "range": [float(sample.x.min()), float(sample.x.max())],
        "labels": dict(zip(("-1", "+1"), sample.label_names, strict=True)),
        "told": list(sample.told),
        "sha256": dict(sample.sha256),
    }
