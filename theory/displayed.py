"""Whether a claim says what it proves where it is shown with vectors and functions.

A claim may be shown in the notation of a reader, sign f(z) = sign <q, z>, while what is proved is
about symbols. A term of the one is a symbol of the other if both are written alike; what is shown
must then follow from what is proved.
"""

from __future__ import annotations

import re

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import Boolean

from .notation import formula
from .smt import decide
from .statement import Claim
from .symbols import quantity, symbols_of

TIMEOUT_MS = 500


def is_checked(claim: Claim) -> bool:
    """Whether what is shown of a claim follows from what is proved; of one without, that it is."""
    if claim.display is None:
        return True
    written = {_bare(quantity(s).latex): s for s in symbols_of(claim.statement)}

    def read(term: sp.Basic) -> sp.Basic:
        return written.get(_bare(formula(term).latex), term)

    shown = claim.display.replace(lambda e: isinstance(e, AppliedUndef), read)
    if not isinstance(shown, Boolean) or shown.atoms(AppliedUndef):
        return False
    return decide((claim.statement,), shown, timeout_ms=TIMEOUT_MS).status == "implied"


def _bare(latex: str) -> str:
    """Notation without what only spaces or groups it."""
    return re.sub(r"\\(mathrm|left|right|,)|[{}\s]", "", latex)
