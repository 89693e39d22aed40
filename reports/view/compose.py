"""From a report to what a reader is shown, once for the PDF and the HTML page.

Orders, anchors, rounded numbers and bar lengths are decided here; the writers only set them.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby

from ..schema import (
    CheckedAssumption,
    CheckedClaim,
    CheckedTheorem,
    Formula,
    Proof,
    Report,
    Rigor,
    Scenario,
    Step,
    Study,
    StudyPoint,
    Sweep,
    SweptPoint,
    SweptTheorem,
    Theorem,
)
from ..words.marks import SEVERITY
from ..words.numbers import duration, factor, number
from .view import (
    AssumptionRow,
    CheckedView,
    ClaimRow,
    FigureView,
    GlanceRow,
    Note,
    Outcome,
    ScenarioView,
    SharedSteps,
    StatementRow,
    StepRow,
    StudyView,
    TheoremView,
    Typeset,
    View,
    expectation,
    figure_key,
    glossary,
    grade,
    in_full,
    joined,
    known,
    math,
    outcome,
    shown,
    study_figure_key,
    trusted_base,
)

# What is shown of a scenario: its configuration, assumptions, claims, findings and figures.

# What a scenario's section says elsewhere: its heading, first line and verdict.
_TOLD = frozenset({"name", "description", "expect"})


def scenario_view(
    index: int, scenario: Scenario, anchors: Mapping[str, str], typeset: Typeset
) -> ScenarioView:
    """Scenario number ``index`` (from 1); ``anchors`` maps theorem ids to their sections."""
    expected = scenario.expected
    per_theorem = not isinstance(expected, str)
    return ScenarioView(
        name=scenario.name,
        anchor=f"scenario-{index}",
        description=scenario.description,
        outcome=outcome(scenario.verdict),
        expectation=("as expected" if scenario.as_expected else "not as expected")
        if per_theorem
        else expectation(scenario.verdict, expected, scenario.as_expected),
        time=duration(scenario.seconds),
        error=scenario.error or "",
        configuration=(*_data(scenario), *configuration_rows(scenario.configuration)),
        theorems=tuple(
            _checked(checked, anchors.get(checked.id, ""), typeset) for checked in scenario.theorems
        ),
        cross_checks=tuple(
            (
                c.says or c.id,
                shown(c.left),
                shown(c.right),
                Outcome(*(("agree", "pass") if c.agree else ("disagree", "error"))),
            )
            for c in scenario.cross_checks
        ),
        observations=tuple(
            (o.says, shown(o.value), "" if o.count is None else number(o.count), o.rigor)
            for o in scenario.observations
        ),
        findings=scenario.findings,
        figures=tuple(
            FigureView(figure_key(index, k), figure.title, figure.caption)
            for k, figure in enumerate(scenario.figures, start=1)
        ),
    )


def _checked(checked: CheckedTheorem, anchor: str, typeset: Typeset) -> CheckedView:
    proof = checked.proof
    return CheckedView(
        anchor=anchor,
        title=checked.title,
        source=checked.source,
        outcome=outcome(checked.verdict),
        expectation=expectation(checked.verdict, checked.expected, checked.as_expected),
        reason=checked.reason,
        assumptions=tuple(_assumption(a, typeset) for a in checked.assumptions),
        claims=tuple(_claim(c, typeset) for c in checked.claims),
        measured_by=_notes(
            [(a.id, a.how) for a in checked.assumptions]
            + [(c.id, c.measured.how if c.measured else "") for c in checked.claims]
        ),
        to_settle=_notes((c.id, c.settle or "") for c in checked.claims),
        trusted=", ".join(checked.trusted_base),
        proof=f"{proof.verdict}, {proof.discharged} of {proof.steps} steps discharged"
        if proof
        else "",
    )


def _notes(remarks: Iterable[tuple[str, str]]) -> tuple[Note, ...]:
    """Each remark once, with the ids of the rows it belongs to, in the order of the rows."""
    rows: dict[str, list[str]] = {}
    for name, says in remarks:
        if says:
            rows.setdefault(says, []).append(name)
    return tuple(Note(tuple(names), says) for says, names in rows.items())


def _assumption(row: CheckedAssumption, typeset: Typeset) -> AssumptionRow:
    load = row.load
    return AssumptionRow(
        id=row.id,
        says=row.says,
        formula=math(row, row.formula_typst, typeset),
        lhs=shown(row.lhs),
        rhs=shown(row.rhs),
        load=factor(load) if load is not None else "",
        # x/(1+x) keeps the order, puts load 1 in the middle and has room for any factor.
        bar=None if load is None else max(0.0, load) / (1 + max(0.0, load)),
        outcome=outcome(row.holds),
        rigor=grade(row.rigor, row.confidence),
    )


def _claim(row: CheckedClaim, typeset: Typeset) -> ClaimRow:
    return ClaimRow(
        id=row.id,
        says=row.says,
        formula=math(row, row.formula_typst, typeset),
        measured=shown(row.measured),
        bound=shown(row.bound),
        slack="" if row.slack is None else factor(row.slack),
        rigor=grade(row.rigor, row.confidence),
        outcome=outcome(row.verdict),
        witness=row.witness or "",
    )


def _data(scenario: Scenario) -> list[tuple[str, str]]:
    data = scenario.data
    if data is None:
        return []
    ends = [number(end) for end in data.range or ()]
    size = [
        "" if data.samples is None else f"N = {number(data.samples)}",
        "" if data.dimension is None else f"d = {number(data.dimension)}",
        f"values in [{', '.join(ends)}]" if ends else "",
    ]
    rows = [("data used", ", ".join(part for part in (data.source, *size) if part))]
    return [*rows, ("data hash", data.hash)] if data.hash else rows


def configuration_rows(tree: Mapping[str, object]) -> list[tuple[str, str]]:
    """One row per top-level key; what is nested under it goes on its line, with dotted names.

    What is not set (``None``) has no row, and neither has what is told elsewhere.
    """
    rows = (
        (key, _flat(value) if isinstance(value, Mapping) else _plain(value))
        for key, value in tree.items()
        if key not in _TOLD and value is not None
    )
    return [(key, text) for key, text in rows if text]


def _flat(tree: Mapping[str, object], prefix: str = "") -> str:
    parts = []
    for key, value in tree.items():
        nested = isinstance(value, Mapping)
        if value is not None:
            parts.append(
                _flat(value, f"{prefix}{key}.") if nested else f"{prefix}{key} = {_plain(value)}"
            )
    return ", ".join(part for part in parts if part)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    return str(value)


# What is shown of a study: its points as a table, findings and figures.

HEADER = (
    "published",
    "exact",
    "solution",
    "trained",
    "prediction",
    "control",
    "compared",
)

_WIDTHS = (1.5, 1.3, 2.5, 2.0, 1.1, 1.3, 1.1, 2.0)


def study_view(index: int, study: Study) -> StudyView:
    """Study number ``index`` (from 1)."""
    return StudyView(
        name=study.name,
        anchor=f"study-{index}",
        title=study.title or study.name,
        description=study.says,
        outcome=outcome(study.verdict),
        expectation=expectation(study.verdict, study.expected, study.as_expected),
        reason=joined(study.reason, f"rigor {study.rigor}"),
        time=duration(study.seconds),
        configuration=tuple(configuration_rows(study.configuration)),
        header=(study.axis or "value", *HEADER),
        rows=tuple(point_row(point) for point in study.points),
        widths=_WIDTHS,
        findings=study.findings,
        figures=tuple(
            FigureView(study_figure_key(index, k), figure.title, figure.caption)
            for k, figure in enumerate(study.figures, start=1)
        ),
    )


def study_glance(index: int, study: Study) -> GlanceRow:
    """The line of a study among the verdicts at a glance."""
    return GlanceRow(
        outcome=outcome(study.verdict),
        scenario=study.name,
        theorem=study.title,
        reason=" ".join(study.reason.split()),
        expectation=expectation(study.verdict, study.expected, study.as_expected),
        anchor=f"study-{index}",
    )


def compared(point: StudyPoint) -> str:
    """What was held against the published accuracy, and by how much it differs."""
    if point.fault:
        return f"fault: {point.fault}"
    if point.published is None:
        return "–"
    if point.difference is None:
        return "nothing, not trained"
    sign = "+" if point.difference >= 0 else "−"
    told = f"{point.compared} {sign}{abs(point.difference):.3f}"
    return told if point.agrees else f"{told}, too far"


def point_row(point: StudyPoint) -> tuple[str, ...]:
    """The cells of a point, under the axis and ``HEADER``."""
    return (
        number(point.value),
        share(point.published),
        _spread(point),
        _solution(point),
        share(point.trained.accuracy if point.trained else None),
        share(point.prediction),
        share(point.control),
        compared(point),
    )


def _solution(point: StudyPoint) -> str:
    """How the exact solution was found, and the lowest level of its certificate."""
    return ", ".join(dict.fromkeys(word for word in (point.method, point.level) if word)) or "–"


def share(value: float | None) -> str:
    """An accuracy with three digits after the point."""
    return "–" if value is None else f"{value:.3f}"


def _spread(point: StudyPoint) -> str:
    known = [seed.accuracy for seed in point.exact if seed.accuracy is not None]
    if len(known) < 2:
        return share(point.exact_mean)
    return f"{share(point.exact_mean)} ({min(known):.3f} to {max(known):.3f}, {len(known)} seeds)"


# What is shown of a sweep: its points as a table, the unexpected ones first, and figures.

MOST_ROWS = 60
"""Points in the table; report.json has them all."""


def sweep_view(index: int, sweep: Sweep) -> StudyView:
    """Section number ``index`` (from 1) among studies and sweeps."""
    fields = [axis.field for axis in sweep.axes]
    points = ordered(sweep)
    left_out = len(points) - MOST_ROWS
    more = (f"{left_out} more points are not shown; report.json has them all.",)
    return StudyView(
        name=sweep.name,
        anchor=f"study-{index}",
        title=f"Sweep over {', '.join(fields)}",
        description=sweep.says,
        outcome=outcome(sweep.verdict),
        expectation="" if sweep.as_expected else "not as expected",
        reason=sweep.reason,
        time=duration(sweep.seconds),
        configuration=tuple(configuration_rows(sweep.configuration)),
        header=(*fields, "verdicts"),
        rows=tuple(_row(fields, point) for point in points[:MOST_ROWS]),
        widths=(*(1.0 for _ in fields), 3.0),
        findings=(*sweep.findings, *(more if left_out > 0 else ())),
        figures=tuple(
            FigureView(study_figure_key(index, k), figure.title, figure.caption)
            for k, figure in enumerate(sweep.figures, start=1)
        ),
    )


def sweep_glance(index: int, sweep: Sweep) -> GlanceRow:
    """The line of a sweep among the verdicts at a glance."""
    return GlanceRow(
        outcome=outcome(sweep.verdict),
        scenario=sweep.name,
        theorem=f"{len(sweep.points)} points",
        reason=sweep.reason,
        expectation="" if sweep.as_expected else "not as expected",
        anchor=f"study-{index}",
    )


def ordered(sweep: Sweep) -> list[SweptPoint]:
    """Points that are not as expected first, else in the order of the grid."""
    return sorted(sweep.points, key=lambda point: point.as_expected)


def verdicts(point: SweptPoint) -> str:
    """The verdicts of a point in a line, worst first."""
    if point.error is not None:
        return f"ERROR: {point.error}"
    worst_first = sorted(point.theorems, key=lambda t: SEVERITY.index(t.verdict))
    return "; ".join(map(_said, worst_first))


def _said(theorem: SweptTheorem) -> str:
    told = f"{theorem.id} {theorem.verdict}"
    if theorem.verdict != theorem.expected:
        told += f" (expected {theorem.expected})"
    return told if theorem.load is None else f"{told}, load {factor(theorem.load)}"


def _row(fields: list[str], point: SweptPoint) -> tuple[str, ...]:
    return (*(str(point.at.get(field, "")) for field in fields), verdicts(point))


# What is shown of a theorem and of its proof.

# What a reader sees of a discharged step, apart from its time.
_Text = tuple[str, ...]


def theorem_views(
    theorems: Iterable[Theorem],
    proofs: Mapping[str, Proof],
    anchors: Mapping[str, str],
    typeset: Typeset,
) -> tuple[TheoremView, ...]:
    """The theorems of a report, with their proofs in this run.

    ``proofs`` and ``anchors`` go by theorem id, ``typeset`` is as in `compose.compose`. A step that
    reads as one of an earlier theorem is not printed again.
    """
    printed: dict[_Text, Theorem] = {}
    views: list[TheoremView] = []
    for theorem in theorems:
        proof = proofs.get(theorem.id)
        views.append(_theorem(theorem, proof, printed, anchors, typeset))
        for step in proof.steps if proof else ():
            if step.status == "discharged":
                printed.setdefault(_text(step), theorem)
    return tuple(views)


def _theorem(
    theorem: Theorem,
    proof: Proof | None,
    printed: Mapping[_Text, Theorem],
    anchors: Mapping[str, str],
    typeset: Typeset,
) -> TheoremView:
    source = theorem.source
    where = f"{source.venue} {source.year or ''}".strip()
    parts = [source.authors, source.title and f"“{source.title}”", where, source.locator]
    return TheoremView(
        id=theorem.id,
        anchor=anchors[theorem.id],
        title=theorem.title,
        kind=joined(theorem.kind, theorem.origin and f"from {_origin(theorem.origin)}"),
        citation=", ".join(part for part in parts if part),
        url=source.url or "",
        summary=theorem.summary,
        assumptions=tuple(_statement(s, s.formula_typst, typeset) for s in theorem.assumptions),
        claims=tuple(_statement(s, in_full(s), typeset) for s in theorem.claims),
        proof=outcome(proof.verdict) if proof else None,
        proof_line=proof_line(proof) if proof else "The proof was not part of this run.",
        ledger=_ledger(proof, printed, anchors, typeset) if proof else (),
        witness=(proof.witness or "") if proof else "",
        trusted=tuple(dict.fromkeys(t.key for t in theorem.trusted_base)),
    )


def proof_line(proof: Proof) -> str:
    """How much of a proof was discharged, in words."""
    done = sum(step.status == "discharged" for step in proof.steps)
    line = f"{done} of {len(proof.steps)} steps discharged"
    return line if proof.seconds is None else f"{line} in {duration(proof.seconds)}"


def proof_in_short(proof: Proof) -> str:
    """The same in few words where all went well."""
    if proof.verdict != "proved":
        return proof_line(proof)
    count = f"{len(proof.steps)} step{'s' * (len(proof.steps) != 1)}"
    return count if proof.seconds is None else f"{count}, {duration(proof.seconds)}"


def _ledger(
    proof: Proof,
    printed: Mapping[_Text, Theorem],
    anchors: Mapping[str, str],
    typeset: Typeset,
) -> tuple[StepRow | SharedSteps, ...]:
    def earlier(step: Step) -> Theorem | None:
        # What is not discharged is always shown where it fails.
        return printed.get(_text(step)) if step.status == "discharged" else None

    rows: list[StepRow | SharedSteps] = []
    for theorem, steps in groupby(proof.steps, key=earlier):
        if theorem is None:
            rows += [_step(step, typeset) for step in steps]
            continue
        run = tuple(steps)
        times = [step.milliseconds for step in run if step.milliseconds is not None]
        rows.append(
            SharedSteps(
                ids=tuple(step.id for step in run),
                anchor=anchors[theorem.id],
                title=theorem.title,
                time=number(sum(times), 3) if times else "",
            )
        )
    return tuple(rows)


def _text(step: Step) -> _Text:
    formula = step.formula_typst or step.formula_text
    return step.id, step.kind, step.says, formula, step.engine, *step.uses


def _step(step: Step, typeset: Typeset) -> StepRow:
    countermodel = tuple(
        (known(name, name, typeset), value) for name, value in (step.countermodel or {}).items()
    )
    # For a discharged step the engine's own words ("unsat") say nothing the mark does not.
    detail = "" if step.status == "discharged" else step.detail or ""
    return StepRow(
        id=step.id,
        kind=step.kind,
        says=step.says,
        formula=math(step, step.formula_typst, typeset),
        uses=", ".join(step.uses),
        engine=step.engine,
        outcome=outcome(step.status),
        time="" if step.milliseconds is None else number(step.milliseconds, 3),
        detail=detail,
        countermodel=countermodel,
    )


def _statement(statement: Formula, source: str, typeset: Typeset) -> StatementRow:
    return StatementRow(statement.id, statement.says, math(statement, source, typeset))


def _origin(origin: str) -> str:
    return "the paper" if origin == "paper" else origin


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
