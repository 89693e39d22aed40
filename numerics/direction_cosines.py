"""Cosines of the normal q with the directions read off it, enclosed without rounding a direction.

    sgn q        ‖q‖₁ / (sqrt(nnz q) ‖q‖)          q/‖q‖_inf    1
    M_k q        ‖M_k q‖ / ‖q‖                      sgn(M_k q)   ‖M_k q‖₁ / (sqrt(k) ‖q‖)

M_k keeps the k entries that are largest in size. Source: this project, after Kumano et al. (ICLR
2024).
"""

from __future__ import annotations

import numpy as np

from .enclosure import Interval
from .input_error import InputError
from .real_array import RealArray


def count_nonzero(q: RealArray) -> Interval:
    """nnz q: how many entries of q (d,) are not zero."""
    certain = int((q.positive | q.negative).sum())
    zero = int((q.nonnegative & q.nonpositive).sum())
    return Interval.between(certain, len(q) - zero)


def sign_cosine(q: RealArray) -> Interval:
    """The cosine of q and sgn q."""
    return _cosine(abs(q).sum().interval() / (count_nonzero(q).sqrt() * q.norm()))


def parallel_cosine(q: RealArray) -> Interval:
    """The cosine of q and q/‖q‖_inf: 1, unless q may be zero."""
    return _cosine((q @ q).interval() / q.norm() ** 2)


def largest_cosine(q: RealArray, k: int) -> Interval:
    """The cosine of q and M_k q; InputError if q certainly has fewer than k nonzero entries."""
    return _cosine(_largest_sum(q * q, q, k).nonnegative().sqrt() / q.norm())


def largest_sign_cosine(q: RealArray, k: int) -> Interval:
    """The cosine of q and sgn(M_k q); InputError as for `largest_cosine`."""
    return _cosine(_largest_sum(abs(q), q, k) / (Interval.exact(k).sqrt() * q.norm()))


def _largest_sum(values: RealArray, q: RealArray, k: int) -> Interval:
    """The sum of the k largest of the values, (d,), all at or above zero."""
    possible = int(count_nonzero(q).upper)
    if not 0 < k <= possible:
        raise InputError(f"k: {k} coordinates of q are asked for, at most {possible} are not zero")
    chosen = values.descending()[:k]
    found = values[chosen].sum().interval()
    others = np.setdiff1d(np.arange(len(values)), chosen)
    if len(others):
        least, beaten = values[chosen].min_enclosure(), values[others].max_enclosure()
        if not beaten.certainly_at_most(least):
            # Each entry exchanged may add what the best of the others has above the least of these.
            found = found.hull(found + (beaten - least).max(0) * k)
    return found


def _cosine(value: Interval) -> Interval:
    return value.max(-1).min(1)
