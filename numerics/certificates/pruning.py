"""The last step: a tree that was found loses what it can do without, and gets its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import count
from math import gcd, lcm
from typing import Any

from ...theory.certificates.cases import Known, also, nodes, relation
from ...theory.certificates.checker import parse, refuted
from .facts import written


def pruned(
    query: str, asserted: list[Any], quotients: list[Any], tree: Any
) -> dict[str, Any] | None:
    """The certificate with this tree, in which polynomials stand for their numbers, if it is right.

    asserted : what the query asserts, and then what it does of these quotients.
    """

    def certificate(tree: Any) -> dict[str, Any] | None:
        found = {"tree": _numbered(asserted, {}, tree)}
        if quotients:
            found["quotients"] = " ".join(map(written, quotients))
        return found if refuted(query, found) else None

    found = certificate(tree)
    for k in reversed(range(sum(_other(node) is not None for node in nodes(tree)))):
        less = _without(tree, k, count())
        if shorter := certificate(less):
            tree, found = less, shorter
    return found


def _other(node: Any) -> Any:
    """The side of a split that is left where the other is closed at once: the only one that is
    split again, or else that is no assertion."""
    for kind in (list, (list, dict)) if isinstance(node, list) else ():
        sides = [side for side in node[1:] if isinstance(side, kind)]
        if len(sides) == 1:
            return sides[0]
    return None


def _without(node: Any, k: int, splits: Iterator[int]) -> Any:
    """The tree without the k-th split of which only one side has to be left."""
    other = _other(node)
    if other is not None and next(splits) == k:
        return other
    if not isinstance(node, list):
        return node
    return [node[0], *(_without(side, k, splits) for side in node[1:])]


def _numbered(asserted: list[Any], known: Known, node: Any) -> Any:
    """A tree with numbers for polynomials (None where one is not known) and whole weights."""
    if isinstance(node, int):
        return node
    if isinstance(node, dict):
        numbers = {p: i for i, p in enumerate(known)}
        weights = [Fraction(c) for c, *_ in node["sum"]]
        scale = Fraction(
            lcm(*(w.denominator for w in weights)), gcd(*(w.numerator for w in weights))
        )
        products = [
            [
                int(w * scale),
                *(part if isinstance(part, str) else numbers.get(part) for part in parts),
            ]
            for w, (_, *parts) in zip(weights, node["sum"], strict=True)
        ]
        return {"sum": products}
    on, *sides = node
    e = relation(asserted[on] if isinstance(on, int) else parse(on)[0])
    cases = zip(sides, (True, False), strict=True)
    return [on, *(_numbered(asserted, also(known, e, holds), side) for side, holds in cases)]
