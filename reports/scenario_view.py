"""What is shown of a scenario: its configuration, assumptions, claims, findings and figures."""

from collections.abc import Iterable, Mapping

from .numbers import duration, factor, number
from .parts import Typeset, expectation, figure_key, grade, math, outcome, shown
from .schema import CheckedAssumption, CheckedClaim, CheckedTheorem, Scenario
from .view import AssumptionRow, CheckedView, ClaimRow, FigureView, Note, Outcome, ScenarioView

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
