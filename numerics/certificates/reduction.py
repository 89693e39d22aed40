"""Facts of a branch with their equations used up, so that a linear program has less to find.

An equation with a variable (or a power of it) alone in one term is a rule that replaces it. A
quotient q = a/b goes where what holds it is multiplied by b, once the sign of b is known. What that
does to a polynomial is a sum of multiples of equations, which is kept beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from .facts import Branch, Polynomial, plus, times

ONE: Polynomial = {(): Fraction(1)}
Multiples = dict[int, Polynomial]
"""A polynomial for each equation, by its number among the facts."""


def added(one: Multiples, other: Multiples, factor: Polynomial = ONE) -> Multiples:
    """one + factor other."""
    total = dict(one)
    for i, p in other.items():
        total[i] = plus(total.get(i, {}), times(factor, p))
    return total


@dataclass(frozen=True)
class Element:
    """A product of facts and a square: `exact`, which is `value` plus multiples of equations. It is
    never negative, and `strict` says that it is never 0."""

    facts: tuple[int, ...] = ()
    square: tuple[Polynomial, ...] = ()
    strict: bool = True
    exact: Polynomial = field(default_factory=ONE.copy)
    value: Polynomial = field(default_factory=ONE.copy)
    multiples: Multiples = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """`variable**power` is `value` plus multiples of equations."""

    variable: str
    power: int
    value: Polynomial
    multiples: Multiples


@dataclass(frozen=True)
class Quotient:
    """`name * by` is `value` plus multiples of equations, and the facts `of` (a fact whose
    polynomial is `by`) say that `by` is > 0."""

    name: str
    by: Polynomial
    value: Polynomial
    multiples: Multiples
    of: int


class Reduction:
    """Rules and quotients from the equations among chosen facts of a branch."""

    def __init__(self, branch: Branch, chosen: Iterable[int]) -> None:
        self.branch, self.chosen = branch, tuple(chosen)
        self.rules: list[Rule] = []
        self.equations: list[tuple[Polynomial, Multiples]] = []
        self.quotients = {q.name: q for q in self._quotients()}
        own = {i for q in self.quotients.values() for i in q.multiples}
        self.uses = Counter(v for i in self.chosen for v in {v for m in self.fact(i) for v in m})
        equations = [i for i in self.chosen if self.branch.facts[i][1] == {0} and i not in own]
        for i in sorted(equations, key=lambda i: len(self.fact(i))):
            self._use_up(i)
        for rule in list(self.rules):  # a quotient that is something else
            if rule.variable in self.quotients:
                for i in self.quotients.pop(rule.variable).multiples:
                    self._use_up(i)
        self.equations = [self._cleared_equation(*equation) for equation in self.equations]

    def _use_up(self, i: int) -> None:
        value, less = self.replaced(self.fact(i), {})
        multiples = added({i: ONE}, less, {(): Fraction(-1)})
        if rule := self._rule(value, multiples):
            self.rules.append(rule)
        elif value:
            self.equations.append((value, multiples))

    def fact(self, i: int) -> Polynomial:
        return self.branch.facts[i][0]

    def elements(self) -> list[Element]:
        """The chosen inequalities, with the equations used up."""
        found = []
        for i in self.chosen:
            p, signs, _ = self.branch.facts[i]
            if signs != {0}:
                found.append(self.reduced(Element((i,), (), signs == {1}, p, p)))
        return found

    def _quotients(self) -> Iterable[Quotient]:
        facts = {_monic(p): i for i, (p, _, _) in enumerate(self.branch.facts) if p}
        for name, e in self.branch.names.items():
            a, b = map(self.branch.value, e[-2:])
            if e[0] != "/" or not a or not any(b):
                continue
            equation = plus(times({(name,): Fraction(1)}, b), a, -1)
            i = facts.get(_monic(equation))
            if i is None or self.branch.facts[i][1] != {0}:
                continue
            p = self.branch.facts[i][0]
            scale = Fraction(equation[max(equation)]) / p[max(equation)]
            by = facts.get(_monic(b))
            if by is not None and self.branch.facts[by][1] == {1}:
                # The last fact about b is the strict one.
                c = Fraction(self.fact(by)[max(b)]) / b[max(b)]
                factor: Polynomial = {(): c}
            else:
                by, factor = facts.get(_monic(times(b, b))), b
                if by is None or self.branch.facts[by][:2] != (times(b, b), {1}):
                    continue
            yield Quotient(
                name, times(factor, b), times(factor, a), {i: times(factor, {(): scale})}, by
            )

    def _rule(self, p: Polynomial, multiples: Multiples) -> Rule | None:
        best = None
        for m in p:
            if m and set(m) == {m[0]} and sum(m[0] in other for other in p) == 1:
                rank = (len(m), m[0] in self.quotients, m[0].startswith("("), self.uses[m[0]], m[0])
                best = min(best or (rank, m), (rank, m))
        if best is None:
            return None
        m = best[1]
        inverse: Polynomial = {(): 1 / Fraction(p[m])}
        value = plus({m: Fraction(1)}, times(inverse, p), -1)
        return Rule(m[0], len(m), value, added({}, multiples, inverse))

    def replaced(self, p: Polynomial, multiples: Multiples) -> tuple[Polynomial, Multiples]:
        """p by the rules, with the multiples of equations that it lost added."""
        changed = True
        while changed:
            changed = False
            for rule in self.rules:
                while hit := {m: c for m, c in p.items() if m.count(rule.variable) >= rule.power}:
                    rest = {_without(m, rule.variable, rule.power): c for m, c in hit.items()}
                    p = plus(plus(p, hit, -1), times(rest, rule.value))
                    multiples = added(multiples, rule.multiples, rest)
                    changed = True
        return p, multiples

    def reduced(self, e: Element) -> Element:
        """An element by the rules, multiplied by denominators until no quotient is left."""
        value, multiples = self.replaced(e.value, e.multiples)
        e = Element(e.facts, e.square, e.strict, e.exact, value, multiples)
        for q in self.quotients.values():
            if any(q.name in m for m in e.value):
                times_over = max(m.count(q.name) for m in e.value)
                value, lost = self._without_quotient(e.value, q, times_over)
                power = _power(q.by, times_over)
                multiples = added(lost, e.multiples, power)
                facts, exact = (*e.facts, *times_over * [q.of]), times(e.exact, power)
                return self.reduced(Element(facts, e.square, e.strict, exact, value, multiples))
        return e

    def _without_quotient(
        self, p: Polynomial, q: Quotient, power: int
    ) -> tuple[Polynomial, Multiples]:
        """`by**power * p` without the quotient, and the multiples of equations that it lost."""
        value: Polynomial = {}
        lost: Polynomial = {}
        both = times({(q.name,): Fraction(1)}, q.by)
        for m, c in p.items():
            j = m.count(q.name)
            rest = times({_without(m, q.name, j): c}, _power(q.by, power - j))
            value = plus(value, times(rest, _power(q.value, j)))
            for i in range(j):
                step = times(_power(both, i), _power(q.value, j - 1 - i))
                lost = plus(lost, times(rest, step))
        return value, added({}, q.multiples, lost)

    def _cleared_equation(self, p: Polynomial, m: Multiples) -> tuple[Polynomial, Multiples]:
        """An equation without quotients: `value` is `exact` less multiples of equations."""
        e = self.reduced(Element((), (), False, p, p, {}))
        factor = ONE
        for i in e.facts:
            factor = times(factor, self.fact(i))
        return e.value, added(added({}, m, factor), e.multiples, {(): Fraction(-1)})

    def product(self, one: Element, other: Element) -> Element:
        """The product of two elements, reduced again."""
        multiples = added(added({}, one.multiples, other.exact), other.multiples, one.value)
        return self.reduced(
            Element(
                tuple(sorted((*one.facts, *other.facts))),
                (*one.square, *other.square),
                one.strict and other.strict,
                times(one.exact, other.exact),
                times(one.value, other.value),
                multiples,
            )
        )


def _monic(p: Polynomial) -> frozenset:
    """What polynomials that differ by a factor have in common."""
    return frozenset((m, Fraction(c) / p[max(p)]) for m, c in p.items())


def _without(m: tuple[str, ...], variable: str, times_over: int) -> tuple[str, ...]:
    left = list(m)
    for _ in range(times_over):
        left.remove(variable)
    return tuple(left)


def _power(p: Polynomial, exponent: int) -> Polynomial:
    power = ONE
    for _ in range(exponent):
        power = times(power, p)
    return power
