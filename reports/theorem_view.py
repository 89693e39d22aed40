"""What is shown of a theorem and of its proof."""

from .numbers import duration, number
from .parts import Typeset, in_full, joined, known, math, outcome
from .schema import Formula, Proof, Step, Theorem
from .view import Math, StatementRow, StepRow, TheoremView


def theorem_view(
    anchor: str, theorem: Theorem, proof: Proof | None, typeset: Typeset
) -> TheoremView:
    """A theorem with its proof in this run; ``typeset`` as in `compose.compose`."""
    source = theorem.source
    where = f"{source.venue} {source.year or ''}".strip()
    parts = [source.authors, source.title and f"“{source.title}”", where, source.locator]
    return TheoremView(
        id=theorem.id,
        anchor=anchor,
        title=theorem.title,
        kind=joined(theorem.kind, theorem.origin and f"from {_origin(theorem.origin)}"),
        citation=", ".join(part for part in parts if part),
        url=source.url or "",
        summary=theorem.summary,
        assumptions=tuple(_statement(s, s.formula_typst, typeset) for s in theorem.assumptions),
        claims=tuple(_statement(s, in_full(s), typeset) for s in theorem.claims),
        proof=outcome(proof.verdict) if proof else None,
        proof_line=proof_line(proof) if proof else "The proof was not part of this run.",
        steps=tuple(_step(step, typeset) for step in proof.steps) if proof else (),
        trusted=tuple((t.key, t.says, t.source) for t in theorem.trusted_base),
        symbols=tuple(
            (Math(known(s.typst, typeset), s.name), s.meaning, s.range) for s in theorem.symbols
        ),
    )


def proof_line(proof: Proof) -> str:
    """How much of a proof was discharged, in words."""
    done = sum(step.status == "discharged" for step in proof.steps)
    line = f"{done} of {len(proof.steps)} steps discharged"
    return line if proof.seconds is None else f"{line} in {duration(proof.seconds)}"


def _step(step: Step, typeset: Typeset) -> StepRow:
    countermodel = tuple(
        (Math(known(name, typeset), name), value)
        for name, value in (step.countermodel or {}).items()
    )
    # For a discharged step the engine's own words ("unsat") say nothing the mark does not.
    detail = "" if step.status == "discharged" else step.detail or ""
    return StepRow(
        id=step.id,
        kind=step.kind,
        says=step.says,
        formula=math(step, step.formula_typst, typeset),
        uses=", ".join(step.uses),
        engine=step.engine,
        outcome=outcome(step.status),
        time="" if step.milliseconds is None else number(step.milliseconds, 3),
        detail=detail,
        countermodel=countermodel,
    )


def _statement(statement: Formula, source: str, typeset: Typeset) -> StatementRow:
    return StatementRow(statement.id, statement.says, math(statement, source, typeset))


def _origin(origin: str) -> str:
    return "the paper" if origin == "paper" else origin
