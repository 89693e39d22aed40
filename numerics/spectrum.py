"""Rigorous bounds on the ends of the spectrum of a symmetric matrix.

With computed eigenvectors Q and eigenvalues l of M, S = Q diag(l) Qᵀ has eigenvalues theta_i l_i
with theta_i between the extreme eigenvalues of QᵀQ (Ostrowski), hence within a relative
‖QᵀQ - I‖ of l_i, and those of M are within ‖M - S‖ of those of S (Weyl). Both norms are measured,
so nothing is assumed about how Q and l came about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .enclosure import Interval
from .rounding import BallArray


@dataclass(frozen=True)
class Spectrum:
    """Enclosures of the smallest and the largest eigenvalue."""

    smallest: Interval
    largest: Interval


def spectrum(matrix: BallArray) -> Spectrum:
    """Enclose the extreme eigenvalues of every symmetric matrix (k, k) in ``matrix``.

    Where the matrix is not finite nothing is known and the enclosures are whole lines.
    """
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


def operator_norm(matrix: BallArray) -> Interval:
    """Enclose the operator norm (largest singular value) of ``matrix`` (k, l).

    Costs an eigenvalue decomposition of order min(k, l).
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    gram = matrix @ matrix.T if wide else matrix.T @ matrix
    return spectrum(gram).largest.max(0).sqrt()
