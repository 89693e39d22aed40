"""Scenario files: what to run, on which data, and which verdict to expect.

A scenario is a TOML file; `Scenario` is its schema. Unknown keys are errors that name the key.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
import pydantic

from ...numerics.configuration import MUST_BE_NUMBER, InputError, no_number
from ...numerics.data import AnyDataset
from ...numerics.input_error import plainly
from ...numerics.network import OutputWeights, check_width, weights_or_papers
from ...numerics.perturb.perturbed_set import PerturbedSetup
from ...numerics.train.recipes import Recipe, normalised_recipe, paper_recipe
from ...numerics.wide.setting import WideSetup
from ..values import Verdict

# Python's parser takes the square of the length of a dotted key.
_LARGEST_FILE = 128 * 2**10
_LONGEST_LINE = 2000

WORKING_BITS = 128
"""Bits of the interval arithmetic on single numbers, unless more are asked for."""
MOST_BITS = 2**16
"""The largest precision that can be asked for, in bits."""

Name = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]


def checked(holds: Callable[[Any], bool], otherwise: str) -> pydantic.AfterValidator:
    """What a field must meet, and what is said of a value that does not."""

    def check(value: Any) -> Any:
        if not holds(value):
            raise ValueError(f"{otherwise}, found {value}")
        return value

    check.__doc__ = otherwise
    return pydantic.AfterValidator(check)


_MOST_PROBLEMS = 8
Seed = Annotated[int, pydantic.Field(ge=0, lt=2**63)]
Slope = Annotated[float, checked(lambda slope: 0 < slope <= 1, "must lie in (0, 1]")]
_SlopeOrZero = Annotated[float, checked(lambda slope: 0 <= slope <= 1, "must lie in [0, 1]")]
Width = Annotated[
    int,
    checked(lambda m: m >= 2 and m % 2 == 0, "must be even and at least 2 (two equal halves)"),
]
_AnyWidth = Annotated[
    int, checked(lambda m: m >= 2, "must be at least 2, and even but for output_weights")
]
_Scale = Annotated[
    float, checked(lambda scale: 0 <= scale < math.inf, "must be finite and at least 0")
]
Expected = Annotated[
    Verdict,
    checked(
        lambda verdict: verdict is not Verdict.ERROR,
        "an ERROR is a fault of the code and cannot be expected",
    ),
]


class Section(pydantic.BaseModel):
    """A table of a file. Unknown keys are errors, and so are numbers in quotes."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _numbers(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        if no_number(value, info.field_name and cls.model_fields[info.field_name].annotation):
            raise ValueError(f"{MUST_BE_NUMBER}, found {value!r}")
        return value


class Network(Section):
    """The network. `slope` is the float64 that is written, exactly; `width` is m, even.

    At slope 0, the ReLU, only some theorems about limits say something. `output_weights` are the
    a_j, m numbers of both signs and any sizes, by default 1/sqrt(m) and -1/sqrt(m), half of each;
    others are what theorems about limits alone speak of. Without a `width` they give it.
    """

    slope: _SlopeOrZero = 0.5
    output_weights: tuple[float, ...] | None = None
    width: _AnyWidth = 100
    initial_scale: _Scale | None = None
    initial_distribution: Literal["uniform", "gaussian"] = "uniform"

    @pydantic.model_validator(mode="before")
    @classmethod
    def _as_wide(cls, given: Any) -> Any:
        listed = given.get("output_weights") if isinstance(given, dict) else None
        return {"width": len(listed), **given} if isinstance(listed, list | tuple) else given

    @pydantic.model_validator(mode="after")
    def _one_for_each_neuron(self) -> Network:
        if self._given is None:  # nothing is made of a width that may be anything
            check_width(self.width)
        else:
            weights_or_papers(self.width, self._given)
        return self

    @property
    def _given(self) -> OutputWeights | None:
        return None if self.output_weights is None else OutputWeights.given(self.output_weights)

    @property
    def output(self) -> OutputWeights | None:
        """The a_j; None where they are the paper's."""
        given = self._given
        return None if given is None or given.papers else given


class Training(Section):
    """How the network is trained: `paper` is SGD with learning rate 0.01 and momentum 0.9.

    `until = "captured"` stops once the capture certificate holds and the angle that it certifies is
    within the tolerance, and that of an anchor where `theorems` names capture-anchored; after
    `steps` at the latest.
    With more than one of `starts`, networks from that many initial weights are trained, and the
    claim about the trained network is held against the one that is farthest from the limit.
    """

    recipe: Literal["normalised", "paper"] = "normalised"
    loss: Literal["exponential", "logistic"] = "exponential"
    until: Literal["steps", "captured"] = "steps"
    steps: Annotated[int, pydantic.Field(ge=1, le=10_000_000)] = 3000
    learning_rate: float | None = None
    momentum: float | None = None
    dtype: Literal["float32", "float64"] = "float64"
    starts: Annotated[int, pydantic.Field(ge=1, le=256)] = 1

    @pydantic.model_validator(mode="after")
    def _resolves(self) -> Training:
        self.resolve()
        return self

    def resolve(self) -> Recipe:
        recipe = paper_recipe if self.recipe == "paper" else normalised_recipe
        given = {"learning_rate": self.learning_rate, "momentum": self.momentum}
        changed: dict[str, Any] = {name: v for name, v in given.items() if v is not None}
        return replace(recipe(self.steps, self.loss), **changed)


class Subset(Section):
    """Keep only a maximal subset of the samples that meets a certificate (greedy search)."""

    certificate: Literal["row-wise", "half-aware-row-wise", "signed-row-wise"] = "row-wise"


_Share = Annotated[float, pydantic.Field(gt=0, lt=1)]


class Point(Section):
    """The test point z of the theorems about one point.

    `direction` is the perturbations' own direction, `training` the natural sample `index`, and
    `gaussian` a draw from N(0, I).
    """

    kind: Literal["direction", "training", "gaussian"] = "direction"
    index: Annotated[int, pydantic.Field(ge=0)] = 0


class Chance(Section):
    """Statements with a failure probability `delta`, tried on `draws` fresh draws."""

    delta: _Share = 0.05
    draws: Annotated[int, pydantic.Field(ge=1, le=100_000)] = 300


class Tolerance(Section):
    """How closely things are asked to agree.

    `angle`: the sine of the cone of directions a trained network need not decide. `agreement` and
    `accuracy`: by how much a measured share may miss the law and the prediction. `kernel`: by how
    much the kernel of fresh neurons may miss its closed form.
    """

    angle: _Share = 0.01
    agreement: _Share = 0.02
    accuracy: _Share = 0.03
    kernel: _Share = 0.02


_Data = TypeVar("_Data", bound=pydantic.BaseModel)


def rooted(data: _Data, root: str | os.PathLike[str] | None) -> _Data:
    """Data with images sought in the folder `root`, unless they name one or are none."""
    if root is None or getattr(data, "root", root) is not None:
        return data
    return data.model_copy(update={"root": os.path.abspath(root)})


class Scenario(Section):
    """One scenario. `expect` is one verdict for all its theorems, or one by theorem id.

    `held_out` is the share of each class that no network is trained on; theorems and observations
    about test points then speak of these samples too.
    `precision` is in bits: what decides is then computed in rational numbers and balls of that
    precision where the data are small enough, not in float64 balls.
    `wide` is about a wide network with biases and random output weights instead: `network` gives
    its slope and width, `wide` all else.
    """

    name: Name
    description: str = ""
    seed: Seed = 0
    theorems: tuple[str, ...] | None = None
    precision: Annotated[int, pydantic.Field(ge=54, le=MOST_BITS)] | None = None
    expect: Expected | dict[str, Expected] = Verdict.PASS
    data: AnyDataset
    held_out: _Share | None = None
    subset: Subset | None = None
    perturbed: PerturbedSetup | None = None
    wide: WideSetup | None = None
    point: Point = Point()
    chance: Chance = Chance()
    network: Network = Network()
    training: Training = Training()
    tolerance: Tolerance = Tolerance()

    @pydantic.model_validator(mode="after")
    def _bias_stays(self) -> Scenario:
        if self.has_bias and self.perturbed is not None:
            raise ValueError("data.bias: perturbations would move the coordinate of the bias")
        for option in ("standardised", "unit_norm"):
            if self.held_out is not None and getattr(self.data, option, False):
                raise ValueError(f"data.{option}: what is held out would take part in it")
        return self

    @pydantic.model_validator(mode="after")
    def _linear_boundary(self) -> Scenario:
        if not self.network.slope and (self.perturbed or self.subset):
            what = "perturbed" if self.perturbed else "subset"
            raise ValueError(f"{what}: needs a linear boundary, which slope 0 does not promise")
        return self

    @pydantic.model_validator(mode="after")
    def _output_of_the_paper(self) -> Scenario:
        if self.network.output is not None and (self.perturbed or self.subset):
            what = "perturbed" if self.perturbed else "subset"
            raise ValueError(f"{what}: is about output weights of one size, half of each sign")
        return self

    @pydantic.model_validator(mode="after")
    def _wide_alone(self) -> Scenario:
        if self.wide is None:
            return self
        # A witness writes every key of a scenario, so that defaults are as good as nothing.
        for name in ("subset", "perturbed", "point", "training"):
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name}: a wide network is trained as the table 'wide' says")
        plain = Network(slope=self.network.slope, width=self.network.width)
        if self.network != plain:
            name = next(n for n, value in plain if getattr(self.network, n) != value)
            raise ValueError(f"network.{name}: a wide network starts from N(0, I/d), biases too")
        if self.has_bias:
            raise ValueError("data.bias: a wide network has biases of its own")
        return self

    @property
    def has_bias(self) -> bool:
        """Whether the last coordinate of the data is that of the hidden biases."""
        return getattr(self.data, "bias", False)

    def expected(self, theorem: str) -> Verdict:
        """The verdict expected of a theorem."""
        if isinstance(self.expect, Verdict):
            return self.expect
        return self.expect.get(theorem, Verdict.PASS)

    def seeded(self, seed: int) -> Scenario:
        """The same with another seed."""
        return self.model_copy(update={"seed": seed})

    def rooted(self, root: str | os.PathLike[str] | None) -> Scenario:
        """The same with images sought in the folder `root`, unless it names one itself."""
        return self.model_copy(update={"data": rooted(self.data, root)})

    @property
    def working_bits(self) -> int:
        """Bits of the interval arithmetic on single numbers."""
        return max(WORKING_BITS, self.precision or 0)

    def generator(self, purpose: str) -> np.random.Generator:
        """An own stream of random numbers for each purpose, so that none depends on another."""
        key = [int.from_bytes(purpose.encode(), "little")]
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=tuple(key)))


def load_scenario(path: Path, seed: int | None = None) -> Scenario:
    """Read and validate a scenario file; `seed` replaces its own. Data paths are relative to it.

    Raises:
        InputError: the file is missing, is no TOML, or a field is unknown or out of range.
    """
    scenario = scenario_from(read_toml(path), path)
    return scenario if seed is None else scenario.seeded(seed)


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file of at most 128 KiB, no line longer than 2000 characters.

    Raises:
        InputError: the file is missing, cannot be read, is larger, or is no TOML.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise InputError(f"{path}: larger than {_LARGEST_FILE} bytes; no scenario needs that")
        text = content.decode("utf-8-sig")
        for number, line in enumerate(text.splitlines(), start=1):
            if len(line) > _LONGEST_LINE:
                raise InputError(
                    f"{path}: line {number} has {len(line)} characters, at most {_LONGEST_LINE} "
                    "are read; break it"
                )
        return tomllib.loads(text)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such scenario file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder, not a scenario file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except RecursionError:
        raise InputError(f"{path}: not valid TOML: nested too deeply") from None
    except UnicodeDecodeError:
        raise InputError(
            f"{path}: is no text; a scenario file (TOML) is needed, which names its data by "
            "'path' in a table [data]"
        ) from None
    except ValueError as error:
        raise InputError(f"{path}: not valid TOML: {error}") from None


def scenario_from(content: dict[str, Any], path: Path, where: str = "") -> Scenario:
    """The scenario that the tables of the file at `path` describe.

    Raises:
        InputError: a field is unknown or out of range; begins with `where`, by default the path.
    """
    if "sweep" in content:
        raise InputError(f"{where or path}: has a table 'sweep'; run it by perturbproof sweep")
    try:
        scenario = Scenario.model_validate(content)
    except pydantic.ValidationError as error:
        raise InputError(f"{where or path}: {problems(error)}") from None
    files = scenario.data.model_dump(include={"path", "root"}, exclude_none=True)
    at = {field: str(path.parent / file) for field, file in files.items()}
    resolved: dict[str, Any] = {"data": scenario.data.model_copy(update=at)}
    if (made := scenario.perturbed) is not None:
        files = made.model_dump(include={"label_file", "path"}, exclude_none=True)
        at = {field: str(path.parent / file) for field, file in files.items()}
        resolved["perturbed"] = made.model_copy(update=at)
    return scenario.model_copy(update=resolved)


def problems(error: pydantic.ValidationError) -> str:
    """All problems, in one line: each the field, what is wrong, what was found."""
    by_field = {_field(one): _problem(one) for one in reversed(error.errors())}
    # Of a field that may be of several types, what is wrong inside the one that it is.
    inner = [f for f in by_field if not any(other.startswith(f"{f}.") for other in by_field)]
    found = [by_field[field] for field in reversed(inner)]
    more = f"; and {len(found) - _MOST_PROBLEMS} more" if len(found) > _MOST_PROBLEMS else ""
    return "; ".join(found[:_MOST_PROBLEMS]) + more


def _field(problem: Any) -> str:
    # What is tried of several types is in brackets: no part of the file. A quoted key may hold a
    # line break; the message is one line.
    parts = (str(part) for part in problem["loc"])
    return " ".join(".".join(part for part in parts if "[" not in part).split())


def _problem(problem: Any) -> str:
    field = _field(problem)
    found, kind = problem.get("input"), problem["type"]
    if kind == "extra_forbidden":
        return f"unknown key '{field}'"
    if kind == "missing":
        return f"'{field}' is missing"
    if kind == "union_tag_invalid":
        tag, expected = problem["ctx"]["tag"], problem["ctx"]["expected_tags"]
        return f"'{field}.kind': no kind {tag!r}; there are: {expected}"
    if kind == "union_tag_not_found":
        return f"'{field}.kind' is missing"
    message = problem["msg"].removeprefix("Value error, ")
    message = plainly(message[0].lower() + message[1:])
    shown = (
        "" if isinstance(found, (dict, list, bytes)) or "found" in message else f", found {found!r}"
    )
    return f"'{field}': {message}{shown}" if field else message + shown
