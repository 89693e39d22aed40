"""What the checker does on its way through the cases of a certificate, step by step: for those who
write certificates and those who tell them to others. Nothing here is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .checker import ANY, SIGNS, parse, value

Known = dict[frozenset, set[int]]
"""The signs that polynomials may have, each as pairs of a product of variables and a coefficient,
in the order in which a certificate numbers them."""


def assertions(query: str) -> list[Any]:
    """What a query without comments asserts."""
    return [command[1] for command in parse(query) if command[0] == "assert"]


def definition(quotient: Any) -> Any:
    """What is asserted of a quotient."""
    _, a, b = quotient
    return "or", ("=", b, "0"), ("=", ("*", quotient, b), a)


def relation(e: Any) -> Any:
    """The last relation in an assertion."""
    while e[0] in ("not", "or", "=>"):
        e = e[-1]
    return e


def nodes(node: Any) -> Iterator[Any]:
    """A node and all below it."""
    yield node
    if isinstance(node, list):
        for side in node[1:]:
            yield from nodes(side)


def difference(known: Known, a: Any, b: Any) -> frozenset:
    """a - b."""
    return frozenset(value(known, ("-", a, b)).items())


def also(known: Known, e: Any, holds: bool) -> Known:
    """What is known where a relation holds, too, or where it does not."""
    op, a, b = e
    p, q = difference(known, a, b), difference(known, b, a)
    may = known.get(p, ANY)
    signs = may & SIGNS[op] if holds else may - SIGNS[op]
    return {**known, p: signs, q: {-s for s in signs}}
