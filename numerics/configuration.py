"""Frozen sections of a configuration whose faults are one clear line."""

from __future__ import annotations

from typing import Any

import pydantic

from .input_error import InputError


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

    @classmethod
    def section(cls) -> str:
        """What the section describes, as error messages call it."""
        return cls.__name__.lower()


def _first_problem(error: pydantic.ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    raised = problem.get("ctx", {}).get("error")
    if isinstance(raised, InputError):  # by a validator of ours: already a sentence
        return str(raised)
    field = ".".join(map(str, problem["loc"]))
    message = problem["msg"][:1].lower() + problem["msg"][1:]
    found = "" if problem["type"] == "missing" else f", found {problem['input']!r}"
    return f"{field}: {message}{found}"
