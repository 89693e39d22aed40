"""Verdicts of studies: every point against the published one that it reproduces, by the one judge.

All of it is plain floating point, which can support a claim and never refute one: a missed
reproduction is INCONCLUSIVE, and says by how much. No study fails.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import sympy as sp

from ...numerics.compiler import compile_expression
from ...numerics.paper_scale.pool import VARIANCE
from ...theory.exact.interval import Interval
from ...theory.notation import prose
from ...theory.statement import Claim
from ...theory.steps.perturbed import N_adv, eps
from ...theory.symbols import N, d, declare
from ...theory.theorems.learning.accuracy_prediction import (
    PREDICTION,
    accuracy_asked,
    adv_accuracy,
    base_variance,
)
from ..judge import JudgedClaim, judge_claim
from ..reporting import schema
from ..scenarios.study import Study
from ..values import ClaimVerdict, Measured, Rigor, Verdict
from .studies import PointOutcome, StudyRun
from .theorem_record import record_of

LARGEST_VIOLATION = 1e-3
"""Of a KKT condition, where margins are 1; a solve that leaves more is a fault."""


@dataclass(frozen=True)
class StudyOutcome:
    """A judged study."""

    run: StudyRun
    points: tuple[schema.StudyPoint, ...]
    verdict: Verdict
    reason: str

    @property
    def judged(self) -> tuple[tuple[Verdict, Verdict], ...]:
        """The pair of verdict and expected verdict."""
        return ((self.verdict, self.run.study.expect),)


_published = declare(
    "published_accuracy",
    "the accuracy that was published for a point of a study",
    low=0,
    high=1,
    latex="\\mathrm{acc}_{\\mathrm{published}}",
    typst='"acc"_"published"',
)
_MET = Claim(
    "published",
    "The accuracy meets the published one as closely as the study asks.",
    sp.Abs(adv_accuracy - _published) <= accuracy_asked,
)


def judge_study(run: StudyRun) -> StudyOutcome:
    """PASS when every published point is met, ERROR for a fault of the computation, else
    INCONCLUSIVE."""
    judged = [_judged(point, run) for point in run.points]
    points = tuple(point for point, _ in judged)
    claims = [(point, claim) for point, claim in judged if claim is not None]
    return StudyOutcome(run, points, *_verdict(run, points, claims))


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of the values, None unless there are some and all are known."""
    given = list(values)
    known = [value for value in given if value is not None]
    return fmean(known) if known and len(known) == len(given) else None


def above_or_below(difference: float) -> str:
    """A difference of two accuracies in words."""
    return f"{abs(difference):.3f} {'above' if difference >= 0 else 'below'}"


def at(value: float) -> str:
    """A place on the axis, as one writes it."""
    return f"{value:g}" if value < 1e6 else f"{value:.0f}"


def _judged(outcome: PointOutcome, run: StudyRun) -> tuple[schema.StudyPoint, JudgedClaim | None]:
    """A point as it is reported, and the claim that it meets what was published, if anything was.

    Its level is the lowest over the seeds; its method, how it was solved, the softer one.
    """
    study, point = run.study, outcome.point
    published = run.study.curve.get(point.value)
    exact = mean(record.exact and record.exact.accuracy for record in outcome.exact)
    trained = outcome.trained and outcome.trained.trained
    compared, measured = "none", None
    if published is not None and study.published is not None:
        if point.linear or study.published.beyond == "exact":
            compared, measured = "exact", exact
        else:
            compared, measured = "trained", trained and trained.accuracy
        compared = "none" if measured is None else compared
    fault = _fault(outcome)
    wider = _wider(outcome, published) if compared == "exact" else 0.0
    claim = None
    if study.published is not None and published is not None:
        claim = met(published, measured, study.published.tolerance + wider, fault)
    level, method = _solution(outcome)
    judged = schema.StudyPoint(
        value=point.value,
        setting=point.setting.model_dump(),
        linear=point.linear,
        published=published,
        exact=tuple(record_of(schema.SeedAccuracy, one, one.exact) for one in outcome.exact),
        exact_mean=exact,
        level=level,
        method=method,
        prediction=_prediction(study, outcome),
        control=mean(record.control for record in outcome.exact),
        trained=trained
        and record_of(schema.TrainedAccuracy, trained, outcome.trained, width=point.width),
        compared=compared,
        difference=None if measured is None or published is None else measured - published,
        agrees=claim.value.holds is True if claim and claim.value else None,
        fault=prose(fault),
    )
    return judged, claim


def met(published: float, measured: float | None, tolerance: float, fault: str = "") -> JudgedClaim:
    """The one judge on what was measured, None where nothing was, against what was published."""
    # Shares and published values are decimals: rounding must not decide.
    values = {
        adv_accuracy.name: Measured.missing("beyond d/4 and not trained")
        if measured is None
        else Measured(Interval.exact(measured), "in float32", Rigor.NUMERIC),
        _published.name: Measured(Interval.exact(published), "published", Rigor.NUMERIC),
        accuracy_asked.name: Measured(Interval.exact(tolerance + 1e-9), "given", Rigor.PROVED),
    }
    return judge_claim(_MET, values, fault=fault)


def _wider(outcome: PointOutcome, published: float | None) -> float:
    """Twice the standard error that an average over fewer seeds than meant has above its own."""
    point, accuracy = outcome.point, published or 0.0
    one = math.sqrt(accuracy * (1 - accuracy) / point.setting.samples)
    return 2 * one * max(0.0, len(point.seeds) ** -0.5 - point.meant**-0.5)


def _solution(outcome: PointOutcome) -> tuple[str, str]:
    """The level of the exact solution, and how it was solved; empty where there is none."""
    solves = [record.exact.perturbed for record in outcome.exact if record.exact is not None]
    known = [solved for solved in solves if solved is not None and solved.bounded]
    method = max((solved.method for solved in known), key=_SOFTER.index, default="")
    if not known or len(known) < len(solves):
        return "no solution", method
    return "pattern not linear" if any(solved.outside for solved in known) else method, method


_SOFTER = ("linear solve", "quadratic program")
_predicted = compile_expression(PREDICTION, (d, N, N_adv, eps, base_variance))


def _prediction(study: Study, outcome: PointOutcome) -> float | None:
    """The formula at the L2 size of the perturbation; None where that does not lie along q."""
    setting = outcome.point.setting
    if setting.perturbation == "l0-greedy":
        return None
    size: float | None = setting.eps
    if setting.perturbation == "linf-rescaled":
        size = mean(record.exact and record.exact.size for record in outcome.exact)
        if size is None and outcome.trained is not None and outcome.trained.trained is not None:
            size = outcome.trained.trained.size
        if size is None:
            return None
    values = (setting.dimension, setting.samples, setting.noise_samples, size)
    return float(_predicted(*values, VARIANCE[study.data]))


def _fault(outcome: PointOutcome) -> str:
    for record in outcome.exact:
        if record.fault:
            return record.fault
        exact = record.exact
        for name, solved in (
            ("natural set", exact and exact.natural),
            ("perturbed set", exact and exact.perturbed),
            ("control", record.control_solved),
        ):
            if solved is not None and solved.bounded and solved.violation > LARGEST_VIOLATION:
                return (
                    f"seed {record.seed}: the {name} was not solved: a KKT condition is violated "
                    f"by {solved.violation:.1e}, at most {LARGEST_VIOLATION:.0e} is allowed"
                )
    if outcome.trained is not None:
        if outcome.trained.fault:
            return outcome.trained.fault
        trained = outcome.trained.trained
        wanted = None if trained is None else max(trained.time, trained.natural_time)
        if trained is not None and min(trained.time, trained.natural_time) < 0.999 * (wanted or 0):
            return "training ran out of steps before its time"
    return ""


def _verdict(
    run: StudyRun,
    points: Sequence[schema.StudyPoint],
    claims: Sequence[tuple[schema.StudyPoint, JudgedClaim]],
) -> tuple[Verdict, str]:
    """ERROR for a fault at any point, PASS when every claim passes, else INCONCLUSIVE."""
    study = run.study
    if faulty := [point for point in points if point.fault]:
        return Verdict.ERROR, f"at {study.vary} = {at(faulty[0].value)}: {faulty[0].fault}"
    if not claims or study.published is None:
        return Verdict.INCONCLUSIVE, "nothing is published to compare with"
    tolerance = f"{study.published.tolerance:g}"
    if wider := max(_wider(one, study.curve.get(one.point.value)) for one in run.points):
        tolerance += f" (with fewer seeds than the study has up to {wider:.3f} more)"
    compared = [point for point, _ in claims]
    parts = []
    if off := [point for point in compared if point.agrees is False]:
        told = ", ".join(
            f"{at(point.value)} ({point.compared} {above_or_below(point.difference or 0.0)})"
            for point in off
        )
        parts.append(f"not within {tolerance} at {study.vary} = {told}")
    if missing := [point for point in compared if point.agrees is None]:
        told = ", ".join(at(point.value) for point in missing)
        parts.append(f"nothing to compare at {study.vary} = {told}: beyond d/4 and not trained")
    if any(claim.verdict is not ClaimVerdict.PASS for _, claim in claims):
        return Verdict.INCONCLUSIVE, "; ".join(parts)
    largest = max(abs(point.difference or 0.0) for point in compared)
    counts = {name: sum(p.compared == name for p in compared) for name in ("exact", "trained")}
    return Verdict.PASS, (
        f"all {len(claims)} published points met within {tolerance} (numeric): "
        f"{counts['exact']} by exact solutions, {counts['trained']} by trained networks; largest "
        f"difference {largest:.3f}"
    )
