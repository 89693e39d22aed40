"""Sentences about mathematics as a reader expects them: Greek letters and proper signs.

Sources spell out `lambda_n >= L_n`, so that it can be typed and searched; readers get `λ_n ≥ L_n`.
"""

from __future__ import annotations

import re

_GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "Delta": "Δ",
    "eps": "ε",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "phi": "φ",
    "Phi": "Φ",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
}
_SIGNS = (("<=", "≤"), (">=", "≥"), ("!=", "≠"), ("sqrt(", "√("), ("^-1", "⁻¹"))
_INNER = re.compile(r"<([^<>,=]{1,12}), ([^<>,=]{1,12})>")
_WORD = re.compile(r"(?<![A-Za-z])(" + "|".join(_GREEK) + r")(?![A-Za-z])")


def prose(text: str) -> str:
    """`text` with Greek letters, angle brackets and relation signs."""
    text = _INNER.sub(r"⟨\1, \2⟩", text)
    for plain, sign in _SIGNS:
        text = text.replace(plain, sign)
    return _WORD.sub(lambda found: _GREEK[found.group(1)], text)
