"""Checks, by a certificate, that an SMT-LIB query about real numbers has no solution.

With `facts` and `polynomials` beside it, this stands alone: it reads the query by itself, and all
that it imports is exact fractions.

A certificate is a tree. `{"on": formula, "yes": ..., "no": ...}` adds the formula to what is
known, then its negation. A leaf `{"sum": [[c, [i, j, ...], s], ...]}` adds terms
c * fact_i * fact_j * ... * s*s, with a number c > 0 (s may be missing: 1), or c * fact_i * ... with
any polynomial c where one of the facts is an equation. No term is < 0, and one without s whose
facts are all strict is > 0. If there is such a term and the sum is the polynomial 0, it says 0 > 0:
the facts exclude each other.
At the root, `"from"` numbers the assertions that are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .facts import Branch, plain
from .polynomials import Polynomial, parse, plus, times


def refuted(query: str, certificate: Mapping[str, Any]) -> bool:
    """Whether a certificate shows that no real numbers meet the assertions of a query.

    A certificate of another shape than that above counts as wrong, like one that does not add up.
    """
    try:
        assertions = []
        for command in parse(query):
            if command[0] == "assert":
                assertions.append(plain(command[1]))
            elif command[0] not in ("set-logic", "declare-const", "check-sat"):
                return False
        return _closed(certificate, [assertions[i] for i in certificate["from"]])
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return False


def _closed(node: Mapping[str, Any], formulas: list[Any]) -> bool:
    if "on" in node:
        (atom,) = map(plain, parse(node["on"]))
        yes, no = [atom, *formulas], [("not", atom), *formulas]
        return _closed(node["yes"], yes) and _closed(node["no"], no)
    branch, total, strict = Branch(formulas), {}, False
    for c, chosen, *square in node["sum"]:
        facts = [branch.facts[i] for i in chosen]
        factor, positive = _term(branch, c), not square and all(s == {1} for _, s in facts)
        if not any(s == {0} for _, s in facts):
            if list(factor) != [()] or factor[()] <= 0:
                return False
            strict |= positive
        for p in (*(p for p, _ in facts), *2 * [_term(branch, s) for s in square]):
            factor = times(factor, p)
        total = plus(total, factor)
    return strict and not total


def _term(branch: Branch, text: str) -> Polynomial:
    (term,) = parse(text)
    if (p := branch.term(term)) is None:
        raise ValueError(f"not known here: {text}")
    return p
