"""Verdicts of studies: every point against the published one that it reproduces, by the one judge.

All of it is plain floating point, which can support a claim and never refute one: a missed
reproduction is INCONCLUSIVE, and says by how much. No study fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Literal

import sympy as sp

from ...numerics.compiler import compile_expression
from ...numerics.paper_scale.exact import Solved
from ...numerics.paper_scale.pool import VARIANCE
from ...theory.exact.interval import Interval
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
from ..scenarios.study import Study
from ..values import ClaimVerdict, Measured, Rigor, Verdict
from .studies import PointOutcome, StudyRun

LARGEST_VIOLATION = 1e-3
"""Of a KKT condition, where margins are 1; a solve that leaves more is a fault."""

Compared = Literal["exact", "trained", "none"]
Level = Literal["linear solve", "quadratic program", "pattern not linear", "no solution"]


@dataclass(frozen=True)
class JudgedPoint:
    """A point, and how what was measured compares with what was published.

    exact : accuracies by seed, in order, None where there is no solution. level : the lowest over
    the seeds. method : how it was solved, the softer way over the seeds; empty where there is no
    solution. compared : what was held against ``published``. fault : what is wrong with the
    computation. claim : that it meets what was published; None where nothing was.
    """

    outcome: PointOutcome
    published: float | None
    exact: tuple[float | None, ...]
    level: Level
    method: str
    prediction: float | None
    control: float | None
    trained: float | None
    compared: Compared
    difference: float | None
    fault: str
    claim: JudgedClaim | None

    @property
    def value(self) -> float:
        return self.outcome.point.value

    @property
    def agrees(self) -> bool | None:
        """Whether they meet; None where nothing was compared."""
        value = self.claim.value if self.claim is not None else None
        return None if value is None else value.holds is True

    @property
    def exact_mean(self) -> float | None:
        return mean(self.exact)

    @property
    def untrained(self) -> bool:
        """Whether networks would be the comparison and none were trained."""
        return self.published is not None and self.compared == "none"


@dataclass(frozen=True)
class StudyOutcome:
    """A judged study."""

    run: StudyRun
    points: tuple[JudgedPoint, ...]
    verdict: Verdict
    reason: str

    @property
    def study(self) -> Study:
        return self.run.loaded.study

    @property
    def judged(self) -> tuple[tuple[Verdict, Verdict], ...]:
        """The pair of verdict and expected verdict."""
        return ((self.verdict, self.study.expect),)


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
    points = tuple(_judged(point, run) for point in run.points)
    verdict, reason = _verdict(run.loaded.study, points)
    return StudyOutcome(run, points, verdict, reason)


def mean(values: tuple[float | None, ...]) -> float | None:
    """The mean of the values, None unless there are some and all are known."""
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def at(value: float) -> str:
    """A place on the axis, as one writes it."""
    return f"{value:g}" if value < 1e6 else f"{value:.0f}"


def _judged(outcome: PointOutcome, run: StudyRun) -> JudgedPoint:
    study, point = run.loaded.study, outcome.point
    published = run.loaded.published.get(point.value)
    exact = tuple(r.exact.accuracy if r.exact is not None else None for r in outcome.exact)
    learnt = outcome.trained.trained if outcome.trained is not None else None
    trained = learnt.accuracy if learnt is not None else None
    compared, measured = _comparison(study, outcome, published, mean(exact), trained)
    fault = _fault(outcome)
    return JudgedPoint(
        outcome=outcome,
        published=published,
        exact=exact,
        level=_level(outcome),
        method=_method(outcome),
        prediction=_prediction(study, outcome),
        control=mean(tuple(record.control for record in outcome.exact)),
        trained=trained,
        compared=compared,
        difference=None if measured is None or published is None else measured - published,
        fault=fault,
        claim=_claim(study, published, measured, fault),
    )


def _claim(
    study: Study, published: float | None, measured: float | None, fault: str
) -> JudgedClaim | None:
    """The one judge on what was measured against what was published."""
    if study.published is None or published is None:
        return None
    # Accuracies and published values are decimals: rounding must not decide.
    tolerance = study.published.tolerance + 1e-9
    values = {
        adv_accuracy.name: Measured.missing("beyond d/4 and not trained")
        if measured is None
        else Measured(Interval.exact(measured), "in float32", Rigor.NUMERIC),
        _published.name: Measured(Interval.exact(published), "published", Rigor.NUMERIC),
        accuracy_asked.name: Measured(Interval.exact(tolerance), "given", Rigor.PROVED),
    }
    return judge_claim(_MET, values, fault=fault)


def _comparison(
    study: Study,
    outcome: PointOutcome,
    published: float | None,
    exact: float | None,
    trained: float | None,
) -> tuple[Compared, float | None]:
    if published is None or study.published is None:
        return "none", None
    if outcome.point.linear or study.published.beyond == "exact":
        return ("exact", exact) if exact is not None else ("none", None)
    return ("trained", trained) if trained is not None else ("none", None)


def _level(outcome: PointOutcome) -> Level:
    solves = [record.exact.perturbed for record in outcome.exact if record.exact is not None]
    if not solves or any(solved is None or not solved.bounded for solved in solves):
        return "no solution"
    known = [solved for solved in solves if solved is not None]
    if any(solved.outside for solved in known):
        return "pattern not linear"
    if any(solved.method == "quadratic program" for solved in known):
        return "quadratic program"
    return "linear solve"


def _method(outcome: PointOutcome) -> str:
    solves = [record.exact.perturbed for record in outcome.exact if record.exact is not None]
    methods = {solved.method for solved in solves if solved is not None and solved.bounded}
    return max(methods, key=_SOFTER.index, default="")


_SOFTER = ("linear solve", "quadratic program")
_predicted = compile_expression(PREDICTION, (d, N, N_adv, eps, base_variance), "numpy")


def _prediction(study: Study, outcome: PointOutcome) -> float | None:
    """The formula at the L2 size of the perturbation; None where that does not lie along q."""
    setting = outcome.point.setting
    if setting.perturbation == "l0-greedy":
        return None
    size: float | None = setting.eps
    if setting.perturbation == "linf-rescaled":
        size = mean(tuple(r.exact.size if r.exact is not None else None for r in outcome.exact))
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
        if record.exact is None:
            continue
        for name, solved in (
            ("natural set", record.exact.natural),
            ("perturbed set", record.exact.perturbed),
            ("control", record.control_solved),
        ):
            if solved is not None and not _solved(solved):
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


def _solved(solved: Solved) -> bool:
    return not solved.bounded or solved.violation <= LARGEST_VIOLATION


def _verdict(study: Study, points: tuple[JudgedPoint, ...]) -> tuple[Verdict, str]:
    """ERROR for a fault at any point, PASS when every claim passes, else INCONCLUSIVE."""
    if faulty := [point for point in points if point.fault]:
        return Verdict.ERROR, f"at {study.vary} = {at(faulty[0].value)}: {faulty[0].fault}"
    claims = [point for point in points if point.claim is not None]
    if not claims or study.published is None:
        return Verdict.INCONCLUSIVE, "nothing is published to compare with"
    tolerance = study.published.tolerance
    parts = []
    if off := [point for point in claims if point.agrees is False]:
        told = ", ".join(
            f"{at(point.value)} ({point.compared} {point.difference:+.3f})" for point in off
        )
        parts.append(f"not within {tolerance:g} at {study.vary} = {told}")
    if missing := [point for point in claims if point.agrees is None]:
        told = ", ".join(at(point.value) for point in missing)
        parts.append(f"nothing to compare at {study.vary} = {told}: beyond d/4 and not trained")
    if any(point.claim.verdict is not ClaimVerdict.PASS for point in claims if point.claim):
        return Verdict.INCONCLUSIVE, "; ".join(parts)
    largest = max(abs(point.difference or 0.0) for point in claims)
    counts = {name: sum(p.compared == name for p in claims) for name in ("exact", "trained")}
    return Verdict.PASS, (
        f"all {len(claims)} published points met within {tolerance:g} (numeric): "
        f"{counts['exact']} by exact solutions, {counts['trained']} by trained networks; largest "
        f"difference {largest:.3f}"
    )
