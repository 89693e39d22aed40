"""Discharges a proof, step by step, and says of each step who checked it.

A step is `discharged`, a `gap` (not implied by the facts it names; with numbers where the solver
found them) or `unknown` (not decided). A proof is `proved` only when every step is discharged and
every claim is concluded. A gap says that this proof fails, not that the theorem is false.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from .certificates.stored import Certificate, certificate_of
from .consistency import contradictions
from .ledger import SEPARATOR, Ledger, ProofVerdict, Status
from .smt import TIMEOUT_MS
from .statement import (
    Cases,
    Citation,
    Conclusion,
    Definition,
    Earlier,
    Identity,
    Inequality,
    Let,
    Limit,
    Theorem,
)

Basis = Literal["checked", "cited", "defined"]


@dataclass(frozen=True)
class StepReport:
    """One line of the ledger: what was shown, by which engine, how it went.

    `goals` are the formulas that the solver proved from `hypotheses`: the step's own, its premises
    and what gives them a meaning. `smt` holds every query whose answer the step rests on, and
    `confirmed` names what else confirms them all, such as "cvc5". A step is `disputed` where two
    computations of one thing exclude each other: one of them errs.
    """

    id: str
    kind: str
    says: str
    formula: sp.Basic
    uses: tuple[str, ...]
    engine: str
    status: Status
    milliseconds: float
    detail: str
    countermodel: Mapping[str, str] | None = None
    smt: str = ""
    hypotheses: tuple[Boolean, ...] = ()
    goals: tuple[Boolean, ...] = ()
    confirmed: tuple[str, ...] = ()
    disputed: bool = False

    @property
    def queries(self) -> tuple[str, ...]:
        """The queries one by one, each a text in SMT-LIB."""
        return tuple(filter(None, self.smt.split(SEPARATOR)))

    @property
    def certificates(self) -> tuple[Certificate | None, ...]:
        """For each query behind a discharged step a certificate, checked in this run, if there is
        one: what it shows does not rest on a solver."""
        discharged = self.status == "discharged"
        return tuple(map(certificate_of, self.queries)) if discharged else ()

    @property
    def basis(self) -> Basis:
        """What a discharged step is to its reader: nobody checks a definition or a cited fact."""
        return _BASES.get(self.kind, "checked")

    @property
    def certified(self) -> bool:
        """Whether there is a certificate for every query."""
        return bool(self.certificates) and None not in self.certificates

    @property
    def checked_by(self) -> str:
        """Who answers for the step, in words such as `exact identity, Z3 + cvc5`."""
        by = ["certificate"] * any(self.certificates) + ["Z3"] * (not self.certified)
        solvers = " + ".join((" and ".join(by), *self.confirmed)) if self.smt else ""
        what = {"sympy": f"exact {self.kind}", "z3": ""}.get(self.engine, self.kind)
        return ", ".join(filter(None, (what, solvers))) or "Z3"


@dataclass(frozen=True)
class ProofReport:
    """The ledger of one proof. `unused` are assumptions that no step rests on: they are not needed,
    or a definition means what it says only under them."""

    theorem: str
    verdict: ProofVerdict
    steps: tuple[StepReport, ...]
    seconds: float
    unused: tuple[str, ...] = ()

    @property
    def open_steps(self) -> tuple[StepReport, ...]:
        return tuple(step for step in self.steps if step.status != "discharged")

    @property
    def disputed(self) -> tuple[StepReport, ...]:
        """Steps at which two computations exclude each other: an ERROR, whatever the verdict."""
        return tuple(step for step in self.steps if step.disputed)


_BASES: dict[str, Basis] = {"definition": "defined", "citation": "cited"}
_KINDS = {
    Definition: "definition",
    Let: "definition",
    Identity: "identity",
    Limit: "limit",
    Inequality: "inequality",
    Cases: "cases",
    Citation: "citation",
    Earlier: "earlier theorem",
    Conclusion: "claim",
}


def prove(theorem: Theorem, *, timeout_ms: int = TIMEOUT_MS) -> ProofReport:
    """Discharge every step of a theorem's proof, once for each theorem and time limit.

    Raises:
        ValueError: the proof is not well formed (an unknown id, a name used twice, a claim that no
            step concludes).
    """
    return _proved(theorem, timeout_ms)


@cache
def _proved(theorem: Theorem, timeout_ms: int) -> ProofReport:
    concluded = {step.claim for step in theorem.proof if isinstance(step, Conclusion)}
    if forgotten := [c.id for c in theorem.claims if c.id not in concluded]:
        raise ValueError(f"{theorem.id}: no step concludes {forgotten}")
    started = time.perf_counter()
    ledger = Ledger(theorem, timeout_ms, lambda other, limit: _proved(other, limit).verdict)
    reports: list[StepReport] = []
    for step in theorem.proof:
        clock = time.perf_counter()
        outcome = ledger.enter(step)
        reports.append(
            StepReport(
                step.id,
                _KINDS[type(step)],
                step.says,
                outcome.formula,
                step.rests_on,
                outcome.engine,
                outcome.status,
                1000 * (time.perf_counter() - clock),
                outcome.detail,
                outcome.countermodel,
                outcome.smt,
                ledger.given(ledger.hypotheses(step), *outcome.goals),
                outcome.goals,
                disputed=outcome.disputed,
            )
        )
    # A proof that has failed already is not looked at for what would make it worthless.
    failed = not reports or any(report.status == "gap" for report in reports)
    problems = {} if failed else dict(contradictions(ledger))
    reports = [
        replace(r, status="gap", detail=problems[r.id]) if r.id in problems else r for r in reports
    ]
    statuses = {report.status for report in reports}
    verdict: ProofVerdict = "unknown" if "unknown" in statuses else "proved"
    if "gap" in statuses:
        verdict = "gap"
    used = {name for step in theorem.proof for name in step.rests_on}
    unused = tuple(a.id for a in theorem.assumptions if a.id not in used)
    return ProofReport(theorem.id, verdict, tuple(reports), time.perf_counter() - started, unused)
