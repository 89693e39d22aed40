"""What the theorems say and why they hold: statements, proofs, and the engines that check them.

Nothing here loads NumPy or torch. `catalog()` lists the theorems, `prove()` checks one.
"""

from .catalog import catalog, theorem
from .engine import ProofReport, StepReport, prove
from .statement import Assumption, Claim, Source, Theorem

__all__ = [
    "Assumption",
    "Claim",
    "ProofReport",
    "Source",
    "StepReport",
    "Theorem",
    "catalog",
    "prove",
    "theorem",
]
