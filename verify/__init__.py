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
# Where these are defined, light modules first: whoever asks for a verdict does not load torch.
_HOMES = ("values", "scenarios.scenario", "api", "result", "assumptions.ladder")


def __getattr__(name: str) -> object:
    for home in _HOMES if name in __all__ else ():
        if hasattr(module := import_module(f".{home}", __name__), name):
            return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
