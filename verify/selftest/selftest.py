"""The verifier tried on what is false: every attempt must be caught before a PASS is believed.

Five kinds of attempt: numbers against rational arithmetic, statistics of simulated runs, random
instances in and out of the theorems' regimes, faults planted in the numerics, and mutants of the
theorems. Everything is deterministic.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from ...theory.engine import ProofReport
from ...theory.refute.mutants import Mutant, mutants
from ...theory.refute.survey import MutantReport, classify, tested
from ...theory.theorems import catalog, theorem
from ...theory.tried import excluded
from ..run.run import ScenarioOutcome, proved, run_scenario
from ..statistics import FAMILY_ERROR
from ..values import Progress, Verdict, unwatched
from .faults import FAULTS, SCENARIOS, Fault, scenario
from .instances import agreement
from .trials import FAMILIES, VIOLATIONS, exact_trials, power, simulate
from .tricks import NOT_ZERO, REFUTED, TRICKS

# Runs the planted faults, says what caught each, and writes the table of the documentation.


@dataclass(frozen=True)
class Catch:
    """What became of a planted fault.

    `verdicts` are those that are PASS without it and something else with it, by theorem; a
    scenario that ends in an ERROR has one, under no theorem. `by` says what caught it, empty when
    nothing did.
    """

    fault: Fault
    verdicts: Mapping[str, Verdict]
    by: str

    @property
    def caught(self) -> bool:
        return bool(self.verdicts) and bool(self.by)


def clean_runs(proofs: Mapping[str, ProofReport]) -> dict[str, ScenarioOutcome]:
    """Every small scenario with no fault planted."""
    return {name: run_scenario(scenario(name), proofs) for name in SCENARIOS}


def try_faults(
    proofs: Mapping[str, ProofReport],
    faults: Iterable[Fault] = FAULTS,
    progress: Progress = unwatched,
) -> Iterator[Catch]:
    """Plant each fault in turn."""
    chosen = tuple(faults)
    for done, fault in enumerate(chosen):
        progress("planting faults", done, len(chosen))
        with fault.plant():
            outcome = run_scenario(scenario(fault.scenario, fault.id), proofs)
        yield _catch(fault, outcome)


def _catch(fault: Fault, outcome: ScenarioOutcome) -> Catch:
    if outcome.error is not None:
        return Catch(fault, {"": Verdict.ERROR}, outcome.error.split(":")[0])
    changed = {j.theorem.id: j.verdict for j in outcome.judgements if j.verdict is not Verdict.PASS}
    disagreeing = [check.id for check in outcome.cross_checks if not check.agree]
    if disagreeing:
        return Catch(fault, changed, f"cross-check {', '.join(disagreeing)}")
    reasons = (j.reason for j in outcome.judgements if j.verdict is not Verdict.PASS)
    return Catch(fault, changed, next(reasons, ""))


_HEAD = """# Planted faults

What happens when the numerics are wrong. Each fault is planted alone while a small scenario runs in
which every theorem passes without it. The table is written by

    perturbproof selftest --markdown docs/planted-faults.md

and a test holds it against a run. An ERROR comes from two computations of one quantity that exclude
each other (cross-checks) or from a promise that is broken; INCONCLUSIVE says what is missing.

| fault | what is wrong | verdict | caught by |
|---|---|---|---|
"""


def fault_table(catches: Iterable[Catch]) -> str:
    """The page; no times and no numbers that depend on the machine."""
    return _HEAD + "".join(
        f"| {c.fault.id} | {c.fault.says} | {_verdicts(c)} | {c.by or 'nothing'} |\n"
        for c in catches
    )


def _verdicts(catch: Catch) -> str:
    return ", ".join(sorted({verdict.value for verdict in catch.verdicts.values()})) or "PASS"


RUNS = 2000
"""Simulated runs of each family of statements."""

INSTANCES = 30
MUTANTS = 4
"""Random instances, and mutants of each theorem."""

_SEED = 20240507
_TEST_ERROR = 1e-6
_FEW_POWER = 500


@dataclass(frozen=True)
class Attempt:
    """What was tried, what came of it, and whether all that is false in it was caught.

    `false` is how many of the things tried are certainly false; `undecided` of how many nobody
    knows, which is why none of them counts as caught.
    """

    part: str
    tried: str
    came: str
    caught: bool
    false: int = 1
    undecided: int = 0


@dataclass(frozen=True)
class SelfTest:
    """All attempts, and the catches of the planted faults among them."""

    attempts: tuple[Attempt, ...]
    catches: tuple[Catch, ...]

    @property
    def passed(self) -> bool:
        return all(attempt.caught for attempt in self.attempts)

    @property
    def summary(self) -> str:
        missed = sum(not attempt.caught for attempt in self.attempts)
        count = sum(attempt.false for attempt in self.attempts)
        left = sum(attempt.undecided for attempt in self.attempts)
        return f"{count} false things tried; " + (
            (f"{missed} NOT CAUGHT" if missed else "all caught")
            + (f"; {left} more may be false or true, and are not believed" if left else "")
        )


def selftest(progress: Progress = unwatched) -> SelfTest:
    """Run every part. Mutants, half of the work, are tried in a process of their own."""
    spawned = multiprocessing.get_context("spawn")  # a fork would copy threads that hold locks
    with ProcessPoolExecutor(1, mp_context=spawned) as other:
        tried = [other.submit(mutants_tried, each.id) for each in catalog()]
        try:
            proofs = proved(catalog(), progress)
            attempts = [*_tricks(progress), *_numbers(progress), *_statistics(progress)]
            attempts += _instances(proofs, progress)
            attempts += _clean(proofs, progress)
            catches = tuple(try_faults(proofs, progress=progress))
            attempts += [_fault(catch) for catch in catches]
            for done, attempt in enumerate(tried):
                progress("mutants", done, len(tried))
                attempts.append(attempt.result())
        except BaseException:
            other.shutdown(cancel_futures=True)
            raise
    return SelfTest(tuple(attempts), catches)


def _told(counts: Mapping[str, int]) -> str:
    """`3 FAIL, 5 PASS`."""
    return ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))


def _tricks(progress: Progress) -> Iterator[Attempt]:
    every = {**TRICKS, **REFUTED}
    for done, (tried, build) in enumerate(every.items()):
        progress("tricks of proofs", done, len(every))
        try:
            proof = tested(build())
            caught = proof.verdict != "proved"
            came = proof.open_steps[0].detail if caught else "PROVED"
        except ValueError as error:
            caught, came = True, f"refused: {error}"
        yield Attempt("proofs", tried, came, caught)
    came = excluded(*NOT_ZERO)
    yield Attempt("proofs", "SymPy errs: a small angle is 0", f"balls: {came}", bool(came))


def _numbers(progress: Progress) -> Iterator[Attempt]:
    progress("numbers against rational arithmetic", 0, 1)
    for trial in exact_trials(np.random.default_rng(_SEED)):
        left = f", {trial.open} left open" if trial.open else ""
        wrong = f"{trial.wrong} WRONG" if trial.wrong else "none wrong"
        came = f"{trial.times} numbers compared, {wrong}{left}"
        yield Attempt("numbers", trial.tried, came, trial.wrong == 0)


def _statistics(progress: Progress) -> Iterator[Attempt]:
    rng = np.random.default_rng(_SEED)
    for done, (family, statements) in enumerate(FAMILIES.items()):
        progress("simulated runs", done, len(FAMILIES))
        rates = simulate(statements, rng.random((RUNS, len(statements))))
        came = (
            f"{rates.false_passes} false PASS, {rates.false_fails} false FAIL in {RUNS} runs "
            f"(allowed: {FAMILY_ERROR:.0%})"
        )
        kept = rates.evidence_against() > _TEST_ERROR
        yield Attempt("statistics", f"a wrong decision about {family}", came, kept)
    found = power(_FEW_POWER, rng)
    told = ", ".join(f"{share:.0%} at {by:g}" for by, share in found.items())
    tried = "probabilities below .95 by so much, 300 trials: how often refuted"
    yield Attempt("statistics", tried, told, found[VIOLATIONS[-1]] > 0.99)


def _instances(proofs: Mapping[str, ProofReport], progress: Progress) -> Iterator[Attempt]:
    rng = np.random.default_rng(_SEED)
    found = agreement(INSTANCES, rng, proofs=proofs, progress=progress)
    inside = sum((t["inside"] for t in found.tallies.values()), Counter())
    outside = sum((t["outside"] for t in found.tallies.values()), Counter())
    for tried, counts in (
        (f"a FAIL or ERROR on {found.inside} random instances in the regime", inside),
        (f"a PASS on {found.outside} random instances out of the regime", outside),
    ):
        came = "; ".join((_told(counts), *found.wrong[:2]))
        yield Attempt("instances", tried, came, not found.wrong)


def _clean(proofs: Mapping[str, ProofReport], progress: Progress) -> Iterator[Attempt]:
    """Without a fault everything passes: else catching one would mean nothing."""
    progress("small scenarios without a fault", 0, 1)
    for name, outcome in clean_runs(proofs).items():
        verdicts = Counter(verdict.value for verdict, _ in outcome.judged)
        tried = f"an alarm where no fault is planted ({name})"
        yield Attempt("faults", tried, _told(verdicts), set(verdicts) <= {"PASS"})


def _fault(catch: Catch) -> Attempt:
    came = f"{_verdicts(catch)}: {catch.by}" if catch.caught else "NOT CAUGHT"
    return Attempt("faults", catch.fault.says, came, catch.caught)


def mutants_tried(theorem_id: str) -> Attempt:
    """Some mutants of a theorem, classified. Runs in a process of its own."""
    reports = [classify(mutant) for mutant in spread(mutants(theorem(theorem_id)), MUTANTS)]
    counts = sorted(Counter(report.verdict for report in reports).items())
    told = ", ".join(f"{n} {_WORDS[verdict]}" for verdict, n in counts)
    wrong = [report for report in reports if not _sound(report)]
    came = "; ".join((told, *(f"{r.mutant.says}: {r.reason}" for r in wrong[:2])))
    false, true = (sum(r.verdict == word for r in reports) for word in ("refuted", "proved"))
    tried = f"{len(reports)} mutants of {theorem_id}"
    return Attempt("mutants", tried, came, not wrong, false, len(reports) - false - true)


_WORDS = {
    "refuted": "false (data refute it)",
    "proof gap": "not proved, and not known to be false",
    "proved": "true all the same",
    "not used": "changed where no step looks",
    "unknown": "undecided",
}


def _sound(report: MutantReport) -> bool:
    """Not both proved and refuted; refuted in a way that holds up; proved only for a reason."""
    if report.contradiction or (report.refutation is not None and not report.refutation.recheck()):
        return False
    return report.verdict != "proved" or bool(report.reason)


def spread(found: Sequence[Mutant], count: int) -> tuple[Mutant, ...]:
    """At most so many, evenly from first to last."""
    if len(found) <= count:
        return tuple(found)
    return tuple(found[round(k * (len(found) - 1) / (count - 1))] for k in range(count))
