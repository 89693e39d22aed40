"""Rigorous bounds on the ends of the spectrum of a symmetric matrix.

With computed eigenvectors Q and eigenvalues l of M, S = Q diag(l) Qᵀ has eigenvalues theta_i l_i
with theta_i between the extreme eigenvalues of QᵀQ (Ostrowski), hence within a relative
‖QᵀQ - I‖ of l_i, and those of M are within ‖M - S‖ of those of S (Weyl). Both norms are measured,
so nothing is assumed about how Q and l came about. Small matrices held precisely get the enclosures
of flint (Rump's method) at the precision in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from ...theory.exact.endpoints import working_precision
from ...theory.exact.interval import Interval
from .ball_array import BallArray
from .precise_array import PreciseArray, ball_matrix
from .real_array import RealArray

_MOST_ROWS = 100
"""Beyond, eigenvalues at a high precision take longer than they are worth."""


@dataclass(frozen=True)
class Spectrum:
    """Enclosures of the smallest and the largest eigenvalue."""

    smallest: Interval
    largest: Interval


def spectrum(matrix: RealArray) -> Spectrum:
    """Enclose the extreme eigenvalues of every symmetric matrix (k, k) in ``matrix``.

    Where the matrix is not finite nothing is known and the enclosures are whole lines.
    """
    found = _precise_spectrum(matrix) if isinstance(matrix, PreciseArray) else None
    return found or _spectrum_in_balls(BallArray.between(matrix.lower, matrix.upper))


def _precise_spectrum(matrix: PreciseArray) -> Spectrum | None:
    if len(matrix) > _MOST_ROWS:
        return None
    try:
        with working_precision():
            values = ball_matrix(matrix).eig(multiple=True)
    except ValueError:  # it could not isolate them
        return None
    real = [Interval.around(value.real) for value in values]
    return Spectrum(reduce(Interval.min, real), reduce(Interval.max, real))


def _spectrum_in_balls(matrix: BallArray) -> Spectrum:
    size = len(matrix)
    if not np.isfinite(matrix.rad).all():
        return Spectrum(Interval.whole(), Interval.whole())
    values, vectors = np.linalg.eigh(matrix.mid)
    basis = BallArray.exact(vectors)
    defect = Interval.between(0, (basis.T @ basis - np.eye(size)).norm().upper)
    residual = Interval.between(0, (matrix - (basis * values) @ basis.T).norm().upper)
    both_ways = Interval.between(-1, 1)

    def enclosed(value: float) -> Interval:
        return Interval.exact(value) * (1 + both_ways * defect) + both_ways * residual

    return Spectrum(enclosed(float(values[0])), enclosed(float(values[-1])))


def operator_norm(matrix: RealArray) -> Interval:
    """Enclose the operator norm (largest singular value) of ``matrix`` (k, l).

    Costs an eigenvalue decomposition of order min(k, l).
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    gram = matrix @ matrix.T if wide else matrix.T @ matrix
    return spectrum(gram).largest.max(0).sqrt()
