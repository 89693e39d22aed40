"""Runs the planted faults, says what caught each, and writes the table of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ...theory.prover.engine import ProofReport
from ..run.run import ScenarioOutcome, run_scenario
from ..values import Progress, Verdict, unwatched
from .faults import FAULTS, SCENARIOS, Fault, scenario


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
