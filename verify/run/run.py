"""Runs scenarios: measure each, then judge them all."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from ...numerics.configuration import InputError
from ...numerics.data import Sample
from ...numerics.device import cores
from ...theory.engine import ProofReport
from ...theory.exact.scalars import precision
from ...theory.refute.survey import tested
from ...theory.second_opinion import second_opinions, with_opinions
from ...theory.statement import Theorem
from ...theory.theorems import catalog
from ..judge import Judgement, judge
from ..measure import measured_symbols
from ..measure.measuring import FAULTS, MeasuredScenario, measure_scenario
from ..measure.observations import accuracies
from ..scenarios.inputs import check_ids
from ..scenarios.scenario import WORKING_BITS, Scenario
from ..statistics import Level, Levels, family_levels
from ..values import ClaimVerdict, Progress, Verdict, factor, unwatched
from .store import (
    Store,
    computed,
    file_digest,
    kept,
    measured_from_plain,
    measured_to_plain,
    scenario_key,
)

JOURNAL = ".perturbproof-journal"
"""The folder, inside that of the report, of what is measured while a run goes on."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def findings(notes: Iterable[str], judgements: Iterable[Judgement]) -> tuple[str, ...]:
    """The notes, and a sentence on each theorem whose assumptions fail."""
    vacuous = (_vacuous(j) for j in judgements if j.verdict is Verdict.VACUOUS)
    return tuple(dict.fromkeys((*notes, *vacuous)))


def _vacuous(judgement: Judgement) -> str:
    failed = next(a for a in judgement.assumptions if a.holds == "no")
    load = failed.value.load if failed.value is not None else None
    far = f" by a factor of {factor(load)}" if load is not None and load.is_finite else ""
    words = {
        ClaimVerdict.OBSERVED: "observed all the same",
        ClaimVerdict.NOT_OBSERVED: "not observed",
        ClaimVerdict.INCONCLUSIVE: "undecided",
    }
    told = {v: [c.claim.id for c in judgement.claims if c.verdict is v] for v in words}
    parts = [f"{', '.join(ids)} {words[v]}" for v, ids in told.items() if ids]
    return (
        f"{judgement.theorem.title}: assumption '{failed.assumption.id}' fails{far}. "
        f"Claims: {'; '.join(parts)}."
    )


@dataclass(frozen=True)
class ScenarioOutcome(MeasuredScenario):
    """A measured scenario, what it says of each theorem, and in words what a reader should know."""

    judgements: tuple[Judgement, ...] = ()
    findings: tuple[str, ...] = ()

    @property
    def judged(self) -> tuple[tuple[Verdict, Verdict], ...]:
        """Pairs of verdict and expected verdict; one ERROR when the scenario could not be run."""
        if self.error is not None:
            return ((Verdict.ERROR, Verdict.PASS),)
        return tuple((j.verdict, self.scenario.expected(j.theorem.id)) for j in self.judgements)


@dataclass(frozen=True)
class Run:
    """A finished run: its outcomes in order, the theorems they are about, and their proofs."""

    outcomes: tuple[ScenarioOutcome, ...]
    theorems: tuple[Theorem, ...]
    proofs: Mapping[str, ProofReport]

    @property
    def levels(self) -> tuple[Level, ...]:
        """Those of the parts of theorems that are statistical statements."""
        judged = (j for one in self.outcomes for j in one.judgements)
        parts = (part.level for j in judged for part in (*j.assumptions, *j.claims))
        return tuple(level for level in parts if level is not None)


def select(scenario: Scenario, theorems: Iterable[Theorem]) -> tuple[Theorem, ...]:
    """The theorems that a scenario is about: those it names, or all that it can measure
    and that speak of its slope and output weights.

    Raises:
        InputError: it names a theorem, or expects a verdict of one, that there is not, or a theorem
            that does not speak of its output weights.
    """
    known = {theorem.id: theorem for theorem in theorems}
    check_ids(scenario, known)
    named, unequal = scenario.theorems, scenario.network.output is not None
    if named is None:
        can, relu = measured_symbols(scenario), not scenario.network.slope
        named = tuple(
            id
            for id, t in known.items()
            if all(s.name in can for s in t.measured_symbols)
            and not (relu and t.leaky)
            and not (unequal and not t.any_output)
        )
    if unequal and (about := next((id for id in named if not known[id].any_output), None)):
        raise InputError(
            f"scenario {scenario.name}, 'network.output_weights': theorem {about!r} is about "
            "output weights 1/sqrt(m) and -1/sqrt(m), half of each"
        )
    for id in scenario.expect if isinstance(scenario.expect, dict) else ():
        if id not in named:
            raise InputError(
                f"scenario {scenario.name}, 'expect': {id!r} is not among the theorems it runs"
            )
    if not named or len(set(named)) < len(named):
        twice = next((id for id in named if named.count(id) > 1), None)
        what = f"{twice!r} is named twice" if twice else "at least one theorem is needed"
        raise InputError(f"scenario {scenario.name}, 'theorems': {what}")
    return tuple(known[id] for id in named)


def proved(
    theorems: Sequence[Theorem], progress: Progress, second_opinion: bool = False
) -> dict[str, ProofReport]:
    """The proofs of theorems, by their ids, with what cvc5 says of them if it is asked."""
    proofs = {}
    for done, theorem in enumerate(theorems):
        progress("proving", done, len(theorems))
        proofs[theorem.id] = tested(theorem)
    if second_opinion:
        said = second_opinions(proofs.values(), processes=cores(), progress=progress)
        proofs = {id: with_opinions(proof, said) for id, proof in proofs.items()}
    return proofs


def run_scenarios(
    scenarios: Sequence[Scenario],
    *,
    theorems: tuple[Theorem, ...] | None = None,
    device: str = "cpu",
    progress: Progress = unwatched,
    journal: Store | None = None,
    own: Sequence[Path] = (),
    second_opinion: bool = False,
    beside: int = 0,
) -> Run:
    """Prove the theorems that the scenarios are about, measure each scenario, judge them all.

    `theorems` are the known ones, by default the catalog; `own` are the user's files with theorems,
    which may hold more than a theorem. What the `journal` has is not measured again, and what is
    measured is kept in it. `second_opinion` asks cvc5 what Z3 decided; `beside` as for
    `judge_measured`.

    Raises:
        InputError: a scenario names an unknown theorem, or data cannot be used.
        OSError: the journal cannot be written.
    """
    known = theorems or catalog()
    about = [select(scenario, known) for scenario in scenarios]
    # The last bits of matrix products hang on the threads, and a report is that of one run.
    threads = [torch.get_num_threads(), *map(os.environ.get, _THREADS)]
    more = {"theorem files": list(map(file_digest, own)), "threads": threads}
    # Named as well: of two scenarios that are the same otherwise each is measured.
    keys = [
        scenario_key(scenario, some, device, name=scenario.name, **more)
        for scenario, some in zip(scenarios, about, strict=True)
    ]
    have = kept(zip(keys, scenarios, strict=True), journal, measured_from_plain)
    if found := sum(one is not None for one in have):
        progress(f"resuming: {found} of {len(have)} scenarios were finished", 0, 0)
    chosen = tuple(t for t in known if any(t in some for some in about))
    proofs = proved(chosen, progress, second_opinion)

    def fresh() -> Iterator[tuple[str, MeasuredScenario]]:
        for key, scenario, some, found in zip(keys, scenarios, about, have, strict=True):
            if found is None:
                named = partial(_named, progress, scenario.name)
                named("data and exact solution", 0, 1)
                measured = measure_scenario(scenario, some, device=device, progress=named)
                progress(_fallen(*judge_measured([measured], some, proofs)), 0, 0)
                yield key, measured

    # An ERROR is not kept: it may pass.
    new = dict(computed(fresh(), journal, lambda m: None if m.error else measured_to_plain(m)))
    measured = tuple(found or new[key] for key, found in zip(keys, have, strict=True))
    return Run(judge_measured(measured, chosen, proofs, beside), chosen, proofs)


def _named(progress: Progress, name: str, what: str, done: int, total: int) -> None:
    progress(f"{name}: {what}", done, total)


def run_scenario(
    scenario: Scenario,
    proofs: Mapping[str, ProofReport],
    *,
    theorems: tuple[Theorem, ...] | None = None,
    sample: Sample | None = None,
    device: str = "cpu",
    progress: Progress = unwatched,
) -> ScenarioOutcome:
    """Run one scenario by itself. InputError, errors and `sample` as for `measure_scenario`."""
    chosen = select(scenario, theorems or catalog())
    measured = measure_scenario(scenario, chosen, sample=sample, device=device, progress=progress)
    (outcome,) = judge_measured([measured], chosen, proofs)
    return outcome


def judge_measured(
    measured: Sequence[MeasuredScenario],
    theorems: Iterable[Theorem],
    proofs: Mapping[str, ProofReport],
    beside: int = 0,
) -> tuple[ScenarioOutcome, ...]:
    """Judge the measured scenarios of one run together, at one level of confidence.

    `beside` is how many statistical statements the run makes elsewhere.
    """
    known = {theorem.id: theorem for theorem in theorems}
    values = [([known[id] for id in one.theorems], one.measured) for one in measured]
    try:
        with precision(WORKING_BITS):
            levels = family_levels(values, beside)
    except FAULTS as fault:
        # Without a level no statistical statement of the run can be read.
        error = f"{type(fault).__name__}: {fault}"
        measured = [one if one.error else replace(one, error=error) for one in measured]
        levels = tuple({} for _ in measured)
    return tuple(_judged(one, known, proofs, at) for one, at in zip(measured, levels, strict=True))


def _beside(judgement: Judgement, measured: MeasuredScenario) -> str:
    """Accuracies, beside what is about the perturbed set: a true theorem may say little of them."""
    without = measured.scenario.model_copy(update={"perturbed": None})
    symbols = {symbol.name for symbol in judgement.theorem.measured_symbols}
    return accuracies(measured.observations) if symbols - measured_symbols(without) else ""


def _fallen(outcome: ScenarioOutcome) -> str:
    """What came of a scenario, as soon as it is known.

    Its statistical claims are judged once more, with all of the run's.
    """
    name = outcome.scenario.name
    if outcome.error is not None:
        return f"{name}: ERROR: {outcome.error}"
    counts = Counter(judgement.verdict.value for judgement in outcome.judgements)
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f"{name}: {told} ({outcome.seconds:.1f} s)"


def _judged(
    measured: MeasuredScenario,
    known: Mapping[str, Theorem],
    proofs: Mapping[str, ProofReport],
    levels: Levels,
) -> ScenarioOutcome:
    judgements: tuple[Judgement, ...] = ()
    error = measured.error
    if error is None:
        try:
            with precision(measured.scenario.working_bits):
                found = (
                    judge(known[id], proofs[id], measured.measured, measured.cross_checks, levels)
                    for id in measured.theorems
                )
                judgements = tuple(replace(one, beside=_beside(one, measured)) for one in found)
        except FAULTS as fault:
            error = f"{type(fault).__name__}: {fault}"
    told = {**vars(measured), "error": error}
    if error is not None:
        return ScenarioOutcome(**{**told, "data": None})
    return ScenarioOutcome(
        **told, judgements=judgements, findings=findings(measured.notes, judgements)
    )
