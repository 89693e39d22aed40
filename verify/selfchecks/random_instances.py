"""Random small scenarios, judged by every theorem as one run.

In the regime no theorem may FAIL, ERROR or be VACUOUS; outside none may FAIL, ERROR or PASS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...numerics.enclosure import precision
from ...numerics.input_error import InputError
from ...theory.catalog import catalog
from ...theory.engine import ProofReport, prove
from ...theory.statement import Theorem
from ..cross_checks.experiment import cross_checks
from ..cross_checks.samplers import sampler_checks
from ..experiment import Experiment
from ..measurements import measure
from ..measuring import FAULTS, MeasuredScenario
from ..progress import Progress, unwatched
from ..run import ScenarioOutcome, judge_measured, select
from ..scenario import Scenario
from ..verdict import Verdict
from .instance_recipes import Instance, instances


@dataclass
class Tally:
    """What became of one theorem: its verdicts inside the regime, outside, and where unknown.

    Inside is what the recipe says, or where it says nothing, that all assumptions were certainly
    met as measured.
    """

    inside: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Agreement:
    """All instances judged: tallies by theorem, instances in and out of some theorem's regime, and
    what should not have happened, in words."""

    tallies: Mapping[str, Tally]
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
    proofs = proofs or {theorem.id: prove(theorem) for theorem in known}
    chosen: list[Instance] = []
    measured: list[MeasuredScenario] = []
    for instance in instances(count, rng):
        progress("random instances", len(chosen), count)
        try:
            measured.append(_measured(instance.scenario, select(instance.scenario, known)))
        except InputError:
            continue  # random labels of one class only, which are no perturbed set
        chosen.append(instance)
    return _tallied(chosen, judge_measured(measured, known, proofs), known)


def _measured(scenario: Scenario, theorems: tuple[Theorem, ...]) -> MeasuredScenario:
    """What the theorems need and every cross-check, without observations and figures."""
    experiment = Experiment(scenario)
    names = sorted({s.name for theorem in theorems for s in theorem.measured_symbols})
    ids = tuple(theorem.id for theorem in theorems)
    try:
        with precision(scenario.working_bits):
            values = measure(experiment, names)
            checks = (*cross_checks(experiment), *sampler_checks(experiment, values))
    except InputError:
        raise
    except FAULTS as error:
        return MeasuredScenario(scenario, ids, error=f"{type(error).__name__}: {error}")
    return MeasuredScenario(scenario, ids, measured=values, cross_checks=checks)


def _tallied(
    chosen: Iterable[Instance], outcomes: Iterable[ScenarioOutcome], theorems: Iterable[Theorem]
) -> Agreement:
    tallies = {theorem.id: Tally() for theorem in theorems}
    inside = outside = 0
    wrong: list[str] = []
    for instance, outcome in zip(chosen, outcomes, strict=True):
        if outcome.error is not None:
            wrong.append(f"{outcome.scenario.name}: {outcome.error}")
        regimes: set[bool | None] = set()
        for judged in outcome.judgements:
            theorem, verdict = judged.theorem, judged.verdict
            regime = instance.regime(theorem)
            bad = {Verdict.ERROR, Verdict.FAIL}
            if regime is True:
                bad |= {Verdict.VACUOUS}
            elif regime is False:
                bad |= {Verdict.PASS}
            if verdict in bad:
                where = {True: "in", False: "outside", None: "near"}[regime]
                wrong.append(
                    f"{outcome.scenario.name}: {theorem.id} is {verdict.value} {where} its "
                    f"regime: {judged.reason}"
                )
            if regime is None and all(a.holds == "yes" for a in judged.assumptions):
                regime = True
            elif regime is None and any(a.holds == "no" for a in judged.assumptions):
                regime = False
            tally = tallies[theorem.id]
            counter = {True: tally.inside, False: tally.outside, None: tally.undecided}[regime]
            counter[verdict.value] += 1
            regimes.add(regime)
        inside, outside = inside + (True in regimes), outside + (False in regimes)
    return Agreement(tallies, inside, outside, tuple(wrong))
