"""One self-contained HTML page: no script, no network, light and dark."""

from collections.abc import Mapping

from .inline_svg import figure_svg, formula_svg
from .markup import Markup, element, join
from .page_style import style_sheet
from .pieces import aside, cells, judged, pairs, powers, shown, table, verdict
from .view import (
    AssumptionRow,
    CheckedView,
    ClaimRow,
    Math,
    ScenarioView,
    StatementRow,
    StepRow,
    TheoremView,
    View,
)


def html(view: View, typeset: Mapping[str, str], drawings: Mapping[str, str]) -> str:
    """The page; ``typeset`` maps formulas, ``drawings`` the keys of figures, to SVG text."""
    return _Page(view, typeset, drawings).text()


class _Page:
    """Holds the drawings while the page is put together."""

    def __init__(self, view: View, typeset: Mapping[str, str], drawings: Mapping[str, str]) -> None:
        self.view = view
        self.typeset = typeset
        self.drawings = drawings

    def text(self) -> str:
        head = element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="generator", content="perturbproof"),
            element("title", "Verification report"),
            element("style", Markup(style_sheet())),
        )
        body = element("body", self.front(), self.theorems(), self.scenarios())
        return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"

    def front(self) -> Markup:
        view = self.view
        counts = [element("span", verdict(o), f" × {n}") for o, n in view.outcomes]
        rows = [
            (
                join(verdict(row.outcome), aside(row.expectation)),
                element("a", row.scenario, href=f"#{row.anchor}"),
                row.theorem or "–",
                powers(row.reason),
            )
            for row in view.glance
        ]
        proved = [(verdict(o), title, powers(line)) for o, title, line in view.proofs]
        proofs = table(("proof", "theorem", "steps"), proved) if proved else Markup()
        links = [("glance", "Verdicts at a glance"), ("run", "What was run")]
        links += [(t.anchor, t.title) for t in view.theorems]
        links += [(s.anchor, s.name) for s in view.scenarios]
        entries = [element("li", element("a", title, href=f"#{to}")) for to, title in links]
        return join(
            element("h1", "Verification report"),
            element("p", view.subtitle, class_="soft"),
            element("div", powers(view.line), element("div", *counts), class_="line"),
            element("h2", "Verdicts at a glance", id="glance"),
            proofs if view.proofs_first else "",
            table(("verdict", "scenario", "theorem", "why"), rows),
            "" if view.proofs_first else proofs,
            element("h2", "What was run, and how to run it again", id="run"),
            element("pre", view.command) if view.command else "",
            pairs([(name, value) for name, value in view.run]),
            element("h2", "Contents"),
            element("nav", element("ol", *entries)),
        )

    def theorems(self) -> Markup:
        if not self.view.theorems:
            return Markup()
        return join(
            element("h2", "Theorems and their proofs"),
            *(self.theorem(theorem) for theorem in self.view.theorems),
        )

    def theorem(self, theorem: TheoremView) -> Markup:
        url = theorem.url if theorem.url.startswith(("https://", "http://")) else ""
        kind = theorem.kind.split(" · ")[0].capitalize()
        name = [element("strong", kind), " (", element("em", theorem.title), "). "]
        suppose = "Suppose that the following holds." if theorem.assumptions else ""
        trusted = [(element("strong", key), says, where) for key, says, where in theorem.trusted]
        symbols = [(self.symbol(math), says, where) for math, says, where in theorem.symbols]
        steps = [self.step(step) for step in theorem.steps]
        ledger = ("step", "statement", "checked by", "status", "ms")
        return element(
            "section",
            element("h3", theorem.title),
            element(
                "p",
                element("code", theorem.id),
                f" · {theorem.kind}. {theorem.citation} ",
                element("a", theorem.url, href=url, rel="noreferrer") if url else theorem.url,
                class_="soft",
            ),
            element("p", powers(theorem.summary)),
            element(
                "div",
                element("p", *name, suppose),
                *(self.stated(row) for row in theorem.assumptions),
                element("p", "Then:") if theorem.assumptions else "",
                *(self.stated(row) for row in theorem.claims),
                class_="box",
            ),
            element(
                "h4",
                "Proof ledger ",
                verdict(theorem.proof) if theorem.proof else "",
                " ",
                element("small", powers(theorem.proof_line)),
            ),
            table(ledger, steps) if steps else "",
            element("h4", "Trusted base: cited, not proved here") if trusted else "",
            table(("key", "statement", "source"), trusted) if trusted else "",
            element("h4", "Symbols") if symbols else "",
            table(("symbol", "meaning", "range"), symbols) if symbols else "",
            id=theorem.anchor,
        )

    def stated(self, row: StatementRow) -> Markup:
        words = element("p", element("strong", f"({row.id}) "), powers(row.says))
        return join(words, self.formula(row.formula))

    def step(self, step: StepRow) -> tuple[str, ...]:
        uses = element("small", f" (uses {step.uses})") if step.uses else ""
        statement = join(powers(step.says), uses, self.formula(step.formula))
        if step.outcome.word != "discharged":
            statement = join(statement, self.gap(step))
        by = join(step.engine, aside(step.kind))
        return step.id, statement, by, verdict(step.outcome), powers(step.time)

    def gap(self, step: StepRow) -> Markup:
        values: list[str] = []
        for name, value in step.countermodel:
            values += [", " if values else "Countermodel: ", self.symbol(name), f" = {value}"]
        is_gap = step.outcome.word == "gap"
        says = "Proof gap: the premises do not imply this step." if is_gap else "Not decided."
        note = " A countermodel to a step refutes the step, not the theorem." if is_gap else ""
        detail = element("p", powers(step.detail)) if step.detail else ""
        first = element("p", element("strong", says), note)
        last = element("p", *values) if values else ""
        return element("div", first, detail, last, class_=f"box box-{step.outcome.mark}")

    def scenarios(self) -> Markup:
        if not self.view.scenarios:
            return Markup()
        return join(
            element("h2", "Scenarios"), *(self.scenario(each) for each in self.view.scenarios)
        )

    def scenario(self, scenario: ScenarioView) -> Markup:
        checks = [
            (powers(says), shown(left), shown(right), verdict(outcome))
            for says, left, right, outcome in scenario.cross_checks
        ]
        seen = [
            (powers(says), shown(value), powers(count), rigor)
            for says, value, count, rigor in scenario.observations
        ]
        failed = element("strong", "This scenario could not be run.")
        drawn = [
            element(
                "figure",
                figure_svg(self.drawings[figure.key], f"f{figure.key}", figure.caption),
                element(
                    "figcaption", element("strong", f"{figure.title}. "), powers(figure.caption)
                ),
            )
            for figure in scenario.figures
        ]
        findings = [element("li", powers(finding)) for finding in scenario.findings]
        return element(
            "section",
            element("h3", scenario.name),
            element("p", judged(scenario.outcome, scenario.expectation), " ", scenario.time),
            element("p", powers(scenario.description)) if scenario.description else "",
            element(
                "div", element("p", failed), element("pre", scenario.error), class_="box box-error"
            )
            if scenario.error
            else "",
            element("h4", "Configuration") if scenario.configuration else "",
            pairs(scenario.configuration),
            *(self.checked(checked) for checked in scenario.theorems),
            element("h4", "Cross-checks: two computations of one quantity") if checks else "",
            table(("quantity", "one way", "the other", "verdict"), checks) if checks else "",
            element("h4", "Observations: measured, claimed by no theorem") if seen else "",
            table(("what", "value", "trials", "rigor"), seen) if seen else "",
            element("h4", "Findings") if findings else "",
            element("ul", *findings) if findings else "",
            element("div", *drawn, class_="figures") if drawn else "",
            id=scenario.anchor,
        )

    def checked(self, checked: CheckedView) -> Markup:
        title: str = checked.title
        if checked.anchor:
            title = element("a", checked.title, href=f"#{checked.anchor}")
        proof = f"proof {checked.proof}" if checked.proof else ""
        rests = f"rests on {checked.trusted}" if checked.trusted else ""
        notes = " · ".join(part for part in (checked.source, proof, rests) if part)
        return join(
            element(
                "div",
                element("p", judged(checked.outcome, checked.expectation), " ", title),
                element("p", powers(checked.reason)),
                element("p", element("small", notes)),
                class_=f"box box-{checked.outcome.mark}",
            ),
            element("h4", "Assumptions") if checked.assumptions else "",
            *(self.assumption(row) for row in checked.assumptions),
            element("h4", "Claims") if checked.claims else "",
            *(self.claim(row) for row in checked.claims),
        )

    def assumption(self, row: AssumptionRow) -> Markup:
        load: str = row.load or "–"
        if row.bar is not None:
            width = element("i", style=f"width: {row.bar:.2%}")
            bar = element("div", width, element("b"), class_=f"bar is-{row.outcome.mark}")
            load = join(powers(row.load), bar)
        values = cells(
            ("left side", shown(row.lhs)),
            ("right side", shown(row.rhs)),
            ("load (the tick is 1)", load),
            ("holds", verdict(row.outcome)),
            ("rigor", row.rigor),
        )
        return element("div", self.words(row.id, row.says, row.formula), values, class_="card")

    def claim(self, row: ClaimRow) -> Markup:
        values = cells(
            ("measured", shown(row.measured)),
            ("bound", shown(row.bound)),
            ("slack", powers(row.slack or "–")),
            ("rigor", row.rigor),
            ("verdict", verdict(row.outcome)),
        )
        how = element("p", element("small", f"How it was measured: {row.how}.")) if row.how else ""
        settle = element("p", element("strong", "To settle it. "), powers(row.settle))
        witness = join(element("p", element("strong", "Witness")), element("pre", row.witness))
        return element(
            "div",
            self.words(row.id, row.says, row.formula),
            values,
            how,
            settle if row.settle else "",
            witness if row.witness else "",
            class_="card",
        )

    def words(self, name: str, says: str, formula: Math) -> Markup:
        words = element("p", element("strong", f"{name}. "), powers(says))
        return join(words, self.formula(formula))

    def formula(self, math: Math) -> Markup:
        if math.typst:
            return element(
                "div", formula_svg(self.typeset[math.typst], math.text), class_="formula"
            )
        return element("div", element("code", math.text)) if math.text else Markup()

    def symbol(self, math: Math) -> Markup:
        if math.typst:
            return element(
                "span", formula_svg(self.typeset[math.typst], math.text), class_="symbol"
            )
        return element("code", math.text)
