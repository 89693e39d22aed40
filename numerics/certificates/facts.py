"""What is known in a case of a certificate: all that follows from one assertion after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from ...theory.certificates.cases import Known, also, relation
from ...theory.certificates.checker import SIGNS, combined, parse, value

Polynomial = dict[tuple[str, ...], Fraction | int]
"""The coefficient, not 0, of each product of variables, which are sorted."""
FORMULAS = ("not", "and", "or", "=>", *SIGNS)


def plus(p: Polynomial, q: Polynomial, factor: Fraction | int = 1) -> Polynomial:
    """p + factor q."""
    return combined("+", p, combined("*", q, {(): factor}))


def times(p: Polynomial, q: Polynomial) -> Polynomial:
    """p q."""
    return combined("*", p, q)


def text(p: Mapping[tuple[str, ...], Any], names: Mapping[str, Any]) -> str:
    """A polynomial, variables that are quotients or terms by cases written out."""
    terms = []
    for m, c in p.items():
        factors = [written(names.get(v, v)) for v in m]
        if c != 1 or not m:
            factors.insert(0, str(c) if c >= 0 else f"(- {-c})")
        terms.append(factors[0] if len(factors) == 1 else f"(* {' '.join(factors)})")
    return terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})"


def written(e: Any) -> str:
    """An expression."""
    return e if isinstance(e, str) else f"({' '.join(map(written, e))})"


def variables(asserted: list[Any]) -> dict[str, Any]:
    """The quotients and terms by cases in assertions, inner ones first, by the names that the
    checker gives them as variables."""
    return {str(e): e for a in asserted for e in within(a) if e[0] in ("/", "ite")}


def within(e: Any) -> Iterator[Any]:
    """All that an expression is made of but words, inner parts first."""
    if not isinstance(e, str):
        for part in e[1:]:
            yield from within(part)
        yield e


class Branch:
    """A case: `known` as the checker has it, and `facts`, each a polynomial, the signs that it may
    have, {1}, {0, 1} or {0}, and the polynomials in `known` whose product it is (where only p != 0
    is known, the fact is p*p > 0). `steps` are what led here from the case above: a relation, its
    truth, and the node that closes the case where it is otherwise. `false` is an assertion that
    cannot hold here, if one was met."""

    def __init__(
        self, asserted: list[Any], left: list[int], names: Mapping[str, Any], known: Known
    ) -> None:
        self.asserted, self.left, self.names, self.known = asserted, list(left), names, dict(known)
        self.facts: list[tuple[Polynomial, set[int], tuple[frozenset, ...]]] = []
        self.steps: list[tuple[Any, bool, Any]] = []
        self.false: int | None = None

    def read_all(self) -> Branch:
        """This, with all that follows."""
        count = None
        while count != len(self.steps) and self.false is None:
            count = len(self.steps)
            for e in [e for i in self.left for e in within(self.asserted[i]) if e[0] in SIGNS]:
                self.compare(e)
            self.left = [i for i in self.left if not self.read(self.asserted[i], True, i)]
        return self

    def compare(self, e: Any) -> None:
        """Add what a relation of two numbers is, which the checker does not know by itself."""
        if isinstance(self.value(e[1]), int) or any(p := self.difference(*e[1:])):
            return
        key, c = frozenset(p.items()), Fraction(p.get((), 0))
        if key not in self.known:
            truth = ("<" if c < 0 else ">" if c else "="), text({(): c}, {}), "0"
            products = [["1"], [str(-1 / c), key]] if c else [["1", key, key]]
            self.steps.append((written(truth), True, {"sum": products}))
            (e,) = parse(written(truth))
            self.known = also(self.known, e, True)

    def where(self, e: Any, holds: bool) -> Branch:
        """The case below in which a relation holds, or in which it does not."""
        below = Branch(self.asserted, self.left, self.names, self.known)
        below.facts = list(self.facts)
        below.add(e, also(self.known, e, holds))
        return below.read_all()

    def read(self, e: Any, truth: bool, i: int) -> bool:
        """Add what follows where a part of assertion i is true, or false; whether that is all that
        it will ever say."""
        if e in ("true", "false"):
            self.false = i if truth == (e == "false") else self.false
            return True
        op, *parts = e
        if op == "not":
            return self.read(parts[0], not truth, i)
        if op in ("and", "or", "=>"):
            premises = len(parts) - 1 if op == "=>" else 0
            sides = [(part, truth != (k < premises)) for k, part in enumerate(parts)]
            if truth == (op != "and"):  # one of them is enough
                sides = [(part, t) for part, t in sides if self.value(part) != 1 - 2 * t]
                if len(sides) != 1:
                    self.false = self.false if sides else i
                    return False
            done = [self.read(part, t, i) for part, t in sides]
            return all(done)
        if op == "=" and parts[0][0] in FORMULAS and not isinstance(parts[0], str):
            for one, other in (parts, parts[::-1]):
                if v := self.value(one):
                    self.read(other, truth == (v > 0), i)
            return False
        return self.say(e, truth, i) and not any(
            part[0] == "ite" and not self.value(part[1]) for part in within(e)
        )

    def say(self, e: Any, truth: bool, i: int) -> bool:
        """Add a relation, or its negation, that assertion i says, if that is new."""
        self.compare(e)
        known = also(self.known, e, truth)
        if not all(known.values()):
            self.false = i
        elif known != self.known:
            on = i if relation(self.asserted[i]) == e else written(e)
            self.steps.append((on, truth, i))
            self.add(e, known)
        return True

    def add(self, e: Any, known: Known) -> None:
        """Go on with what is known now of a relation."""
        self.known = known
        p = self.difference(*e[1:])
        signs = known[frozenset(p.items())]
        if -1 in signs and 1 not in signs:
            p, signs = combined("-", {}, p), {-s for s in signs}
        key = frozenset(p.items())
        both = signs == {-1, 1}
        self.facts.append((times(p, p), {1}, (key, key)) if both else (p, signs, (key,)))

    def difference(self, a: Any, b: Any) -> Polynomial:
        """a - b."""
        return combined("-", self.value(a), self.value(b))

    def value(self, e: Any) -> Any:
        """What an expression is here, as `checker.value` says."""
        return value(self.known, e)
