"""Small perturbed sets in exact coordinates: bases, directions and sizes of the perturbation."""

from __future__ import annotations

from functools import cache

from .evaluators import Values


@cache
def perturbed_settings() -> tuple[Values, ...]:
    return ()
