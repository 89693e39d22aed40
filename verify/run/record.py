"""Builds report.json (schema version 1) from judged scenarios and proofs.

Plain data only: numbers, strings, lists. Infinite ends are null, NaN never appears, and times stand
only under `seconds`, `milliseconds` and `started`, so that two runs with one seed agree elsewhere.
"""

from __future__ import annotations

import datetime
import platform
import shlex
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import sympy as sp

from ...numerics.paper_scale.program import UNBOUNDED
from ...theory.exact.interval import Interval
from ...theory.notation import formula, prose
from ...theory.prover.engine import ProofReport
from ...theory.statement import Theorem
from ...theory.symbols import quantity, symbols_of
from ..judge import JudgedAssumption
from ..scenarios.study import Study
from ..statistics import FAMILY_ERROR, Level
from ..values import ClaimVerdict, Verdict, exit_code, finite, interval, worst
from .studies import JudgedPoint, StudyOutcome, at
from .sweep import SweepPoint

if TYPE_CHECKING:
    from ..judge import JudgedAssumption, JudgedClaim, Judgement
    from .run import ScenarioOutcome
    from .studies import StudyOutcome
    from .sweep import Swept


# A judged study as plain data for report.json: points, findings, the figure.

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


def study_entry(outcome: StudyOutcome) -> dict[str, Any]:
    """The entry of `studies[]` in report.json."""
    study = outcome.study
    return {
        "name": study.name,
        "title": prose(study.title),
        "says": prose(study.description),
        "configuration": study.model_dump(mode="json", exclude_none=True, exclude={"points"}),
        "verdict": outcome.verdict.value,
        "expected": study.expect.value,
        "as_expected": outcome.verdict is study.expect,
        "reason": prose(outcome.reason),
        "rigor": "numeric",
        "seconds": outcome.run.seconds,
        "axis": AXES[study.vary],
        "points": [_point(point) for point in outcome.points],
        "findings": [prose(finding) for finding in findings(outcome)],
        "figures": [_figure(outcome)],
    }


def _point(point: JudgedPoint) -> dict[str, Any]:
    outcome = point.outcome
    trained = outcome.trained.trained if outcome.trained is not None else None
    return {
        "value": point.value,
        "setting": outcome.point.setting.model_dump(),
        "linear": outcome.point.linear,
        "published": point.published,
        "exact": [
            {
                "seed": record.seed,
                "accuracy": record.exact.accuracy if record.exact is not None else None,
                "control": record.control,
                "size": record.exact.size if record.exact is not None else None,
                "natural": asdict(record.exact.natural) if record.exact is not None else None,
                "perturbed": asdict(record.exact.perturbed)
                if record.exact is not None and record.exact.perturbed is not None
                else None,
                "control_solved": asdict(record.control_solved)
                if record.control_solved is not None
                else None,
                "seconds": record.seconds,
            }
            for record in outcome.exact
        ],
        "exact_mean": point.exact_mean,
        "level": point.level,
        "method": point.method,
        "prediction": point.prediction,
        "control": point.control,
        "trained": {
            **asdict(trained),
            "width": outcome.point.width,
            "seconds": outcome.trained.seconds,
        }
        if trained is not None and outcome.trained is not None
        else None,
        "compared": point.compared,
        "difference": point.difference,
        "agrees": point.agrees,
        "fault": prose(point.fault),
    }


def findings(outcome: StudyOutcome) -> Iterator[str]:
    """What a reader should know: what was compared, what was not, and where methods part."""
    study, points = outcome.study, outcome.points
    yield from _compared(outcome)
    if beyond := [p for p in points if not p.outcome.point.linear]:
        yield from _beyond(study, beyond)
    if controls := [p.control for p in points if p.control is not None]:
        yield (
            "Control: the exact solution on the same noise and labels without perturbations gets "
            f"{_range(controls, 3)} right."
        )
    seeds = sorted({record.seed for p in points for record in p.outcome.exact})
    yield (
        f"Points share draws (common random numbers): those of one seed use the first N samples "
        f"and the first d coordinates of the same arrays, so their errors are not independent. "
        f"Seeds: {', '.join(map(str, seeds))}; no point is an average unless it has several."
    )
    yield "Everything here is plain floating point (float32 products): rigor numeric, no claim."


def _compared(outcome: StudyOutcome) -> Iterator[str]:
    study, points = outcome.study, outcome.points
    if study.published is None:
        yield "No accuracies are published for these data; nothing is compared."
        return
    there = {point.value for point in points}
    if absent := [
        at(value) for value in sorted(outcome.run.loaded.published) if value not in there
    ]:
        yield f"Published points that this study does not have: {', '.join(absent)}."
    for point in points:
        if point.agrees is False:
            yield (
                f"At {study.vary} = {at(point.value)} the {point.compared} accuracy differs from "
                f"the published {point.published:.3f} by {point.difference:+.3f}."
            )
    if untrained := [at(point.value) for point in points if point.untrained]:
        yield (
            f"Not trained, though N_adv > d/4: {study.vary} = {', '.join(untrained)}. There the "
            "exact solution is shown and not compared."
        )


def _beyond(study: Study, beyond: list[JudgedPoint]) -> Iterator[str]:
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
    both = [(p, p.trained, p.exact_mean) for p in beyond]
    gaps = [(t - e, p) for p, t, e in both if t is not None and e is not None]
    if gaps:
        largest, where = max(gaps, key=lambda gap: gap[0])
        cosines = [
            p.outcome.trained.trained.alignment
            for _, p in gaps
            if p.outcome.trained is not None and p.outcome.trained.trained is not None
        ]
        known = [cosine for cosine in cosines if cosine is not None]
        told = (
            f" The trained network's input gradients have a mean cosine of {_range(known, 2)} "
            "with q: they are other perturbations than eps q/‖q‖."
            if known
            else ""
        )
        yield (
            f"The accuracy of trained networks less that of the exact solution is at most "
            f"{largest:+.3f} (at {study.vary} = {at(where.value)}).{told}"
        )


def _range(values: list[float], digits: int) -> str:
    low, high = (f"{end:.{digits}f}" for end in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _figure(outcome: StudyOutcome) -> dict[str, Any]:
    study = outcome.study
    parts = [f"Accuracy on the natural training samples; {SIZES[study.perturbation]}."]
    if outcome.run.loaded.published:
        parts.append("Crosses: published, digitised.")
    parts.append(
        "Exact solution with its spread over seeds: disks where it is a linear solve, squares "
        "where it is a quadratic program, open where its pattern is not the linear one."
    )
    if any(point.trained is not None for point in outcome.points):
        parts.append("Diamonds: trained networks.")
    parts.append("Dashed: prediction (a heuristic)." if _has_prediction(outcome) else "")
    parts.append("Dotted: control without perturbations.")
    return {
        "id": "sweep",
        "kind": "sweep",
        "title": study.title,
        "caption": " ".join(part for part in parts if part),
        "data": {
            "axis": AXES[study.vary],
            "points": [_drawn(point) for point in outcome.points],
        },
    }


def _has_prediction(outcome: StudyOutcome) -> bool:
    return any(point.prediction is not None for point in outcome.points)


def _drawn(point: JudgedPoint) -> dict[str, Any]:
    known = [value for value in point.exact if value is not None]
    return {
        "value": point.value,
        "published": point.published,
        "exact": point.exact_mean,
        "lowest": min(known) if known else None,
        "highest": max(known) if known else None,
        "tight": point.method == "linear solve",
        "linear_pattern": point.level in ("linear solve", "quadratic program"),
        "prediction": point.prediction,
        "trained": point.trained,
        "control": point.control,
    }


# A sweep as plain data for report.json: a row a point, findings, the loads along every axis.

_SERIES = 6
"""Theorems in one figure, as many as can be told apart."""


def sweep_entry(swept: Swept, witnesses: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """The entry of `sweeps[]` in report.json. `witnesses` as for `report.build_report`."""
    rows = [
        _row(point, outcome, witnesses)
        for point, outcome in zip(swept.points, swept.outcomes, strict=True)
        if point is not None
    ]
    content = {k: v for k, v in swept.grid.content.items() if k not in ("name", "description")}
    unexpected = sum(verdict is not expected for verdict, expected in swept.judged)
    return {
        "name": swept.grid.name,
        "says": prose(str(swept.grid.content.get("description", ""))),
        "configuration": content,
        "axes": [{"field": axis.field, "values": list(axis.values)} for axis in swept.grid.axes],
        "verdict": worst(verdict for verdict, _ in swept.judged).value,
        "as_expected": not unexpected,
        "reason": _reason(swept, unexpected),
        "seconds": sum(row["seconds"] for row in rows),
        "points": rows,
        "findings": list(_findings(swept, rows)),
        "figures": list(_figures(swept, rows)),
    }


def _row(
    point: SweepPoint, outcome: ScenarioOutcome | None, witnesses: Mapping[tuple[str, str], str]
) -> dict[str, Any]:
    name, scenario = point.point.name, point.point.scenario
    return {
        "name": name,
        "at": dict(point.point.at),
        "error": outcome.error if outcome is not None else point.error,
        "seconds": outcome.seconds if outcome is not None else 0.0,
        "theorems": [
            {
                "id": j.theorem.id,
                "verdict": j.verdict.value,
                "expected": scenario.expected(j.theorem.id).value,
                "reason": prose(j.reason),
                "load": _largest_load(j.assumptions),
                "witness": witnesses.get((name, j.theorem.id)),
            }
            for j in (outcome.judgements if outcome is not None else ())
            if scenario is not None
        ],
    }


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


def _findings(swept: Swept, rows: list[dict[str, Any]]) -> Iterator[str]:
    for theorem in swept.theorems:
        verdicts = [t["verdict"] for row in rows for t in row["theorems"] if t["id"] == theorem.id]
        counts = [f"{verdicts.count(v.value)} {v.value}" for v in Verdict if v.value in verdicts]
        yield prose(f"{theorem.title}: {', '.join(counts) or 'not judged'}.")
    errors = [row for row in rows if row["error"] is not None]
    for row in errors[:3]:
        yield prose(f"{row['name']} failed: {row['error']}")
    if len(errors) > 3:
        yield f"{len(errors) - 3} more points failed; report.json has every error."


def _figures(swept: Swept, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
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
            yield {
                "id": f"loads-{axis.field}",
                "kind": "loads",
                "title": f"Loads along {axis.field}",
                "caption": (
                    "Load of each theorem's most loaded assumption: median over the other axes, "
                    "with the range as a band. Below 1 every assumption holds."
                ),
                "data": {"axis": axis.field, "series": series},
            }


def _along(
    field: str, values: list[int | float], theorem: str, rows: list[dict[str, Any]]
) -> list[dict[str, float]]:
    points = []
    for value in values:
        loads = [
            t["load"]
            for row in rows
            if row["at"][field] == value
            for t in row["theorems"]
            if t["id"] == theorem and t["load"] is not None
        ]
        if loads:
            points.append(
                {
                    "value": value,
                    "low": min(loads),
                    "middle": statistics.median(loads),
                    "high": max(loads),
                }
            )
    return points


# Theorems and their proofs as report.json holds them, apart from any data.


def formulas(e: sp.Basic) -> dict[str, str]:
    """A formula as text, LaTeX and Typst."""
    shown = formula(e)
    return {
        "formula_text": shown.text,
        "formula_latex": shown.latex,
        "formula_typst": shown.typst,
    }


def proof_entry(theorem: Theorem, proof: ProofReport, witness: str | None = None) -> dict[str, Any]:
    """A proof with its steps; `witness` is the text shown where it fails."""
    return {
        "theorem": theorem.id,
        "title": prose(theorem.title),
        "verdict": proof.verdict,
        "witness": witness,
        "seconds": proof.seconds,
        "steps": [
            {
                "id": step.id,
                "kind": step.kind,
                "says": prose(step.says),
                **formulas(step.formula),
                "uses": list(step.uses),
                "engine": step.engine,
                "status": step.status,
                "milliseconds": step.milliseconds,
                "detail": prose(step.detail),
                "countermodel": dict(step.countermodel) if step.countermodel else None,
                "smt": step.smt or None,
            }
            for step in proof.steps
        ],
    }


def theorem_entry(theorem: Theorem) -> dict[str, Any]:
    """A theorem as stated."""
    source = theorem.source
    relations = [p.relation for p in (*theorem.assumptions, *theorem.claims)]
    return {
        "id": theorem.id,
        "title": prose(theorem.title),
        "origin": theorem.origin,
        "kind": theorem.kind,
        "source": {
            "authors": source.authors,
            "title": source.title,
            "venue": source.venue,
            "year": source.year,
            "locator": source.locator,
            "url": source.url,
        },
        "summary": prose(theorem.summary),
        "remarks": [prose(remark) for remark in theorem.remarks],
        "assumptions": [
            {"id": a.id, "says": prose(a.says), **formulas(a.relation)} for a in theorem.assumptions
        ],
        "claims": [
            {
                "id": c.id,
                "says": prose(c.says),
                **formulas(c.relation),
                "display_typst": formula(c.display).typst if c.display is not None else None,
            }
            for c in theorem.claims
        ],
        "trusted_base": [
            {"key": fact.key, "says": prose(fact.says), "source": fact.source}
            for fact in theorem.trusted_base
        ],
        "symbols": [
            {
                "name": q.name,
                "typst": q.typst,
                "latex": q.latex,
                "meaning": prose(q.meaning),
                "range": prose(q.range_text),
            }
            for q in map(quantity, symbols_of(*relations))
        ],
    }


SCHEMA_VERSION = 1
_PACKAGES = (
    "sympy",
    "z3-solver",
    "python-flint",
    "numpy",
    "scipy",
    "torch",
    "scikit-learn",
    "matplotlib",
    "typst",
)


@dataclass(frozen=True)
class RunInfo:
    """How a run was started: for the report's first page and for doing it again."""

    command: str
    device: str
    seed: int | None
    started: str
    seconds: float


def utc_now() -> str:
    """The time of a start, as reports hold it: ISO 8601 in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def environment(info: RunInfo) -> dict[str, Any]:
    """Versions and machine; the git revision of the working folder, if it is in a checkout."""
    import torch

    return {
        "perturbproof": version("perturbproof"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: version(name) for name in _PACKAGES},
        "device": info.device,
        "dtype": "float64",
        "seed": info.seed,
        "command": info.command,
        "git_revision": _git_revision(),
        "threads": torch.get_num_threads(),
    }


def _git_revision() -> str | None:
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None


def build_report(
    outcomes: Iterable[ScenarioOutcome],
    theorems: Iterable[Theorem],
    proofs: Mapping[str, ProofReport],
    info: RunInfo,
    strict: bool = False,
    witnesses: Mapping[tuple[str, str], str] | None = None,
    studies: Iterable[StudyOutcome] = (),
    sweep: Swept | None = None,
) -> dict[str, Any]:
    """The whole report as plain data. `strict` is that of `verdict.standing`.

    `witnesses` are the texts shown with a FAIL, by names of scenario and theorem, and with a proof
    that fails, where the scenario's name is empty.
    """
    witnesses = witnesses or {}
    outcomes = tuple(outcomes)
    theorems = tuple(theorems)
    studies = tuple(studies)
    return {
        "schema_version": SCHEMA_VERSION,
        "environment": environment(info),
        "started": info.started,
        "seconds": info.seconds,
        "proofs": [
            proof_entry(theorem, proofs[theorem.id], witnesses.get(("", theorem.id)))
            for theorem in theorems
        ],
        "theorems": [theorem_entry(theorem) for theorem in theorems],
        "statistics": statistics_record(outcomes if sweep is None else sweep.outcomes),
        "scenarios": [_scenario(outcome, witnesses) for outcome in outcomes],
        "studies": [study_entry(study) for study in studies],
        "sweeps": [] if sweep is None else [sweep_entry(sweep, witnesses)],
        "summary": summary(outcomes, strict, studies, sweep),
    }


def statistics_record(outcomes: tuple[ScenarioOutcome | None, ...]) -> dict[str, Any]:
    """The level of confidence of the whole run, and how many statements share it."""
    judged = (j for o in outcomes if o is not None for j in o.judgements)
    parts = (p for j in judged for p in (*j.assumptions, *j.claims))
    statements = max((p.level.statements for p in parts if p.level is not None), default=0)
    return {"family_confidence": 1 - FAMILY_ERROR, "method": "Holm", "statements": statements}


def summary(
    outcomes: tuple[ScenarioOutcome, ...],
    strict: bool = False,
    studies: tuple[StudyOutcome, ...] = (),
    sweep: Swept | None = None,
) -> dict[str, Any]:
    """Counts, the exit code, and the one line that sums up a run."""
    swept = () if sweep is None else (sweep,)
    judged = [pair for outcome in (*outcomes, *studies, *swept) for pair in outcome.judged]
    counts = Counter(verdict.value for verdict, _ in judged)
    code = exit_code(judged, strict)
    unexpected = sum(verdict is not expected for verdict, expected in judged)
    parts = [f"{counts[v.value]} {v.value}" for v in Verdict if counts[v.value]]
    ending = "all as expected" if not unexpected else f"{unexpected} not as expected"
    return {
        "scenarios": len(outcomes),
        "studies": len(studies),
        "theorems": len({j.theorem.id for o in outcomes for j in o.judgements})
        + sum(len(one.theorems) for one in swept),
        "verdicts": {v.value: counts[v.value] for v in Verdict},
        "as_expected": not unexpected,
        "exit_code": code,
        "line": f"{', '.join(parts) or 'nothing judged'}; {ending}",
    }


def _scenario(outcome: ScenarioOutcome, witnesses: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    scenario = outcome.scenario
    verdicts = [verdict for verdict, _ in outcome.judged]
    expect = scenario.expect
    return {
        "name": scenario.name,
        "description": scenario.description,
        "configuration": scenario.model_dump(mode="json"),
        "data": outcome.data,
        "expected": expect.value
        if isinstance(expect, Verdict)
        else {name: verdict.value for name, verdict in expect.items()},
        "verdict": worst(verdicts).value,
        "as_expected": all(verdict is expected for verdict, expected in outcome.judged),
        "seconds": outcome.seconds,
        "error": outcome.error,
        "theorems": [
            _judgement(
                judgement,
                scenario.expected(judgement.theorem.id),
                witnesses.get((scenario.name, judgement.theorem.id)),
            )
            for judgement in outcome.judgements
        ],
        "cross_checks": [
            {
                "id": check.id,
                "says": prose(check.says),
                "left": interval(check.left),
                "right": interval(check.right),
                "agree": check.agree,
            }
            for check in outcome.cross_checks
        ],
        "observations": [
            {
                "says": prose(seen.says),
                "value": interval(seen.value),
                "rigor": seen.rigor.value,
                "count": seen.count,
            }
            for seen in outcome.observations
        ],
        "findings": [prose(finding) for finding in outcome.findings],
        "figures": list(outcome.figures),
    }


def _judgement(judgement: Judgement, expected: Verdict, witness: str | None) -> dict[str, Any]:
    theorem, proof = judgement.theorem, judgement.proof
    source = theorem.source
    return {
        "id": theorem.id,
        "title": prose(theorem.title),
        "source": f"{source.authors.split(',')[0]} et al., {source.venue} {source.year}"
        if "," in source.authors
        else source.title,
        "verdict": judgement.verdict.value,
        "expected": expected.value,
        "as_expected": judgement.verdict is expected,
        "reason": prose(judgement.reason),
        "assumptions": [_assumption(a) for a in judgement.assumptions],
        "claims": [_claim(c, witness) for c in judgement.claims],
        "trusted_base": list(dict.fromkeys(fact.key for fact in theorem.trusted_base)),
        "proof": {
            "verdict": proof.verdict,
            "steps": len(proof.steps),
            "discharged": sum(step.status == "discharged" for step in proof.steps),
        },
    }


def _assumption(judged: JudgedAssumption) -> dict[str, Any]:
    value = judged.value
    return {
        "id": judged.assumption.id,
        "says": prose(judged.assumption.says),
        **formulas(judged.assumption.relation),
        "lhs": interval(value.lhs if value else None),
        "rhs": interval(value.rhs if value else None),
        "load": _middle(value.load) if value else None,
        "holds": judged.holds,
        "rigor": judged.rigor.value,
        "confidence": _confidence(judged.level),
        "how": prose(judged.why),
    }


def _claim(judged: JudgedClaim, witness: str | None) -> dict[str, Any]:
    value, claim = judged.value, judged.claim
    measured = interval(value.lhs) if value else None
    return {
        "id": claim.id,
        "says": prose(claim.says),
        **formulas(claim.relation),
        "display_typst": formula(claim.display).typst if claim.display is not None else None,
        "measured": {**measured, "how": prose(judged.how)} if measured else None,
        "bound": interval(value.rhs) if value else None,
        "slack": _middle(value.slack) if value else None,
        "rigor": judged.rigor.value,
        "confidence": _confidence(judged.level),
        "verdict": judged.verdict.value,
        "settle": prose(judged.settle) or None,
        "witness": witness if judged.verdict is ClaimVerdict.FAIL else None,
    }


def _confidence(level: Level | None) -> float | None:
    """The confidence of the interval behind one statistical statement; null for any other."""
    return None if level is None else 1 - level.error


def _middle(value: Interval | None) -> float | None:
    """A representative number for display; decisions never use it."""
    if value is None or not value.is_finite:
        return None
    return finite(value.lower / 2 + value.upper / 2)


def command_line(arguments: Iterable[str] | None = None) -> str:
    """The command as one would type it again."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return shlex.join(["perturbproof", *words])
