"""The records of ``report.json`` as the templates read them: the same names, the values in words.

A bound is rounded text, a verdict has its mark, a formula is mathematics if it can be set as such.
All of it is plain dicts and lists, so that it also goes to Typst as JSON.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from .schema import (
    Bounds,
    CheckedAssumption,
    Defined,
    FigureRecord,
    Formula,
    Proof,
    Record,
    Report,
    Statement,
    Step,
    Symbol,
    Theorem,
)
from .words import (
    OUTCOMES,
    duration,
    expectation,
    factor,
    interval,
    joined,
    number,
    size_in_em,
    steps_told,
)

Told = dict[str, Any]
"""What a template reads."""
Typeset = Mapping[str, str]
"""Formulas as Typst source that can be set as mathematics, with their SVG."""

# How a number is told, by the name of its field.
_NUMBERS: dict[str, Callable[[Any], str]] = {
    "seconds": duration,
    "load": factor,
    "slack": partial(number, digits=3),
    "count": number,
    "milliseconds": partial(number, digits=3),
}
# Where a record says how it came out.
_VERDICTS = ("verdict", "holds", "status", "agree")
# What no page shows as it stands: other forms of a formula, what is drawn, tabulated or run again.
_LEFT_OUT = frozenset(
    {"formula_text", "formula_typst", "formula_latex", "display_typst", "smt", "configuration"}
    | {"certificates", "data", "points", "axes", "symbols", "learners", "perturbations"}
)


def told(value: Any, typeset: Typeset) -> Any:
    """A record, and all records in it, in words; ``None`` stays ``None``.

    A record with a verdict also gets its ``outcome`` (word and mark), one that was expected to come
    out in some way an ``expectation``, a statement its ``formula``, and an assumption with a load
    the length of a ``bar``: in [0, 1], with 1/2 for load 1.
    """
    if isinstance(value, tuple):
        return [told(item, typeset) for item in value]
    if isinstance(value, Bounds):
        return dict(zip(("text", "note"), interval(value.lower, value.upper), strict=True))
    if not isinstance(value, Record):
        return value
    fields: Told = {}
    for name, own in value:
        if name not in _LEFT_OUT:
            as_number = own is not None and name in _NUMBERS
            fields[name] = _NUMBERS[name](own) if as_number else told(own, typeset)
    for name in _VERDICTS:
        if name in fields:
            fields["outcome"] = outcome(fields[name])
    if "as_expected" in fields:
        fields["expectation"] = expectation(
            fields["verdict"], fields.get("expected"), fields["as_expected"]
        )
    if "confidence" in fields:
        level = getattr(value, "confidence", None)
        fields["rigor"] += "" if level is None else f", {number(100 * level, 5)} %"
    if isinstance(value, Step) and value.status == "discharged":
        fields["outcome"] = outcome(value.basis)
    if isinstance(value, Formula):
        source = formula_source(value)
        fields["formula"] = mathematics(source, value.formula_text or source, typeset)
    if isinstance(value, CheckedAssumption):
        # Against a side that is 0 there is no ratio: a load of 0 would say nothing.
        if value.load == 0 and any(b and b.lower == b.upper == 0 for b in (value.lhs, value.rhs)):
            fields["load"] = None
        load = None if fields["load"] is None else max(0.0, value.load or 0.0)
        # x/(1+x) keeps the order, puts load 1 in the middle and has room for any factor.
        fields["bar"] = None if load is None else load / (1 + load)
    return fields


def outcome(verdict: str | bool) -> Told:
    """A word of the schema, and the name of its mark; of two computations, whether they agree."""
    word = verdict if isinstance(verdict, str) else "agree" if verdict else "disagree"
    return {"word": word, "mark": OUTCOMES[word].name}


def mathematics(source: str, text: str, typeset: Typeset) -> Told:
    """A formula: its Typst source, empty where it cannot be typeset, and the same as plain text.

    ``width`` and ``height`` are those of the formula on one line, in units of the type size.
    """
    width, height = size_in_em(typeset[source]) if source in typeset else (0.0, 0.0)
    known = source if source in typeset else ""
    return {"typst": known, "text": text, "width": width, "height": height}


def formula_source(statement: Formula) -> str:
    """The Typst source of a statement: of a theorem's own, in full where it has more to say."""
    full = statement.display_typst if type(statement) is Statement else None
    return full or statement.formula_typst


def formulas(report: Report) -> list[str]:
    """Every formula of a report as Typst source, for `words.typeset`."""
    sources: list[str] = []
    for record in _records(report):
        if isinstance(record, Symbol):
            sources.append(record.typst)
        if isinstance(record, Formula):
            sources.append(formula_source(record))
        if isinstance(record, Step):
            # The names in a countermodel are those of symbols: as mathematics, where they can be.
            sources += record.countermodel or ()
    return sources


def _records(value: object) -> Iterator[Record]:
    if isinstance(value, Record):
        yield value
        value = tuple(own for _, own in value)
    if isinstance(value, tuple):
        for item in value:
            yield from _records(item)


def placed_figures(report: Report) -> Iterator[tuple[str, str, str, FigureRecord]]:
    """Every figure: its key, the name of what it belongs to, its JSON path, and the figure."""
    for group in ("scenarios", "studies", "sweeps"):
        for i, owner in enumerate(getattr(report, group)):
            for k, figure in enumerate(owner.figures):
                key, where = figure_key(group, i, k), f"{group}[{i}].figures[{k}]"
                yield key, owner.name, where, figure


def figure_key(group: str, index: int, figure: int) -> str:
    """The name of a drawing within its report, by the places (from 0) in ``report.json``."""
    return f"{group}-{index + 1}-{figure + 1}"


# What is shown of theorems: statement, proof ledger, what is cited, and what the symbols mean.

# What a reader sees of a discharged step, apart from its time.
_Text = tuple[str, ...]


def theorem_views(
    theorems: Iterable[Theorem],
    proofs: Mapping[str, Proof],
    anchors: Mapping[str, str],
    typeset: Typeset,
) -> list[Told]:
    """The theorems of a report, with their proofs in this run.

    ``proofs`` and ``anchors`` go by theorem id. A step that reads as one of an earlier theorem is
    not printed again.
    """
    printed: dict[_Text, Theorem] = {}
    views: list[Told] = []
    for theorem in theorems:
        proof = proofs.get(theorem.id)
        origin = "the paper" if theorem.origin == "paper" else theorem.origin
        source = theorem.source
        title = source.title and f"“{source.title}”"
        where = f"{source.venue} {source.year or ''}".strip()
        views.append(
            told(theorem, typeset)
            | {
                "anchor": anchors[theorem.id],
                "number": appendix_number(anchors[theorem.id]),
                "kind": joined(theorem.kind, origin and f"from {origin}"),
                "citation": joined(source.authors, title, where, source.locator, by=", "),
                "url": source.url or "",
                "proof": outcome(proof.verdict) if proof else None,
                "proof_line": proof_line(proof) if proof else "The proof was not part of this run.",
                "ledger": _ledger(proof.steps, printed, anchors, typeset) if proof else [],
                "witness": (proof.witness or "") if proof else "",
                "trusted": list(dict.fromkeys(t.key for t in theorem.trusted_base)),
                "defined": _by_theorem(theorem.defined),
            }
        )
        for step in proof.steps if proof else ():
            if step.status == "discharged":
                printed.setdefault(_text(step), theorem)
    return views


def _by_theorem(defined: Iterable[Defined]) -> str:
    """``half-aware (pattern, signs), row-sums (norms)``."""
    steps: dict[str, list[str]] = {}
    for one in defined:
        steps.setdefault(one.theorem, []).append(one.step)
    return ", ".join(f"{theorem} ({', '.join(own)})" for theorem, own in steps.items())


def proof_line(proof: Proof) -> str:
    """How much of a proof was discharged, in words."""
    line = steps_told((step.status, step.basis) for step in proof.steps)
    return line if proof.seconds is None else f"{line} in {duration(proof.seconds)}"


def proof_in_short(proof: Proof) -> str:
    """The same in few words where all went well."""
    if proof.verdict != "proved":
        return proof_line(proof)
    took = "" if proof.seconds is None else duration(proof.seconds)
    return joined(steps_told((step.status, step.basis) for step in proof.steps), took, by=", ")


def _ledger(
    steps: Sequence[Step],
    printed: Mapping[_Text, Theorem],
    anchors: Mapping[str, str],
    typeset: Typeset,
) -> list[Told]:
    """The steps of a proof; a run of them that an earlier theorem has is one row, with ``ids``."""

    def earlier(step: Step) -> Theorem | None:
        # What is not discharged is always shown where it fails.
        return printed.get(_text(step)) if step.status == "discharged" else None

    rows: list[Told] = []
    for theorem, group in groupby(steps, key=earlier):
        if theorem is None:
            rows += [_step(step, typeset) for step in group]
            continue
        run = tuple(group)
        times = [step.milliseconds for step in run if step.milliseconds is not None]
        rows.append(
            {
                "ids": [step.id for step in run],
                "anchor": anchors[theorem.id],
                "title": theorem.title,
                "milliseconds": number(sum(times), 3) if times else None,
            }
        )
    return rows


def _text(step: Step) -> _Text:
    formula = step.formula_typst or step.formula_text
    return step.id, step.kind, step.says, formula, step.checked_by, *step.uses


def _step(step: Step, typeset: Typeset) -> Told:
    values = (step.countermodel or {}).items()
    # For a discharged step the engine's own words ("unsat") say nothing the mark does not.
    detail = "" if step.status == "discharged" else step.detail or ""
    return told(step, typeset) | {
        "detail": detail,
        "countermodel": [(mathematics(name, name, typeset), value) for name, value in values],
    }


def appendix_number(anchor: str) -> str:
    """The section of the appendix that an anchor ``theorem-3`` stands for."""
    return f"A.{anchor.partition('-')[2]}" if anchor else ""


def trusted_base(theorems: Iterable[Theorem], anchors: Mapping[str, str]) -> list[Told]:
    """Every cited result once, with the theorems (anchor, title) that rest on it.

    Two theorems may cite different results under one key: these are different rows.
    """
    users: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for theorem in theorems:
        for cited in theorem.trusted_base:
            row = users.setdefault((cited.key, cited.says, cited.source), [])
            row.append((anchors[theorem.id], theorem.title))
    return [
        {"key": key, "says": says, "source": source, "used_by": users[key, says, source]}
        for key, says, source in sorted(users)
    ]


def glossary(report: Report, typeset: Typeset) -> list[Told]:
    """Every sign and symbol once, by name; one with two meanings has a row for each.

    Where they differ a row says ``where`` its meaning is used first.
    """
    users: dict[Symbol, str] = dict.fromkeys(report.notation, "")
    for theorem in report.theorems:
        for symbol in theorem.symbols:
            users.setdefault(symbol, theorem.title)
    for proof in report.proofs:
        for symbol in proof.symbols:
            users.setdefault(symbol, f"proof of {proof.title or proof.theorem}")
    meanings = Counter(symbol.name for symbol in users)
    return [
        told(symbol, typeset)
        | {
            "symbol": mathematics(symbol.typst, symbol.name, typeset),
            "where": users[symbol] if meanings[symbol.name] > 1 else "",
        }
        for symbol in sorted(users, key=lambda s: (s.name.lower(), s.name))
    ]
