"""Sweep files: a scenario with a table `sweep` that varies fields over a grid.

    # coherence.toml
    name = "coherence"
    [data]
    kind = "uniform"
    samples = 4
    dimension = 1000
    [sweep]
    "data.dimension" = [1000, 10_000]        # a list
    "network.slope" = { from = 0.1, to = 0.9, count = 5 }
    "training.steps" = { from = 10, to = 1000, count = 3, spacing = "log" }
    seed = { from = 0, to = 4, step = 1 }

Every combination is one scenario, the last field varying fastest. A field that holds a table, such
as `data`, may be varied as a whole.
"""

from __future__ import annotations

import copy
import itertools
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from ...numerics.configuration import InputError
from .scenario import Scenario, problems, read_toml, scenario_from

MOST_POINTS = 1_000_000


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"must be a finite number, found {value!r}")
    return value


_Number = Annotated[Any, pydantic.BeforeValidator(_number)]


class Range(pydantic.BaseModel):
    """`from`, `to`, and either `count` points (linear or logarithmic) or a `step`."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    start: _Number = pydantic.Field(alias="from")
    to: _Number
    count: Annotated[int, pydantic.Field(ge=1, le=MOST_POINTS, strict=True)] | None = None
    step: _Number | None = None
    spacing: Literal["linear", "log"] = "linear"

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> Range:
        if (self.count is None) == (self.step is None):
            raise ValueError("needs either 'count' or 'step'")
        if self.step is not None:
            if self.spacing == "log":
                raise ValueError("'step' needs linear spacing; give 'count'")
            if self.step == 0 or (self.to - self.start) / self.step < 0:
                raise ValueError(
                    f"the step {self.step} does not lead from {self.start} to {self.to}"
                )
            if (self.to - self.start) / self.step >= MOST_POINTS:
                raise ValueError(f"more than {MOST_POINTS} values")
        if self.spacing == "log" and not (self.start > 0 and self.to > 0):
            raise ValueError("logarithmic spacing needs positive ends")
        if self.count == 1 and self.start != self.to:
            raise ValueError("one value cannot reach from 'from' to 'to'")
        return self

    def values(self) -> list[int | float]:
        """The values in order; whole numbers where both ends are whole."""
        whole = isinstance(self.start, int) and isinstance(self.to, int)
        if self.step is not None:
            count = math.floor((self.to - self.start) / self.step * (1 + 1e-12)) + 1
            return [self.start + k * self.step for k in range(count)]
        last = max((self.count or 1) - 1, 1)
        made = [self._at(k / last) for k in range(self.count or 1)]
        return [round(value) for value in made] if whole else made

    def _at(self, share: float) -> float:
        if share in (0.0, 1.0):
            return self.to if share else self.start
        if self.spacing == "log":
            return self.start * (self.to / self.start) ** share
        return self.start + share * (self.to - self.start)


@dataclass(frozen=True)
class Axis:
    """A field, by its dotted name, and the values it takes."""

    field: str
    values: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Point:
    """One scenario of a sweep: its place in the grid and the values that set it apart.

    Where the values make no valid scenario there is none, and `error` says why.
    """

    index: int
    name: str
    at: tuple[tuple[str, Any], ...]
    scenario: Scenario | None
    error: str | None = None


@dataclass(frozen=True)
class Grid:
    """A sweep: its name, the scenario without its table `sweep`, and the axes.

    `data_root` is the folder in which sets of images are sought that name none.
    """

    name: str
    path: Path
    content: dict[str, Any]
    axes: tuple[Axis, ...]
    data_root: str | os.PathLike[str] | None = None

    def __len__(self) -> int:
        return math.prod(len(axis.values) for axis in self.axes)

    def points(self) -> Iterator[Point]:
        """Every combination as a scenario named NAME-0000 and so on."""
        digits = len(str(max(len(self) - 1, 0)))
        combinations = itertools.product(*(axis.values for axis in self.axes))
        for index, values in enumerate(combinations):
            at = tuple(zip((axis.field for axis in self.axes), values, strict=True))
            name = f"{self.name}-{index:0{max(digits, 4)}d}"
            try:
                content = {**_with(self.content, at), "name": name}
                made = scenario_from(content, self.path, "no valid scenario")
                yield Point(index, name, at, made.rooted(self.data_root))
            except InputError as error:
                yield Point(index, name, at, None, str(error))


def parse_shard(text: str) -> tuple[int, int]:
    """Part i of n, from "i/n". Raises InputError for anything but 1 <= i <= n."""
    first, _, second = text.partition("/")
    if first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second):
        return int(first), int(second)
    raise InputError(f"shard: must be i/n with 1 <= i <= n, as in 2/8, found {text!r}")


def load_grid(
    path: Path, seed: int | None = None, data_root: str | os.PathLike[str] | None = None
) -> Grid:
    """Read a sweep file. `seed` replaces that of the file, unless it is swept.

    Raises:
        InputError: the file is no TOML, has no table `sweep`, an axis is not well formed, or no
            combination at all is a valid scenario.
    """
    content = read_toml(path)
    table = content.pop("sweep", None)
    if not isinstance(table, dict) or not table:
        raise InputError(
            f"{path}: a sweep needs a table [sweep] with a list or range for each field to vary"
        )
    if seed is not None:
        if "seed" in table:
            raise InputError(f"{path}: --seed: the sweep varies the seed itself")
        content["seed"] = seed
    axes = tuple(Axis(field, _values(path, field, given)) for field, given in _flat(table))
    for field in (axis.field for axis in axes):
        if field == "name":
            raise InputError(f"{path}: 'sweep.name': the points are named by the sweep")
    grid = Grid(str(content.get("name", "")), path, content, axes, data_root)
    if len(grid) > MOST_POINTS:
        raise InputError(f"{path}: the grid has {len(grid)} points, at most {MOST_POINTS} are run")
    first = next(grid.points())
    if first.error is not None and all(point.scenario is None for point in grid.points()):
        shown = ", ".join(f"{field} = {value}" for field, value in first.at)
        raise InputError(f"{path} at {shown}: {first.error}")
    return grid


def _flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Axes by dotted name; `data.dimension = [...]` without quotes nests tables."""
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and "from" not in value:
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _values(path: Path, field: str, given: Any) -> tuple[Any, ...]:
    where = f"{path}: 'sweep.{field}'"
    if isinstance(given, dict):
        try:
            return tuple(Range.model_validate(given).values())
        except pydantic.ValidationError as error:
            raise InputError(f"{where}: {problems(error)}") from None
    if not isinstance(given, list) or not given:
        raise InputError(
            f"{where}: must be a list of values or a range such as "
            f"{{ from = 0, to = 4, count = 5 }}, found {given!r}"
        )
    if any(given.count(value) > 1 for value in given[:1000]):
        raise InputError(f"{where}: the same value stands twice")
    return tuple(given)


def _with(content: dict[str, Any], at: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """The content with fields replaced, sharing nothing with the original."""
    made = copy.deepcopy(content)
    for field, value in at:
        *sections, last = field.split(".")
        table = made
        for section in sections:
            inner = table.setdefault(section, {})
            if not isinstance(inner, dict):
                raise InputError(f"'sweep.{field}': {section!r} is no table")
            table = inner
        table[last] = copy.deepcopy(value)
    return made
