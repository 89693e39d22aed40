"""The sum that shows that facts exclude each other: proposed by a linear program, made exact."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import product
from typing import Any

import numpy as np
from flint import Ordering, fmpq, fmpq_mat, fmpq_mpoly_ctx
from scipy.optimize import linprog
from scipy.sparse import csc_matrix

from .facts import Branch, Polynomial, text, times
from .reduction import ONE, Element, Multiples, Reduction, added

COLUMNS = 1200
"""Products in a linear program, at most."""
DEGREE = 3
"""Facts in a product, at most, besides bounds of single variables and squares."""
ROUNDS = 3
"""How often terms that products bring in are terms to be met."""


def leaf(branch: Branch, core: tuple[int, ...], deadline: float) -> dict[str, Any] | None:
    """A sum of products of facts that says 0 > 0, if one of low degree is found by the deadline
    (processor time). `core` are facts that exclude each other; bounds of their variables may be
    used as well."""
    variables = {v for i in core for m in branch.facts[i][0] for v in m}
    for name, e in reversed(list(branch.names.items())):  # outer quotients first
        if name in variables and e[0] == "/":
            variables |= {v for part in e[1:] for m in branch.value(part) for v in m}
    bounds = [
        i
        for i, (p, _, _) in enumerate(branch.facts)
        if i not in core and _is_bound(p) and max(p)[0] in variables
    ]
    proposals = _Proposals(Reduction(branch, (*core, *bounds)), deadline)
    for products, multiples in proposals.stages():
        if found := _sum(products, multiples):
            return _written(proposals.reduction, *found)
    return None


def _is_bound(p: Polynomial) -> bool:
    """Whether this is a variable, up to a factor > 0."""
    return len(p) == 1 and len(max(p)) == 1 and p[max(p)] > 0


@dataclass(frozen=True)
class _Product:
    """A product of elements."""

    of: tuple[Element, ...]
    value: Any  # FLINT's polynomial
    strict: bool


@dataclass(frozen=True)
class _Multiple:
    """A polynomial that is 0, and how it comes from equations."""

    value: Any
    multiples: Multiples


class _Proposals:
    """Products of facts to add up, few and of low degree first."""

    def __init__(self, reduction: Reduction, deadline: float) -> None:
        self.reduction, self.deadline = reduction, deadline
        elements = reduction.elements()
        values = [e.value for e in elements] + [p for p, _ in reduction.equations]
        self.variables = sorted({v for p in values for m in p for v in m})
        self.variables = self.variables or ["none"]
        names = [f"x{i}" for i in range(len(self.variables))]
        self.ring = fmpq_mpoly_ctx.get(names, Ordering.lex)
        self.roots = [
            (self.variables.index(r.variable), r.power)
            for r in reduction.rules
            if r.power > 1 and r.variable in self.variables
        ]
        elements.sort(key=lambda e: e.strict)  # of two bounds the strict one counts
        signed = {max(e.value)[0]: e for e in elements if _is_bound(e.value)}
        self.facts = [self.element(e) for e in elements if not _is_bound(e.value)]
        self.factors = [
            self.element(signed[v] if v in signed else self.square({(v,): Fraction(1)}))
            for v in self.variables
        ]
        self.powers = [1 if v in signed else 2 for v in self.variables]
        self.one = _Product((), self.flint(ONE), True)

    def element(self, e: Element) -> _Product:
        return _Product((e,), self.flint(e.value), e.strict)

    def square(self, p: Polynomial) -> Element:
        square = times(p, p)
        return self.reduction.reduced(Element((), (p,), False, square, square))

    def flint(self, p: Polynomial) -> Any:
        exponents = {
            tuple(m.count(v) for v in self.variables): fmpq(c.numerator, c.denominator)
            for m, c in p.items()
        }
        return self.ring.from_dict(exponents)

    def plain(self, value: Any) -> Polynomial:
        found: Polynomial = {}
        for exponents, c in zip(value.monoms(), value.coeffs(), strict=True):
            powers = zip(self.variables, exponents, strict=False)
            m = tuple(v for v, k in powers for _ in range(k))
            found[m] = Fraction(int(c.p), int(c.q))
        return found

    def stages(self) -> Iterator[tuple[list[_Product], list[_Multiple]]]:
        """Products of ever more facts, times what makes their terms those of others; in the end
        squares that such terms belong to count as facts."""
        values = [p.value for p in self.facts]
        values += [self.flint(p) for p, _ in self.reduction.equations]
        terms = {m for value in values for m in value.monoms()}
        for i, power in self.roots:
            terms.add(tuple(power * (i == j) for j in range(len(self.variables))))
        squares = [self.element(self.square(p)) for v in values for p in self.completed(v)]
        for facts, most in ((self.facts, DEGREE), ([*self.facts, *squares], DEGREE - 1)):
            products, last = {_name(self.one.value): self.one}, [self.one]
            for degree in range(most):
                last = list(self.new(((p, q) for p in last for q in facts), products))
                if len(products) > COLUMNS or (degree and not last):
                    break
                for start in (terms, self.once_more(terms)):
                    yield from self.closed(products, start)

    def completed(self, value: Any) -> Iterator[Polynomial]:
        """Roots of squares that hold a square and another term of a polynomial."""
        terms = dict(zip(value.monoms(), value.coeffs(), strict=True))
        for (square, a), (mixed, b) in product(terms.items(), terms.items()):
            other = tuple(k - j // 2 for k, j in zip(mixed, square, strict=True))
            if square != mixed and min(other) >= 0 and not any(j % 2 for j in square):
                yield self.plain(
                    self.ring.from_dict({tuple(j // 2 for j in square): 2 * a, other: b})
                )

    def closed(
        self, products: dict[tuple, _Product], terms: set[tuple[int, ...]]
    ) -> Iterator[tuple[list[_Product], list[_Multiple]]]:
        """The products times what makes their terms those wanted, while there is room."""
        found, wanted = dict(products), set(terms)
        for _ in range(ROUNDS):
            pairs = (
                (p, self.factor(missing))
                for p in products.values()
                for missing in _missing(p.value.monoms(), wanted, self.powers)
            )
            more = list(self.new(pairs, found))
            if len(found) > COLUMNS or time.process_time() > self.deadline:
                return
            yield list(found.values()), list(self.multiples(wanted))
            if not more:
                return
            wanted |= {m for p in more for m in p.value.monoms()}

    def once_more(self, terms: set[tuple[int, ...]]) -> set[tuple[int, ...]]:
        """The terms, and each times each variable (its square where it has no sign)."""
        more = set(terms)
        for term, (i, power) in product(terms, enumerate(self.powers)):
            more.add((*term[:i], term[i] + power, *term[i + 1 :]))
        return more

    def factor(self, exponents: tuple[int, ...]) -> _Product:
        """A product of variables whose sign is known, and squares of others."""
        made = self.one
        for factor, power, k in zip(self.factors, self.powers, exponents, strict=True):
            for _ in range(k // power):
                strict = made.strict and factor.strict
                made = _Product((*made.of, *factor.of), made.value * factor.value, strict)
        return made

    def new(
        self, pairs: Iterable[tuple[_Product, _Product]], known: dict[tuple, _Product]
    ) -> Iterator[_Product]:
        """Products that are not known yet, while there is room."""
        for one, other in pairs:
            value = self.rooted(one.value * other.value)
            strict = one.strict and other.strict
            name = _name(value)
            if name not in known or (strict and not known[name].strict):
                known[name] = _Product((*one.of, *other.of), value, strict)
                yield known[name]
            if len(known) > COLUMNS or time.process_time() > self.deadline:
                return

    def rooted(self, value: Any) -> Any:
        """A polynomial with the rules for powers applied again."""
        degrees = value.degrees()
        if any(degrees[i] >= power for i, power in self.roots):
            return self.flint(self.reduction.replaced(self.plain(value), {})[0])
        return value

    def multiples(self, wanted: set[tuple[int, ...]]) -> Iterator[_Multiple]:
        """Multiples of the equations that no rule has used up."""
        for p, multiples in self.reduction.equations:
            for missing in _missing(self.flint(p).monoms(), wanted, [1] * len(self.variables)):
                factor = self.plain(self.ring.from_dict({missing: fmpq(1)}))
                value, lost = self.reduction.replaced(times(factor, p), {})
                lost = added(added({}, multiples, factor), lost, {(): Fraction(-1)})
                yield _Multiple(self.flint(value), lost)


def _missing(
    terms: Iterable[tuple[int, ...]], wanted: Iterable[tuple[int, ...]], powers: list[int]
) -> set[tuple[int, ...]]:
    """The factors that make a term a wanted one: variables to multiples of their powers."""
    found = set()
    for term, target in product(terms, wanted):
        exponents = tuple(b - a for a, b in zip(term, target, strict=True))
        if all(k >= 0 and k % power == 0 for k, power in zip(exponents, powers, strict=False)):
            found.add(exponents)
    return found


def _name(value: Any) -> tuple:
    """What polynomials that differ by a factor > 0 have in common."""
    if not value:
        return ()
    return tuple(value.monoms()), tuple((value / abs(value.leading_coefficient())).coeffs())


def _sum(
    products: list[_Product], equations: list[_Multiple]
) -> tuple[list[tuple[Fraction, _Product]], Multiples] | None:
    """Weights >= 0 of products, and a sum of multiples, that add up to the polynomial 0."""
    values = [column.value for column in (*products, *equations)]
    columns = [dict(zip(value.monoms(), value.coeffs(), strict=True)) for value in values]
    rows = {m: i for i, m in enumerate(dict.fromkeys(m for c in columns for m in c))}
    strict = [p.strict for p in products] + [False] * len(equations)
    scale = [max((abs(float(x)) for x in c.values()), default=1.0) for c in columns]
    entries = [
        (rows[m], j, float(x) / scale[j]) for j, c in enumerate(columns) for m, x in c.items()
    ]
    entries += [(len(rows), j, 1.0) for j, positive in enumerate(strict) if positive]
    i, j, x = zip(*entries, strict=True)
    answer = linprog(
        [1.0 + len(p.of) for p in products] + [0.0] * len(equations),
        A_eq=csc_matrix((x, (i, j)), shape=(len(rows) + 1, len(columns))),
        b_eq=np.eye(len(rows) + 1)[-1],
        bounds=[(0, None)] * len(products) + [(None, None)] * len(equations),
        method="highs",
        options={"time_limit": 10},
    )
    if answer.status != 0:
        return None
    support = [j for j in range(len(columns)) if abs(answer.x[j]) > 1e-9]
    near = [answer.x[j] / scale[j] for j in support]
    exact = _exact([columns[j] for j in support], [strict[j] for j in support], near)
    chosen: list[tuple[Fraction, _Product]] = []
    multiples: Multiples = {}
    for j, weight in zip(support, exact, strict=True):
        if j >= len(products):
            multiples = added(multiples, equations[j - len(products)].multiples, {(): weight})
        elif weight < 0:
            return None
        elif weight:
            chosen.append((weight, products[j]))
    return chosen, multiples


def _exact(columns: list[dict], strict: list[bool], near: list[float]) -> list[Fraction]:
    """Weights near those given with which the columns add up to 0, and the strict ones to 1, if
    there are any."""
    rows = {m: i for i, m in enumerate(dict.fromkeys(m for c in columns for m in c))}
    table = [[fmpq(0)] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for j, column in enumerate(columns):
        for m, c in column.items():
            table[rows[m]][j] = c
        table[-1][j] = fmpq(int(strict[j]))
    table[-1][-1] = fmpq(1)
    reduced, rank = fmpq_mat(table).rref()
    rounded = [Fraction(x).limit_denominator(1000) for x in near]
    weights = [fmpq(w.numerator, w.denominator) for w in rounded]
    for i in range(rank):
        pivot = next(j for j in range(len(columns) + 1) if reduced[i, j] != 0)
        if pivot < len(columns):
            others = (reduced[i, j] * weights[j] for j in range(pivot + 1, len(columns)))
            weights[pivot] = reduced[i, len(columns)] - sum(others, fmpq(0))
    return [Fraction(int(w.p), int(w.q)) for w in weights]


def _written(
    r: Reduction, chosen: list[tuple[Fraction, _Product]], multiples: Multiples
) -> dict[str, Any]:
    def of(facts: Iterable[int]) -> list[Any]:
        return [key for i in facts for key in r.branch.facts[i][2]]

    terms: list[list[Any]] = []
    for weight, p in chosen:
        e = reduce(r.product, p.of, Element())
        multiples = added(multiples, e.multiples, {(): -weight})
        square = 2 * [text(reduce(times, e.square), r.branch.names)] if e.square else []
        terms.append([str(weight), *of(e.facts), *square])
    for i, p in multiples.items():
        if set(p) == {()}:
            terms.append([str(p[()]), *of([i])])
        elif p:
            terms.append(["1", text(p, r.branch.names), *of([i])])
    return {"sum": terms}
