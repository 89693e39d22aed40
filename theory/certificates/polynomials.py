"""Polynomials with exact coefficients, and the expressions of SMT-LIB. Only fractions are used."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

Polynomial = dict[tuple[str, ...], Fraction | int]
"""The coefficient of each product of variables, which are sorted; none is 0. Never divide two of
them but by `Fraction`: whole numbers, with which most of the work is quicker, are kept as such."""


def plus(p: Polynomial, q: Polynomial, factor: Fraction | int = 1) -> Polynomial:
    """p + factor q."""
    total = dict(p)
    for m, c in q.items():
        total[m] = total.get(m, 0) + factor * c
    return {m: c for m, c in total.items() if c}


def times(p: Polynomial, q: Polynomial) -> Polynomial:
    """p q."""
    total: Polynomial = {}
    for m, c in p.items():
        for n, d in q.items():
            mn = tuple(sorted(m + n))
            total[mn] = total.get(mn, 0) + c * d
    return {m: c for m, c in total.items() if c}


def parse(text: str) -> list[Any]:
    """The expressions in a text: words, and nested tuples of words.

    Raises:
        ValueError, IndexError: brackets do not match.
    """
    stack, lines = [[]], (line.split(";")[0] for line in text.split("\n"))
    for word in "\n".join(lines).replace("(", " ( ").replace(")", " ) ").split():
        if word == "(":
            stack.append([])
        else:
            done = tuple(stack.pop()) if word == ")" else word
            stack[-1].append(done)
    (expressions,) = stack
    return expressions
