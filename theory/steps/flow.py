"""Gradient flow on the cone where every own pair is active: a convex flow, bounded for ever."""

from __future__ import annotations

import sympy as sp

from ..statement import TrustedFact
from ..symbols import declare

_entropy = declare("entropy_value", "entropy of a distribution on K points", latex="H")
_points = declare("entropy_points", "number K of points", low=1, latex="K")

ENTROPY = TrustedFact(
    "A-ENTROPY",
    "The entropy of a distribution on K points lies in [0, log K].",
    "Jensen's inequality",
    (_entropy, _points),
    (),
    (_entropy >= 0, _entropy <= sp.log(_points)),
)
