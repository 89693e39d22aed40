"""Runs studies: every point that is not in the store yet, points that share work together.

A point is stored as soon as it is computed, under a key made of all it depends on, so that a run
that was killed goes on where it was. Points of several studies that are the same point are computed
once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pydantic

from ...numerics.paper_scale.exact import ExactLearning, NoiseLearning, Solved
from ...numerics.paper_scale.pool import NoisePool
from ...numerics.paper_scale.setting import LearningSetting, Noise
from ...numerics.paper_scale.trained import PUBLISHED_TIME, TrainedLearning, TrainedNetworks
from ...numerics.perturb.base import PerturbationFault
from ...numerics.train.training import fitting_threads
from ..scenarios.study import Pool, Study, StudyPoint
from ..values import Progress, unwatched
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
        plain = {"pool": self.pool.model_dump(), "setting": self.setting.model_dump()}
        return result_key(device, {**vars(self), **plain})

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
class Record:
    """What came of a job: the exact solution and its control, or trained networks, or a fault."""

    seed: int
    seconds: float
    exact: ExactLearning | None = None
    control: float | None = None
    control_solved: Solved | None = None
    trained: TrainedLearning | None = None
    fault: str = ""


_RECORDS = pydantic.TypeAdapter(Record)


@dataclass(frozen=True)
class PointOutcome:
    """What came of a point: one exact record per seed, and the trained networks if asked for."""

    point: StudyPoint
    exact: tuple[Record, ...]
    trained: Record | None


@dataclass(frozen=True)
class StudyRun:
    """A study with all its points."""

    study: Study
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
    studies: Sequence[Study],
    store: Store | None = None,
    *,
    device: str = "cpu",
    progress: Progress = unwatched,
) -> tuple[StudyRun, ...]:
    """Compute what is missing in the store, and return every study with its points.

    Raises:
        OSError: the store cannot be written.
    """
    jobs = sorted({job for one in studies for job in _jobs(one)}, key=lambda job: job.order)
    keys = [job.key(device) for job in jobs]
    have = kept(zip(keys, jobs, strict=True), store, lambda _, one: _RECORDS.validate_python(one))
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
            try:
                if job.width and networks is not None:
                    record = _trained(networks, job, progress)
                else:
                    record = _exact(learning, job)
            except PerturbationFault as fault:
                record = Record(job.seed, 0.0, fault=str(fault))
        yield key, record


def _exact(learning: NoiseLearning, job: Job) -> Record:
    started = time.perf_counter()
    exact = learning.exact(job.setting)
    control, solved = learning.control(job.setting)
    return Record(job.seed, time.perf_counter() - started, exact, control, solved)


def _trained(networks: TrainedNetworks, job: Job, progress: Progress) -> Record:
    started = time.perf_counter()
    where = f"d = {job.setting.dimension}, N = {job.setting.samples}, eps = {job.setting.eps:g}"
    trained = networks.learn(
        job.setting, lambda name, steps: progress(f"training {name}, {where}", steps, 0)
    )
    return Record(job.seed, time.perf_counter() - started, trained=trained)


def _assembled(study: Study, done: Mapping[Job, Record]) -> StudyRun:
    return StudyRun(
        study,
        tuple(
            PointOutcome(
                point,
                tuple(done[_exact_job(study, point, seed)] for seed in point.seeds),
                done[_trained_job(study, point)] if point.train else None,
            )
            for point in study.expanded
        ),
    )
