"""What formulas say about polynomials. Only fractions are used.

A relation says which signs a polynomial may have. A quotient a/b is a variable q, of which only
`b = 0 or q*b = a` is known. A formula whose truth hangs on what is not known says nothing, until a
split says more.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .polynomials import Polynomial, plus, times

SIGNS = {"<": {-1}, "<=": {-1, 0}, "=": {0}, ">=": {0, 1}, ">": {1}}
_ANY = {-1, 0, 1}


def plain(e: Any) -> Any:
    """A formula or term without `true`, `false`, `and`, `=>` and equivalences."""
    if isinstance(e, str):
        return {"false": ("or",), "true": ("not", ("or",))}.get(e, e)
    op, *parts = map(plain, e)
    nots = [("not", a) for a in parts]
    if op == "=>":
        return "or", *nots[:-1], parts[-1]
    if op == "and":
        return "not", ("or", *nots)
    if op == "=" and parts[0][0] in ("not", "or", *SIGNS):
        return "or", ("not", ("or", *nots)), ("not", ("or", *parts))
    return op, *parts


class Branch:
    """What follows from plain formulas: `facts`, each a polynomial and the signs it may have, one
    of {1}, {0, 1} and {0}. Where only p != 0 is known, the fact is p*p > 0; where formulas exclude
    each other as they stand, it is 0 > 0."""

    def __init__(self, formulas: list[Any]) -> None:
        self.formulas, self.facts, self.signs = list(formulas), [], {}
        self.terms, self.supposed = {}, {}
        known = -1
        while known < len(self.facts):
            known = len(self.facts)
            # Reading adds to the list, which goes on; what is said in full is not read again.
            self.formulas = [formula for formula in self.formulas if not self.read(formula, True)]

    def read(self, e: tuple, truth: bool) -> bool:
        """Add what follows where a formula has a truth value; whether that is all it ever says."""
        op, *parts = e
        if op == "not":
            return self.read(parts[0], not truth)
        if op == "or":
            if truth:
                parts = [a for a in parts if self.value(a) is not False]
            if not parts and truth:
                self.add({}, {1})
            if truth and len(parts) > 1:
                return False
            said = [self.read(a, truth) for a in parts]
            return all(said)
        if (p := self.difference(*parts)) is None:
            self.supposed.setdefault(e, truth)
            return False
        self.add(p, SIGNS[op] if truth else _ANY - SIGNS[op])
        return True

    def value(self, e: tuple) -> bool | None:
        """Whether a formula holds, or None where that is not known."""
        op, *parts = e
        if op in SIGNS:
            if (p := self.difference(*parts)) is None:
                return self.supposed.get(e)
            signs = self.possible(p)[-1]
            return True if signs <= SIGNS[op] else None if signs & SIGNS[op] else False
        values = [self.value(a) for a in parts]
        if op == "or":
            return True if True in values else None if None in values else False
        return None if None in values else not values[0]

    def possible(self, p: Polynomial) -> tuple[frozenset, int, set[int]]:
        """A name of p up to a factor, the sign of the factor, and the signs that p may have."""
        lead = Fraction(p[max(p)] if p else 1)
        name, turn = (
            frozenset((m, c if lead == 1 else c / lead) for m, c in p.items()),
            1 if lead > 0 else -1,
        )
        known = self.signs.get(name, _ANY if any(p) else {1 if p else 0})
        return name, turn, {turn * s for s in known}

    def add(self, p: Polynomial, signs: set[int]) -> None:
        """Keep that p has one of these signs, if that is new."""
        name, turn, known = self.possible(p)
        if known <= signs:
            return
        signs = signs & known
        self.signs[name] = {turn * s for s in signs}
        if not signs:
            p, signs = {}, {1}
        elif signs == {-1, 1}:
            p, signs = times(p, p), {1}
        elif -1 in signs:
            p, signs = plus({}, p, -1), {-s for s in signs}
        self.facts.append((p, signs))

    def difference(self, a: Any, b: Any) -> Polynomial | None:
        """a - b as a polynomial, or None where it hangs on what is not known."""
        p, q = self.term(a), self.term(b)
        return None if p is None or q is None else plus(p, q, -1)

    def term(self, e: Any) -> Polynomial | None:
        """A term as a polynomial, or None where it hangs on what is not known."""
        if e not in self.terms and (p := self._polynomial(e)) is not None:
            self.terms[e] = p
        return self.terms.get(e)

    def _polynomial(self, e: Any) -> Polynomial | None:
        if isinstance(e, str):
            if not e[0].isdigit():
                return {(e,): 1}
            return plus({}, {(): int(e) if e.isdigit() else Fraction(e)})
        op, *parts = e
        if op == "ite":
            case = self.value(parts[0])
            return None if case is None else self.term(parts[1 if case else 2])
        values = [p for a in parts if (p := self.term(a)) is not None]
        if len(values) < len(parts):
            return None
        p, *rest = values
        if op == "/" and list(rest[0]) == [()]:
            return plus({}, p, 1 / Fraction(rest[0][()]))
        if op == "/":
            self.formulas.append(("or", ("=", parts[1], "0"), ("=", ("*", e, parts[1]), parts[0])))
            return {(str(e),): 1}
        if op == "-" and not rest:
            return plus({}, p, -1)
        for q in rest:
            p = times(p, q) if op == "*" else plus(p, q, {"+": 1, "-": -1}[op])
        return p
