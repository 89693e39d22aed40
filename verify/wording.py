"""Numbers inside sentences."""

from __future__ import annotations

from ..numerics.enclosure import Interval


def factor(load: Interval) -> str:
    """A load as `7.2` or `1.16 × 10^10`: its lower end to three digits, so never overstated."""
    mantissa, _, exponent = f"{load.lower:.3g}".partition("e")
    return f"{mantissa} × 10^{int(exponent)}" if exponent else mantissa
