"""Sweeping: every point of a grid of scenarios, each kept as it is finished, judged together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...numerics.device import resolve_device
from ...numerics.input_error import InputError
from ...theory.engine import ProofReport, prove
from ...theory.statement import Theorem
from ..measuring import MeasuredScenario
from ..progress import Progress, unwatched
from ..run import ScenarioOutcome, judge_measured, select
from ..studies.point_store import PointStore
from ..verdict import Verdict
from .grid import Grid, Point
from .keys import point_keys
from .points import SweepPoint, Workers, finished, run_points, task_of

POINTS = "points"
"""The folder of the finished points, in that of the report."""


@dataclass(frozen=True)
class Shard:
    """Part `index` of `count`, from 1: every point whose place in the grid leaves that rest."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """From "i/n". Raises InputError for anything but 1 <= i <= n."""
        first, _, second = text.partition("/")
        if first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second):
            return cls(int(first), int(second))
        raise InputError(f"--shard: must be i/n with 1 <= i <= n, as in 2/8, found {text!r}")

    def has(self, point: Point) -> bool:
        return point.index % self.count == self.index - 1


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
    workers: Workers = Workers(),  # noqa: B008 (frozen)
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
    keys = point_keys(points, about, resolved)
    store = PointStore(folder / POINTS)
    have = list(finished(store, zip(keys, points, strict=True)))
    wanted = [
        (key, task_of(point.scenario, some, resolved))
        for key, point, some, found in zip(keys, points, about, have, strict=True)
        if point.scenario is not None
        and (found is None or (retry_failed and found.error is not None))
        and (shard is None or shard.has(point))
    ]
    run_points(wanted, store, _fitting(workers, resolved), progress)
    have = tuple(finished(store, zip(keys, points, strict=True)))
    chosen = tuple(t for t in theorems if any(t in some for some in about))
    if any(point is None for point in have):
        return Swept(grid, have, len(wanted), chosen, {}, ())
    proofs = {}
    for done, theorem in enumerate(chosen):
        progress("proving", done, len(chosen))
        proofs[theorem.id] = prove(theorem)
    progress("judging", 0, 1)
    return Swept(grid, have, len(wanted), chosen, proofs, _outcomes(have, chosen, proofs))


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
