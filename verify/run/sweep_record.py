"""A sweep as a record of report.json: a row a point, findings, the loads along every axis."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping

from ...theory.notation import prose
from ..judge import JudgedAssumption
from ..reporting import schema
from ..values import Verdict, worst
from .run import ScenarioOutcome
from .sweep import SweepPoint, Swept

_SERIES = 6
"""Theorems in one figure, as many as can be told apart."""


def sweep_entry(swept: Swept, witnesses: Mapping[tuple[str, str], str]) -> schema.Sweep:
    """The entry of `sweeps[]` in report.json. `witnesses` as for `record.build_report`."""
    rows = [
        _row(point, outcome, witnesses)
        for point, outcome in zip(swept.points, swept.outcomes, strict=True)
        if point is not None
    ]
    content = {k: v for k, v in swept.grid.content.items() if k not in ("name", "description")}
    unexpected = sum(verdict is not expected for verdict, expected in swept.judged)
    return schema.Sweep(
        name=swept.grid.name,
        says=prose(str(swept.grid.content.get("description", ""))),
        configuration=content,
        axes=tuple(schema.SweptAxis(field=a.field, values=a.values) for a in swept.grid.axes),
        verdict=worst(verdict for verdict, _ in swept.judged).value,
        as_expected=not unexpected,
        reason=_reason(swept, unexpected),
        seconds=sum(row.seconds or 0.0 for row in rows),
        points=tuple(rows),
        findings=tuple(_findings(swept, rows)),
        figures=tuple(_figures(swept, rows)),
    )


def _row(
    point: SweepPoint, outcome: ScenarioOutcome | None, witnesses: Mapping[tuple[str, str], str]
) -> schema.SweptPoint:
    name, scenario = point.point.name, point.point.scenario
    return schema.SweptPoint(
        name=name,
        at=dict(point.point.at),
        error=outcome.error if outcome is not None else point.error,
        seconds=outcome.seconds if outcome is not None else 0.0,
        theorems=tuple(
            schema.SweptTheorem(
                id=j.theorem.id,
                verdict=j.verdict.value,
                expected=scenario.expected(j.theorem.id).value,
                reason=prose(j.reason),
                load=_largest_load(j.assumptions),
                witness=witnesses.get((name, j.theorem.id)),
            )
            for j in (outcome.judgements if outcome is not None else ())
            if scenario is not None
        ),
    )


def _largest_load(assumptions: Iterable[JudgedAssumption]) -> float | None:
    """A representative number for tables and figures; decisions never use it."""
    loads = [
        a.value.load.lower / 2 + a.value.load.upper / 2
        for a in assumptions
        if a.value is not None and a.value.load is not None and a.value.load.is_finite
    ]
    return max(loads, default=None)


def _reason(swept: Swept, unexpected: int) -> str:
    told = f"{len(swept.points)} points, {len(swept.judged)} verdicts"
    told += f", {unexpected} not as expected" if unexpected else ", all as expected"
    return f"{told}; {swept.failed} points failed" if swept.failed else told


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
