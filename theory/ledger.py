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

from .applying import (
    between,
    completed,
    fixed_by_claims,
    letters_of,
    misused,
    moved_ranges,
    one_for_all,
    other_set,
    running,
    said_by_ranges,
    varying,
)
from .identities import Answer, identical, tends_to
from .smt import Decision, Untranslatable, decide, side_conditions
from .statement import (
    LEAKY,
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
    replaced,
)
from .symbols import RUNNING, VALUE, all_declared, gamma, is_declared, quantity, symbols_of
from .tried import excluded, not_approached

SEPARATOR = "\n(reset)\n"
"""Between the queries of one step."""

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
    goals: tuple[Boolean, ...] = ()
    smt: str = ""
    disputed: bool = False


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
        self._asked: list[Decision] = []

    def hypotheses(self, step: Step, goal: Boolean = sp.true) -> tuple[Boolean, ...]:
        """The facts that a step may use for a goal: a claim about every sample, neuron or point
        never rests on what is known of one that was chosen."""
        missing = [name for name in step.rests_on if name not in self.facts]
        if missing:
            raise ValueError(
                f"{self.theorem.id}, step {step.id}: uses {missing}, which is neither an "
                "assumption nor an earlier step"
            )
        every = letters_of(goal) if isinstance(step, Conclusion) else set()
        names = (n for n in step.rests_on if not every & set(self.choices.get(n, ())))
        facts = [fact for name in names for fact in self.facts[name]]
        return tuple(dict.fromkeys(f for f in facts if f is not sp.true))

    def given(self, facts: tuple[Boolean, ...], *goals: Boolean) -> tuple[Boolean, ...]:
        """The facts, and that the slope is positive where they are of it and the theorem is."""
        of_the_slope = any(gamma in f.free_symbols for f in (*facts, *goals))
        return (*facts, LEAKY.relation) if self.theorem.leaky and of_the_slope else facts

    def enter(self, step: Step) -> Outcome:
        """Discharge a step and keep its facts.

        Raises:
            ValueError: its name is taken, or it uses a name that is not known yet.
        """
        if step.id in self.facts:
            raise ValueError(f"{self.theorem.id}: the name {step.id!r} is used twice")
        chosen = self._chosen(step)
        self._asked = []
        outcome = self._discharge(step)
        if problem := misused(step, chosen):
            outcome = replace(outcome, status="gap", detail=problem, countermodel=None)
        self.facts[step.id] = outcome.facts
        spoken_of = symbols_of(*outcome.facts)
        self.seen |= set(spoken_of)
        letters = letters_of(sp.And(*outcome.facts))
        self.choices[step.id] = {k: v for k, v in chosen.items() if k in letters}
        # What a discharged step rests on is implied; of an open one all that was asked is shown.
        shown = (d for d in self._asked if d.status == "implied" or outcome.status != "discharged")
        return replace(outcome, smt=SEPARATOR.join(dict.fromkeys(d.smt for d in shown if d.smt)))

    def _decide(self, step: Step, known: Iterable[Boolean], goal: Boolean) -> Decision:
        """Ask the solver on behalf of a step, and keep the query with it."""
        title = f"{self.theorem.id}, step {step.id}: {step.says}"
        known = self.given(tuple(known), goal)
        decision = decide(known, goal, title=title, timeout_ms=self.timeout_ms)
        self._asked.append(decision)
        return decision

    def _chosen(self, step: Step) -> dict[str, frozenset[str]]:
        """Which definitions chose an index that the facts used speak of."""
        own = step.chooses if isinstance(step, Definition) else ""
        chosen = dict.fromkeys(own, frozenset({step.id}))
        for name in step.rests_on:
            for letter, steps in self.choices.get(name, {}).items():
                chosen[letter] = chosen.get(letter, frozenset()) | steps
        return chosen

    def _discharge(self, step: Step) -> Outcome:
        match step:
            case Definition():
                return self._definition(step)
            case Let():
                return self._let(step)
            case Identity():
                equation = sp.Eq(step.left, step.right, evaluate=False)
                if problem := self._not_integrable(step, equation):
                    return Outcome(equation, "sympy", "gap", problem)
                sides = (step.left, step.right, step.cases)
                return self._sympy(step, equation, identical(*sides), lambda: excluded(*sides))
            case Limit():
                of = (step.expression, step.variable, step.point)
                to = (*of, step.value, step.side)
                equation = sp.Eq(sp.Limit(*of), step.value, evaluate=False)
                return self._sympy(step, equation, tends_to(*to), lambda: not_approached(*to))
            case Inequality():
                return self._implied(step, (step.goal,), step.goal)
            case Cases():
                cover = [sp.Or(*step.cases), *(sp.Implies(c, step.goal) for c in step.cases)]
                return self._implied(step, cover, step.goal, (step.goal,))
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
                if claim.limit and (problem := self._says_nothing(claim)):
                    return Outcome(claim.statement, "z3", "gap", problem)
                parts = (part for goal in goals for part in sp.And.make_args(goal))
                return self._implied(step, dict.fromkeys(parts), claim.statement)
        raise ValueError(f"{self.theorem.id}, step {step.id}: unknown kind {type(step).__name__}")

    def _says_nothing(self, claim: Claim) -> str:
        """Why what is proved in place of a claim's relation is worth nothing, or nothing."""
        known = self.given((), claim.statement)
        if decide(known, claim.statement, timeout_ms=self.timeout_ms).status == "implied":
            return f"{claim.statement} holds whatever the network is"
        return ""

    def _definition(self, step: Definition) -> Outcome:
        if unknown := set(step.chooses) - letters_of(sp.And(*step.facts)):
            raise ValueError(
                f"{self.theorem.id}, step {step.id}: chooses {min(unknown)!r}, which no symbol of "
                "its facts varies with"
            )
        problem = one_for_all(step) or self._smuggled(step)
        status: Status = "gap" if problem else "discharged"
        formula = sp.And(*step.facts)
        return Outcome(formula, "definition", status, problem or "by definition", step.facts)

    def _smuggled(self, step: Definition) -> str:
        """What an equation says only together with the declared range of its symbol, or nothing."""
        for part, symbol, r in said_by_ranges(step.facts):
            others = (p for f in step.facts for p in sp.And.make_args(f) if p is not part)
            known = (*self.hypotheses(step), *others)
            if self._decide(step, known, r).status != "implied":
                return f"with the declared range of {symbol} it also says {r}: write it down"
        return ""

    def _let(self, step: Let) -> Outcome:
        equation = sp.Eq(step.symbol, step.value, evaluate=False)
        hidden = {i for s in step.value.free_symbols for i in quantity(s).index}
        detail = ""
        if step.symbol in self.seen or step.symbol in step.value.free_symbols:
            detail = f"{step.symbol} already has a meaning, so it cannot be defined here"
        elif not quantity(step.symbol).abbreviation:
            detail = (
                f"{step.symbol} is declared as {quantity(step.symbol).meaning!r}, which no proof "
                "may change; only declare(..., abbreviation=True) makes a name for an expression"
            )
        elif fixed_by_claims(self.theorem.claims, step.symbol, step.value):
            detail = f"{step.symbol} is what a claim speaks of: its meaning is its declaration's"
        elif hidden := hidden - set(quantity(step.symbol).index):
            detail = f"{step.value} varies with {', '.join(sorted(hidden))}, {step.symbol} does not"
        if detail:
            return Outcome(equation, "definition", "gap", detail)
        # The declared range of the new symbol must not smuggle in a fact: it is proved.
        goals = moved_ranges([(step.symbol, step.value)])
        return self._implied(step, goals, equation, (equation,))

    def _sympy(
        self, step: Step, formula: Boolean, answer: Answer, against: Callable[[], str]
    ) -> Outcome:
        """What SymPy says of a step, unless values in balls speak `against` it."""
        verdict, detail = answer
        if verdict == "equal" and (values := against()):
            return Outcome(formula, "sympy", "gap", f"balls disagree: {values}", disputed=True)
        status: dict[str, Status] = {"equal": "discharged", "different": "gap"}
        facts: tuple[Boolean, ...] = ()
        if isinstance(step, Identity):
            cases = (sp.And(*(sp.Eq(s, v) for s, v in case.items())) for case in step.cases)
            facts = (sp.Implies(sp.Or(*cases), formula) if step.cases else formula,)
            if not all_declared(formula):
                facts = ()  # a name may be that of something else: nothing for a solver to read
            elif not self._meaningful(step, formula):
                # `(sqrt(t) + 1) (sqrt(t) - 1) = t - 1` must not become a proof of t >= 0.
                facts, detail = (), f"{detail}; no fact for other steps, as it may be undefined"
        return Outcome(formula, "sympy", status.get(verdict, "unknown"), detail, facts)

    def _not_integrable(self, step: Step, equation: sp.Basic) -> str:
        """Why an integral or sum in an identity has no certain meaning, or nothing.

        An integral needs an integrand with a value everywhere on its range: SymPy integrates across
        poles. And a bound name is none that something else is declared by.
        """
        for e in equation.atoms(sp.Integral, sp.Sum, sp.Product):
            if taken := [v for v in e.bound_symbols if is_declared(v)]:
                return f"{taken[0]} runs in {e}, but is declared: take another name"
            if not isinstance(e, sp.Integral):
                continue
            ranges = [between(v, low, high) for v, low, high in e.limits]
            stand_in = dict(zip(e.bound_symbols, RUNNING, strict=False))
            try:
                conditions = side_conditions((sp.Ge(e.function.subs(stand_in), VALUE),))
            except Untranslatable as error:
                return f"whether {e} has a value is not known: {error}"
            # What a proof says of a stand-in is not said of the variable that it stands for.
            known = [h for h in self.hypotheses(step) if not h.free_symbols & set(RUNNING)]
            known += [r.subs(stand_in) for r in ranges]
            for c in conditions:
                if self._decide(step, known, c).status != "implied":
                    return (
                        f"the integrand of {e} may have no value on its range: {c} is not implied"
                    )
        return ""

    def _meaningful(self, step: Step, formula: Boolean) -> bool:
        """Whether roots, quotients and logarithms in a formula certainly have a value."""
        try:
            conditions = side_conditions((formula,))
        except Untranslatable:
            return True  # no solver step can use it
        known = self.hypotheses(step)
        return all(self._decide(step, known, c).status == "implied" for c in conditions)

    def _implied(
        self,
        step: Step,
        goals: Iterable[Boolean],
        formula: sp.Basic,
        facts: tuple[Boolean, ...] | None = None,
        engine: str = "z3",
    ) -> Outcome:
        """Discharge every goal, and that all denominators and roots in it have a meaning."""
        goals = tuple(goals)
        outcome = Outcome(formula, engine, "unknown", "", goals if facts is None else facts)
        count = 0
        try:
            meaning = side_conditions((*goals, *outcome.facts))
        except Untranslatable as error:
            return replace(outcome, detail=f"not translated: {error}")
        for goal in (*meaning, *goals):
            if goal is sp.true:
                continue
            # A side condition may not rest on a goal that presupposes it.
            known = self.hypotheses(step, goal)
            decision, count = self._decide(step, known, goal), count + 1
            if decision.status == "not implied":
                detail, model = f"{goal} is not implied", decision.countermodel
                return replace(outcome, status="gap", detail=detail, countermodel=model)
            if decision.status == "unknown":
                return replace(outcome, detail=f"{goal} was not decided ({decision.reason})")
        detail = "unsat" if count == 1 else f"unsat, {count} queries"
        return replace(outcome, status="discharged", detail=detail, goals=(*meaning, *goals))

    def _citation(self, step: Citation) -> Outcome:
        fact = step.cited.fact
        if (at := completed(step.cited, self.hypotheses(step))) is None:
            detail = f"the facts used do not say what stands for every symbol of {fact.key}"
            return Outcome(sp.And(*fact.conclusions), "trusted", "gap", detail)
        cited = fact(*at)
        put = list(zip(fact.symbols, at, strict=True))
        over = running(fact, put)
        fixed = [v for s, value in put if s not in fact.varying for v in varying(value, over)]
        premises = (*moved_ranges(put), *cited.put(fact.premises))
        conclusions = cited.put(fact.conclusions)
        formula = sp.And(*conclusions)
        if fixed:
            detail = f"{fixed[0]} varies with {over}, so {fact.key} does not apply"
            return Outcome(formula, "trusted", "gap", detail)
        if alone := set(over) - {i for s, v in put if s in fact.varying for i in letters_of(v)}:
            detail = f"{fact.key} is about a family over {min(alone)}; nothing put varies with it"
            return Outcome(formula, "trusted", "gap", detail)
        outcome = self._implied(step, premises, formula, conclusions, engine="trusted")
        if outcome.status != "discharged":
            return replace(outcome, detail=f"premise of {fact.key}: {outcome.detail}")
        return replace(outcome, detail=f"trusted: {fact.key}")

    def _earlier(self, step: Earlier) -> Outcome:
        replacement, claims = dict(step.at), step.theorem.claims
        spoken_of = symbols_of(*(claim.statement for claim in claims)) if step.at else ()
        kept = [s.name for s in spoken_of if s not in replacement and s not in step.shared]
        detail = ""
        if problem := other_set(step.at):
            detail = problem
        elif kept:
            names = ", ".join(kept)
            detail = f"{names} would keep the meaning of other data: replace or share it"
        if detail:
            return Outcome(sp.And(*(c.statement for c in claims)), "theorem", "gap", detail)

        # What is proved for positive slopes only is applied where the slope is positive.
        only = LEAKY.relation if step.theorem.leaky and not self.theorem.leaky else sp.true

        def at(relation: Boolean) -> Boolean:
            return replaced(sp.Implies(only, relation), replacement)

        premises = [*moved_ranges(step.at), *(at(a.relation) for a in step.theorem.assumptions)]
        conclusions = tuple(at(c.statement) for c in claims)
        proved = self.proving(step.theorem, self.timeout_ms)
        outcome = self._implied(step, premises, sp.And(*conclusions), conclusions, engine="theorem")
        if outcome.status != "discharged":
            return replace(outcome, detail=f"premise of {step.theorem.id}: {outcome.detail}")
        if proved != "proved":
            return replace(outcome, status=proved, detail=f"{step.theorem.id} is not proved")
        if step.theorem.kind == "prediction" and self.theorem.kind != "prediction":
            detail = f"{step.theorem.id} is a prediction, so what rests on it is one too"
            return replace(outcome, status="gap", detail=detail)
        return replace(outcome, detail=f"by {step.theorem.id}")
