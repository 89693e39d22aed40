"""Judges studies: every point against the published one it reproduces.

A missed reproduction refutes no theorem, so a study never fails: it is INCONCLUSIVE, and says by
how much. All of it is plain floating point.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from ...numerics.compiler import compile_expression
from ...numerics.noise_learning import Solved
from ...numerics.noise_pool import VARIANCE
from ...theory.perturbed import N_adv, eps
from ...theory.symbols import N, d
from ...theory.theorems.accuracy_prediction import PREDICTION, base_variance
from ..verdict import Verdict
from .run import PointOutcome, StudyRun
from .study import Study

LARGEST_VIOLATION = 1e-3
"""Of a KKT condition, where margins are 1; a solve that leaves more is a fault."""

Compared = Literal["exact", "trained", "none"]
Level = Literal["linear solve", "quadratic program", "pattern not linear", "no solution"]


@dataclass(frozen=True)
class JudgedPoint:
    """A point, and how what was measured compares with what was published.

    exact : accuracies by seed, in order, None where there is no solution. level : the lowest over
    the seeds. compared : what was held against ``published``; ``agrees`` is None where nothing was.
    method : how it was solved, the softer way over the seeds; empty where there is no solution.
    ``fault`` says what is wrong with the computation.
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
    agrees: bool | None
    fault: str

    @property
    def value(self) -> float:
        return self.outcome.point.value

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
    difference = None if measured is None or published is None else measured - published
    tolerance = study.published.tolerance if study.published else 0.0
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
        difference=difference,
        # Accuracies and published values are decimals: rounding must not decide.
        agrees=None if difference is None else abs(difference) <= tolerance + 1e-9,
        fault=_fault(outcome),
    )


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
    if faulty := [point for point in points if point.fault]:
        return Verdict.ERROR, f"at {study.vary} = {at(faulty[0].value)}: {faulty[0].fault}"
    published = [point for point in points if point.published is not None]
    if not published or study.published is None:
        return Verdict.INCONCLUSIVE, "nothing is published to compare with"
    compared = [point for point in published if point.agrees is not None]
    tolerance = study.published.tolerance
    parts = []
    if off := [point for point in compared if not point.agrees]:
        told = ", ".join(
            f"{at(point.value)} ({point.compared} {point.difference:+.3f})" for point in off
        )
        parts.append(f"not within {tolerance:g} at {study.vary} = {told}")
    if missing := [point for point in published if point.agrees is None]:
        told = ", ".join(at(point.value) for point in missing)
        parts.append(f"nothing to compare at {study.vary} = {told}: beyond d/4 and not trained")
    if parts:
        return Verdict.INCONCLUSIVE, "; ".join(parts)
    largest = max(abs(point.difference or 0.0) for point in compared)
    counts = {name: sum(p.compared == name for p in compared) for name in ("exact", "trained")}
    return Verdict.PASS, (
        f"all {len(compared)} published points met within {tolerance:g} (numeric): "
        f"{counts['exact']} by exact solutions, {counts['trained']} by trained networks; largest "
        f"difference {largest:.3f}"
    )
