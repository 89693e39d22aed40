"""The ledger of a proof in progress: what is known, and what a step may make of it.

Each step is discharged from the facts it names and nothing else. Besides deciding its goals this
refuses what would make a false step provable: names with two meanings, facts that contradict each
other, a sample chosen once taken for every sample, a theorem about one data set read as one about
another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from .identities import Answer, identical, tends_to
from .smt import Decision, Untranslatable, decide, side_conditions
from .statement import (
    Cases,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Identity,
    Inequality,
    Let,
    Limit,
    Step,
    Theorem,
)
from .symbols import index_of, quantity, symbols_of

# Consistency is a sanity check, which the tests make again by finding points: it may stay open.
CONSISTENCY_TIMEOUT_MS = 100

Status = Literal["discharged", "gap", "unknown"]
ProofVerdict = Literal["proved", "gap", "unknown"]
Proving = Callable[[Theorem, int], ProofVerdict]


@dataclass(frozen=True)
class Outcome:
    """What came of one step; `facts` are what later steps may use."""

    formula: sp.Basic
    engine: str
    status: Status
    detail: str
    facts: tuple[Boolean, ...] = ()
    countermodel: Mapping[str, str] | None = None
    smt: str = ""
    goals: tuple[Boolean, ...] = ()


class Ledger:
    """The facts known so far, by the id of the step or assumption that gave them."""

    def __init__(self, theorem: Theorem, timeout_ms: int, proving: Proving) -> None:
        self.theorem = theorem
        self.timeout_ms = timeout_ms
        self.proving = proving
        # By step: which definitions chose the sample or neuron that its facts speak of.
        self.choices: dict[str, dict[str, frozenset[str]]] = {}
        self.facts: dict[str, tuple[Boolean, ...]] = {
            a.id: (a.relation,) for a in theorem.assumptions
        }
        self.seen: set[sp.Symbol] = {
            s for a in theorem.assumptions for s in a.relation.free_symbols
        }

    def hypotheses(self, step: Step) -> tuple[Boolean, ...]:
        missing = [name for name in step.rests_on if name not in self.facts]
        if missing:
            raise ValueError(
                f"{self.theorem.id}, step {step.id}: uses {missing}, which is neither an "
                "assumption nor an earlier step"
            )
        facts = [fact for name in step.rests_on for fact in self.facts[name]]
        return tuple(dict.fromkeys(f for f in facts if f is not sp.true))

    def enter(self, step: Step) -> Outcome:
        """Discharge a step and keep its facts.

        Raises:
            ValueError: its name is taken, or it uses a name that is not known yet.
        """
        if step.id in self.facts:
            raise ValueError(f"{self.theorem.id}: the name {step.id!r} is used twice")
        chosen = self._chosen(step)
        outcome = self._discharge(step)
        if problem := _misused(step, chosen):
            outcome = replace(outcome, status="gap", detail=problem, countermodel=None)
        self.facts[step.id] = outcome.facts
        spoken_of = symbols_of(*outcome.facts)
        self.seen |= set(spoken_of)
        letters = {letter for symbol in spoken_of for letter in index_of(symbol)}
        self.choices[step.id] = {k: v for k, v in chosen.items() if k in letters}
        return outcome

    def _chosen(self, step: Step) -> dict[str, frozenset[str]]:
        """Which definitions chose an index that the facts used speak of."""
        chosen: dict[str, frozenset[str]] = {}
        for name in step.rests_on:
            for letter, steps in self.choices.get(name, {}).items():
                chosen[letter] = chosen.get(letter, frozenset()) | steps
        if isinstance(step, Definition):
            for letter in step.chooses:
                chosen[letter] = chosen.get(letter, frozenset()) | {step.id}
        return chosen

    def _discharge(self, step: Step) -> Outcome:
        match step:
            case Definition():
                formula = sp.And(*step.facts) if step.facts else sp.true
                return Outcome(formula, "definition", "discharged", "by definition", step.facts)
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
                # What data are held to is proved too, unless it is about a network on its way.
                goals = [claim.statement] if claim.limit else [claim.statement, claim.relation]
                return self._implied(step, dict.fromkeys(goals), claim.statement)
        raise ValueError(f"{self.theorem.id}, step {step.id}: unknown kind {type(step).__name__}")

    def _let(self, step: Let) -> Outcome:
        equation = sp.Eq(step.symbol, step.value, evaluate=False)
        if step.symbol in self.seen or step.symbol in step.value.free_symbols:
            detail = f"{step.symbol} already has a meaning, so it cannot be defined here"
            return Outcome(equation, "definition", "gap", detail)
        if _fixed_by_claims(self.theorem.claims, step.symbol, step.value):
            detail = f"{step.symbol} is what a claim speaks of: its meaning is its declaration's"
            return Outcome(equation, "definition", "gap", detail)
        varying = {i for s in step.value.free_symbols for i in quantity(s).index}
        if hidden := varying - set(quantity(step.symbol).index):
            detail = f"{step.value} varies with {', '.join(sorted(hidden))}, {step.symbol} does not"
            return Outcome(equation, "definition", "gap", detail)
        # The declared range of the new symbol must not smuggle in a fact: it is proved.
        goals = _moved_ranges([(step.symbol, step.value)])
        return self._implied(step, goals, equation, (equation,), engine="z3")

    def _sympy(self, step: Step, formula: Boolean, answer: Answer) -> Outcome:
        verdict, detail = answer
        status: Status = {"equal": "discharged", "different": "gap", "unknown": "unknown"}[verdict]  # type: ignore[assignment]
        facts: tuple[Boolean, ...] = ()
        if isinstance(step, Identity):
            facts = (formula,)
            if step.cases:
                covered = sp.Or(*(sp.And(*(sp.Eq(s, v) for s, v in c.items())) for c in step.cases))
                facts = (sp.Implies(covered, formula),)
            if not self._meaningful(step, formula):
                # `(sqrt(t) + 1) (sqrt(t) - 1) = t - 1` must not become a proof of t >= 0.
                facts, detail = (), f"{detail}; no fact for other steps, as it may be undefined"
        return Outcome(formula, "sympy", status, detail, facts)

    def _meaningful(self, step: Step, formula: Boolean) -> bool:
        """Whether roots, quotients and logarithms in a formula certainly have a value."""
        try:
            conditions = side_conditions((formula,))
        except Untranslatable:
            return True  # no solver step can use it
        known = self.hypotheses(step)
        return all(
            decide(known, c, timeout_ms=self.timeout_ms).status == "implied" for c in conditions
        )

    def _implied(
        self,
        step: Step,
        goals: Iterable[Boolean],
        formula: sp.Basic,
        facts: tuple[Boolean, ...] | None = None,
        engine: str = "z3",
        extra: tuple[Boolean, ...] = (),
    ) -> Outcome:
        """Discharge every goal, and that all denominators and roots in it have a meaning."""
        goals = tuple(goals)
        hypotheses = (*self.hypotheses(step), *extra)
        given = goals if facts is None else facts
        title = f"{self.theorem.id}, step {step.id}: {step.says}"
        texts: list[str] = []
        try:
            meaning = side_conditions((*goals, *given))
        except Untranslatable as error:
            return Outcome(formula, engine, "unknown", f"not translated: {error}", given)
        for goal in (*meaning, *goals):
            if goal is sp.true:
                continue
            # A side condition may not rest on a goal that presupposes it.
            decision: Decision = decide(hypotheses, goal, title=title, timeout_ms=self.timeout_ms)
            texts.append(decision.smt)
            if decision.status != "implied":
                gap = decision.status == "not implied"
                what = "is not implied" if gap else f"was not decided ({decision.reason})"
                return Outcome(
                    formula,
                    engine,
                    "gap" if gap else "unknown",
                    f"{goal} {what}",
                    given,
                    decision.countermodel,
                    "\n(reset)\n".join(texts),
                )
        if texts and hypotheses and self._contradictory(hypotheses):
            detail = "the facts used contradict each other, so anything would follow"
            return Outcome(formula, engine, "gap", detail, given, None, "\n(reset)\n".join(texts))
        detail = "unsat" if len(texts) == 1 else f"unsat, {len(texts)} queries"
        text, shown = "\n(reset)\n".join(texts), (*meaning, *goals)
        return Outcome(formula, engine, "discharged", detail, given, None, text, shown)

    def _contradictory(self, hypotheses: tuple[Boolean, ...]) -> bool:
        """Whether facts exclude each other: then a step is vacuous and must not count."""
        limit = min(self.timeout_ms, CONSISTENCY_TIMEOUT_MS)
        return decide(hypotheses, sp.false, timeout_ms=limit).status == "implied"

    def _cases(self, step: Cases) -> Outcome:
        cover = sp.Or(*step.cases)
        goals = [cover, *(sp.Implies(case, step.goal) for case in step.cases)]
        return self._implied(step, goals, step.goal, (step.goal,))

    def _citation(self, step: Citation) -> Outcome:
        fixed = [
            symbol
            for parameter, value in zip(step.fact.symbols, step.at, strict=True)
            if step.fact.over and parameter not in step.fact.varying
            for symbol in sp.sympify(value).free_symbols
            if any(letter in quantity(symbol).index for letter in step.fact.over)
        ]
        if fixed:
            formula = sp.And(*step.instantiate(step.fact.conclusions))
            detail = f"{fixed[0]} varies with {step.fact.over}, so {step.fact.key} does not apply"
            return Outcome(formula, "trusted", "gap", detail)
        ranges = _moved_ranges(zip(step.fact.symbols, step.at, strict=True))
        premises = (*ranges, *step.instantiate(step.fact.premises))
        conclusions = step.instantiate(step.fact.conclusions)
        formula = sp.And(*conclusions) if conclusions else sp.true
        outcome = self._implied(step, premises, formula, conclusions, engine="trusted")
        if outcome.status != "discharged":
            return replace(outcome, detail=f"premise of {step.fact.key}: {outcome.detail}")
        return replace(outcome, detail=f"trusted: {step.fact.key}")

    def _earlier(self, step: Earlier) -> Outcome:
        replacement = dict(step.at)
        if put := [value for value in replacement.values() if not isinstance(value, sp.Symbol)]:
            # A theorem speaks of measured quantities, which no expression can stand for.
            detail = f"{put[0]} is no symbol: a theorem applies to quantities with the same meaning"
            formula = sp.And(*(c.statement for c in step.theorem.claims))
            return Outcome(formula, "theorem", "gap", detail)

        kept = {
            symbol
            for claim in step.theorem.claims
            for symbol in symbols_of(claim.statement)
            if step.at and symbol not in replacement and symbol not in step.shared
        }
        if kept:
            names = ", ".join(sorted(s.name for s in kept))
            detail = f"{names} would keep the meaning of other data: replace or share it"
            formula = sp.And(*(c.statement for c in step.theorem.claims))
            return Outcome(formula, "theorem", "gap", detail)

        def at(relation: Boolean) -> Boolean:
            return relation.subs(replacement, simultaneous=True)

        premises = [*_moved_ranges(step.at), *(at(a.relation) for a in step.theorem.assumptions)]
        conclusions = tuple(at(c.statement) for c in step.theorem.claims)
        proved = self.proving(step.theorem, self.timeout_ms)
        outcome = self._implied(step, premises, sp.And(*conclusions), conclusions, engine="theorem")
        if outcome.status != "discharged":
            return replace(outcome, detail=f"premise of {step.theorem.id}: {outcome.detail}")
        if proved != "proved":
            status: Status = "gap" if proved == "gap" else "unknown"
            return replace(outcome, status=status, detail=f"{step.theorem.id} is not proved")
        return replace(outcome, detail=f"by {step.theorem.id}")


def _fixed_by_claims(claims: tuple[Claim, ...], symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether claims say something of a symbol, none of them that it is just this value."""
    parts = [part for claim in claims for part in sp.And.make_args(claim.statement)]
    explained = sp.Eq(symbol, value) in parts
    spoken_of = any(symbol in part.free_symbols for part in parts)
    measured = any(symbol in claim.relation.free_symbols for claim in claims)
    return measured or (spoken_of and not explained)


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


def _misused(step: Step, chosen: Mapping[str, frozenset[str]]) -> str:
    """Why a step may not rest on these choices of a sample or neuron, or nothing."""
    for letter, steps in chosen.items():
        if len(steps) > 1:
            first, second = sorted(steps)[:2]
            return f"{letter} was chosen twice, by {first!r} and by {second!r}: two may differ"
    if isinstance(step, Citation):
        for letter in step.fact.over:
            if letter in chosen:
                (by,) = chosen[letter]
                return f"{letter} was chosen by {by!r}, so {step.fact.key} does not apply to all"
    return ""
