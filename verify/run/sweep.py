"""Sweeping: every point of a grid of scenarios, each kept as it is finished, judged together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ...numerics.configuration import InputError
from ...numerics.device import cores, resolve_device
from ...theory.statement import Theorem
from ..measure.measuring import MeasuredScenario, measure_symbols
from ..scenarios.grid import Grid, Point
from ..scenarios.own_theorem import defined
from ..scenarios.scenario import Scenario
from ..values import Progress, Verdict, unwatched
from .run import Run, ScenarioOutcome, judge_measured, proved, select
from .store import (
    Store,
    computed,
    file_digest,
    kept,
    measured_from_plain,
    measured_to_plain,
    scenario_key,
)

# Runs the points of a sweep: here, on several processes, or on a Dask cluster.
#
# Workers measure, write one file per point, and send plain data back; this process proves and
# judges, and writes the files where a cluster's workers may not see its folder. A point that fails
# is recorded with its error and does not stop the others. A worker that is lost takes its points
# with it; they are run again by the others, or by the next run.

_MOST_IN_A_TASK = 64
_TASKS_PER_WORKER = 8


Task = Callable[[], dict[str, Any]]


def run_tasks(
    tasks: Mapping[str, Task],
    jobs: int,
    scheduler: str | None,
    killed: Callable[[str], dict[str, Any]],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What tasks give, each with its key, as it arrives.

    Where a process is killed, for lack of memory say, the tasks that are left are run one at a
    time, each in a process of its own; of one that is killed again, `killed` says what it gives.

    Raises:
        InputError: the cluster cannot be reached.
    """
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    left = dict(tasks)
    try:
        for key, record in _in_parallel(tasks, jobs, scheduler):
            del left[key]
            yield key, record
    except TerminatedWorkerError:
        for key, task in left.items():
            yield key, _alone(key, task) or killed(key)


def _in_parallel(
    tasks: Mapping[str, Task], jobs: int, scheduler: str | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    from joblib import Parallel, delayed

    if not tasks:
        return
    with _backend(jobs, scheduler) as count:
        size = min(_MOST_IN_A_TASK, math.ceil(len(tasks) / (count * _TASKS_PER_WORKER)))
        given = list(tasks.items())
        chunks = [given[k : k + size] for k in range(0, len(given), size)]
        threads = _threads(count) if scheduler is None else 1
        # One chunk at a time, so that what a worker sends is written before the sweep goes on.
        options: dict[str, Any] = {"return_as": "generator_unordered", "batch_size": 1}
        parallel: Any = Parallel(n_jobs=count, **options)
        for records in parallel(delayed(_in_a_worker)(chunk, threads) for chunk in chunks):
            yield from records


def _threads(count: int) -> int:
    """Of each of so many processes here: its share of the cores, or fewer if so many are allowed
    (OMP_NUM_THREADS)."""
    import torch

    return max(1, min(cores() // count, torch.get_num_threads()))


def _alone(key: str, task: Task) -> dict[str, Any] | None:
    """What a task gives in a process of its own; None where that is killed."""
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    try:
        executor = get_reusable_executor(max_workers=1, kill_workers=True)
        ((_, record),) = executor.submit(_in_a_worker, [(key, task)], _threads(1)).result()
    except TerminatedWorkerError:
        return None
    return record


def _in_a_worker(
    chunk: Sequence[tuple[str, Task]], threads: int
) -> list[tuple[str, dict[str, Any]]]:
    """Do tasks on so many threads."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            return [(key, task()) for key, task in chunk]
    finally:
        torch.set_num_threads(before)


def _measured(
    scenario: Scenario,
    theorems: tuple[str, ...],
    symbols: set[str],
    device: str,
    own: Sequence[Path],
) -> dict[str, Any]:
    """What is measured in a scenario, or why that fails, as plain data."""
    try:
        for path in own:
            defined(path)  # which says how its symbols are measured
        found = measure_symbols(scenario, theorems, symbols, device=device)
    except InputError as error:
        found = MeasuredScenario(scenario, theorems, error=str(error))
    return measured_to_plain(found)


def _task(
    scenario: Scenario, theorems: Sequence[Theorem], device: str, own: Sequence[Path]
) -> Task:
    """Theorems stay here, where they are proved and judged: a worker needs their symbols."""
    symbols = {symbol.name for theorem in theorems for symbol in theorem.measured_symbols}
    return partial(_measured, scenario, tuple(t.id for t in theorems), symbols, device, own)


def _kept(key: str, task: Task, store: Store) -> dict[str, Any]:
    """What a task gives, put where it is kept at once: others of its chunk may never be done."""
    record = task()
    store.put(key, record)
    return record


@contextmanager
def _backend(jobs: int, scheduler: str | None) -> Iterator[int]:
    """Where points run, and how many at a time: `jobs` processes here, or a Dask cluster."""
    from joblib import parallel_config

    if scheduler is None:
        with parallel_config(backend="loky" if jobs > 1 else "sequential"):
            yield jobs
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "scheduler: needs the extra 'cluster': pip install 'perturbproof[cluster]'"
        ) from None
    try:
        client = Client(scheduler, timeout=5, set_as_default=True)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"scheduler {scheduler}: cannot be reached ({error})") from None
    try:
        count = len(client.scheduler_info(n_workers=-1)["workers"])
        if not count:
            raise InputError(f"scheduler {scheduler}: the cluster has no workers")
        with parallel_config(backend="dask"):
            yield count
    finally:
        client.close()


POINTS = "points"
"""The folder of the finished points, in that of the report."""


@dataclass(frozen=True)
class Swept:
    """A sweep as far as it has come, and how many points `ran` now.

    `measured` is for each of the points, in the order of the grid; None where one has not been run
    or its values make no valid scenario. `run` has those that do, judged, when none is missing.
    """

    grid: Grid
    points: tuple[Point, ...]
    measured: tuple[MeasuredScenario | None, ...]
    ran: int
    run: Run | None

    @property
    def theorems(self) -> tuple[Theorem, ...]:
        """Those that its points are judged by."""
        return () if self.run is None else self.run.theorems

    @property
    def outcomes(self) -> tuple[tuple[Point, ScenarioOutcome | None], ...]:
        """Every point with what came of it; None where its values make no valid scenario."""
        judged = iter(self.run.outcomes if self.run is not None else ())
        points = self.points if self.run is not None else ()
        return tuple((p, None if p.scenario is None else next(judged)) for p in points)

    @property
    def judged(self) -> tuple[tuple[Verdict, Verdict], ...]:
        """Pairs of verdict and expected verdict; one ERROR for a point that failed."""
        return tuple(
            pair
            for _, outcome in self.outcomes
            for pair in (outcome.judged if outcome else ((Verdict.ERROR, Verdict.PASS),))
        )

    @property
    def missing(self) -> int:
        """How many points have not been run."""
        return sum(
            point.scenario is not None and found is None
            for point, found in zip(self.points, self.measured, strict=True)
        )

    @property
    def failed(self) -> int:
        """How many points could not be measured."""
        return sum(
            point.scenario is None or (found is not None and found.error is not None)
            for point, found in zip(self.points, self.measured, strict=True)
        )


def run_sweep(
    grid: Grid,
    theorems: Sequence[Theorem],
    folder: Path,
    *,
    device: str = "cpu",
    jobs: int = 1,
    scheduler: str | None = None,
    shard: tuple[int, int] | None = None,
    retry_failed: bool = False,
    progress: Progress = unwatched,
    own: Sequence[Path] = (),
) -> Swept:
    """Run the points of a grid that `folder` has not, and judge them if it then has them all.

    `theorems` are the known ones, `own` the files that some of them come from. A point that failed
    counts as run unless `retry_failed`. With a
    `shard` (i, n) only every n-th point is run, from the i-th on; with the address of a `scheduler`
    its workers run them, not `jobs` processes here.

    Raises:
        InputError: a point names an unknown theorem, or the device or cluster is not there.
    """
    resolved = resolve_device(device)
    if resolved.startswith("cuda"):  # no more processes than there are GPUs to give each its own
        jobs = 1
    points = tuple(grid.points())
    scenarios = {point: point.scenario for point in points if point.scenario is not None}
    about = {point: select(one, theorems) for point, one in scenarios.items()}
    more = {"theorem files": list(map(file_digest, own))} if own else {}
    keys = {
        point: scenario_key(one, about[point], resolved, **more) for point, one in scenarios.items()
    }
    store = Store(folder / POINTS)

    def have() -> dict[Point, MeasuredScenario | None]:
        wanted = ((keys[point], one) for point, one in scenarios.items())
        return dict(zip(scenarios, kept(wanted, store, measured_from_plain), strict=True))

    tasks = {
        keys[point]: _task(scenarios[point], about[point], resolved, [p.absolute() for p in own])
        for point, found in have().items()
        if (found is None or (retry_failed and found.error is not None))
        and (shard is None or point.index % shard[1] == shard[0] - 1)
    }
    if scheduler is None:
        tasks = {key: partial(_kept, key, task, store) for key, task in tasks.items()}
    if tasks:
        progress("points", 0, len(tasks))

    by_key = {keys[point]: point for point in scenarios}

    def killed(key: str) -> dict[str, Any]:
        point = by_key[key]
        ids = tuple(theorem.id for theorem in about[point])
        why = "the process that measured it was killed, for lack of memory?"
        record = measured_to_plain(MeasuredScenario(scenarios[point], ids, error=why))
        store.put(key, record)
        return record

    # Those that failed are kept too, so that they count as run.
    unkept = store if scheduler is not None else None
    arriving = computed(run_tasks(tasks, jobs, scheduler, killed), unkept, lambda record: record)
    for done, _ in enumerate(arriving, start=1):
        progress("points", done, len(tasks))
    # Read again, because other shards may have come further meanwhile.
    found = have()
    swept = Swept(grid, points, tuple(map(found.get, points)), len(tasks), None)
    if swept.missing:
        return swept
    chosen = tuple(t for t in theorems if any(t in some for some in about.values()))
    proofs = proved(chosen, progress)
    progress("judging", 0, 1)
    measured = tuple(one for one in found.values() if one is not None)
    return replace(swept, run=Run(judge_measured(measured, chosen, proofs), chosen, proofs))
