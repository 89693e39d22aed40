"""Runs the planted faults, and says what caught each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ...theory.engine import ProofReport
from ..progress import Progress, unwatched
from ..run import ScenarioOutcome, run_scenario
from ..verdict import Verdict
from .fault_scenarios import SCENARIOS, scenario
from .planted_faults import FAULTS, Fault


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
