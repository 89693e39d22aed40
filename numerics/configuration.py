"""What a user writes: the error for what is wrong in it, and frozen sections that raise it."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from types import NoneType
from typing import Any, TypeVar, get_args

import pydantic

from .input_error import InputError as InputError
from .input_error import plainly


class Configuration(pydantic.BaseModel, frozen=True, extra="forbid"):
    """A section of a configuration.

    Raises InputError, one line naming section, field and value, when a field is missing, unknown or
    out of range. Inside another pydantic model that line becomes part of its ValidationError.
    """

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except pydantic.ValidationError as error:
            raise InputError(f"{self.section()}: {_first_problem(error)}") from None

    @pydantic.model_validator(mode="before")
    @classmethod
    def _numbers(cls, fields: Any) -> Any:
        if isinstance(fields, dict):
            for name, field in cls.model_fields.items():
                if no_number(fields.get(name), field.annotation):
                    raise InputError(f"{name}: {MUST_BE_NUMBER}, found {fields[name]!r}")
        return fields

    @classmethod
    def section(cls) -> str:
        """What the section describes, as error messages call it."""
        return cls.__name__.lower()


Section = TypeVar("Section", bound=Configuration)


def found_kinds(
    base: type[Section], package: str, *, without: str | None = None
) -> tuple[type[Section], ...]:
    """The concrete subclasses of ``base`` in the modules of a package, but for one module.

    In order of definition, subclass by subclass, modules by name: the same on every machine.
    """
    for module in sorted(m.name for m in pkgutil.iter_modules(import_module(package).__path__)):
        if module != without:
            import_module(f"{package}.{module}")
    found: list[type[Section]] = []
    waiting = [base]
    while waiting:
        kind = waiting.pop()
        if kind is not base and not inspect.isabstract(kind):
            found.append(kind)
        waiting += reversed(kind.__subclasses__())
    return tuple(found)


MUST_BE_NUMBER = "must be a number, without quotes"


def no_number(value: Any, annotation: Any) -> bool:
    """Whether a text or a truth value stands where a field of this type takes numbers only.

    pydantic would read "100" as 100 and true as 1.
    """
    if not _types(annotation) <= {int, float, NoneType}:
        return False
    parts = value if isinstance(value, (list, tuple)) else [value]
    return any(isinstance(part, (bool, str, bytes)) for part in parts)


def _types(annotation: Any) -> set[Any]:
    """The types that a type is made of: unions, tuples and annotations opened."""
    if hasattr(annotation, "__metadata__"):
        return _types(annotation.__origin__)
    inner = get_args(annotation)
    return set().union(*map(_types, inner)) - {...} if inner else {annotation}


def _first_problem(error: pydantic.ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    raised = problem.get("ctx", {}).get("error")
    if isinstance(raised, InputError):  # by a validator of ours: already a sentence
        return str(raised)
    field = ".".join(map(str, problem["loc"]))
    if problem["type"] == "union_tag_invalid":
        context = problem.get("ctx", {})
        return f"{field}: no kind {context['tag']!r}; there are: {context['expected_tags']}"
    if problem["type"] == "missing":
        return f"{field} is missing"
    message = plainly(problem["msg"])
    return f"{field}: {message[:1].lower() + message[1:]}, found {problem['input']!r}"
