"""Whether what a proof rests on excludes itself: from facts that do, anything would follow.

Consistency may stay open: the tests make the check again by finding points. All that a proof is
given is looked at once, with means for it; what steps rest on, in passing.
"""

from collections.abc import Iterable, Iterator, Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean

from .ledger import Ledger
from .smt import decide
from .statement import Definition, Let, Step

# The means are steps of the solver, which takes a few million a second: clocks are the second
# limit, for queries of which each step is long.
JOINT = {"resources": 1_000_000, "timeout_ms": 1500}
IN_PASSING = {"resources": 200_000, "timeout_ms": 400}

# More facts than these are asked about in two halves from the start: most such questions stay open.
_AT_ONCE = 90


def contradictions(ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Steps whose facts exclude each other, and why that makes them worthless; at the end."""
    search = _Search(ledger)
    proof = ledger.theorem.proof
    for step in search.excluding(proof):
        yield step.id, "the facts used contradict each other, so anything would follow"
    # What is known of a chosen sample is left out: two may be chosen under one letter. So is a name
    # that no other fact speaks of: its value always exists, and its range was proved.
    given = [a.relation for a in ledger.theorem.assumptions]
    one_for_all = [step for step in proof if not ledger.choices[step.id]]
    given += [f for s in one_for_all if isinstance(s, Definition) for f in ledger.facts[s.id]]
    spoken_of = {symbol for fact in given for symbol in fact.free_symbols}
    for step in reversed(one_for_all):
        if isinstance(step, Let) and step.symbol in spoken_of:
            given += ledger.facts[step.id]
            spoken_of |= step.value.free_symbols
    if search.met(given, **JOINT) is False:
        yield (
            proof[-1].id,
            "assumptions and definitions contradict each other, so anything would follow",
        )


class _Search:
    """Looks for numbers that meet facts, and keeps for which it found some."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.found: list[frozenset[Boolean]] = []

    def excluding(self, steps: Sequence[Step]) -> Iterator[Step]:
        """Steps whose facts exclude each other: numbers that meet the facts of many settle it for
        all of them; where none are found, each is looked at, or each half of very many."""
        facts = dict.fromkeys(fact for step in steps for fact in self.ledger.hypotheses(step))
        alone, many = len(steps) == 1, len(facts) > _AT_ONCE
        met = self.met(facts, **IN_PASSING) if alone or not many else None
        if alone and met is False:
            yield steps[0]
        elif not alone and not met:
            size = -(-len(steps) // 2) if many else 1
            for start in range(0, len(steps), size):
                yield from self.excluding(steps[start : start + size])

    def met(self, facts: Iterable[Boolean], resources: int, timeout_ms: int) -> bool | None:
        """Whether numbers meet all of these facts, or None if that stays open."""
        facts = self.ledger.given(tuple(dict.fromkeys(facts)))
        if not facts or any(found.issuperset(facts) for found in self.found):
            return True
        limit = min(self.ledger.timeout_ms, timeout_ms)
        answer = decide(facts, sp.false, timeout_ms=limit, resources=resources)
        if answer.status == "not implied":
            self.found.append(frozenset(facts))
        return {"not implied": True, "implied": False}.get(answer.status)
