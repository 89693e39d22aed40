"""Runs studies of images: every seed and arm that is not in the store yet.

A point, one arm of one seed, is stored as soon as it is computed; a run that was killed goes on
there. Points of several studies that are the same are computed once. On a CPU each process trains
networks of its own on one core; on a GPU one process trains them all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pydantic

from ...numerics.captured_training import certified_limit
from ...numerics.configuration import InputError
from ...numerics.data.images import Images
from ...numerics.device import cores
from ...numerics.images.experiment import ImageExperiment, Learned, check_needs, loaded
from ...numerics.images.networks import operations
from ...numerics.images.setting import Arm, ImageSetting
from ..counted import counted
from ..scenarios.image_study import ImageStudy
from ..values import Progress, unwatched
from .store import Store, file_digest, kept, result_key
from .sweep import run_tasks

_WORTH_PROCESSES = 5e10
"""Floating point operations of answering all images of all epochs, below which one process has
trained on them sooner than others have started."""


@dataclass(frozen=True)
class ImagePoint:
    """One computation: the learner of an ``arm``, or the perturbations themselves where None.

    highest : whether the best epoch is asked for. permutations : of the test of features.
    """

    setting: ImageSetting
    seed: int
    arm: Arm | None
    highest: bool = False
    permutations: int = 0


@dataclass(frozen=True)
class ImageRecord:
    """What came of a point, or a fault."""

    seconds: float
    learned: Learned | None = None
    perturbations: dict[str, Any] | None = None
    fault: str = ""


_KILLED = asdict(ImageRecord(0.0, fault="its process was killed, for lack of memory?"))
_RECORDS = pydantic.TypeAdapter(ImageRecord)


@dataclass(frozen=True)
class ImageRun:
    """A study with all its points, by seed and arm; under None the perturbations of a seed."""

    study: ImageStudy
    points: Mapping[tuple[int, Arm | None], ImageRecord]
    images: Images

    @property
    def seconds(self) -> float:
        """Time that the points took, when they were computed."""
        return sum(record.seconds for record in self.points.values())


def run_image_studies(
    studies: Sequence[ImageStudy],
    store: Store | None = None,
    *,
    device: str = "cpu",
    root: Path | None = None,
    progress: Progress = unwatched,
) -> tuple[ImageRun, ...]:
    """Compute what is missing in the store, and return every study with its points.

    root : the folder with the files of images; None where the system keeps them.

    Raises:
        InputError: images are not there, or a network cannot be built or trained in memory.
        OSError: the store cannot be written.
    """
    for one in studies:
        if one.setting.network == "wide-resnet" and not device.startswith("cuda"):
            raise InputError(
                f"study {one.name}: wide-resnet needs a GPU (--device cuda); on a CPU it would "
                "train for years"
            )
    points = {one.name: _points(one) for one in studies}
    hashes = {one.data: loaded(one.data, root).sha256 for one in studies}
    every = (point for one in studies for point in points[one.name].values())
    # Seed by seed, so that tasks which attack the same network follow each other.
    wanted = {p: _key(p, hashes[p.setting.data], device) for p in sorted(every, key=_seed)}
    have = kept(
        ((key, p) for p, key in wanted.items()), store, lambda _, one: _RECORDS.validate_python(one)
    )
    found = {p: record for p, record in zip(wanted, have, strict=True) if record is not None}
    tasks: dict[str, list[ImagePoint]] = {}
    for point in wanted:
        if point not in found:
            tasks.setdefault(f"{point.seed} {point.setting}", []).append(point)
    jobs = _processes(wanted.keys() - found, len(tasks), device, root)
    for setting in {group[0].setting for group in tasks.values()}:
        check_needs(setting, device, jobs, root)
    by_key = {key: point for point, key in wanted.items()}
    with counted(_told(_epochs(tasks.values()), progress)) as watch:
        arriving = run_tasks(
            {
                name: partial(_records, {wanted[p]: p for p in group}, store, device, root, watch)
                for name, group in tasks.items()
            },
            jobs,
            None,
            lambda name: {wanted[p]: _KILLED for p in tasks[name]},
        )
        for _, records in arriving:
            found |= {by_key[key]: _RECORDS.validate_python(one) for key, one in records.items()}
    return tuple(
        ImageRun(
            one,
            {at: found[point] for at, point in points[one.name].items()},
            loaded(one.data, root),
        )
        for one in studies
    )


def _points(study: ImageStudy) -> dict[tuple[int, Arm | None], ImagePoint]:
    """The points of a study by seed and arm."""
    setting = study.setting
    # Who learns images as they are learns the same whatever the perturbations of others.
    same = replace(setting, norm="L2", eps=1.0, steps=1)
    found: dict[tuple[int, Arm | None], ImagePoint] = {}
    for seed in study.seeds:
        found[seed, None] = ImagePoint(setting, seed, None, permutations=study.permutations)
        for arm in ("perturbed", *study.controls):
            at = same if arm == "none" else setting
            found[seed, arm] = ImagePoint(at, seed, arm, study.highest)
    return found


def _seed(point: ImagePoint) -> int:
    return point.seed


def _key(point: ImagePoint, images: str, device: str) -> str:
    """A digest of everything that a point depends on."""
    setting = point.setting
    plain = {"data": setting.data.model_dump(), "recipe": setting.recipe.model_dump()}
    module, _, _ = setting.network.rpartition(":")
    content = {
        **vars(point),
        "setting": {**vars(setting), **plain},
        "images": images,
        "module": file_digest(Path(module)) if module else "",
    }
    return result_key(device, content)


def _processes(points: Collection[ImagePoint], tasks: int, device: str, root: Path | None) -> int:
    """One on a GPU, which they would share, and for what is soon done; else one a core."""
    if device.startswith("cuda"):
        return 1
    networks = {(p.setting.network, p.setting.data) for p in points}
    each = {(n, data): operations(n, loaded(data, root)) for n, data in networks}
    work = sum(
        s.recipe.epochs
        * (s.samples or s.data.train or s.data.known.train)
        * each[s.network, s.data]
        for s in (point.setting for point in points)
    )
    return max(1, min(cores(), tasks)) if work >= _WORTH_PROCESSES else 1


def _epochs(groups: Iterable[Sequence[ImagePoint]]) -> int:
    """The epochs of all networks together."""
    learners = [p for group in groups for p in group if p.arm is not None]
    classifiers = {(p.seed, p.setting.data, p.setting.network, p.setting.recipe) for p in learners}
    total = sum(p.setting.recipe.epochs for p in learners)
    return total + sum(recipe.epochs for *_, recipe in classifiers)


def _told(epochs: int, progress: Progress) -> Callable[[int], None]:
    """Progress by epochs of all networks together, so that the time left is that of all."""
    if epochs:
        progress("epochs of networks on images", 0, epochs)
    # A classifier that two processes need is trained in both.
    return lambda done: progress("epochs of networks on images", min(done, epochs), epochs)


def _records(
    points: Mapping[str, ImagePoint],
    store: Store | None,
    device: str,
    root: Path | None,
    watch: Progress,
) -> dict[str, Any]:
    """Compute points of one setting and seed, each kept at once under its key; as plain data."""
    first = next(iter(points.values()))
    chosen, slope = first.setting, first.setting.limit
    limit = None if slope is None else certified_limit(chosen.data, root, slope, first.seed)
    experiment = ImageExperiment(chosen, first.seed, device, root, watch, limit)
    records: dict[str, Any] = {}
    for key, point in points.items():
        started = time.perf_counter()
        found: dict[str, Any] = {}
        try:
            if point.arm is None:
                found["perturbations"] = experiment.perturbations(point.permutations)
            else:
                found["learned"] = experiment.learned(point.arm, point.highest)
        except ArithmeticError as error:
            found["fault"] = str(error)
        records[key] = asdict(ImageRecord(time.perf_counter() - started, **found))
        if store is not None and "fault" not in found:  # the next run tries again
            store.put(key, records[key])
    return records
