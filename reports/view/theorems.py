"""What is shown of theorems: statement, proof ledger, what is cited, and what the symbols mean."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from ..schema import Proof, Step, Symbol, Theorem
from ..words.numbers import duration, number
from ..words.sentences import counted, joined
from .records import Told, Typeset, mathematics, outcome, told

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
        views.append(
            told(theorem, typeset)
            | {
                "anchor": anchors[theorem.id],
                "kind": joined(theorem.kind, origin and f"from {origin}"),
                "citation": _citation(theorem),
                "url": theorem.source.url or "",
                "proof": outcome(proof.verdict) if proof else None,
                "proof_line": proof_line(proof) if proof else "The proof was not part of this run.",
                "ledger": _ledger(proof.steps, printed, anchors, typeset) if proof else [],
                "witness": (proof.witness or "") if proof else "",
                "trusted": list(dict.fromkeys(t.key for t in theorem.trusted_base)),
            }
        )
        for step in proof.steps if proof else ():
            if step.status == "discharged":
                printed.setdefault(_text(step), theorem)
    return views


def _citation(theorem: Theorem) -> str:
    source = theorem.source
    title = source.title and f"“{source.title}”"
    where = f"{source.venue} {source.year or ''}".strip()
    return joined(source.authors, title, where, source.locator, by=", ")


def proof_line(proof: Proof) -> str:
    """How much of a proof was discharged, in words."""
    done = sum(step.status == "discharged" for step in proof.steps)
    line = f"{done} of {len(proof.steps)} steps discharged"
    return line if proof.seconds is None else f"{line} in {duration(proof.seconds)}"


def proof_in_short(proof: Proof) -> str:
    """The same in few words where all went well."""
    if proof.verdict != "proved":
        return proof_line(proof)
    took = "" if proof.seconds is None else duration(proof.seconds)
    return joined(counted(len(proof.steps), "step"), took, by=", ")


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
    return step.id, step.kind, step.says, formula, step.engine, *step.uses


def _step(step: Step, typeset: Typeset) -> Told:
    values = (step.countermodel or {}).items()
    # For a discharged step the engine's own words ("unsat") say nothing the mark does not.
    detail = "" if step.status == "discharged" else step.detail or ""
    return told(step, typeset) | {
        "detail": detail,
        "countermodel": [(mathematics(name, name, typeset), value) for name, value in values],
    }


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


def glossary(theorems: Iterable[Theorem], typeset: Typeset) -> list[Told]:
    """Every symbol once, by name; one with two meanings has a row for each, and says ``where``."""
    users: dict[Symbol, str] = {}
    for theorem in theorems:
        for symbol in theorem.symbols:
            users.setdefault(symbol, theorem.title)
    meanings = Counter(symbol.name for symbol in users)
    return [
        told(symbol, typeset)
        | {
            "symbol": mathematics(symbol.typst, symbol.name, typeset),
            "where": users[symbol] if meanings[symbol.name] > 1 else "",
        }
        for symbol in sorted(users, key=lambda s: (s.name.lower(), s.name))
    ]
