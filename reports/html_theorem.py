"""A theorem in the HTML page: statement, source and proof ledger."""

from .inline_svg import Drawings
from .markup import Markup, element, join
from .pieces import aside, marked, powers, said, table, verdict
from .view import Outcome, SharedSteps, StatementRow, StepRow, TheoremView


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
