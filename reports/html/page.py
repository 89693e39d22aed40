"""One self-contained HTML page: no script, no network, light and dark."""

import re
from collections.abc import Mapping, Sequence

from ..view.view import (
    AssumptionRow,
    CheckedView,
    ClaimRow,
    Math,
    Note,
    Outcome,
    ScenarioView,
    SharedSteps,
    Shown,
    StatementRow,
    StepRow,
    StudyView,
    TheoremView,
    TrustedRow,
    View,
)
from ..words.numbers import POWER
from .inline_svg import Drawings, drawings, mark_svg
from .markup import Markup, element, join
from .style import style_sheet

# The recurring pieces of the HTML page: verdicts, numbers, tables.


def verdict(outcome: Outcome) -> Markup:
    """A verdict: mark and word, in its colour."""
    return element(
        "span", mark_svg(outcome.mark), outcome.word, class_=f"verdict is-{outcome.mark}"
    )


def marked(outcome: Outcome, text: str) -> Markup:
    """A name with the mark of its outcome, which is told to those who do not see it."""
    mark = element("span", mark_svg(outcome.mark, outcome.word), class_=f"is-{outcome.mark}")
    return element("span", mark, name(text), class_="marked")


def powers(text: str) -> Markup:
    """Text with its powers of ten as superscripts; markup is left as it is."""
    if isinstance(text, Markup):
        return text
    # Split keeps the exponents at the odd places.
    parts = POWER.split(text)
    done: list[str] = [parts[0]]
    for exponent, after in zip(parts[1::2], parts[2::2], strict=True):
        done += ["10", element("sup", exponent), after]
    return join(*done)


_INDEX = re.compile(r"\b([^\W\d_])_([^\W_]+)\b")
_EXPONENT = re.compile(r"\^([^\W_])\b")


def said(text: str) -> Markup:
    """A sentence that holds mathematics: indices, exponents, a minus sign between spaces."""
    marked = powers(text.replace(" - ", " − "))
    marked = Markup(_INDEX.sub(r"\1<sub>\2</sub>", marked))
    return Markup(_EXPONENT.sub(r"<sup>\1</sup>", marked))


def shown(value: Shown) -> Markup:
    """A number or interval and the note on its width."""
    return join(powers(value.text or "–"), aside(value.note))


# Columns whose cells are short and should not be broken, and those of names, which may have to be.
_TIGHT = frozenset({"verdict", "proof", "checked by", "ms", "rigor"})
_SLIM = frozenset({"step", "key", "symbol"})
# A name up to this length stays on its line.
_SHORT = 24


def name(text: str) -> Markup:
    """A name in a table, which is broken only if it is long."""
    return element("span", text, class_="unbroken" if len(text) <= _SHORT else None)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """A table; on narrow screens each cell carries the name of its column."""
    classes = ["tight" if h in _TIGHT else "slim" if h in _SLIM else None for h in header]
    heads = zip(header, classes, strict=True)
    names = element("tr", *(element("th", n, scope="col", class_=c) for n, c in heads))
    body = (
        element(
            "tr",
            *(
                element("td", cell, data_label=name, class_=kind)
                for name, kind, cell in zip(header, classes, row, strict=True)
            ),
        )
        for row in rows
    )
    return element("table", element("thead", names), element("tbody", *body))


def cells(*entries: tuple[str, str]) -> Markup:
    """Labelled values side by side."""
    boxes = (element("div", element("dt", name), element("dd", value)) for name, value in entries)
    return element("dl", *boxes, class_="cells")


def pairs(entries: Sequence[tuple[str, str]]) -> Markup:
    """Labelled values one under the other."""
    if not entries:
        return Markup()
    rows = (join(element("dt", name), element("dd", powers(value))) for name, value in entries)
    return element("dl", *rows, class_="pairs")


def judged(outcome: Outcome, expectation: str) -> Markup:
    """A verdict and how it relates to what was expected."""
    return join(verdict(outcome), f" ({expectation}) " if expectation else " ")


def aside(note: str) -> Markup:
    """A small note on its own line; nothing for an empty one."""
    return join(element("br"), element("small", powers(note))) if note else Markup()


# A scenario in the HTML page: configuration, checks, findings and figures.


def scenario_section(scenario: ScenarioView, drawn: Drawings) -> Markup:
    """The section of a scenario, under its anchor."""
    checks = [
        (said(says), shown(left), shown(right), verdict(outcome))
        for says, left, right, outcome in scenario.cross_checks
    ]
    seen = [
        (said(says), shown(value), powers(count), rigor)
        for says, value, count, rigor in scenario.observations
    ]
    figures = [
        element(
            "figure",
            drawn.figure(figure.key, figure.caption),
            element("figcaption", element("strong", f"{figure.title}. "), said(figure.caption)),
        )
        for figure in scenario.figures
    ]
    findings = [element("li", said(finding)) for finding in scenario.findings]
    failed = element("p", element("strong", "This scenario could not be run."))
    error = element("div", failed, element("pre", scenario.error), class_="box box-error")
    return element(
        "section",
        element("h3", scenario.name),
        element("p", judged(scenario.outcome, scenario.expectation), " ", scenario.time),
        element("p", said(scenario.description)) if scenario.description else "",
        error if scenario.error else "",
        pairs(scenario.configuration),
        *(_checked(checked, drawn) for checked in scenario.theorems),
        element("h4", "Cross-checks: two computations of one quantity") if checks else "",
        table(("quantity", "one way", "the other", "verdict"), checks) if checks else "",
        element("h4", "Observations: measured, claimed by no theorem") if seen else "",
        table(("what", "value", "trials", "rigor"), seen) if seen else "",
        element("h4", "Findings") if findings else "",
        element("ul", *findings) if findings else "",
        element("div", *figures, class_="figures") if figures else "",
        id=scenario.anchor,
    )


def _checked(checked: CheckedView, drawn: Drawings) -> Markup:
    title = said(checked.title)
    if checked.anchor:
        title = element("a", title, href=f"#{checked.anchor}")
    proof = f"proof {checked.proof}" if checked.proof else ""
    rests = f"rests on {checked.trusted}" if checked.trusted else ""
    notes = " · ".join(part for part in (checked.source, proof, rests) if part)
    return join(
        element(
            "div",
            element("p", judged(checked.outcome, checked.expectation), " ", title),
            element("p", said(checked.reason)),
            element("p", element("small", notes)),
            class_=f"box box-{checked.outcome.mark}",
        ),
        element("h4", "Assumptions") if checked.assumptions else "",
        *(_assumption(row, drawn) for row in checked.assumptions),
        element("h4", "Claims") if checked.claims else "",
        *(_claim(row, drawn) for row in checked.claims),
        *(_note("To settle", note) for note in checked.to_settle),
        *(_note("Measured", note) for note in checked.measured_by),
    )


def _assumption(row: AssumptionRow, drawn: Drawings) -> Markup:
    load: str = row.load or "–"
    if row.bar is not None:
        width = element("i", style=f"width: {row.bar:.2%}")
        bar = element("div", width, element("b"), class_=f"bar is-{row.outcome.mark}")
        load = join(powers(row.load), bar)
    values = cells(
        ("left side", shown(row.lhs)),
        ("right side", shown(row.rhs)),
        ("load (the tick is 1)", load),
        ("holds", _graded(row.outcome, row.rigor)),
    )
    return _card(row.id, row.says, row.formula, values, drawn)


def _claim(row: ClaimRow, drawn: Drawings) -> Markup:
    values = cells(
        ("measured", shown(row.measured)),
        ("bound", shown(row.bound)),
        ("slack", powers(row.slack or "–")),
        ("verdict", _graded(row.outcome, row.rigor)),
    )
    if row.witness:
        title = element("p", element("strong", "Witness"))
        witness = element(
            "div", title, element("pre", row.witness), class_=f"box box-{row.outcome.mark}"
        )
        values = join(values, witness)
    return _card(row.id, row.says, row.formula, values, drawn)


def _card(name: str, says: str, formula: Math, values: Markup, drawn: Drawings) -> Markup:
    words = element("p", element("strong", f"{name}. "), said(says))
    stated = element("div", words, drawn.formula(formula), class_="stated")
    return element("div", stated, values, class_="card")


def _graded(outcome: Outcome, rigor: str) -> Markup:
    return join(verdict(outcome), aside(rigor if rigor != "none" else ""))


def _note(title: str, note: Note) -> Markup:
    names = element("em", ", ".join(note.ids))
    end = "" if note.says.endswith(".") else "."
    words = (element("strong", title), " ", names, ": ", said(note.says), end)
    return element("p", element("small", *words))


# A study in the HTML page: table of points, findings and figures.


def study_section(study: StudyView, drawn: Drawings) -> Markup:
    """The section of a study, under its anchor."""
    figures = [
        element(
            "figure",
            drawn.figure(figure.key, figure.caption),
            element("figcaption", element("strong", f"{figure.title}. "), said(figure.caption)),
        )
        for figure in study.figures
    ]
    findings = [element("li", said(finding)) for finding in study.findings]
    rows = [tuple(powers(cell) for cell in row) for row in study.rows]
    return element(
        "section",
        element("h3", said(study.title)),
        element("p", element("code", study.name), class_="soft"),
        element("p", judged(study.outcome, study.expectation), " ", study.time),
        element("p", said(study.reason)),
        element("p", said(study.description)) if study.description else "",
        pairs(study.configuration),
        element("div", *figures, class_="figures") if figures else "",
        table(study.header, rows) if rows else "",
        element("h4", "Findings") if findings else "",
        element("ul", *findings) if findings else "",
        id=study.anchor,
    )


# A theorem in the HTML page: statement, source and proof ledger.


def theorem_section(theorem: TheoremView, drawn: Drawings) -> Markup:
    """The section of a theorem, under its anchor."""
    url = theorem.url if theorem.url.startswith(("https://", "http://")) else ""
    kind = theorem.kind.split(" · ")[0].capitalize()
    name = [element("strong", kind), " (", element("em", said(theorem.title)), "). "]
    suppose = "Suppose that the following holds." if theorem.assumptions else ""
    steps = [
        _shared(row) if isinstance(row, SharedSteps) else _step(row, drawn)
        for row in theorem.ledger
    ]
    witness = element(
        "div",
        element("p", element("strong", "Witness")),
        element("pre", theorem.witness),
        class_=f"box box-{theorem.proof.mark}" if theorem.proof else "box",
    )
    base = element("a", "trusted base", href="#trusted-base")
    return element(
        "section",
        element("h3", said(theorem.title)),
        element(
            "p",
            element("code", theorem.id),
            f" · {theorem.kind}. {theorem.citation} ",
            element("a", theorem.url, href=url, rel="noreferrer") if url else theorem.url,
            class_="soft",
        ),
        element("p", said(theorem.summary)),
        element(
            "div",
            element("p", *name, suppose),
            *(_stated(row, drawn) for row in theorem.assumptions),
            element("p", "Then:") if theorem.assumptions else "",
            *(_stated(row, drawn) for row in theorem.claims),
            class_="box",
        ),
        element(
            "h4",
            "Proof ledger ",
            verdict(theorem.proof) if theorem.proof else "",
            " ",
            element("small", powers(theorem.proof_line)),
        ),
        table(("step", "statement", "checked by", "ms"), steps) if steps else "",
        witness if theorem.witness else "",
        element("p", "Rests on ", ", ".join(theorem.trusted), ": ", base, ".")
        if theorem.trusted
        else "",
        id=theorem.anchor,
    )


def _stated(row: StatementRow, drawn: Drawings) -> Markup:
    words = element("p", element("strong", f"({row.id}) "), said(row.says))
    return element("div", words, drawn.formula(row.formula), class_="stated")


def _step(step: StepRow, drawn: Drawings) -> tuple[str, ...]:
    uses = element("small", f" (uses {step.uses})") if step.uses else ""
    statement = join(said(step.says), uses, drawn.formula(step.formula))
    if step.outcome.word != "discharged":
        statement = join(statement, _gap(step, drawn))
    by = join(step.engine, aside(step.kind) if step.kind != step.engine else "")
    return marked(step.outcome, step.id), statement, by, powers(step.time)


def _shared(shared: SharedSteps) -> tuple[str, ...]:
    count = len(shared.ids)
    where = element("a", said(shared.title), href=f"#{shared.anchor}")
    says = join(
        ", ".join(shared.ids),
        element("small", ": word for word as in “", where, "”, discharged here as well"),
    )
    steps = Outcome(f"{count} discharged", "pass")
    return marked(steps, f"{count} step{'s' * (count != 1)}"), says, "", powers(shared.time)


def _gap(step: StepRow, drawn: Drawings) -> Markup:
    values: list[str] = []
    for name, value in step.countermodel:
        values += [", " if values else "Countermodel: ", drawn.symbol(name), f" = {value}"]
    is_gap = step.outcome.word == "gap"
    says = "Proof gap: the premises do not imply this step." if is_gap else "Not decided."
    note = " A countermodel to a step refutes the step, not the theorem." if is_gap else ""
    detail = element("p", said(step.detail)) if step.detail else ""
    first = element("p", element("strong", says), note)
    last = element("p", *values) if values else ""
    return element("div", first, detail, last, class_=f"box box-{step.outcome.mark}")


def html(view: View, typeset: Mapping[str, str], figures: Mapping[str, str]) -> str:
    """The page; ``typeset`` maps formulas, ``figures`` the keys of figures, to SVG text."""
    drawn = drawings(typeset, figures)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="generator", content="perturbproof"),
        element("title", "Verification report"),
        element("style", Markup(style_sheet())),
    )
    body = element(
        "body",
        drawn.letters,
        _front(view),
        element("h2", "Theorems and their proofs") if view.theorems else "",
        *(theorem_section(theorem, drawn) for theorem in view.theorems),
        _trusted(view),
        element("h2", "Scenarios") if view.scenarios else "",
        *(scenario_section(scenario, drawn) for scenario in view.scenarios),
        element("h2", "Studies and sweeps") if view.studies else "",
        *(study_section(study, drawn) for study in view.studies),
        _glossary(view, drawn),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _front(view: View) -> Markup:
    counts = [element("span", verdict(o), f" × {n}") for o, n in view.outcomes]
    rows = [
        (
            join(verdict(row.outcome), aside(row.expectation)),
            element("a", row.scenario, href=f"#{row.anchor}"),
            said(row.theorem or "–"),
            said(row.reason),
        )
        for row in view.glance
    ]
    proved = [(verdict(o), said(title), powers(line)) for o, title, line in view.proofs]
    proofs = table(("proof", "theorem", "steps"), proved) if proved else Markup()
    links = [("glance", "Verdicts at a glance"), ("run", "What was run")]
    links += [(t.anchor, t.title) for t in view.theorems]
    links += [("trusted-base", "Trusted base")] if view.trusted else []
    links += [(s.anchor, s.name) for s in view.scenarios]
    links += [(s.anchor, s.title or s.name) for s in view.studies]
    links += [("glossary", "Glossary of symbols")] if view.glossary else []
    entries = [element("li", element("a", said(title), href=f"#{to}")) for to, title in links]
    hashes = [(source, element("code", value)) for source, value in view.hashes]
    load = "Load: the side of an assumption that has to be smaller over the other one, where they "
    return join(
        element("h1", "Verification report"),
        element("p", view.subtitle, class_="soft"),
        element("div", powers(view.line), element("div", *counts), class_="line"),
        element("h2", "Verdicts at a glance", id="glance"),
        proofs if view.proofs_first else "",
        table(("verdict", "scenario", "theorem", "why"), rows) if rows else "",
        "" if view.proofs_first else proofs,
        element("p", element("small", load, "are nearest; below 1 the assumption holds.")),
        element("h2", "What was run, and how to run it again", id="run"),
        element("pre", view.command) if view.command else "",
        pairs(view.run),
        element("h3", "Data, by their SHA-256") if hashes else "",
        pairs(hashes),
        element("h2", "Contents"),
        element("nav", element("ol", *entries)),
    )


def _trusted(view: View) -> Markup:
    if not view.trusted:
        return Markup()

    def users(row: TrustedRow) -> Markup:
        links = [element("a", said(title), href=f"#{to}") for to, title in row.used_by]
        return join(links[0], *(join("; ", link) for link in links[1:]))

    header = ("key", "statement", "source", "used in")
    rows = [
        (element("strong", name(row.key)), said(row.says), row.source, users(row))
        for row in view.trusted
    ]
    title = element("h3", "Trusted base: cited, not proved here", id="trusted-base")
    return join(title, table(header, rows))


def _glossary(view: View, drawn: Drawings) -> Markup:
    if not view.glossary:
        return Markup()
    rows = [
        (
            drawn.symbol(row.symbol),
            join(said(row.meaning), element("small", f" ({row.where})") if row.where else ""),
            said(row.range),
        )
        for row in view.glossary
    ]
    title = element("h2", "Glossary of symbols", id="glossary")
    return join(title, table(("symbol", "meaning", "range"), rows))
