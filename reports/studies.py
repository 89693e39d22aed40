"""The points of studies and sweeps as tables, for every output."""

from collections.abc import Callable

from .schema import Learner, Perturbations, Study, StudyPoint, Sweep, SweptPoint
from .words import SEVERITY, factor, joined, number, share

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""A header and the rows under it."""

MOST_ROWS = 60
"""Points of a sweep in its table; report.json has them all."""


def study_table(study: Study) -> Table:
    """The points of a study; of one on images, its learners by arm, and its perturbations."""
    if study.learners:
        return _images_table(study)
    if study.columns:
        return study.columns, list(study.rows)
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


def _images_table(study: Study) -> Table:
    seeds = tuple(dict.fromkeys(one.seed for one in study.learners))
    arms = dict.fromkeys(one.arm for one in study.learners)
    found = {(one.arm, one.seed): one for one in study.learners}
    rows = [(arm, *(_answered(found.get((arm, seed))) for seed in seeds)) for arm in arms]
    told = {one.seed: one for one in study.perturbations}
    rows += [
        (name, *(show(told[seed]) if seed in told else "–" for seed in seeds))
        for name, show in _PERTURBATIONS
    ]
    return ("share right", *(f"seed {seed}" for seed in seeds)), rows


def _answered(one: Learner | None) -> str:
    if one is None:
        return "–"
    best = "" if one.highest is None else f", best epoch {share(one.highest)} (optimistic)"
    return f"{share(one.right / one.total)} ({one.lower:.3f} to {one.upper:.3f}){best}"


_PERTURBATIONS: tuple[tuple[str, Callable[[Perturbations], str]], ...] = (
    ("first network, on test images", lambda one: share(one.accuracy)),
    ("fooled into the target", lambda one: share(one.fooled)),
    ("mean size L2, Linf, L0", lambda one: ", ".join(f"{size:.3g}" for size in one.sizes)),
    ("A (largest permuted)", lambda one: f"{one.alignment:.3f} ({one.largest:.3f})"),
    ("p of features", lambda one: number(one.p)),
    ("classes matched", lambda one: share(one.matched)),
    ("probe, nothing trained", lambda one: share(one.probe)),
)
"""What a table says of the perturbations of a seed."""


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
