"""A scenario in the HTML page: configuration, checks, findings and figures."""

from .inline_svg import Drawings
from .markup import Markup, element, join
from .pieces import aside, cells, judged, pairs, powers, said, shown, table, verdict
from .view import AssumptionRow, CheckedView, ClaimRow, Math, Note, Outcome, ScenarioView


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
