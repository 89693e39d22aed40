"""Shares of trials as intervals that hold at a stated confidence."""

from __future__ import annotations

from scipy.stats import binomtest

from ..numerics.enclosure import Interval

LEVEL = 0.99


def proportion(successes: int, trials: int, level: float = LEVEL) -> Interval:
    """The exact (Clopper-Pearson) two-sided interval of a probability at confidence `level`."""
    share = binomtest(successes, trials).proportion_ci(level, "exact")
    return Interval.between(float(share.low), float(share.high))
