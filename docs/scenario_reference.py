"""The page on scenario files, from the models that read them."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any

import annotated_types as at
from perturbproof.numerics.data import DATASETS
from perturbproof.numerics.data.images import ImageChoice
from perturbproof.numerics.data.labelled import LabelledDataset
from perturbproof.numerics.images.setting import Recipe
from perturbproof.numerics.perturb import PERTURBATIONS
from perturbproof.numerics.perturb.perturbed_set import PerturbedSetup
from perturbproof.numerics.wide.setting import WideSetup
from perturbproof.verify.scenarios import grid
from perturbproof.verify.scenarios.image_study import ImageStudy, PublishedAccuracy
from perturbproof.verify.scenarios.scenario import (
    Chance,
    Network,
    Point,
    Scenario,
    Subset,
    Tolerance,
    Training,
)
from perturbproof.verify.scenarios.study import PointEntry, Pool, Published, Sizes, Study
from perturbproof.verify.scenarios.study import Training as StudyTraining
from perturbproof.verify.scenarios.wide_study import PublishedShares, WideStudy
from perturbproof.verify.values import Verdict
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

_SPECIAL = re.compile(r"([\\*_{}\[\]<>#|~])")
_NAMES = {int: "whole number", float: "number", str: "text", bool: "true or false"}
_LIMITS = ((at.Ge, "ge", "≥"), (at.Gt, "gt", ">"), (at.Le, "le", "≤"), (at.Lt, "lt", "<"))
_TABLES = {
    "network": Network,
    "training": Training,
    "wide": WideSetup,
    "subset": Subset,
    "point": Point,
    "chance": Chance,
    "tolerance": Tolerance,
}
_OF_IMAGES = {"data": ImageChoice, "recipe": Recipe, "published": PublishedAccuracy}
_STUDY = {
    "sizes": Sizes,
    "points": PointEntry,
    "pool": Pool,
    "published": Published,
    "training": StudyTraining,
}


def scenario_page() -> str:
    """Every table and key of a scenario file, of a sweep and of a study."""
    lines = [
        "# Scenario files",
        "",
        "Written by `python docs/generate.py` from the models that read the files. Keys without a "
        "default must be given; unknown keys are errors.",
        *_section("## A scenario", Scenario),
        *_section("## [data]", None),
        "",
        "Each `kind` has keys of its own.",
    ]
    for kind in DATASETS:
        lines += _section(f'### data, kind = "{kind.model_fields["kind"].default}"', kind)
    lines += ["", "### data of labelled sources", ""]
    lines += ["The keys that files and sets of images have in common."]
    lines += ["", *_prose(LabelledDataset.__doc__ or "")]
    lines += _section("## [perturbed]", PerturbedSetup)
    lines += ["", "`[perturbed.perturbation]` has a `kind`, and keys by it."]
    for kind in PERTURBATIONS:
        name = kind.model_fields["kind"].default
        lines += _section(f'### perturbed.perturbation, kind = "{name}"', kind)
    for name, model in _TABLES.items():
        lines += _section(f"## [{name}]", model)
    lines += ["", "## [sweep]", "", *_prose(grid.__doc__ or "")]
    lines += _section("## A study", Study)
    for name, model in _STUDY.items():
        heading = f"[[{name}]]" if name == "points" else f"[{name}]"
        lines += _section(f"### {heading} of a study", model)
    lines += _section("## A study of images", ImageStudy)
    for name, model in _OF_IMAGES.items():
        lines += _section(f"### [{name}] of a study of images", model)
    lines += _section("## A study of wide networks", WideStudy)
    lines += _section("### [published] of a study of wide networks", PublishedShares)
    lines += ["", "`[data]`, `[network]` and `[wide]` are as in a scenario."]
    return "\n".join(lines) + "\n"


def _section(heading: str, model: type[BaseModel] | None) -> list[str]:
    lines = ["", heading]
    if model is None:
        return lines
    lines += ["", *_prose(model.__doc__ or "")]
    rows = [row for row in _rows(model) if row]
    if rows:
        lines += ["", "| key | what | default |", "|---|---|---|", *rows]
    return lines


def _rows(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        said = _kind(field.annotation)
        limits = [
            f"{sign} {_plain(getattr(entry, attribute))}"
            for entry in _metadata(field.annotation, field.metadata)
            for kind, attribute, sign in _LIMITS
            if isinstance(entry, kind)
        ]
        checks = (getattr(e, "func", None) for e in _metadata(field.annotation, field.metadata))
        told = [c.__doc__ for c in checks if getattr(c, "__name__", "") == "check" and c.__doc__]
        what = ", ".join([said, *limits, *told])
        default = "must be given" if field.is_required() else _default(field.get_default())
        yield f"| `{field.alias or name}` | {what} | {default} |"


def _metadata(annotation: Any, own: list[Any]) -> Iterator[Any]:
    """What limits a field, also where it may be left out."""
    yield from own
    for part in typing.get_args(annotation) if _is_union(annotation) else ():
        yield from getattr(part, "__metadata__", ())
        for nested in getattr(part, "__metadata__", ()):
            yield from getattr(nested, "metadata", ())


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _kind(annotation: Any) -> str:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(parts[0])
    if origin is typing.Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if _is_union(annotation):
        kinds = [_kind(part) for part in parts if part is not type(None)]
        return " or ".join(dict.fromkeys(kinds))
    if origin in (tuple, list):
        return f"list of {_kind(parts[0])}"
    if origin is dict:
        return "table"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{one.value}`" for one in annotation if one is not Verdict.ERROR)
    return _NAMES.get(annotation, "value")


def _default(value: Any) -> str:
    if value is None or value is PydanticUndefined:
        return "–"
    if isinstance(value, BaseModel):
        return "that of its keys"
    return f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_plain, value))}]"
    return str(value) if value != "" else '""'


def _prose(docstring: str) -> list[str]:
    """A docstring as Markdown: what is indented is a file, single backticks for all code."""
    lines: list[str] = []
    for block in inspect.cleandoc(docstring).replace("``", "`").split("\n\n"):
        if block.startswith("    "):
            lines += ["```toml", inspect.cleandoc(block), "```", ""]
        else:
            lines += [*_escaped(block).split("\n"), ""]
    return lines[:-1]


def _escaped(block: str) -> str:
    """Text in which only code may hold what Markdown takes for its own."""
    parts = block.split("`")
    return "`".join(part if k % 2 else _SPECIAL.sub(r"\\\1", part) for k, part in enumerate(parts))
