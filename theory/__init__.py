"""What the theorems say and why they hold: statements, proofs, and the engines that check them.

Nothing here loads NumPy or torch, and nothing heavy before one of these names is asked for.
`catalog()` lists the theorems, `theorem(id)` gives one, `prove(theorem)` discharges its proof step
by step.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engine import ProofReport, StepReport, prove
    from .statement import (
        Assumption,
        Cases,
        Citation,
        Claim,
        Conclusion,
        Definition,
        Earlier,
        Identity,
        Inequality,
        Let,
        Limit,
        Source,
        Theorem,
    )
    from .symbols import declare
    from .theorems import catalog, theorem


__all__ = [
    "Assumption",
    "Cases",
    "Citation",
    "Claim",
    "Conclusion",
    "Definition",
    "Earlier",
    "Identity",
    "Inequality",
    "Let",
    "Limit",
    "ProofReport",
    "Source",
    "StepReport",
    "Theorem",
    "catalog",
    "declare",
    "prove",
    "theorem",
]
_HOME = {"declare": "symbols", "catalog": "theorems", "theorem": "theorems"}
_HOME |= dict.fromkeys(("ProofReport", "StepReport", "prove"), "engine")


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME.get(name, 'statement')}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
