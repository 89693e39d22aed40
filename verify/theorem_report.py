"""Theorems and their proofs as report.json holds them, apart from any data."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..theory.engine import ProofReport
from ..theory.prose import prose
from ..theory.statement import Theorem
from ..theory.symbols import quantity, symbols_of
from ..theory.typeset import formula


def formulas(e: sp.Basic) -> dict[str, str]:
    """A formula as text, LaTeX and Typst."""
    shown = formula(e)
    return {
        "formula_text": shown.text,
        "formula_latex": shown.latex,
        "formula_typst": shown.typst,
    }


def proof_entry(theorem: Theorem, proof: ProofReport, witness: str | None = None) -> dict[str, Any]:
    """A proof with its steps; `witness` is the text shown where it fails."""
    return {
        "theorem": theorem.id,
        "title": prose(theorem.title),
        "verdict": proof.verdict,
        "witness": witness,
        "seconds": proof.seconds,
        "steps": [
            {
                "id": step.id,
                "kind": step.kind,
                "says": prose(step.says),
                **formulas(step.formula),
                "uses": list(step.uses),
                "engine": step.engine,
                "status": step.status,
                "milliseconds": step.milliseconds,
                "detail": prose(step.detail),
                "countermodel": dict(step.countermodel) if step.countermodel else None,
                "smt": step.smt or None,
            }
            for step in proof.steps
        ],
    }


def theorem_entry(theorem: Theorem) -> dict[str, Any]:
    """A theorem as stated."""
    source = theorem.source
    relations = [p.relation for p in (*theorem.assumptions, *theorem.claims)]
    return {
        "id": theorem.id,
        "title": prose(theorem.title),
        "origin": theorem.origin,
        "kind": theorem.kind,
        "source": {
            "authors": source.authors,
            "title": source.title,
            "venue": source.venue,
            "year": source.year,
            "locator": source.locator,
            "url": source.url,
        },
        "summary": prose(theorem.summary),
        "remarks": [prose(remark) for remark in theorem.remarks],
        "assumptions": [
            {"id": a.id, "says": prose(a.says), **formulas(a.relation)} for a in theorem.assumptions
        ],
        "claims": [
            {
                "id": c.id,
                "says": prose(c.says),
                **formulas(c.relation),
                "display_typst": formula(c.display).typst if c.display is not None else None,
            }
            for c in theorem.claims
        ],
        "trusted_base": [
            {"key": fact.key, "says": prose(fact.says), "source": fact.source}
            for fact in theorem.trusted_base
        ],
        "symbols": [
            {
                "name": q.name,
                "typst": q.typst,
                "latex": q.latex,
                "meaning": prose(q.meaning),
                "range": prose(q.range_text),
            }
            for q in map(quantity, symbols_of(*relations))
        ],
    }
