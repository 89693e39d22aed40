"""Runs the points of a sweep: here, on several processes, or on a Dask cluster.

Workers measure and send plain data back; this process writes one file per point, proves, and
judges. A point that fails is recorded with its error and does not stop the others. A worker that is
lost takes its points with it; they are run again by the others, or by the next run.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

from ...numerics.input_error import InputError
from ...theory.statement import Theorem
from ..disk.plain import from_plain, to_plain
from ..measuring import MeasuredScenario, measure_symbols
from ..progress import Progress, unwatched
from ..scenario import Scenario
from ..studies.point_store import PointStore
from .grid import Point

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


def run_points(
    tasks: Sequence[tuple[str, Task]],
    store: PointStore,
    workers: Workers,
    progress: Progress = unwatched,
) -> None:
    """Run the tasks, each under its key, and put every result into the store as it arrives.

    Raises:
        InputError: the cluster cannot be reached. OSError: the store cannot be written.
    """
    from joblib import delayed

    if not tasks:
        return
    done = 0
    progress("points", done, len(tasks))
    with _backend(workers) as count:
        size = min(_MOST_IN_A_TASK, math.ceil(len(tasks) / (count * _TASKS_PER_WORKER)))
        chunks = [tasks[k : k + size] for k in range(0, len(tasks), size)]
        threads = max(1, (os.cpu_count() or 1) // count) if workers.scheduler is None else 1
        parallel = _parallel(count)
        for results in parallel(delayed(_measured_chunk)(chunk, threads) for chunk in chunks):
            for key, record in results:
                store.put(key, record)
            done += len(results)
            progress("points", done, len(tasks))


def _parallel(count: int) -> Any:
    """Workers that take one chunk at a time; what one sends is written before the sweep goes on."""
    from joblib import Parallel

    options: dict[str, Any] = {"return_as": "generator_unordered", "batch_size": 1}
    return Parallel(n_jobs=count, **options)


def finished(store: PointStore, keys: Iterable[tuple[str, Point]]) -> Iterator[SweepPoint | None]:
    """What the store has of each point, in order; None where there is nothing whole."""
    for key, point in keys:
        if point.scenario is None:
            yield SweepPoint(point, None, point.error)
            continue
        record = store.get(key)
        try:
            yield None if record is None else _point(point, point.scenario, record)
        except (ValueError, LookupError, TypeError, AttributeError):
            yield None


def _point(point: Point, scenario: Scenario, record: dict[str, Any]) -> SweepPoint:
    if "failed" in record:
        return SweepPoint(point, None, str(record["failed"]))
    values = {name: from_plain(value) for name, value in record["measured"].items()}
    measured = MeasuredScenario(scenario, **values)
    return SweepPoint(point, measured, measured.error)


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
    kept = (f.name for f in fields(measured) if f.name != "scenario")
    return {"measured": {name: to_plain(getattr(measured, name)) for name in kept}}


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
