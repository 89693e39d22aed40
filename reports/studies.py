"""The points of studies and sweeps as tables, for every output."""

from .schema import Study, StudyPoint, Sweep, SweptPoint
from .words import SEVERITY, factor, joined, number, share

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""A header and the rows under it."""

MOST_ROWS = 60
"""Points of a sweep in its table; report.json has them all."""


def study_table(study: Study) -> Table:
    """The points of a study."""
    header = ("published", "exact", "solution", "trained", "prediction", "control", "compared")
    rows = [
        (
            number(point.value),
            share(point.published),
            _spread(point),
            # How the exact solution was found, and the lowest level of its certificate.
            ", ".join(dict.fromkeys(word for word in (point.method, point.level) if word)) or "–",
            share(point.trained.accuracy if point.trained else None),
            share(point.prediction),
            share(point.control),
            compared(point),
        )
        for point in study.points
    ]
    return (study.axis or "value", *header), rows


def compared(point: StudyPoint) -> str:
    """What was held against the published accuracy, and by how much it differs."""
    if point.fault:
        return f"fault: {point.fault}"
    if point.published is None:
        return "–"
    if point.difference is None:
        return "nothing, not trained"
    sign = "+" if point.difference >= 0 else "−"
    difference = f"{point.compared} {sign}{abs(point.difference):.3f}"
    return difference if point.agrees else f"{difference}, too far"


def _spread(point: StudyPoint) -> str:
    known = [seed.accuracy for seed in point.exact if seed.accuracy is not None]
    if len(known) < 2:
        return share(point.exact_mean)
    return f"{share(point.exact_mean)} ({min(known):.3f} to {max(known):.3f}, {len(known)} seeds)"


def sweep_table(sweep: Sweep) -> Table:
    """The points of a sweep that are not as expected first, else in the order of the grid.

    At most `MOST_ROWS` of them.
    """
    fields = [axis.field for axis in sweep.axes]
    ordered = sorted(sweep.points, key=lambda point: point.as_expected)
    rows = [
        (*(str(point.at.get(field, "")) for field in fields), _verdicts(point))
        for point in ordered[:MOST_ROWS]
    ]
    return (*fields, "verdicts"), rows


def _verdicts(point: SweptPoint) -> str:
    """The verdicts of a point in a line, worst first."""
    if point.error is not None:
        return f"ERROR: {point.error}"
    told = []
    for one in sorted(point.theorems, key=lambda theorem: SEVERITY.index(theorem.verdict)):
        expected = "" if one.verdict == one.expected else f" (expected {one.expected})"
        load = "" if one.load is None else f"load {factor(one.load)}"
        told.append(joined(f"{one.id} {one.verdict}{expected}", load, by=", "))
    return "; ".join(told)
