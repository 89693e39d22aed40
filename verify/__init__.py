"""Scenarios, measurements, judgement, suites and the command line.

    from perturbproof.verify import check, sweep, verify

Nothing heavy is loaded before one of these names is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api import SweepResult, check, sweep, verify
    from .assumptions.ladder import CheckResult
    from .result import Result, TheoremResult
    from .scenarios.scenario import Scenario, load_scenario
    from .values import Verdict


__all__ = [
    "CheckResult",
    "Result",
    "Scenario",
    "SweepResult",
    "TheoremResult",
    "Verdict",
    "check",
    "load_scenario",
    "sweep",
    "verify",
]
_HOME = {
    "CheckResult": "assumptions.ladder",
    "Result": "result",
    "Scenario": "scenarios.scenario",
    "SweepResult": "api",
    "TheoremResult": "result",
    "Verdict": "values",
    "check": "api",
    "load_scenario": "scenarios.scenario",
    "sweep": "api",
    "verify": "api",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
