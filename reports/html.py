"""One self-contained HTML page: no script, no network, light and dark."""

from collections.abc import Mapping

from .html_scenario import scenario_section
from .html_study import study_section
from .html_theorem import theorem_section
from .inline_svg import Drawings, drawings
from .markup import Markup, element, join
from .page_style import style_sheet
from .pieces import aside, name, pairs, powers, said, table, verdict
from .view import TrustedRow, View


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
