"""Judged studies and sweeps as records of report.json: points, findings, the figure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...numerics.paper_scale.program import UNBOUNDED
from ...theory.notation import prose
from ..judge import JudgedAssumption
from ..reporting import schema
from ..scenarios.grid import Point
from ..scenarios.study import Study
from ..values import Verdict, middle, worst
from .run import ScenarioOutcome
from .study_verdicts import StudyOutcome, above_or_below, at
from .sweep import Swept
from .theorem_record import record_of

# A sweep as a record of report.json: a row a point, findings, the loads along every axis.

_SERIES = 6
"""Theorems in one figure, as many as can be told apart."""


def sweep_entry(swept: Swept, witnesses: Mapping[tuple[str, str], str]) -> schema.Sweep:
    """The entry of `sweeps[]` in report.json. `witnesses` are the texts shown, by names."""
    rows = [_row(point, outcome, witnesses) for point, outcome in swept.outcomes]
    content = {k: v for k, v in swept.grid.content.items() if k not in ("name", "description")}
    unexpected = sum(verdict is not expected for verdict, expected in swept.judged)
    reason = f"{len(swept.points)} points, {len(swept.judged)} verdicts, "
    reason += f"{unexpected} not as expected" if unexpected else "all as expected"
    reason += f"; {swept.failed} points failed" if swept.failed else ""
    return schema.Sweep(
        name=swept.grid.name,
        says=prose(str(swept.grid.content.get("description", ""))),
        configuration=content,
        axes=tuple(schema.SweptAxis(field=a.field, values=a.values) for a in swept.grid.axes),
        verdict=worst(verdict for verdict, _ in swept.judged).value,
        as_expected=not unexpected,
        reason=reason,
        seconds=sum(row.seconds or 0.0 for row in rows),
        points=tuple(rows),
        findings=tuple(_findings(swept, rows)),
        figures=tuple(_figures(swept, rows)),
    )


def _row(
    point: Point, outcome: ScenarioOutcome | None, witnesses: Mapping[tuple[str, str], str]
) -> schema.SweptPoint:
    at = dict(point.at)
    if outcome is None:
        return schema.SweptPoint(name=point.name, at=at, error=point.error, seconds=0.0)
    theorems = tuple(
        record_of(
            schema.SweptTheorem,
            j,
            j.theorem,
            expected=outcome.scenario.expected(j.theorem.id).value,
            load=max(_loads(j.assumptions), default=None),
            witness=witnesses.get((point.name, j.theorem.id)),
        )
        for j in outcome.judgements
    )
    return record_of(schema.SweptPoint, outcome, name=point.name, at=at, theorems=theorems)


def _loads(assumptions: Iterable[JudgedAssumption]) -> list[float]:
    loads = (middle(a.value and a.value.load) for a in assumptions)
    return [load for load in loads if load is not None]


def _findings(swept: Swept, rows: list[schema.SweptPoint]) -> Iterator[str]:
    for theorem in swept.theorems:
        verdicts = [t.verdict for row in rows for t in row.theorems if t.id == theorem.id]
        counts = [f"{verdicts.count(v.value)} {v.value}" for v in Verdict if v.value in verdicts]
        yield prose(f"{theorem.title}: {', '.join(counts) or 'not judged'}.")
    errors = [row for row in rows if row.error is not None]
    for row in errors[:3]:
        yield prose(f"{row.name} failed: {row.error}")
    if len(errors) > 3:
        yield f"{len(errors) - 3} more points failed; report.json has every error."


def _figures(swept: Swept, rows: list[schema.SweptPoint]) -> Iterator[schema.FigureRecord]:
    """Loads against every axis of numbers, over all values of the other axes."""
    for axis in swept.grid.axes:
        numbers = [v for v in axis.values if isinstance(v, int | float) and v is not True]
        if len(numbers) < 2 or len(numbers) < len(axis.values) or axis.field == "seed":
            continue
        series = [
            {"name": theorem.id, "points": points}
            for theorem in swept.theorems
            if (points := _along(axis.field, numbers, theorem.id, rows))
        ][:_SERIES]
        if series:
            yield schema.FigureRecord(
                id=f"loads-{axis.field}",
                kind="loads",
                title=f"Loads along {axis.field}",
                caption="Load of each theorem's most loaded assumption: median over the other "
                "axes, with the range as a band. Below 1 every assumption holds.",
                data={"axis": axis.field, "series": series},
            )


def _along(
    field: str, values: list[int | float], theorem: str, rows: list[schema.SweptPoint]
) -> list[dict[str, float]]:
    points = []
    for value in values:
        there = (t for row in rows if row.at[field] == value for t in row.theorems)
        loads = [t.load for t in there if t.id == theorem and t.load is not None]
        if loads:
            spread = {"low": min(loads), "middle": statistics.median(loads), "high": max(loads)}
            points.append({"value": value, **spread})
    return points


AXES = {
    "dimension": "input dimension d",
    "samples": "natural samples N",
    "noise_samples": "noise samples N_adv",
    "eps": "perturbation size eps",
}
SIZES = {
    "l2": "eps is the L2 size of the perturbations",
    "linf-rescaled": "eps is their largest coordinate, dir = q/‖q‖_inf",
    "l0-greedy": "eps is the share of coordinates the greedy attack changes",
}


def study_entry(outcome: StudyOutcome) -> schema.Study:
    """The entry of `studies[]` in report.json."""
    study = outcome.run.study
    return record_of(
        schema.Study,
        outcome,
        study,
        says=prose(study.description),
        configuration=study.model_dump(mode="json", exclude_none=True, exclude={"points"}),
        expected=study.expect.value,
        as_expected=outcome.verdict is study.expect,
        data=None,  # of files only; what is drawn is in the configuration
        rigor="numeric",
        seconds=outcome.run.seconds,
        axis=AXES[study.vary],
        points=outcome.points,
        findings=tuple(map(prose, findings(outcome))),
        figures=(_figure(outcome),),
    )


def findings(outcome: StudyOutcome) -> Iterator[str]:
    """What a reader should know: what was compared, what was not, and where methods part."""
    study, points = outcome.run.study, outcome.points
    yield from _compared(outcome)
    if beyond := [p for p in points if not p.linear]:
        yield from _beyond(study, beyond)
    if controls := [p.control for p in points if p.control is not None]:
        yield (
            "Control: the exact solution on the same noise and labels without perturbations gets "
            f"{_range(controls, 3)} right."
        )
    seeds = sorted({record.seed for p in points for record in p.exact})
    yield (
        f"Points share draws (common random numbers): those of one seed use the first N samples "
        f"and the first d coordinates of the same arrays, so their errors are not independent. "
        f"Seeds: {', '.join(map(str, seeds))}; no point is an average unless it has several."
    )
    yield "Everything here is plain floating point (float32 products): rigor numeric, no claim."


def _compared(outcome: StudyOutcome) -> Iterator[str]:
    study, points = outcome.run.study, outcome.points
    if study.published is None:
        yield "No accuracies are published for these data; nothing is compared."
        return
    there = {point.value for point in points}
    if absent := [at(value) for value in sorted(outcome.run.study.curve) if value not in there]:
        yield f"Published points that this study does not have: {', '.join(absent)}."
    for point in points:
        if point.agrees is False and point.difference is not None:
            yield (
                f"At {study.vary} = {at(point.value)} the {point.compared} accuracy is "
                f"{above_or_below(point.difference)} the published {point.published:.3f}."
            )
    untrained = [p for p in points if p.published is not None and p.compared == "none"]
    if untrained:
        yield (
            f"Not trained, though N_adv > d/4: {study.vary} = "
            f"{', '.join(at(point.value) for point in untrained)}. There the exact solution is "
            "shown and not compared."
        )


def _beyond(study: Study, beyond: list[schema.StudyPoint]) -> Iterator[str]:
    open_ = sum(point.level == "pattern not linear" for point in beyond)
    yield (
        f"N_adv > d/4 at {len(beyond)} of the points; at {open_} of them the exact solution has "
        "not the activation pattern that it presumes."
    )
    if unsolved := [at(point.value) for point in beyond if point.level == "no solution"]:
        yield (
            f"At {study.vary} = {', '.join(unsolved)} no exact solution was computed: the "
            f"objective shows that its multipliers sum to more than {UNBOUNDED:g} times those of "
            "orthogonal samples, so the linear pattern has next to no margin, if any."
        )
    both = [
        (p.trained.accuracy - p.exact_mean, p.value, p.trained.alignment)
        for p in beyond
        if p.trained is not None and p.exact_mean is not None
    ]
    if both:
        largest, where, _ = max(both, key=lambda gap: gap[0])
        known = [cosine for _, _, cosine in both if cosine is not None]
        told = (
            f" The trained network's input gradients have a mean cosine of {_range(known, 2)} "
            "with q: they are other perturbations than eps q/‖q‖."
            if known
            else ""
        )
        how = "at most" if largest >= 0 else "everywhere at least"
        yield (
            f"The accuracy of trained networks is {how} {above_or_below(largest)} that of the "
            f"exact solution (at {study.vary} = {at(where)}).{told}"
        )


def _range(values: list[float], digits: int) -> str:
    low, high = (f"{end:.{digits}f}" for end in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _figure(outcome: StudyOutcome) -> schema.FigureRecord:
    study, points = outcome.run.study, outcome.points
    parts = [f"Accuracy on the natural training samples; {SIZES[study.perturbation]}."]
    if outcome.run.study.curve:
        parts.append("Crosses: published, digitised.")
    parts.append(
        "Exact solution with its spread over seeds: disks where it is a linear solve, squares "
        "where it is a quadratic program, open where its pattern is not the linear one."
    )
    if any(point.trained is not None for point in points):
        parts.append("Diamonds: trained networks.")
    if any(point.prediction is not None for point in points):
        parts.append("Dashed: prediction (a heuristic).")
    parts.append("Dotted: control without perturbations.")
    return schema.FigureRecord(
        id="sweep",
        kind="sweep",
        title=study.title,
        caption=" ".join(parts),
        data={"axis": AXES[study.vary], "points": [_drawn(point) for point in points]},
    )


def _drawn(point: schema.StudyPoint) -> dict[str, Any]:
    known = [seed.accuracy for seed in point.exact if seed.accuracy is not None]
    return {
        "value": point.value,
        "published": point.published,
        "exact": point.exact_mean,
        "lowest": min(known, default=None),
        "highest": max(known, default=None),
        "tight": point.method == "linear solve",
        "linear_pattern": point.level in ("linear solve", "quadratic program"),
        "prediction": point.prediction,
        "trained": point.trained and point.trained.accuracy,
        "control": point.control,
    }
