"""What was measured as plain JSON data, and back, exactly: every end of every interval, every type.

Whatever is not a JSON value of its own stands as an object with one key, its type. Nothing is
unpickled, and no type is made that is not listed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ...theory.exact.interval import Interval, interval_from, interval_text
from ..measure.measuring import MeasuredScenario
from ..scenarios.scenario import Scenario
from ..values import CrossCheck, Measured, Observation, Rigor, Trials

_RECORDS = {record.__name__: record for record in (Measured, CrossCheck, Observation, Trials)}


def to_plain(value: Any) -> Any:
    """A value made of numbers, text, containers, intervals and measured records as plain data.

    Raises:
        TypeError: it holds anything else.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list):
        return [to_plain(entry) for entry in value]
    if isinstance(value, tuple):
        return {"tuple": [to_plain(entry) for entry in value]}
    if isinstance(value, frozenset):
        return {"frozenset": sorted(value)}
    if isinstance(value, dict):
        return {"dict": [[to_plain(key), to_plain(entry)] for key, entry in value.items()]}
    if isinstance(value, Interval):
        return {"Interval": interval_text(value)}
    if isinstance(value, Rigor):
        return {"Rigor": value.value}
    name = type(value).__name__
    if is_dataclass(value) and _RECORDS.get(name) is type(value):
        return {name: {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}}
    raise TypeError(f"{name} is not one of the types that are kept")


def from_plain(plain: Any) -> Any:
    """What `to_plain` made this of.

    Raises:
        ValueError, TypeError: it made it of nothing.
    """
    if isinstance(plain, list):
        return [from_plain(entry) for entry in plain]
    if not isinstance(plain, dict):
        return plain
    ((kind, content),) = plain.items()
    if kind == "tuple":
        return tuple(from_plain(entry) for entry in content)
    if kind == "frozenset":
        return frozenset(content)
    if kind == "dict":
        return {from_plain(key): from_plain(entry) for key, entry in content}
    if kind == "Interval":
        return interval_from(content)
    if kind == "Rigor":
        return Rigor(content)
    if kind in _RECORDS:
        return _RECORDS[kind](**{name: from_plain(entry) for name, entry in content.items()})
    raise ValueError(f"{kind!r} is no type that is kept")


_GIVEN = "scenario"
"""The one field of a measured scenario that is not kept: whoever resumes has it."""


def measured_to_plain(measured: MeasuredScenario) -> dict[str, Any]:
    """All that was measured in a scenario, as plain data."""
    names = (field.name for field in fields(measured) if field.name != _GIVEN)
    return {name: to_plain(getattr(measured, name)) for name in names}


def measured_from_plain(scenario: Scenario, plain: Mapping[str, Any]) -> MeasuredScenario:
    """What `measured_to_plain` made this of.

    Raises:
        ValueError, TypeError, AttributeError: it made it of nothing.
    """
    return MeasuredScenario(scenario, **{name: from_plain(kept) for name, kept in plain.items()})
