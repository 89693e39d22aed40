"""Scenarios, measurements, judgement, suites and the command line.

    from perturbproof.verify import check, verify

Nothing heavy is loaded before one of these names is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api import verify
    from .check_result import CheckResult
    from .checking import check
    from .result import Result, TheoremResult
    from .scenario import Scenario, load_scenario
    from .verdict import Verdict

__all__ = [
    "CheckResult",
    "Result",
    "Scenario",
    "TheoremResult",
    "Verdict",
    "check",
    "load_scenario",
    "verify",
]
_HOME = {
    "CheckResult": "check_result",
    "Result": "result",
    "Scenario": "scenario",
    "TheoremResult": "result",
    "Verdict": "verdict",
    "check": "checking",
    "load_scenario": "scenario",
    "verify": "api",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
