"""Where the boundary taught by perturbed samples has the sign of the natural one: shared parts."""

from __future__ import annotations

import sympy as sp

from .symbols import declare

base_l1_z = declare(
    "base_l1_z",
    "sum over n of |<x'_n, z>|",
    low=0,
    latex="\\|b\\|_1",
    typst="norm(b)_1",
)
base_l2_z = declare(
    "base_l2_z",
    "square root of the sum over n of <x'_n, z>²",
    low=0,
    latex="\\|b\\|_2",
    typst="norm(b)_2",
)


def indicator(event: sp.Basic) -> sp.Piecewise:
    """1 where the event happens, else 0."""
    return sp.Piecewise((1, event), (0, True))
