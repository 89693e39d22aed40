"""What the theorems say and why they hold: statements, proofs, and the engines that check them.

Nothing here loads NumPy or torch. `catalog()` lists the theorems, `theorem(id)` gives one,
`prove(theorem)` discharges its proof step by step.
"""

from .catalog import catalog, theorem
from .engine import ProofReport, StepReport, prove
from .proof import (
    Cases,
    Citation,
    Conclusion,
    Definition,
    Earlier,
    Identity,
    Inequality,
    Let,
    Limit,
)
from .statement import Assumption, Claim, Source, Theorem
from .symbols import declare

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
