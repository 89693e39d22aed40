"""Runs studies: every point that is not in the store yet, points that share work together.

A point is stored as soon as it is computed, under a key made of all it depends on, so that a run
that was killed goes on where it was. Points of several studies that are the same point are computed
once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, Literal

import pydantic

from ...numerics.compiler import compile_expression
from ...numerics.paper_scale.exact import ExactLearning, NoiseLearning, Solved
from ...numerics.paper_scale.pool import VARIANCE, NoisePool
from ...numerics.paper_scale.setting import LearningSetting, Noise
from ...numerics.paper_scale.trained import PUBLISHED_TIME, TrainedLearning, TrainedNetworks
from ...numerics.perturb.base import PerturbationFault
from ...numerics.train.descent import fitting_threads
from ...theory.steps.perturbed import N_adv, eps
from ...theory.symbols import N, d
from ...theory.theorems.learning.accuracy_prediction import PREDICTION, base_variance
from ..scenarios.study import LoadedStudy, Pool, Study, StudyPoint
from ..values import Progress, Verdict, unwatched
from .store import Store, computed, kept, result_key

POINTS = "points"
"""The folder, inside that of the report, of the points that are computed."""


@dataclass(frozen=True)
class Job:
    """One computation: the exact solution and its control, or (``width`` > 0) trained networks."""

    data: Noise
    pool: Pool
    seed: int
    setting: LearningSetting
    width: int = 0
    time: float = 0.0

    def key(self, device: str) -> str:
        """A digest of everything that the result depends on."""
        content = {
            "what": "trained" if self.width else "exact",
            "data": self.data,
            "pool": self.pool.model_dump(),
            "seed": self.seed,
            "setting": self.setting.model_dump(),
            "width": self.width,
            "time": self.time,
        }
        return result_key(device, content)

    @property
    def order(self) -> tuple[Any, ...]:
        """Jobs sorted by this share as much as they can: draws first, then the noise's Gram."""
        setting = self.setting
        return (
            *(self.data, sorted(self.pool.model_dump().items()), setting.slope, self.seed),
            *(setting.dimension, setting.samples, setting.noise_samples, setting.perturbation),
            *(setting.eps, self.width, self.time),
        )


@dataclass(frozen=True)
class ExactRecord:
    """The exact solution of a point for one seed, its control, or why there is a fault."""

    seed: int
    seconds: float
    exact: ExactLearning | None
    control: float | None
    control_solved: Solved | None
    fault: str = ""


@dataclass(frozen=True)
class TrainedRecord:
    """Trained networks of a point for one seed, or why there is a fault."""

    seed: int
    seconds: float
    trained: TrainedLearning | None
    fault: str = ""


Record = ExactRecord | TrainedRecord
_EXACT, _TRAINED = pydantic.TypeAdapter(ExactRecord), pydantic.TypeAdapter(TrainedRecord)


@dataclass(frozen=True)
class PointOutcome:
    """What came of a point: one exact record per seed, and the trained networks if asked for."""

    point: StudyPoint
    exact: tuple[ExactRecord, ...]
    trained: TrainedRecord | None


@dataclass(frozen=True)
class StudyRun:
    """A study with all its points."""

    loaded: LoadedStudy
    points: tuple[PointOutcome, ...]

    @property
    def seconds(self) -> float:
        """Time that the points took, when they were computed."""
        return sum(
            record.seconds
            for point in self.points
            for record in (*point.exact, *([point.trained] if point.trained else []))
        )


def run_studies(
    studies: Sequence[LoadedStudy],
    store: Store | None = None,
    *,
    device: str = "cpu",
    progress: Progress = unwatched,
) -> tuple[StudyRun, ...]:
    """Compute what is missing in the store, and return every study with its points.

    Raises:
        OSError: the store cannot be written.
    """
    jobs = sorted({job for one in studies for job in _jobs(one.study)}, key=lambda job: job.order)
    keys = [job.key(device) for job in jobs]
    have = kept(zip(keys, jobs, strict=True), store, _restored)
    found = {job: record for job, record in zip(jobs, have, strict=True) if record is not None}
    missing = {key: job for key, job in zip(keys, jobs, strict=True) if job not in found}
    arriving = computed(
        _computed(missing, device, progress),
        store,
        lambda record: asdict(record) if not record.fault else None,  # the next run tries again
    )
    for key, record in arriving:
        found[missing[key]] = record
        progress("points of studies", len(found), len(jobs))
    return tuple(_assembled(one, found) for one in studies)


def _jobs(study: Study) -> Iterator[Job]:
    for point in study.expanded:
        for seed in point.seeds:
            yield _exact_job(study, point, seed)
        if point.train:
            yield _trained_job(study, point)


def _exact_job(study: Study, point: StudyPoint, seed: int) -> Job:
    return Job(study.data, study.draws, seed, point.setting)


def _trained_job(study: Study, point: StudyPoint) -> Job:
    time = PUBLISHED_TIME if study.training.time is None else study.training.time
    job = _exact_job(study, point, point.seeds[0])
    return Job(job.data, job.pool, job.seed, job.setting, point.width, time)


def _computed(
    jobs: Mapping[str, Job], device: str, progress: Progress
) -> Iterator[tuple[str, Record]]:
    """The jobs in order; draws and all that hangs on them are dropped with the last of a pool."""
    learning, networks, shared = None, None, None
    for key, job in jobs.items():
        if learning is None or shared != (job.data, job.pool, job.seed, job.setting.slope):
            learning, networks = None, None  # before the next draws are made
            shared = (job.data, job.pool, job.seed, job.setting.slope)
            drawn = NoisePool(
                job.data,
                job.pool.samples,
                job.pool.noise_samples,
                job.pool.dimension,
                job.seed,
                device,
            )
            learning = NoiseLearning(drawn, job.setting.slope)
        if job.width and (
            networks is None or (networks.width, networks.time) != (job.width, job.time)
        ):
            networks = TrainedNetworks(learning, job.width, job.time)
        # A product with the Gram matrix or with the samples, whichever is less.
        count = job.setting.noise_samples
        with fitting_threads(count * min(count, job.setting.dimension) * max(1, job.width)):
            if job.width and networks is not None:
                record: Record = _trained(networks, job, progress)
            else:
                record = _exact(learning, job)
        yield key, record


def _exact(learning: NoiseLearning, job: Job) -> ExactRecord:
    started = time.perf_counter()
    try:
        exact = learning.exact(job.setting)
        control, solved = learning.control(job.setting)
    except PerturbationFault as fault:
        return ExactRecord(job.seed, 0.0, None, None, None, str(fault))
    return ExactRecord(job.seed, time.perf_counter() - started, exact, control, solved)


def _trained(networks: TrainedNetworks, job: Job, progress: Progress) -> TrainedRecord:
    started = time.perf_counter()
    where = f"d = {job.setting.dimension}, N = {job.setting.samples}, eps = {job.setting.eps:g}"
    try:
        trained = networks.learn(
            job.setting, lambda name, steps: progress(f"training {name}, {where}", steps, 0)
        )
    except PerturbationFault as fault:
        return TrainedRecord(job.seed, 0.0, None, str(fault))
    return TrainedRecord(job.seed, time.perf_counter() - started, trained)


def _restored(job: Job, record: dict[str, Any]) -> Record:
    """A record as it was put; ValueError for one that is not of this form."""
    return (_TRAINED if job.width else _EXACT).validate_python(record)


def _assembled(one: LoadedStudy, done: Mapping[Job, Record]) -> StudyRun:
    outcomes = []
    for point in one.study.expanded:
        exact = [done[_exact_job(one.study, point, seed)] for seed in point.seeds]
        trained = done[_trained_job(one.study, point)] if point.train else None
        assert trained is None or isinstance(trained, TrainedRecord)
        outcomes.append(
            PointOutcome(point, tuple(r for r in exact if isinstance(r, ExactRecord)), trained)
        )
    return StudyRun(one, tuple(outcomes))


# Judges studies: every point against the published one it reproduces.
#
# A missed reproduction refutes no theorem, so a study never fails: it is INCONCLUSIVE, and says by
# how much. All of it is plain floating point.

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
