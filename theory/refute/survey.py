"""What becomes of a theorem's mutants: proved, a proof gap, refuted by a dataset, or unknown.

Only the steps that a change touches are proved again: those that use the changed assumption, or
conclude the changed claim. What a step provides does not depend on the assumptions it uses, so
every other step stands as in the unchanged proof.
"""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from ..applying import said_by_ranges
from ..engine import ProofReport, ProofVerdict, StepReport, prove
from ..smt import decide
from ..statement import Conclusion, Definition, Earlier, Identity, Step, Theorem
from ..symbols import symbols_of
from ..theorems import catalog, theorem
from .mutants import Mutant, mutants
from .search import Refutation, Search, search

MutantVerdict = Literal["proved", "not used", "proof gap", "refuted", "unknown"]
TIMEOUT_MS = 500
#: A first attempt at every query: a gap found so needs no more time for the steps before it.
QUICK_MS = 100


@dataclass(frozen=True)
class MutantReport:
    """What the engine and the search say of one mutant.

    `reason` says it in words: why a proved mutant is really weaker or nevertheless true, which step
    fails, or which dataset refutes. `proof` is the verdict on the mutated proof also where a
    dataset refutes; `gap` is its first open step, with the solver's countermodel.
    """

    mutant: Mutant
    verdict: MutantVerdict
    reason: str
    proof: ProofVerdict
    gap: StepReport | None = None
    refutation: Refutation | None = None
    searched: int = 0

    @property
    def contradiction(self) -> bool:
        """Whether the engine proves what a dataset refutes: a fault of one of the two."""
        return self.refutation is not None and self.proof == "proved"


def tested(theorem: Theorem) -> ProofReport:
    """The proof of a theorem, open at its end where small data refute what it proves.

    A definition or a citation then says what is not so: no solver reads their words. Theorems of
    the catalog are searched by the tests, which takes longer than proving them.
    """
    proof = prove(theorem)
    if proof.verdict != "proved" or theorem in catalog():
        return proof
    if (found := search(theorem).refutation) is None:
        return proof
    *steps, last = proof.steps
    detail = f"proved and refuted: a definition or citation says what is not so ({found})"
    open_ = replace(last, status="gap", detail=detail)
    return replace(proof, verdict="gap", steps=(*steps, open_))


def classify(mutant: Mutant, *, timeout_ms: int = TIMEOUT_MS) -> MutantReport:
    """Prove a mutant, and look for a dataset that refutes it.

    A refutation decides; then a proof (the theorem's own, or from other theorems of the catalog).
    `timeout_ms` limits each query. No dataset is looked for when the proved theorem implies the
    mutant (it would refute the theorem, which is searched itself), nor for a formal statement.
    """
    proof = prove_changed(mutant, timeout_ms=timeout_ms)
    gap = next(iter(proof.open_steps), None)
    if proof.verdict == "proved" and (weaker := _compare(mutant, timeout_ms)) is not None:
        return MutantReport(mutant, "proved", weaker, "proved")
    found = Search(None, 0, "not a statement about data alone")
    if mutant.part != "formal":
        found = search(mutant.theorem)

    def report(verdict: MutantVerdict, reason: str) -> MutantReport:
        return MutantReport(
            mutant, verdict, reason, proof.verdict, gap, found.refutation, found.admissible
        )

    if found.refutation is not None:
        return report("refuted", str(found.refutation))
    if gap is None and not any(_touches(step, mutant) for step in mutant.theorem.proof):
        return report("not used", "no step rests on it: the proof says nothing of the change")
    if gap is None:
        return report("proved", _room(mutant))
    if found.admissible and (by := _proved_by(mutant, timeout_ms)):
        follows = f"but it follows from {', '.join(by)}"
        return report("proved", f"its own proof is open at step {gap.id}, {follows}")
    tried = f"{found.admissible} datasets refute nothing" if found.admissible else found.excluded
    verdict = "proof gap" if proof.verdict == "gap" else "unknown"
    return report(verdict, f"step {gap.id}: {gap.detail}; {tried}")


def survey(
    theorems: Iterable[Theorem] | None = None, *, timeout_ms: int = TIMEOUT_MS, processes: int = 1
) -> tuple[MutantReport, ...]:
    """The reports of all mutants of some theorems (default: the whole catalog), in order.

    `processes` share the work on theorems of the catalog; others are classified in this process.
    """
    chosen = tuple(catalog() if theorems is None else theorems)
    if processes == 1:
        return tuple(classify(m, timeout_ms=timeout_ms) for t in chosen for m in mutants(t))
    # Started afresh, so that nothing of the caller's threads or locks is inherited. A theorem is
    # not split: its mutants share what the solver and the search have found.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        pending = {
            t.id: pool.submit(_survey_one, t.id, timeout_ms) for t in chosen if t in catalog()
        }
        return tuple(
            report
            for t in chosen
            for report in (
                pending[t.id].result() if t.id in pending else survey([t], timeout_ms=timeout_ms)
            )
        )


def _survey_one(id: str, timeout_ms: int) -> tuple[MutantReport, ...]:
    return survey([theorem(id)], timeout_ms=timeout_ms)


def prove_changed(mutant: Mutant, *, timeout_ms: int = TIMEOUT_MS) -> ProofReport:
    """The mutated proof's steps that the change touches, on top of the unchanged proof.

    Facts of untouched steps are taken from the unchanged proof as definitions. The verdict is that
    of the whole mutated proof: when the unchanged proof has an open step, so has this one.
    """
    whole = prove(mutant.original)
    reports = {step.id: step for step in whole.steps}
    touched = [step for step in mutant.theorem.proof if _touches(step, mutant)]
    needed = {name for step in touched for name in step.rests_on}
    steps: list[Step] = []
    for step in mutant.theorem.proof:
        if step in touched:
            steps.append(step)
        elif step.id in needed:
            steps.append(_given(step, reports[step.id]))
    claims = {step.claim for step in touched if isinstance(step, Conclusion)}
    changed = replace(
        mutant.theorem,
        claims=tuple(c for c in mutant.theorem.claims if c.id in claims),
        proof=tuple(steps),
    )
    part = prove(changed, timeout_ms=min(QUICK_MS, timeout_ms))
    if part.verdict == "unknown":
        part = prove(changed, timeout_ms=timeout_ms)
    if part.verdict == "proved" and whole.verdict != "proved":
        return replace(part, verdict=whole.verdict, steps=(*part.steps, *whole.open_steps))
    return part


def _touches(step: Step, mutant: Mutant) -> bool:
    if mutant.part == "assumption":
        return mutant.of in step.rests_on
    return isinstance(step, Conclusion) and step.claim == mutant.of


def _given(step: Step, report: StepReport) -> Step:
    """What a step provides, without its proof. Identities are cheap to check again."""
    if isinstance(step, Identity):
        return replace(step, by="")
    facts = step.facts if isinstance(step, Definition) else (report.formula,)
    facts = (*facts, *(relation for *_, relation in said_by_ranges(facts)))  # type: ignore[arg-type]
    if isinstance(step, Definition):
        return replace(step, by="", facts=facts)
    return Definition(step.id, f"As in the unchanged proof: {step.says}", facts)  # type: ignore[arg-type]


def _meanings(theorem: Theorem) -> tuple[Boolean, ...]:
    """What is true of the measured symbols by their meaning: definitions of the proof that speak of
    them alone, and that the smallest of something is at most the largest."""
    measured = set(theorem.measured_symbols)
    known = {s.name: s for s in measured}
    facts = [
        fact
        for step in theorem.proof
        if isinstance(step, Definition)
        for fact in step.facts
        if set(symbols_of(fact)) <= measured
    ]
    for name, symbol in known.items():
        largest = known.get(f"{name.removesuffix('_min')}_max") if name.endswith("_min") else None
        if largest is not None:
            facts.append(symbol <= largest)
    return tuple(dict.fromkeys(facts))


def _compare(mutant: Mutant, timeout_ms: int) -> str | None:
    """In words, why the unchanged theorem implies the mutant; `None` when that is not shown."""
    meanings = _meanings(mutant.original)

    def implied(hypotheses: Iterable[Boolean], goal: Boolean) -> bool:
        given = (*meanings, *hypotheses)
        return decide(given, goal, timeout_ms=min(QUICK_MS, timeout_ms)).status == "implied"

    before, after = mutant.before, mutant.after
    assumptions = [a.relation for a in mutant.theorem.assumptions]
    if mutant.part == "assumption":
        if implied(assumptions, sp.false):
            return "vacuous: no data meet its assumptions"
        others = [a.relation for a in mutant.original.assumptions if a.id != mutant.of]
        if not implied((*others, after), before):
            return None
        same = implied((*others, before), after)
    else:
        if not implied((*assumptions, before), after):
            return None
        same = implied((*assumptions, after), before)
    return "equivalent to the theorem" if same else "weaker: the theorem implies it"


def _room(mutant: Mutant) -> str:
    """Why a mutant that is not weaker is proved all the same."""
    steps = [step.id for step in mutant.theorem.proof if _touches(step, mutant)]
    if not steps:
        return "the proof does not use what was changed"
    return f"true by the same proof, which has room at {', '.join(steps)}"


def _proved_by(mutant: Mutant, timeout_ms: int) -> tuple[str, ...]:
    """Theorems of the catalog whose assumptions the mutant's imply, if together they imply it."""
    if mutant.part == "formal":
        return ()
    changed = mutant.theorem
    meanings = Definition(
        "meanings", "What the measured symbols denote.", _meanings(mutant.original)
    )
    given = (*(a.relation for a in changed.assumptions), *meanings.facts)
    known = set(symbols_of(*given))
    wanted = {s for c in changed.claims for s in symbols_of(c.statement)} - known
    usable = [
        other
        for other in dict.fromkeys((mutant.original, *catalog()))
        if other.kind == "theorem"
        and {s for a in other.assumptions for s in symbols_of(a.relation)} <= known
        and (
            other is mutant.original
            or wanted & set(symbols_of(*(c.statement for c in other.claims)))
        )
        and all(
            decide(given, a.relation, timeout_ms=min(QUICK_MS, timeout_ms)).status == "implied"
            for a in other.assumptions
        )
    ]
    if not usable:
        return ()
    by = " ".join([*(a.id for a in changed.assumptions), meanings.id])
    earlier = tuple(Earlier(f"by-{t.id} <- {by}", f"By {t.id}.", t) for t in usable)
    by = " ".join([by, *(step.id for step in earlier)])
    conclusions = tuple(
        Conclusion(f"so-{c.id} <- {by}", "So the claim holds.", c.id) for c in changed.claims
    )
    attempt = replace(changed, proof=(meanings, *earlier, *conclusions))
    proof = prove(attempt, timeout_ms=timeout_ms)
    return tuple(t.id for t in usable) if proof.verdict == "proved" else ()
