"""Scenarios, measurements, judgement, suites and the command line.

from perturbproof.verify import verify, check
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .library import verify

__all__ = ["verify"]


def __getattr__(name: str) -> Any:
    # The command line imports this package for `--help`; torch and SymPy load only when used.
    if name == "verify":
        from .library import verify

        return verify
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
