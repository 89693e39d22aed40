"""Theorems and their proofs as records of report.json, apart from any data."""

from __future__ import annotations

from dataclasses import asdict

import sympy as sp

from ...theory.engine import ProofReport
from ...theory.notation import formula, prose
from ...theory.statement import Theorem
from ...theory.symbols import quantity, symbols_of
from ..reporting import schema


def stated(id: str, says: str, relation: sp.Basic) -> dict[str, str]:
    """A statement in words, and its formula as text, LaTeX and Typst."""
    shown = formula(relation)
    return {
        "id": id,
        "says": prose(says),
        "formula_text": shown.text,
        "formula_latex": shown.latex,
        "formula_typst": shown.typst,
    }


def proof_entry(theorem: Theorem, proof: ProofReport, witness: str | None = None) -> schema.Proof:
    """A proof with its steps; `witness` is the text shown where it fails."""
    return schema.Proof(
        theorem=theorem.id,
        title=prose(theorem.title),
        verdict=proof.verdict,
        witness=witness,
        seconds=proof.seconds,
        steps=tuple(
            schema.Step(
                **stated(step.id, step.says, step.formula),
                kind=step.kind,
                uses=step.uses,
                engine=step.engine,
                status=step.status,
                milliseconds=step.milliseconds,
                detail=prose(step.detail),
                countermodel=dict(step.countermodel) if step.countermodel else None,
                smt=step.smt or None,
            )
            for step in proof.steps
        ),
    )


def theorem_entry(theorem: Theorem) -> schema.Theorem:
    """A theorem as stated, apart from any data."""
    relations = [p.relation for p in (*theorem.assumptions, *theorem.claims)]
    return schema.Theorem(
        id=theorem.id,
        title=prose(theorem.title),
        origin=theorem.origin,
        kind=theorem.kind,
        source=schema.Source(**asdict(theorem.source)),
        summary=prose(theorem.summary),
        remarks=tuple(map(prose, theorem.remarks)),
        assumptions=tuple(
            schema.Formula(**stated(a.id, a.says, a.relation)) for a in theorem.assumptions
        ),
        claims=tuple(
            schema.Statement(**stated(c.id, c.says, c.relation), display_typst=displayed(c.display))
            for c in theorem.claims
        ),
        trusted_base=tuple(
            schema.Trusted(key=fact.key, says=prose(fact.says), source=fact.source)
            for fact in theorem.trusted_base
        ),
        symbols=tuple(
            schema.Symbol(
                name=q.name,
                typst=q.typst,
                latex=q.latex,
                meaning=prose(q.meaning),
                range=prose(q.range_text),
            )
            for q in map(quantity, symbols_of(*relations))
        ),
    )


def displayed(display: sp.Basic | None) -> str | None:
    """A statement as a reader expects it, in Typst, where it says more than the formula."""
    return None if display is None else formula(display).typst
