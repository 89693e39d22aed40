"""What is shown of a theorem and of its proof."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from .numbers import duration, number
from .parts import Typeset, in_full, joined, known, math, outcome
from .schema import Formula, Proof, Step, Theorem
from .view import SharedSteps, StatementRow, StepRow, TheoremView

# What a reader sees of a discharged step, apart from its time.
_Text = tuple[str, ...]


def theorem_views(
    theorems: Iterable[Theorem],
    proofs: Mapping[str, Proof],
    anchors: Mapping[str, str],
    typeset: Typeset,
) -> tuple[TheoremView, ...]:
    """The theorems of a report, with their proofs in this run.

    ``proofs`` and ``anchors`` go by theorem id, ``typeset`` is as in `compose.compose`. A step that
    reads as one of an earlier theorem is not printed again.
    """
    printed: dict[_Text, Theorem] = {}
    views: list[TheoremView] = []
    for theorem in theorems:
        proof = proofs.get(theorem.id)
        views.append(_theorem(theorem, proof, printed, anchors, typeset))
        for step in proof.steps if proof else ():
            if step.status == "discharged":
                printed.setdefault(_text(step), theorem)
    return tuple(views)


def _theorem(
    theorem: Theorem,
    proof: Proof | None,
    printed: Mapping[_Text, Theorem],
    anchors: Mapping[str, str],
    typeset: Typeset,
) -> TheoremView:
    source = theorem.source
    where = f"{source.venue} {source.year or ''}".strip()
    parts = [source.authors, source.title and f"“{source.title}”", where, source.locator]
    return TheoremView(
        id=theorem.id,
        anchor=anchors[theorem.id],
        title=theorem.title,
        kind=joined(theorem.kind, theorem.origin and f"from {_origin(theorem.origin)}"),
        citation=", ".join(part for part in parts if part),
        url=source.url or "",
        summary=theorem.summary,
        assumptions=tuple(_statement(s, s.formula_typst, typeset) for s in theorem.assumptions),
        claims=tuple(_statement(s, in_full(s), typeset) for s in theorem.claims),
        proof=outcome(proof.verdict) if proof else None,
        proof_line=proof_line(proof) if proof else "The proof was not part of this run.",
        ledger=_ledger(proof, printed, anchors, typeset) if proof else (),
        witness=(proof.witness or "") if proof else "",
        trusted=tuple(dict.fromkeys(t.key for t in theorem.trusted_base)),
    )


def proof_line(proof: Proof) -> str:
    """How much of a proof was discharged, in words."""
    done = sum(step.status == "discharged" for step in proof.steps)
    line = f"{done} of {len(proof.steps)} steps discharged"
    return line if proof.seconds is None else f"{line} in {duration(proof.seconds)}"


def proof_in_short(proof: Proof) -> str:
    """The same in few words where all went well."""
    if proof.verdict != "proved":
        return proof_line(proof)
    count = f"{len(proof.steps)} step{'s' * (len(proof.steps) != 1)}"
    return count if proof.seconds is None else f"{count}, {duration(proof.seconds)}"


def _ledger(
    proof: Proof,
    printed: Mapping[_Text, Theorem],
    anchors: Mapping[str, str],
    typeset: Typeset,
) -> tuple[StepRow | SharedSteps, ...]:
    def earlier(step: Step) -> Theorem | None:
        # What is not discharged is always shown where it fails.
        return printed.get(_text(step)) if step.status == "discharged" else None

    rows: list[StepRow | SharedSteps] = []
    for theorem, steps in groupby(proof.steps, key=earlier):
        if theorem is None:
            rows += [_step(step, typeset) for step in steps]
            continue
        run = tuple(steps)
        times = [step.milliseconds for step in run if step.milliseconds is not None]
        rows.append(
            SharedSteps(
                ids=tuple(step.id for step in run),
                anchor=anchors[theorem.id],
                title=theorem.title,
                time=number(sum(times), 3) if times else "",
            )
        )
    return tuple(rows)


def _text(step: Step) -> _Text:
    formula = step.formula_typst or step.formula_text
    return step.id, step.kind, step.says, formula, step.engine, *step.uses


def _step(step: Step, typeset: Typeset) -> StepRow:
    countermodel = tuple(
        (known(name, name, typeset), value) for name, value in (step.countermodel or {}).items()
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
