"""From a report to what a reader is shown, once for the PDF and the HTML page.

Orders, anchors, rounded numbers and bar lengths are decided here; the writers only set them.
"""

from .marks import SEVERITY
from .numbers import duration
from .parts import Typeset, expectation, in_full, joined, outcome
from .scenario_view import scenario_view
from .schema import Report
from .theorem_view import proof_line, theorem_view
from .view import GlanceRow, View


def formulas(report: Report) -> list[str]:
    """Every formula of a report as Typst source, for `mathematics.typeset`."""
    sources: list[str] = []
    for theorem in report.theorems:
        sources += [s.formula_typst for s in theorem.assumptions]
        sources += [in_full(s) for s in theorem.claims]
        sources += [symbol.typst for symbol in theorem.symbols]
    for step in (step for proof in report.proofs for step in proof.steps):
        # The names in a countermodel are those of symbols: as mathematics, where they can be.
        sources += [step.formula_typst, *(step.countermodel or ())]
    for scenario in report.scenarios:
        for checked in scenario.theorems:
            sources += [s.formula_typst for s in (*checked.assumptions, *checked.claims)]
    return sources


def compose(report: Report, typeset: Typeset) -> View:
    """Work out what to show; ``typeset`` holds the formulas that can be set as mathematics."""
    environment = report.environment
    run = [
        ("Versions", _versions(report)),
        ("Machine", joined(environment.platform, environment.device, environment.dtype)),
        ("Seed", "" if environment.seed is None else str(environment.seed)),
        ("Threads", "" if environment.threads is None else str(environment.threads)),
        ("Revision", environment.git_revision or ""),
        ("Started", report.started),
        ("Took", duration(report.seconds)),
    ]
    counts: dict[str, int] = {**report.summary.verdicts}
    proofs = {proof.theorem: proof for proof in report.proofs}
    anchors = {theorem.id: f"theorem-{i}" for i, theorem in enumerate(report.theorems, start=1)}
    return View(
        line=report.summary.line,
        subtitle=joined(f"perturbproof {environment.perturbproof}".strip(), report.started),
        outcomes=tuple((outcome(word), counts[word]) for word in SEVERITY if counts.get(word)),
        proofs=tuple(
            (outcome(proof.verdict), proof.title or proof.theorem, proof_line(proof))
            for proof in sorted(report.proofs, key=lambda p: p.verdict == "proved")
        ),
        # A proof that does not hold must not wait at the end of a long table of scenarios.
        proofs_first=any(proof.verdict != "proved" for proof in report.proofs),
        glance=glance(report),
        run=tuple((label, value) for label, value in run if value),
        command=environment.command,
        hashes=tuple(dict.fromkeys((s.name, s.data.hash) for s in report.scenarios if s.data)),
        theorems=tuple(
            theorem_view(anchors[theorem.id], theorem, proofs.get(theorem.id), typeset)
            for theorem in report.theorems
        ),
        scenarios=tuple(
            scenario_view(i, scenario, anchors, typeset)
            for i, scenario in enumerate(report.scenarios, start=1)
        ),
    )


def glance(report: Report) -> tuple[GlanceRow, ...]:
    """One line per theorem and scenario, worst first, otherwise in the order of the run."""
    rows: list[tuple[int, bool, GlanceRow]] = []
    for index, scenario in enumerate(report.scenarios, start=1):
        checked: list[tuple[str, str, str, str, bool]] = [
            (c.verdict, c.title, c.reason, c.expected, c.as_expected) for c in scenario.theorems
        ]
        if scenario.error is not None or not checked:
            expected = scenario.expected if isinstance(scenario.expected, str) else "PASS"
            reason = scenario.error or "No theorem was checked."
            checked.append((scenario.verdict, "", reason, expected, scenario.as_expected))
        for verdict, title, reason, expected, fine in checked:
            row = GlanceRow(
                outcome=outcome(verdict),
                scenario=scenario.name,
                theorem=title,
                reason=" ".join(reason.split()),
                expectation=expectation(verdict, expected, fine),
                anchor=f"scenario-{index}",
            )
            rows.append((SEVERITY.index(verdict), fine, row))
    return tuple(row for _, _, row in sorted(rows, key=lambda item: item[:2]))


def _versions(report: Report) -> str:
    environment = report.environment
    packages = {"perturbproof": environment.perturbproof, "Python": environment.python}
    return ", ".join(f"{k} {v}" for k, v in {**packages, **environment.packages}.items() if v)
