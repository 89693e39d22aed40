"""What is shown of a study: its points as a table, findings and figures."""

from .numbers import duration, number
from .parts import expectation, joined, outcome, study_figure_key
from .scenario_view import configuration_rows
from .study_schema import Study, StudyPoint
from .view import FigureView, GlanceRow, StudyView

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
