"""From a report to what a reader is shown, once for the PDF and the HTML page.

Orders, anchors, rounded numbers and bar lengths are decided here; the writers only set them.
"""

from .glossary import glossary, trusted_base
from .marks import SEVERITY
from .numbers import duration, factor, number
from .parts import Typeset, expectation, in_full, joined, outcome
from .record import Rigor
from .scenario_view import scenario_view
from .schema import CheckedTheorem, Report
from .study_view import study_glance, study_view
from .sweep_view import sweep_glance, sweep_view
from .theorem_view import proof_in_short, theorem_views
from .view import GlanceRow, View

_SOFTNESS: tuple[Rigor, ...] = ("proved", "enclosed", "statistical", "numeric", "none")


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
        ("Seed", _seed(report)),
        ("Threads", "" if environment.threads is None else str(environment.threads)),
        ("Confidence", _confidence(report)),
        ("Statistics", _statistics(report)),
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
            (outcome(proof.verdict), proof.title or proof.theorem, proof_in_short(proof))
            for proof in sorted(report.proofs, key=lambda p: p.verdict == "proved")
        ),
        # A proof that does not hold must not wait at the end of a long table of scenarios.
        proofs_first=any(proof.verdict != "proved" for proof in report.proofs),
        glance=glance(report),
        run=tuple((label, value) for label, value in run if value),
        command=environment.command,
        hashes=tuple(dict.fromkeys((s.name, s.data.hash) for s in report.scenarios if s.data)),
        theorems=theorem_views(report.theorems, proofs, anchors, typeset),
        trusted=trusted_base(report.theorems, anchors),
        scenarios=tuple(
            scenario_view(i, scenario, anchors, typeset)
            for i, scenario in enumerate(report.scenarios, start=1)
        ),
        studies=(
            *(study_view(i, study) for i, study in enumerate(report.studies, start=1)),
            *(
                sweep_view(i, sweep)
                for i, sweep in enumerate(report.sweeps, start=len(report.studies) + 1)
            ),
        ),
        glossary=glossary(report.theorems, typeset),
    )


def glance(report: Report) -> tuple[GlanceRow, ...]:
    """One line per theorem and scenario, per study and sweep: worst first, else as they ran."""
    rows: list[tuple[int, bool, GlanceRow]] = []
    for index, scenario in enumerate(report.scenarios, start=1):
        checked: list[tuple[str, str, str, str, bool]] = [
            (c.verdict, c.title, _why(c), c.expected, c.as_expected) for c in scenario.theorems
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
    for index, study in enumerate(report.studies, start=1):
        row = study_glance(index, study)
        rows.append((SEVERITY.index(study.verdict), study.as_expected, row))
    for index, sweep in enumerate(report.sweeps, start=len(report.studies) + 1):
        row = sweep_glance(index, sweep)
        rows.append((SEVERITY.index(sweep.verdict), sweep.as_expected, row))
    return tuple(row for _, _, row in sorted(rows, key=lambda item: item[:2]))


def _why(checked: CheckedTheorem) -> str:
    """The reason of a verdict; of a PASS, how near it was and what it rests on."""
    if checked.verdict != "PASS":
        return checked.reason
    loads = [a.load for a in checked.assumptions if a.load is not None]
    count = len(checked.claims)
    softest = max((c.rigor for c in checked.claims), key=_SOFTNESS.index, default="none")
    claims = f"{count} claim{'s' * (count != 1)} {softest}" if count else ""
    load = f"load {factor(max(loads))}" if loads else ""
    return ", ".join(part for part in (load, claims) if part) or checked.reason


def _statistics(report: Report) -> str:
    if report.statistics is None or not report.statistics.statements:
        return ""
    level = number(100 * report.statistics.family_confidence, 5)
    count = report.statistics.statements
    method = f" ({report.statistics.method})" if report.statistics.method else ""
    whole = "the one statistical statement" if count == 1 else f"all {count} statistical statements"
    return f"{whole} together at a confidence of {level} %{method}"


def _seed(report: Report) -> str:
    if report.environment.seed is not None:
        return str(report.environment.seed)
    seeds = {s.configuration.get("seed") for s in report.scenarios} - {None}
    own = ", ".join(sorted(map(str, seeds)))
    return f"that of each scenario ({own})" if own else ""


def _confidence(report: Report) -> str:
    """The level that the statistical statements of the run share; empty where it makes none."""
    found = report.statistics
    if found is None or not found.statements:
        return ""
    count = f"{found.statements} statistical statement{'s' * (found.statements != 1)}"
    return f"{found.family_confidence:.0%} over the run against each kind of error ({count})"


def _versions(report: Report) -> str:
    environment = report.environment
    packages = {"perturbproof": environment.perturbproof, "Python": environment.python}
    return ", ".join(f"{k} {v}" for k, v in {**packages, **environment.packages}.items() if v)
