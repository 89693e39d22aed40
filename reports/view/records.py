"""The records of ``report.json`` as the templates read them: the same names, the values in words.

A bound is rounded text, a verdict has its mark, a formula is mathematics if it can be set as such.
All of it is plain dicts and lists, so that it also goes to Typst as JSON.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ..schema import (
    Bounds,
    CheckedAssumption,
    FigureRecord,
    Formula,
    Record,
    Report,
    Statement,
    Step,
    Symbol,
)
from ..words.marks import OUTCOMES
from ..words.mathematics import size_in_em
from ..words.numbers import duration, factor, interval, number
from ..words.sentences import expectation, grade

Told = dict[str, Any]
"""What a template reads."""
Typeset = Mapping[str, str]
"""Formulas as Typst source that can be set as mathematics, with their SVG."""

# How a number is told, by the name of its field.
_NUMBERS: dict[str, Callable[[Any], str]] = {
    "seconds": duration,
    "load": factor,
    "slack": factor,
    "count": number,
    "milliseconds": partial(number, digits=3),
}
# Where a record says how it came out.
_VERDICTS = ("verdict", "holds", "status", "agree")
# What no page shows as it stands: other forms of a formula, what is drawn, tabulated or run again.
_LEFT_OUT = frozenset(
    {"formula_text", "formula_typst", "formula_latex", "display_typst", "smt", "configuration"}
    | {"data", "points", "axes", "symbols"}
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
        return shown(value)
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
        fields["rigor"] = grade(fields["rigor"], fields["confidence"])
    if isinstance(value, Formula):
        source = formula_source(value)
        fields["formula"] = mathematics(source, value.formula_text or source, typeset)
    if isinstance(value, CheckedAssumption):
        load = None if value.load is None else max(0.0, value.load)
        # x/(1+x) keeps the order, puts load 1 in the middle and has room for any factor.
        fields["bar"] = None if load is None else load / (1 + load)
    return fields


def shown(bounds: Bounds) -> Told:
    """An interval as rounded text and a note on its width."""
    text, note = interval(bounds.lower, bounds.upper)
    return {"text": text, "note": note}


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
    """Every formula of a report as Typst source, for `mathematics.typeset`."""
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
