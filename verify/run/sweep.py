"""Sweeping: every point of a grid of scenarios, each kept as it is finished, judged together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...numerics.configuration import InputError
from ...numerics.device import cores, resolve_device
from ...theory.engine import ProofReport, prove
from ...theory.statement import Theorem
from ..measure.measuring import MeasuredScenario, measure_symbols
from ..scenarios.grid import Grid, Point, Shard
from ..scenarios.scenario import Scenario
from ..values import Progress, Verdict, unwatched
from .run import ScenarioOutcome, judge_measured, select
from .store import Store, computed, kept, measured_from_plain, measured_to_plain, scenario_key

# Runs the points of a sweep: here, on several processes, or on a Dask cluster.
#
# Workers measure and send plain data back; this process writes one file per point, proves, and
# judges. A point that fails is recorded with its error and does not stop the others. A worker that
# is lost takes its points with it; they are run again by the others, or by the next run.

_MOST_IN_A_TASK = 64
_TASKS_PER_WORKER = 8


@dataclass(frozen=True)
class Task:
    """What a worker needs of a point; theorems stay here, where they are proved and judged."""

    scenario: Scenario
    theorems: tuple[str, ...]
    symbols: tuple[str, ...]
    device: str


@dataclass(frozen=True)
class Workers:
    """Where points run: `jobs` processes here, or the cluster whose scheduler has an address."""

    jobs: int = 1
    scheduler: str | None = None


@dataclass(frozen=True)
class SweepPoint:
    """A point that has been dealt with: what was measured, or why that failed."""

    point: Point
    measured: MeasuredScenario | None
    error: str | None


def task_of(scenario: Scenario, theorems: Sequence[Theorem], device: str) -> Task:
    """The task of measuring a scenario for these theorems on `device`."""
    symbols = sorted({s.name for theorem in theorems for s in theorem.measured_symbols})
    ids = tuple(theorem.id for theorem in theorems)
    return Task(scenario, ids, tuple(symbols), device)


def run_tasks(tasks: Mapping[str, Task], workers: Workers) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records of tasks, each with its key, as they arrive.

    Raises:
        InputError: the cluster cannot be reached.
    """
    from joblib import Parallel, delayed

    if not tasks:
        return
    with _backend(workers) as count:
        size = min(_MOST_IN_A_TASK, math.ceil(len(tasks) / (count * _TASKS_PER_WORKER)))
        given = list(tasks.items())
        chunks = [given[k : k + size] for k in range(0, len(given), size)]
        threads = max(1, cores() // count) if workers.scheduler is None else 1
        # One chunk at a time, so that what a worker sends is written before the sweep goes on.
        options: dict[str, Any] = {"return_as": "generator_unordered", "batch_size": 1}
        parallel: Any = Parallel(n_jobs=count, **options)
        for records in parallel(delayed(_measured_chunk)(chunk, threads) for chunk in chunks):
            yield from records


def _measured_chunk(
    chunk: Sequence[tuple[str, Task]], threads: int
) -> list[tuple[str, dict[str, Any]]]:
    """Measure tasks in a worker, on so many threads."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            return [(key, _record(task)) for key, task in chunk]
    finally:
        torch.set_num_threads(before)


def _record(task: Task) -> dict[str, Any]:
    """The record of a point: what was measured, or the error, as plain data."""
    try:
        measured = measure_symbols(
            task.scenario, task.theorems, task.symbols, device=task.device, with_figures=False
        )
    except InputError as error:
        return {"failed": str(error)}
    if measured.error is not None:
        return {"failed": measured.error}
    return {"measured": measured_to_plain(measured)}


def _point(point: Point, record: dict[str, Any]) -> SweepPoint:
    if point.scenario is None or "failed" in record:
        return SweepPoint(point, None, str(record["failed"]))
    return SweepPoint(point, measured_from_plain(point.scenario, record["measured"]), None)


@contextmanager
def _backend(workers: Workers) -> Iterator[int]:
    """The joblib backend of the workers, and how many there are."""
    from joblib import parallel_config

    if workers.scheduler is None:
        with parallel_config(backend="loky" if workers.jobs > 1 else "sequential"):
            yield workers.jobs
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--scheduler: needs the extra 'cluster': pip install 'perturbproof[cluster]'"
        ) from None
    try:
        client = Client(workers.scheduler, timeout=5, set_as_default=True)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"--scheduler {workers.scheduler}: cannot be reached ({error})") from None
    try:
        count = len(client.scheduler_info(n_workers=-1)["workers"])
        if not count:
            raise InputError(f"--scheduler {workers.scheduler}: the cluster has no workers")
        with parallel_config(backend="dask"):
            yield count
    finally:
        client.close()


POINTS = "points"
"""The folder of the finished points, in that of the report."""


@dataclass(frozen=True)
class Swept:
    """A sweep as far as it has come.

    `points` are in the order of the grid, None where one has not been run. When none is missing,
    `outcomes` has one for each, None where the values make no valid scenario.
    """

    grid: Grid
    points: tuple[SweepPoint | None, ...]
    ran: int
    theorems: tuple[Theorem, ...]
    proofs: Mapping[str, ProofReport]
    outcomes: tuple[ScenarioOutcome | None, ...]

    @property
    def judged(self) -> tuple[tuple[Verdict, Verdict], ...]:
        """Pairs of verdict and expected verdict; one ERROR for a point that failed."""
        return tuple(
            pair
            for outcome in self.outcomes
            for pair in (outcome.judged if outcome else ((Verdict.ERROR, Verdict.PASS),))
        )

    @property
    def measured(self) -> tuple[MeasuredScenario, ...]:
        """What was measured, of the points that did not fail."""
        found = (point.measured for point in self.points if point is not None)
        return tuple(one for one in found if one is not None)

    @property
    def missing(self) -> int:
        """How many points have not been run."""
        return sum(point is None for point in self.points)

    @property
    def failed(self) -> int:
        """How many points could not be measured."""
        return sum(point is not None and point.error is not None for point in self.points)


def run_sweep(
    grid: Grid,
    theorems: Sequence[Theorem],
    folder: Path,
    *,
    device: str = "cpu",
    workers: Workers = Workers(),
    shard: Shard | None = None,
    retry_failed: bool = False,
    progress: Progress = unwatched,
) -> Swept:
    """Run the points of a grid that `folder` has not, and judge them if it then has them all.

    `theorems` are the known ones. A point that failed counts as run unless `retry_failed`. With a
    `shard` only its points are run.

    Raises:
        InputError: a point names an unknown theorem, or the device or cluster is not there.
    """
    resolved = resolve_device(device)
    points = list(grid.points())
    about = [() if point.scenario is None else select(point.scenario, theorems) for point in points]
    keys = [
        "" if point.scenario is None else scenario_key(point.scenario, some, resolved)
        for point, some in zip(points, about, strict=True)
    ]
    store = Store(folder / POINTS)
    wanted = {
        key: task_of(point.scenario, some, resolved)
        for key, point, some, found in zip(
            keys, points, about, _finished(store, keys, points), strict=True
        )
        if point.scenario is not None
        and (found is None or (retry_failed and found.error is not None))
        and (shard is None or shard.has(point))
    }
    if wanted:
        progress("points", 0, len(wanted))
    arriving = run_tasks(wanted, _fitting(workers, resolved))
    # Those that failed are kept too, so that they count as run.
    for done, _ in enumerate(computed(arriving, store, lambda record: record), start=1):
        progress("points", done, len(wanted))
    # Read again, because other shards may have come further meanwhile.
    have = _finished(store, keys, points)
    chosen = tuple(t for t in theorems if any(t in some for some in about))
    if any(point is None for point in have):
        return Swept(grid, have, len(wanted), chosen, {}, ())
    proofs = {}
    for done, theorem in enumerate(chosen):
        progress("proving", done, len(chosen))
        proofs[theorem.id] = prove(theorem)
    progress("judging", 0, 1)
    return Swept(grid, have, len(wanted), chosen, proofs, _outcomes(have, chosen, proofs))


def _finished(
    store: Store, keys: Sequence[str], points: Sequence[Point]
) -> tuple[SweepPoint | None, ...]:
    """What there is of each point; one whose values make no scenario is never measured."""
    have = kept(zip(keys, points, strict=True), store, _point)
    return tuple(
        SweepPoint(point, None, point.error) if point.scenario is None else found
        for point, found in zip(points, have, strict=True)
    )


def _outcomes(
    have: Iterable[SweepPoint | None],
    theorems: tuple[Theorem, ...],
    proofs: Mapping[str, ProofReport],
) -> tuple[ScenarioOutcome | None, ...]:
    """One outcome a point, in order; a point that failed is an error of its scenario."""
    points = [point for point in have if point is not None]
    measured = [p.measured for p in points if p.measured is not None]
    judged = iter(judge_measured(measured, theorems, proofs))

    def outcome(point: SweepPoint) -> ScenarioOutcome | None:
        if point.measured is not None:
            return next(judged)
        scenario = point.point.scenario
        if scenario is None:
            return None
        return ScenarioOutcome(scenario, None, (), (), (), (), (), 0.0, point.error)

    return tuple(outcome(point) for point in points)


def _fitting(workers: Workers, device: str) -> Workers:
    """No more processes than there are GPUs to give each its own, where points run on a GPU."""
    if device.startswith("cuda") and workers.jobs > 1:
        return Workers(1, workers.scheduler)
    return workers
