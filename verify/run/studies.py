"""Runs studies: every point that is not in the store yet, points that share work together.

A point is stored as soon as it is computed, under a key made of all it depends on, so that a run
that was killed goes on where it was. Points of several studies that are the same point are computed
once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
    """One computation: the exact solution and its control, or (``width`` > 0) trained networks.

    ``half``: their pixels are taken in float16.
    """

    data: Noise
    pool: Pool
    seed: int
    setting: LearningSetting
    width: int = 0
    time: float = 0.0
    half: bool = False

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
            *(setting.eps, self.width, self.time, self.half),
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
    points = [(one, point) for one in studies for point in one.expanded]
    jobs = sorted({job for each in points for job in _jobs(*each)}, key=lambda job: job.order)
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


def _jobs(study: Study, point: StudyPoint) -> tuple[Job, ...]:
    """The exact solutions of a point, seed by seed, and then the trained networks if asked for."""
    exact = [Job(study.data, study.draws, seed, point.setting) for seed in point.seeds]
    if not point.train:
        return tuple(exact)
    time = PUBLISHED_TIME if study.training.time is None else study.training.time
    half = study.training.attack == "half"
    return *exact, replace(exact[0], width=point.width, time=time, half=half)


def _computed(
    jobs: Mapping[str, Job], device: str, progress: Progress
) -> Iterator[tuple[str, Record]]:
    """The jobs in order; draws and all that hangs on them are dropped with the last of a pool."""
    learning, networks, shared = None, None, None
    for key, job in jobs.items():
        if learning is None or shared != (job.data, job.pool, job.seed, job.setting.slope):
            learning, networks = None, None  # before the next draws are made
            shared = (job.data, job.pool, job.seed, job.setting.slope)
            sizes = (job.pool.samples, job.pool.noise_samples, job.pool.dimension)
            drawn = NoisePool(job.data, *sizes, job.seed, device)
            learning = NoiseLearning(drawn, job.setting.slope)
        wanted = (job.width, job.time, job.half)
        if job.width and (
            networks is None or (networks.width, networks.time, networks.half) != wanted
        ):
            networks = TrainedNetworks(learning, job.width, job.time, half=job.half)
        # A product with the Gram matrix or with the samples, whichever is less.
        count = job.setting.noise_samples
        with fitting_threads(count * min(count, job.setting.dimension) * max(1, job.width)):
            started = time.perf_counter()
            try:
                found = _solved(learning, networks if job.width else None, job.setting, progress)
                record = Record(job.seed, time.perf_counter() - started, **found)
            except PerturbationFault as fault:
                record = Record(job.seed, 0.0, fault=str(fault))
        yield key, record


def _solved(
    learning: NoiseLearning,
    networks: TrainedNetworks | None,
    at: LearningSetting,
    progress: Progress,
) -> dict[str, Any]:
    """The fields of a record that say what came of a job."""
    if networks is None:
        exact, (control, solved) = learning.exact(at), learning.control(at)
        return {"exact": exact, "control": control, "control_solved": solved}
    where = f"d = {at.dimension}, N = {at.samples}, eps = {at.eps:g}"
    trained = networks.learn(
        at, lambda name, share: progress(f"training {name}, {where}", round(100 * share), 100)
    )
    return {"trained": trained}


def _assembled(study: Study, done: Mapping[Job, Record]) -> StudyRun:
    points = []
    for point in study.expanded:
        records = tuple(done[job] for job in _jobs(study, point))
        exact = records[: len(point.seeds)]
        points.append(PointOutcome(point, exact, records[-1] if point.train else None))
    return StudyRun(study, tuple(points))
