"""Discharges a proof, step by step, and says of each step who checked it.

A step is `discharged`, a `gap` (not implied by the facts it names; with numbers where the solver
found them) or `unknown` (not decided). A proof is `proved` only when every step is discharged and
every claim is concluded. A gap says that this proof fails, not that the theorem is false.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from .identities import Answer, identical, tends_to
from .proof import (
    Cases,
    Citation,
    Conclusion,
    Definition,
    Earlier,
    Identity,
    Inequality,
    Let,
    Limit,
    Step,
)
from .smt import TIMEOUT_MS, Decision, Untranslatable, decide, side_conditions
from .statement import Theorem
from .symbols import quantity

# Consistency is a sanity check, which `trials` makes again by finding points: it may stay open.
CONSISTENCY_TIMEOUT_MS = 100

Status = Literal["discharged", "gap", "unknown"]
ProofVerdict = Literal["proved", "gap", "unknown"]


@dataclass(frozen=True)
class StepReport:
    """One line of the ledger: what was shown, by which engine, how it went.

    `goals` are the formulas that the solver proved from `hypotheses`: the step's own, its premises
    and what gives them a meaning.
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


@dataclass(frozen=True)
class ProofReport:
    """The ledger of one proof."""

    theorem: str
    verdict: ProofVerdict
    steps: tuple[StepReport, ...]
    seconds: float

    @property
    def open_steps(self) -> tuple[StepReport, ...]:
        return tuple(step for step in self.steps if step.status != "discharged")


@dataclass(frozen=True)
class _Outcome:
    formula: sp.Basic
    engine: str
    status: Status
    detail: str
    facts: tuple[Boolean, ...] = ()
    countermodel: Mapping[str, str] | None = None
    smt: str = ""
    goals: tuple[Boolean, ...] = ()


class _Ledger:
    """The facts known so far, by the id of the step or assumption that gave them."""

    def __init__(self, theorem: Theorem, timeout_ms: int) -> None:
        self.theorem = theorem
        self.timeout_ms = timeout_ms
        self.facts: dict[str, tuple[Boolean, ...]] = {
            a.id: (a.relation,) for a in theorem.assumptions
        }
        self.seen: set[sp.Symbol] = {
            s for a in theorem.assumptions for s in a.relation.free_symbols
        }

    def hypotheses(self, step: Step) -> tuple[Boolean, ...]:
        missing = [name for name in step.uses if name not in self.facts]
        if missing:
            raise ValueError(
                f"{self.theorem.id}, step {step.id}: uses {missing}, which is neither an "
                "assumption nor an earlier step"
            )
        facts = [fact for name in step.uses for fact in self.facts[name]]
        return tuple(dict.fromkeys(f for f in facts if f is not sp.true))

    def discharge(self, step: Step) -> _Outcome:
        match step:
            case Definition():
                formula = sp.And(*step.facts) if step.facts else sp.true
                return _Outcome(formula, "definition", "discharged", "by definition", step.facts)
            case Let():
                return self._let(step)
            case Identity():
                answer = identical(step.left, step.right, step.cases)
                return self._sympy(step, sp.Eq(step.left, step.right, evaluate=False), answer)
            case Limit():
                answer = tends_to(step.expression, step.variable, step.point, step.value)
                limit = sp.Limit(step.expression, step.variable, step.point)
                return self._sympy(step, sp.Eq(limit, step.value, evaluate=False), answer)
            case Inequality():
                return self._implied(step, (step.goal,), step.goal)
            case Cases():
                return self._cases(step)
            case Citation():
                return self._citation(step)
            case Earlier():
                return self._earlier(step)
            case Conclusion():
                claim = next((c for c in self.theorem.claims if c.id == step.claim), None)
                if claim is None:
                    raise ValueError(f"{self.theorem.id}, step {step.id}: no claim {step.claim!r}")
                return self._implied(step, (claim.statement,), claim.statement)
        raise ValueError(f"{self.theorem.id}, step {step.id}: unknown kind {type(step).__name__}")

    def _let(self, step: Let) -> _Outcome:
        equation = sp.Eq(step.symbol, step.value, evaluate=False)
        if step.symbol in self.seen or step.symbol in step.value.free_symbols:
            detail = f"{step.symbol} already has a meaning, so it cannot be defined here"
            return _Outcome(equation, "definition", "gap", detail)
        # The declared range of the new symbol must not smuggle in a fact: it is proved.
        goals = _moved_ranges([(step.symbol, step.value)])
        return self._implied(step, goals, equation, (equation,), engine="z3")

    def _sympy(self, step: Step, formula: Boolean, answer: Answer) -> _Outcome:
        verdict, detail = answer
        status: Status = {"equal": "discharged", "different": "gap", "unknown": "unknown"}[verdict]  # type: ignore[assignment]
        facts: tuple[Boolean, ...] = ()
        if isinstance(step, Identity):
            facts = (formula,)
            if step.cases:
                covered = sp.Or(*(sp.And(*(sp.Eq(s, v) for s, v in c.items())) for c in step.cases))
                facts = (sp.Implies(covered, formula),)
        return _Outcome(formula, "sympy", status, detail, facts)

    def _implied(
        self,
        step: Step,
        goals: Iterable[Boolean],
        formula: sp.Basic,
        facts: tuple[Boolean, ...] | None = None,
        engine: str = "z3",
        extra: tuple[Boolean, ...] = (),
    ) -> _Outcome:
        """Discharge every goal, and that all denominators and roots in it have a meaning."""
        goals = tuple(goals)
        hypotheses = (*self.hypotheses(step), *extra)
        given = goals if facts is None else facts
        title = f"{self.theorem.id}, step {step.id}: {step.says}"
        texts: list[str] = []
        try:
            meaning = side_conditions((*goals, *given))
        except Untranslatable as error:
            return _Outcome(formula, engine, "unknown", f"not translated: {error}", given)
        for goal in (*meaning, *goals):
            if goal is sp.true:
                continue
            # A side condition may not rest on a goal that presupposes it.
            decision: Decision = decide(hypotheses, goal, title=title, timeout_ms=self.timeout_ms)
            texts.append(decision.smt)
            if decision.status != "implied":
                gap = decision.status == "not implied"
                what = "is not implied" if gap else f"was not decided ({decision.reason})"
                return _Outcome(
                    formula,
                    engine,
                    "gap" if gap else "unknown",
                    f"{goal} {what}",
                    given,
                    decision.countermodel,
                    "\n".join(texts),
                )
        if texts and hypotheses and self._contradictory(hypotheses):
            detail = "the facts used contradict each other, so anything would follow"
            return _Outcome(formula, engine, "gap", detail, given, None, "\n".join(texts))
        detail = "unsat" if len(texts) == 1 else f"unsat, {len(texts)} queries"
        text, shown = "\n".join(texts), (*meaning, *goals)
        return _Outcome(formula, engine, "discharged", detail, given, None, text, shown)

    def _contradictory(self, hypotheses: tuple[Boolean, ...]) -> bool:
        """Whether facts exclude each other: then a step is vacuous and must not count."""
        limit = min(self.timeout_ms, CONSISTENCY_TIMEOUT_MS)
        return decide(hypotheses, sp.false, timeout_ms=limit).status == "implied"

    def _cases(self, step: Cases) -> _Outcome:
        cover = sp.Or(*step.cases)
        goals = [cover, *(sp.Implies(case, step.goal) for case in step.cases)]
        return self._implied(step, goals, step.goal, (step.goal,))

    def _citation(self, step: Citation) -> _Outcome:
        fixed = [
            symbol
            for parameter, value in zip(step.fact.symbols, step.at, strict=True)
            if step.fact.over and parameter not in step.fact.varying
            for symbol in sp.sympify(value).free_symbols
            if step.fact.over in quantity(symbol).index
        ]
        if fixed:
            formula = sp.And(*step.instantiate(step.fact.conclusions))
            detail = f"{fixed[0]} varies with {step.fact.over}, so {step.fact.key} does not apply"
            return _Outcome(formula, "trusted", "gap", detail)
        ranges = _moved_ranges(zip(step.fact.symbols, step.at, strict=True))
        premises = (*ranges, *step.instantiate(step.fact.premises))
        conclusions = step.instantiate(step.fact.conclusions)
        formula = sp.And(*conclusions) if conclusions else sp.true
        outcome = self._implied(step, premises, formula, conclusions, engine="trusted")
        if outcome.status != "discharged":
            return replace(outcome, detail=f"premise of {step.fact.key}: {outcome.detail}")
        return replace(outcome, detail=f"trusted: {step.fact.key}")

    def _earlier(self, step: Earlier) -> _Outcome:
        replacement = dict(step.at)

        def at(relation: Boolean) -> Boolean:
            return relation.subs(replacement, simultaneous=True)

        premises = [*_moved_ranges(step.at), *(at(a.relation) for a in step.theorem.assumptions)]
        conclusions = tuple(at(c.statement) for c in step.theorem.claims)
        proved = prove(step.theorem, timeout_ms=self.timeout_ms)
        outcome = self._implied(step, premises, sp.And(*conclusions), conclusions, engine="theorem")
        if outcome.status != "discharged":
            return replace(outcome, detail=f"premise of {step.theorem.id}: {outcome.detail}")
        if proved.verdict != "proved":
            status: Status = "gap" if proved.verdict == "gap" else "unknown"
            return replace(outcome, status=status, detail=f"{step.theorem.id} is not proved")
        return replace(outcome, detail=f"by {step.theorem.id}")


def _moved_ranges(replaced: Iterable[tuple[sp.Symbol, sp.Expr | int]]) -> tuple[Boolean, ...]:
    """The declared range of each symbol, as relations on the expression that takes its place."""
    relations: list[Boolean] = []
    for symbol, expression in replaced:
        q, value = quantity(symbol), sp.sympify(expression)
        if q.low is not None:
            relations.append(sp.Gt(value, q.low) if q.open_low else sp.Ge(value, q.low))
        if q.high is not None:
            relations.append(sp.Lt(value, q.high) if q.open_high else sp.Le(value, q.high))
    return tuple(relations)


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


@cache
def prove(theorem: Theorem, *, timeout_ms: int = TIMEOUT_MS) -> ProofReport:
    """Discharge every step of a theorem's proof.

    Raises:
        ValueError: the proof is not well formed (an unknown id, a name used twice, a claim that no
            step concludes).
    """
    concluded = {step.claim for step in theorem.proof if isinstance(step, Conclusion)}
    if forgotten := [c.id for c in theorem.claims if c.id not in concluded]:
        raise ValueError(f"{theorem.id}: no step concludes {forgotten}")
    started = time.perf_counter()
    ledger = _Ledger(theorem, timeout_ms)
    reports: list[StepReport] = []
    for step in theorem.proof:
        if step.id in ledger.facts:
            raise ValueError(f"{theorem.id}: the name {step.id!r} is used twice")
        clock = time.perf_counter()
        outcome = ledger.discharge(step)
        ledger.facts[step.id] = outcome.facts
        ledger.seen |= {s for fact in outcome.facts for s in fact.free_symbols}  # type: ignore[misc]
        reports.append(
            StepReport(
                step.id,
                _KINDS[type(step)],
                step.says,
                outcome.formula,
                step.uses,
                outcome.engine,
                outcome.status,
                1000 * (time.perf_counter() - clock),
                outcome.detail,
                outcome.countermodel,
                outcome.smt,
                ledger.hypotheses(step),
                outcome.goals,
            )
        )
    statuses = {report.status for report in reports}
    verdict: ProofVerdict = "proved"
    if "gap" in statuses:
        verdict = "gap"
    elif "unknown" in statuses:
        verdict = "unknown"
    return ProofReport(theorem.id, verdict, tuple(reports), time.perf_counter() - started)
