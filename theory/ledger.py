"""The ledger of a proof in progress: what is known, and what a step may make of it.

Each step is discharged from the facts it names and nothing else. Besides deciding its goals this
refuses what would make a false step provable: names with two meanings, facts that contradict each
other, a sample chosen once taken for every sample, a theorem about one data set read as one about
another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from .identities import Answer, identical, tends_to
from .smt import Untranslatable, decide, side_conditions
from .statement import (
    Cases,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Identity,
    Inequality,
    Instance,
    Let,
    Limit,
    Step,
    Theorem,
    TrustedFact,
)
from .symbols import RUNNING, all_declared, index_of, is_declared, quantity, symbols_of

# Consistency may stay open: the tests make the check again by finding points. All that a proof is
# given is looked at once, with time for it; what single steps rest on, in passing.
CONSISTENCY_TIMEOUT_MS = 100
JOINT_TIMEOUT_MS = 1000

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

    def hypotheses(self, step: Step, goal: Boolean = sp.true) -> tuple[Boolean, ...]:
        """The facts that a step may use for a goal: a claim about every sample, neuron or point
        never rests on what is known of one that was chosen."""
        missing = [name for name in step.rests_on if name not in self.facts]
        if missing:
            raise ValueError(
                f"{self.theorem.id}, step {step.id}: uses {missing}, which is neither an "
                "assumption nor an earlier step"
            )
        every = _letters(goal) if isinstance(step, Conclusion) else set()
        names = (n for n in step.rests_on if not every & set(self.choices.get(n, ())))
        facts = [fact for name in names for fact in self.facts[name]]
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
                return self._sympy(step, equation, identical(step.left, step.right, step.cases))
            case Limit():
                answer = tends_to(step.expression, step.variable, step.point, step.value, step.side)
                limit = sp.Limit(step.expression, step.variable, step.point)
                return self._sympy(step, sp.Eq(limit, step.value, evaluate=False), answer)
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
        if decide((), claim.statement, timeout_ms=self.timeout_ms).status == "implied":
            return f"{claim.statement} holds whatever the network is"
        return ""

    def contradiction(self) -> str:
        """Whether assumptions and definitions exclude each other, all taken together, or nothing.

        What is known of a chosen sample is left out: two may be chosen under one letter.
        """
        given = [a.relation for a in self.theorem.assumptions]
        for step in self.theorem.proof:
            if isinstance(step, Definition | Let) and not self.choices[step.id]:
                given += self.facts[step.id]
        limit = min(self.timeout_ms, JOINT_TIMEOUT_MS)
        if decide(given, sp.false, timeout_ms=limit).status == "implied":
            return "assumptions and definitions contradict each other, so anything would follow"
        return ""

    def _definition(self, step: Definition) -> Outcome:
        if unknown := set(step.chooses) - _letters(sp.And(*step.facts)):
            raise ValueError(
                f"{self.theorem.id}, step {step.id}: chooses {min(unknown)!r}, which no symbol of "
                "its facts varies with"
            )
        problem = _one_for_all(step) or self._smuggled(step)
        status: Status = "gap" if problem else "discharged"
        formula = sp.And(*step.facts)
        return Outcome(formula, "definition", status, problem or "by definition", step.facts)

    def _smuggled(self, step: Definition) -> str:
        """What an equation says only together with the declared range of its symbol, or nothing."""
        parts = [part for fact in step.facts for part in sp.And.make_args(fact)]
        for part in (p for p in parts if isinstance(p, sp.Eq)):
            for symbol, value in (part.args, part.args[::-1]):
                if not symbol.is_Symbol or value.is_Symbol or symbol in value.free_symbols:
                    continue
                known = (*self.hypotheses(step), *(p for p in parts if p is not part))
                for r in _moved_ranges([(symbol, value)]):
                    if decide(known, r, timeout_ms=self.timeout_ms).status == "not implied":
                        return (
                            f"with the declared range of {symbol} it also says {r}: write it down"
                        )
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
        elif _fixed_by_claims(self.theorem.claims, step.symbol, step.value):
            detail = f"{step.symbol} is what a claim speaks of: its meaning is its declaration's"
        elif hidden := hidden - set(quantity(step.symbol).index):
            detail = f"{step.value} varies with {', '.join(sorted(hidden))}, {step.symbol} does not"
        if detail:
            return Outcome(equation, "definition", "gap", detail)
        # The declared range of the new symbol must not smuggle in a fact: it is proved.
        goals = _moved_ranges([(step.symbol, step.value)])
        return self._implied(step, goals, equation, (equation,))

    def _sympy(self, step: Step, formula: Boolean, answer: Answer) -> Outcome:
        verdict, detail = answer
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
            ranges = [_between(v, low, high) for v, low, high in e.limits]
            stand_in = dict(zip(e.bound_symbols, RUNNING, strict=False))
            try:
                conditions = side_conditions((sp.Eq(e.function, 0, evaluate=False).subs(stand_in),))
            except Untranslatable as error:
                return f"whether {e} has a value is not known: {error}"
            known = (*self.hypotheses(step), *(r.subs(stand_in) for r in ranges))
            for c in conditions:
                if decide(known, c, timeout_ms=self.timeout_ms).status != "implied":
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
    ) -> Outcome:
        """Discharge every goal, and that all denominators and roots in it have a meaning."""
        goals, hypotheses = tuple(goals), self.hypotheses(step)
        outcome = Outcome(formula, engine, "unknown", "", goals if facts is None else facts)
        title = f"{self.theorem.id}, step {step.id}: {step.says}"
        texts: list[str] = []
        try:
            meaning = side_conditions((*goals, *outcome.facts))
        except Untranslatable as error:
            return replace(outcome, detail=f"not translated: {error}")
        for goal in (*meaning, *goals):
            if goal is sp.true:
                continue
            # A side condition may not rest on a goal that presupposes it.
            known = self.hypotheses(step, goal)
            decision = decide(known, goal, title=title, timeout_ms=self.timeout_ms)
            texts.append(decision.smt)
            outcome = replace(outcome, smt="\n(reset)\n".join(texts))
            if decision.status == "not implied":
                detail, model = f"{goal} is not implied", decision.countermodel
                return replace(outcome, status="gap", detail=detail, countermodel=model)
            if decision.status == "unknown":
                return replace(outcome, detail=f"{goal} was not decided ({decision.reason})")
        if texts and hypotheses:
            # Facts that exclude each other prove anything: such a step is vacuous, and no proof.
            limit = min(self.timeout_ms, CONSISTENCY_TIMEOUT_MS)
            if decide(hypotheses, sp.false, timeout_ms=limit).status == "implied":
                detail = "the facts used contradict each other, so anything would follow"
                return replace(outcome, status="gap", detail=detail)
        detail = "unsat" if len(texts) == 1 else f"unsat, {len(texts)} queries"
        return replace(outcome, status="discharged", detail=detail, goals=(*meaning, *goals))

    def _citation(self, step: Citation) -> Outcome:
        fact = step.cited.fact
        if (at := _completed(step.cited, self.hypotheses(step))) is None:
            detail = f"the facts used do not say what stands for every symbol of {fact.key}"
            return Outcome(sp.And(*fact.conclusions), "trusted", "gap", detail)
        cited = fact(*at)
        put = list(zip(fact.symbols, at, strict=True))
        over = _running(fact, put)
        fixed = [v for s, value in put if s not in fact.varying for v in _varying(value, over)]
        premises = (*_moved_ranges(put), *cited.put(fact.premises))
        conclusions = cited.put(fact.conclusions)
        formula = sp.And(*conclusions)
        if fixed:
            detail = f"{fixed[0]} varies with {over}, so {fact.key} does not apply"
            return Outcome(formula, "trusted", "gap", detail)
        if alone := set(over) - {i for s, v in put if s in fact.varying for i in _letters(v)}:
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
        if problem := _other_set(step.at):
            detail = problem
        elif kept:
            names = ", ".join(kept)
            detail = f"{names} would keep the meaning of other data: replace or share it"
        if detail:
            return Outcome(sp.And(*(c.statement for c in claims)), "theorem", "gap", detail)

        def at(relation: Boolean) -> Boolean:
            return relation.subs(replacement, simultaneous=True)

        premises = [*_moved_ranges(step.at), *(at(a.relation) for a in step.theorem.assumptions)]
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


def _between(v: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Boolean:
    """That v lies between two ends, whichever is the smaller; infinite ends are none."""
    if low.is_infinite or high.is_infinite:
        ends = (None if low.is_infinite else v >= low, None if high.is_infinite else v <= high)
        return sp.And(*(end for end in ends if end is not None))
    return sp.Or(sp.And(v >= low, v <= high), sp.And(v >= high, v <= low))


def _other_set(at: Iterable[tuple[sp.Symbol, sp.Expr]]) -> str:
    """Why a replacement does not lead from one set of samples to one other, or nothing."""
    sets = set()
    for symbol, twin in at:
        if not isinstance(twin, sp.Symbol) or quantity(twin).twin_of != symbol.name:
            # A theorem speaks of measured quantities, which nothing else can stand for.
            return f"{twin} is not declared as the twin of {symbol} in another set of samples"
        sets.add(twin.name.replace(symbol.name, "", 1).strip("_"))
    return f"the twins are of different sets: {', '.join(sorted(sets))}" if len(sets) > 1 else ""


# Letters that run over the same things: samples, and neurons.
_ALIKE = ("nk", "ij")


def _running(fact: TrustedFact, put: Iterable[tuple[sp.Symbol, sp.Basic]]) -> str:
    """The letters over which a citation's family runs: those of the fact, or others of their kind
    where no expression put for a varying symbol has the fact's own."""
    found = {letter for s, value in put if s in fact.varying for letter in _letters(value)}

    def running(letter: str) -> str:
        kind = next((kind for kind in _ALIKE if letter in kind), letter)
        return letter if letter in found else next((i for i in kind if i in found), letter)

    return "".join(map(running, fact.over))


def _letters(formula: sp.Basic) -> set[str]:
    return {letter for symbol in symbols_of(formula) for letter in index_of(symbol)}


def _one_for_all(step: Definition) -> str:
    """Whether a definition says that a number is each member of a family, or nothing."""
    for fact in step.facts:
        for part in sp.And.make_args(fact):
            if not isinstance(part, sp.Eq) or not part.lhs.is_Symbol or not part.rhs.is_Symbol:
                continue
            apart = set(index_of(part.lhs)) ^ set(index_of(part.rhs))
            if left := apart - set(step.chooses):
                letters = ", ".join(sorted(left))
                return f"{part} for every {letters}: where one is picked, say chooses={letters!r}"
    return ""


def _fixed_by_claims(claims: tuple[Claim, ...], symbol: sp.Symbol, value: sp.Expr) -> bool:
    """Whether claims say something of a symbol, none of them that it is just this value."""
    parts = [part for claim in claims for part in sp.And.make_args(claim.statement)]
    explained = sp.Eq(symbol, value) in parts
    spoken_of = any(symbol in part.free_symbols for part in parts)
    measured = any(symbol in claim.relation.free_symbols for claim in claims)
    return measured or (spoken_of and not explained)


def _varying(value: sp.Basic, over: str) -> list[sp.Symbol]:
    """The symbols in an expression that vary with an index that a fact is over."""
    return [s for s in symbols_of(value) if set(index_of(s)) & set(over)]


def _completed(cited: Instance, known: Iterable[Boolean]) -> tuple[sp.Basic, ...] | None:
    """All expressions of an instance, those left out read off the facts known.

    A premise that compares two symbols is held against every comparison known. None unless exactly
    one choice fits; the premises of that choice are proved like those of any other.

    Raises:
        ValueError: no premise speaks of a symbol that is left out.
    """
    fact, given = cited.fact, cited.at
    settled, left_out = set(fact.symbols[: len(given)]), fact.symbols[len(given) :]
    if not left_out:
        return given
    pairs = [pair for k in known for part in sp.And.make_args(k) for pair in _ordered(part)]
    choices = [dict(zip(fact.symbols, given, strict=False))]
    for low, high in (pair for premise in fact.premises for pair in _ordered(premise)[:1]):
        if not settled.issuperset((low, high)) and low.is_Symbol and high.is_Symbol:
            choices = [
                {**choice, low: a, high: b}
                for choice, (a, b) in product(choices, pairs)
                if choice.get(low, a) == a and choice.get(high, b) == b
            ]
            settled |= {low, high}
    if missing := [s.name for s in left_out if s not in settled]:
        raise ValueError(f"{fact.key}: no premise says what to put for {', '.join(missing)}")
    # What is meant varies with the index exactly where the fact says that it may.
    unique = {
        tuple(choice[s] for s in fact.symbols)
        for choice in choices
        if all(bool(_varying(choice[s], fact.over)) == (s in fact.varying) for s in left_out)
    }
    return unique.pop() if len(unique) == 1 else None


def _ordered(relation: Boolean) -> list[tuple[sp.Basic, sp.Basic]]:
    """Pairs of which a relation says that the first is at most the second."""
    if isinstance(relation, sp.Eq):
        return [relation.args, relation.args[::-1]]
    if not isinstance(relation, Relational) or isinstance(relation, sp.Ne):
        return []
    return [(relation.lts, relation.gts)]


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
        fact = step.cited.fact
        for letter in _running(fact, zip(fact.symbols, step.cited.at, strict=False)):
            if letter in chosen:
                (by,) = chosen[letter]
                return f"{letter} was chosen by {by!r}, so {fact.key} does not apply to all"
    return ""
