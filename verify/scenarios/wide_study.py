"""Wide study files: one quantity of a wide network swept over values and seeds, published numbers.

A wide study is a TOML file with `kind = "wide"`; `WideStudy` is its schema. Unknown keys are errors
that name the key.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from ...numerics.configuration import InputError
from ...numerics.data import AnyDataset, FromFile
from ...numerics.wide.setting import WideSetup
from ..values import Verdict
from .scenario import Expected, Name, Network, Scenario, Section, Seed, problems, rooted
from .study import published_curve

Swept = Literal["dimension", "samples", "width", "slope", "eps", "steps"]
_TABLES: dict[str, str] = {
    "dimension": "data",
    "samples": "data",
    "width": "network",
    "slope": "network",
    "eps": "wide",
    "steps": "wide",
}
_Tolerance = Annotated[float, pydantic.Field(gt=0, lt=1)]


class PublishedShares(Section):
    """A published curve: rows of a CSV file with columns norm, sweep, value, accuracy.

    Each point's mean over the seeds is asked to meet it within `tolerance`. `alignment` is the
    published |cosine| of a perturbation and its predicted direction, asked of every point.
    """

    file: str
    norm: str
    sweep: str
    tolerance: _Tolerance = 0.03
    alignment: Annotated[float, pydantic.Field(gt=0, le=1)] | None = None


class WideStudy(Section):
    """One sweep of a wide network f and of g, which learns from its perturbations.

    `vary` takes the `values`; everything else is that of `data`, `network` and `wide`. `seeds` draw
    data, labels and starts. `compared` is what is held against the published numbers: on test
    points the share at which g has the sign of f, or the share of held-out samples that g gets
    right. With `certified` the certificates of both networks are decided at every test point.
    """

    kind: Literal["wide"]
    name: Name
    title: str = ""
    description: str = ""
    expect: Expected = Verdict.PASS
    data: AnyDataset
    held_out: Annotated[float, pydantic.Field(gt=0, lt=1)] | None = None
    network: Network = Network()
    wide: WideSetup
    vary: Swept
    values: Annotated[tuple[float, ...], pydantic.Field(min_length=1, max_length=100)]
    seeds: Annotated[tuple[Seed, ...], pydantic.Field(min_length=1, max_length=100)] = (0,)
    compared: Literal["agreement", "accuracy"] = "agreement"
    certified: bool = False
    published: PublishedShares | None = None
    _curve: dict[float, float] = pydantic.PrivateAttr(default_factory=dict)

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> WideStudy:
        for name, given in (("values", self.values), ("seeds", self.seeds)):
            if len(set(given)) < len(given):
                raise ValueError(f"{name}: one is named twice")
        if self.compared == "accuracy" and self.held_out is None:
            raise ValueError("compared: accuracy needs labelled test points, held_out")
        for value in self.values:
            self.at(value, self.seeds[0])
        return self

    @property
    def curve(self) -> dict[float, float]:
        """Published shares by value; empty where none are."""
        return self._curve

    def at(self, value: float, seed: int) -> Scenario:
        """The scenario of one value and seed. ValueError where there is none."""
        table, whole = _TABLES[self.vary], self.vary not in ("slope", "eps")
        if whole and value != int(value):
            raise ValueError(f"values: {self.vary} must be a whole number, found {value:g}")
        of = getattr(self, table)
        if self.vary not in type(of).model_fields:
            raise ValueError(f"vary: these data have no {self.vary}")
        try:
            changed = type(of)(
                **{**of.model_dump(exclude_unset=True), self.vary: int(value) if whole else value}
            )
        except (InputError, pydantic.ValidationError) as error:
            said = problems(error) if isinstance(error, pydantic.ValidationError) else error
            raise ValueError(f"values: {self.vary} = {value:g}: {said}") from None
        parts = {"data": self.data, "network": self.network, "wide": self.wide, table: changed}
        name = f"{self.name[:40]}-{value:g}-{seed}".replace("+", "")
        return Scenario(name=name, seed=seed, held_out=self.held_out, **parts)

    def rooted(self, root: str | os.PathLike[str] | None) -> WideStudy:
        """The same with images sought in the folder `root`, as for a scenario."""
        return self.model_copy(update={"data": rooted(self.data, root)})

    def seeded(self, seed: int) -> WideStudy:
        """The same with as many seeds, from `seed` on."""
        seeds = tuple(seed + k for k in range(len(self.seeds)))
        return self.model_copy(update={"seeds": seeds})


def wide_study_from(content: dict[str, Any], path: Path) -> WideStudy:
    """The study that the tables of the file at `path` describe, with the published curve read.

    Raises:
        InputError: a field is unknown or out of range, or the published numbers cannot be read.
    """
    try:
        study = WideStudy.model_validate(content)
    except pydantic.ValidationError as error:
        raise InputError(f"{path}: {problems(error)}") from None
    if isinstance(study.data, FromFile):
        data = study.data.model_copy(update={"path": str(path.parent / study.data.path)})
        study = study.model_copy(update={"data": data})
    if (source := study.published) is not None:
        study._curve = published_curve(path.parent / source.file, source.norm, source.sweep)
    return study
