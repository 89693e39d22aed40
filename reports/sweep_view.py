"""What is shown of a sweep: its points as a table, the unexpected ones first, and figures."""

from .marks import SEVERITY
from .numbers import duration, factor
from .parts import outcome, study_figure_key
from .scenario_view import configuration_rows
from .study_schema import Sweep, SweptPoint, SweptTheorem
from .view import FigureView, GlanceRow, StudyView

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
