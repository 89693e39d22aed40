"""Polynomials and expressions as SMT-LIB text."""

from __future__ import annotations

from typing import Any

from ...theory.certificates.facts import Branch
from ...theory.certificates.polynomials import Polynomial


def text(branch: Branch, p: Polynomial) -> str:
    """A polynomial, quotients written out."""
    names = {str(e): written(e) for e in branch.terms if isinstance(e, tuple)}
    terms = []
    for m, c in p.items():
        factors = [names.get(v, v) for v in m]
        if c != 1 or not m:
            factors.insert(0, str(c) if c > 0 else f"(- {-c})")
        terms.append(factors[0] if len(factors) == 1 else f"(* {' '.join(factors)})")
    return terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})"


def written(e: Any) -> str:
    """An expression."""
    return e if isinstance(e, str) else f"({' '.join(map(written, e))})"
