"""Theorems and their proofs as records of report.json, apart from any data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import Any, TypeVar

import sympy as sp

from ...theory.displayed import is_checked
from ...theory.engine import ProofReport
from ...theory.exact.interval import Interval
from ...theory.notation import formula, prose
from ...theory.setting import NOTATION, SETTING
from ...theory.statement import Claim, Theorem
from ...theory.symbols import quantities_of
from ..reporting import schema
from ..values import interval

_Record = TypeVar("_Record", bound=schema.Record)
_PROSE = frozenset(
    {"detail", "findings", "how", "meaning", "reason", "remarks", "says", "summary", "title"}
)
"""Fields whose text is read: with Greek letters and relation signs."""


def record_of(kind: type[_Record], *sources: object, **own: Any) -> _Record:
    """A record with what the sources have under the names of its fields, the first that has it.

    Fields that are named otherwise, or are records themselves, are its `own`.
    """
    found = {
        name: _plain(name, getattr(source, name))
        for source in reversed(sources)
        for name in kind.model_fields
        if name not in own and hasattr(source, name)
    }
    if issubclass(kind, schema.Formula):
        found |= _formulas(sources)
    return kind(**{**found, **own})


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return prose(value) if name in _PROSE else value
    if isinstance(value, tuple):
        return tuple(_plain(name, entry) for entry in value)
    if isinstance(value, Mapping):
        return dict(value) or None
    if isinstance(value, Interval):
        return interval(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.value if isinstance(value, Enum) else value


def _formulas(sources: tuple[object, ...]) -> dict[str, str | None]:
    """The fields of a formula: text, LaTeX, Typst; of a claim also what says more than these."""
    relation = next(
        getattr(source, name)
        for source in sources
        for name in ("relation", "formula")
        if hasattr(source, name)
    )
    shown = formula(relation)
    display = next((source.display for source in sources if isinstance(source, Claim)), None)
    return {
        "formula_text": shown.text,
        "formula_latex": shown.latex,
        "formula_typst": shown.typst,
        "display_typst": None if display is None else formula(display).typst,
    }


def proof_entry(theorem: Theorem, proof: ProofReport, witness: str | None = None) -> schema.Proof:
    """A proof with its steps and their symbols; `witness` is the text shown where it fails."""
    return record_of(
        schema.Proof,
        proof,
        title=prose(theorem.title),
        witness=witness,
        steps=tuple(record_of(schema.Step, step, smt=step.smt or None) for step in proof.steps),
        symbols=_symbols(*(step.formula for step in proof.steps)),
    )


def _stated(claim: Claim) -> schema.Statement:
    """A claim; where it is shown in words that nothing checks, with what is proved beside it."""
    record = record_of(schema.Statement, claim)
    if is_checked(claim):
        return record
    proved = formula(claim.statement).text
    told = f"{record.says} (What is shown is not checked; proved is {proved}.)"
    return record.model_copy(update={"says": prose(told)})


def theorem_entry(theorem: Theorem) -> schema.Theorem:
    """A theorem as stated, apart from any data."""
    relations = [p.relation for p in (*theorem.assumptions, *theorem.claims)]
    return record_of(
        schema.Theorem,
        theorem,
        source=schema.Source(**asdict(theorem.source)),
        assumptions=tuple(record_of(schema.Formula, a) for a in theorem.assumptions),
        claims=tuple(map(_stated, theorem.claims)),
        trusted_base=tuple(record_of(schema.Trusted, fact) for fact in theorem.trusted_base),
        defined=tuple(
            schema.Defined(theorem=by.id, step=step.id, says=prose(step.says))
            for by, step in theorem.definitions
            if by != theorem
        ),
        symbols=_symbols(*relations),
    )


def _symbols(*relations: sp.Basic) -> tuple[schema.Symbol, ...]:
    """What is declared among the symbols of some relations."""
    return tuple(
        record_of(schema.Symbol, q, range=prose(q.range_text)) for q in quantities_of(*relations)
    )


def setting_entry() -> tuple[schema.Formula, ...]:
    """What every theorem is about."""
    lines = map(asdict, SETTING)
    return tuple(schema.Formula(**{**line, "says": prose(line["says"])}) for line in lines)


def notation_entry() -> tuple[schema.Symbol, ...]:
    """Signs and words that sentences use."""
    return tuple(record_of(schema.Symbol, sign, range=prose(sign.range)) for sign in NOTATION)
