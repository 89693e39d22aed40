"""Study files: sweeps of experiments on learning from perturbed noise, and what to expect of them.

A study is a TOML file with `kind = "study"`; `Study` is its schema. Unknown keys are errors that
name the key.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from ...numerics.configuration import InputError
from ...numerics.paper_scale.setting import Count, LearningSetting, Noise, PerturbationKind, Size
from ..values import Verdict
from .scenario import Expected, Name, Section, Seed, Slope, Width, problems

# Published accuracies, from a CSV file with columns norm, sweep, value, accuracy.

_COLUMNS = ("norm", "sweep", "value", "accuracy")


def published_curve(path: Path, norm: str, sweep: str) -> dict[float, float]:
    """Accuracy by value for the rows of one norm and sweep. Lines that begin with # are comments.

    Raises:
        InputError: the file cannot be read, has other columns, a number that is none or out of
            range, a value twice, or no such row.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"{path}: published numbers cannot be read ({reason})") from None
    numbered = [(k, line) for k, line in enumerate(lines, start=1) if line.strip()]
    numbered = [(k, line) for k, line in numbered if not line.lstrip().startswith("#")]
    cells = csv.reader(line for _, line in numbered)
    rows = [(k, row) for (k, _), row in zip(numbered, cells, strict=False)]
    if not rows or tuple(cell.strip() for cell in rows[0][1]) != _COLUMNS:
        raise InputError(f"{path}: the first line must name the columns {', '.join(_COLUMNS)}")
    curve: dict[float, float] = {}
    for number, row in rows[1:]:
        if len(row) != len(_COLUMNS):
            raise InputError(f"{path}: line {number}: {len(row)} cells, should be 4")
        value = _number(row[2], path, number)
        accuracy = _number(row[3], path, number)
        if not 0 <= accuracy <= 1:
            raise InputError(f"{path}: line {number}: accuracy must lie in [0, 1], found {row[3]}")
        if (row[0].strip(), row[1].strip()) != (norm, sweep):
            continue
        if value in curve:
            raise InputError(f"{path}: line {number}: a second row for {norm}, {sweep}, {row[2]}")
        curve[value] = accuracy
    if not curve:
        raise InputError(f"{path}: no row with norm {norm!r} and sweep {sweep!r}")
    return curve


def _number(text: str, path: Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{path}: line {line}: {text!r} is not a number")
    return value


Vary = Literal["dimension", "samples", "noise_samples", "eps"]
Dimension = Annotated[int, pydantic.Field(ge=1, le=1_000_000)]
_Seeds = Annotated[tuple[Seed, ...], pydantic.Field(min_length=1)]
_Width = Annotated[Width, pydantic.Field(le=100_000)]

LINEAR_SHARE = 0.25
"""Up to N_adv = d/4 the exact solution is compared; beyond, the linear pattern fails (observed)."""


class Sizes(Section):
    """What a point is, where it says nothing else; see `numerics.paper_scale.setting`."""

    dimension: Dimension
    samples: Count
    noise_samples: Count
    eps: Size


class PointEntry(Section):
    """A point: what differs from the study's sizes.

    `train` adds trained networks, for the first seed, of `width` where that differs.
    """

    dimension: Dimension | None = None
    samples: Count | None = None
    noise_samples: Count | None = None
    eps: Size | None = None
    seeds: _Seeds | None = None
    train: bool = False
    width: _Width | None = None


class Pool(Section):
    """The largest draw that points share; points of studies with the same pool share work."""

    samples: Count
    noise_samples: Count
    dimension: Dimension


class Published(Section):
    """A published curve: rows of a CSV file with columns norm, sweep, value, accuracy.

    `beyond` says what is compared where N_adv > d/4: networks that are trained, or the exact
    solution all the same. `tolerance` is on the accuracy, averaged over the seeds of the file; with
    fewer it grows by twice the standard error that the average gains.
    """

    file: str
    norm: str
    sweep: str
    tolerance: Annotated[float, pydantic.Field(gt=0, lt=1)] = 0.03
    beyond: Literal["trained", "exact"] = "trained"


class Training(Section):
    """How networks are trained: hidden width, and flow time (None: the published recipe's).

    `attack`: the greedy pixel attack in float32 (`single`), or in float16 as published (`half`).
    """

    width: _Width = 32
    time: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] | None = None
    attack: Literal["single", "half"] = "single"


class Study(Section):
    """One sweep. `vary` names the quantity on the horizontal axis."""

    kind: Literal["study"]
    name: Name
    title: str
    description: str = ""
    expect: Expected = Verdict.PASS
    data: Noise
    perturbation: PerturbationKind
    vary: Vary
    slope: Slope = 0.01
    seeds: _Seeds = (0,)
    sizes: Sizes
    pool: Pool | None = None
    points: Annotated[tuple[PointEntry, ...], pydantic.Field(min_length=1, max_length=1000)]
    published: Published | None = None
    training: Training = Training()
    _curve: dict[float, float] = pydantic.PrivateAttr(default_factory=dict)
    _meant: tuple[int, ...] = pydantic.PrivateAttr(default=())

    @property
    def curve(self) -> dict[float, float]:
        """Published accuracies by value on the axis; empty where none are."""
        return self._curve

    def seeded(self, seed: int) -> Study:
        """The same with one seed in place of all."""
        points = tuple(point.model_copy(update={"seeds": None}) for point in self.points)
        one = self.model_copy(update={"seeds": (seed,), "points": points})
        one._meant = tuple(point.meant for point in self.expanded)
        return one

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> Study:
        values = [getattr(point.setting, self.vary) for point in self.expanded]
        for value in values:
            if values.count(value) > 1:
                raise ValueError(f"two points have {self.vary} = {value}")
        for number, point in enumerate(self.expanded, start=1):
            for field in Pool.model_fields:
                asked, there = getattr(point.setting, field), getattr(self.draws, field)
                if asked > there:
                    raise ValueError(f"point {number}: {field} = {asked}, the pool has {there}")
            if not 1e-9 <= point.setting.eps <= 1e6:
                raise ValueError(
                    f"point {number}: eps = {point.setting.eps:g} is beyond float32; must lie in "
                    "[1e-9, 1e6]"
                )
            if len(set(point.seeds)) < len(point.seeds):
                raise ValueError(f"point {number}: a seed is named twice")
            if self.points[number - 1].width is not None and not point.train:
                raise ValueError(f"point {number}: 'width' needs train = true")
        if self.training.attack == "half" and self.perturbation != "l0-greedy":
            raise ValueError("'training.attack': 'half' is for l0-greedy")
        return self

    @property
    def draws(self) -> Pool:
        """The pool, by default as large as the points need."""
        if self.pool is not None:
            return self.pool
        settings = [point.setting for point in self.expanded]
        return Pool(**{name: max(getattr(s, name) for s in settings) for name in Pool.model_fields})

    @property
    def expanded(self) -> tuple[StudyPoint, ...]:
        """The points with everything filled in, in the order of the file."""
        meant = self._meant or tuple(len(entry.seeds or self.seeds) for entry in self.points)
        return tuple(map(self._expanded, self.points, meant))

    def _expanded(self, entry: PointEntry, meant: int) -> StudyPoint:
        given = entry.model_dump(include=set(Sizes.model_fields), exclude_none=True)
        setting = LearningSetting(
            **{**self.sizes.model_dump(), **given},
            perturbation=self.perturbation,
            slope=self.slope,
        )
        return StudyPoint(
            float(getattr(setting, self.vary)),
            setting,
            entry.seeds or self.seeds,
            entry.train,
            entry.width or self.training.width,
            meant,
        )


@dataclass(frozen=True)
class StudyPoint:
    """A point: its place on the axis, setting, seeds, and whether networks of ``width`` train.

    ``meant`` is the number of seeds that the study's file gives it.
    """

    value: float
    setting: LearningSetting
    seeds: tuple[int, ...]
    train: bool
    width: int
    meant: int

    @property
    def linear(self) -> bool:
        """Whether N_adv <= d/4."""
        return self.setting.noise_samples <= LINEAR_SHARE * self.setting.dimension


def study_from(content: dict[str, Any], path: Path) -> Study:
    """The study that the tables of the file at `path` describe, with the published curve read.

    Raises:
        InputError: a field is unknown or out of range, or the published numbers cannot be read.
    """
    try:
        study = Study.model_validate(content)
    except pydantic.ValidationError as error:
        raise InputError(f"{path}: {problems(error)}") from None
    if (source := study.published) is not None:
        study._curve = published_curve(path.parent / source.file, source.norm, source.sweep)
    return study
