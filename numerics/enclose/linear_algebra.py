"""Verified linear algebra: solutions of systems, which prove the matrix nonsingular, and spectra.

Krawczyk-Rump: with an approximate inverse R of A, if ||I - RA||_inf <= beta < 1 for every matrix in
the ball array A, all of them are nonsingular, and with E = I - RA, z = R(b - A x0)

    A^-1 b = x0 + (I - E)^-1 z = x0 + z + E z + E (I - E)^-1 E z.

Source: S. M. Rump, Verification methods: Rigorous results using floating-point arithmetic, Acta
Numerica 19 (2010), section 10. Small systems held precisely are solved in rational arithmetic.
"""

from __future__ import annotations

from contextlib import suppress
from functools import reduce

import numpy as np

from ...theory.exact.interval import Interval
from ...theory.exact.scalars import working_precision
from .ball_array import BallArray, matmul_up, round_up
from .precise_array import PreciseArray, ball_matrix, solve_precisely
from .real_array import RealArray

# Rigorous bounds on the ends of the spectrum of a symmetric matrix.
#
# With computed eigenvectors Q and eigenvalues l of M, S = Q diag(l) Qᵀ has eigenvalues theta_i l_i
# with theta_i between the extreme eigenvalues of QᵀQ (Ostrowski), hence within a relative ‖QᵀQ - I‖
# of l_i, and those of M are within ‖M - S‖ of those of S (Weyl). Both norms are measured, so
# nothing is assumed about how Q and l came about. Small matrices held precisely get the enclosures
# of flint (Rump's method) at the precision in force.

_MOST_ROWS = 100
"""Beyond, eigenvalues at a high precision take longer than they are worth."""


def spectrum(matrix: RealArray) -> tuple[Interval, Interval]:
    """Enclose the smallest and the largest eigenvalue of every symmetric matrix (k, k) in it.

    Where the matrix is not finite nothing is known and the enclosures are whole lines.
    """
    if isinstance(matrix, PreciseArray) and len(matrix) <= _MOST_ROWS:
        # flint raises where it could not isolate them.
        with working_precision(), suppress(ValueError):
            values = ball_matrix(matrix).eig(multiple=True)
            real = [Interval.around(value.real) for value in values]
            return reduce(Interval.min, real), reduce(Interval.max, real)
    balls = BallArray.like(matrix)
    if not np.isfinite(balls.rad).all():
        return Interval.whole(), Interval.whole()
    values, vectors = np.linalg.eigh(balls.mid)
    basis = BallArray.exact(vectors)
    defect = Interval.between(0, (basis.T @ basis - np.eye(len(balls))).norm().upper)
    residual = Interval.between(0, (balls - (basis * values) @ basis.T).norm().upper)
    both_ways = Interval.between(-1, 1)

    def enclosed(value: float) -> Interval:
        return Interval.exact(value) * (1 + both_ways * defect) + both_ways * residual

    return enclosed(float(values[0])), enclosed(float(values[-1]))


def operator_norm(matrix: RealArray) -> Interval:
    """Enclose the operator norm (largest singular value) of ``matrix`` (k, l).

    Costs an eigenvalue decomposition of order min(k, l).
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    gram = matrix @ matrix.T if wide else matrix.T @ matrix
    return spectrum(gram)[1].max(0).sqrt()


def verified_solve(matrix: RealArray, rhs: RealArray) -> RealArray | None:
    """Enclose the solutions of A x = b for every symmetric A in `matrix`, b in `rhs`.

    `matrix` is (n, n) with a positive diagonal, `rhs` is (n,), or (n, k) for balls. None when the
    certificate fails: nothing is then known, not even that a matrix is singular.
    """
    if not (isinstance(matrix, BallArray) and isinstance(rhs, BallArray)):
        return solve_precisely(PreciseArray.like(matrix), PreciseArray.like(rhs))
    diagonal = matrix.mid.diagonal()
    if not (diagonal > 0).all() or not np.isfinite(matrix.rad).all():
        return None
    # Scaling by powers of two is exact and brings the diagonal to [1/2, 2).
    scale = -(np.frexp(diagonal)[1] // 2)
    matrix = matrix.ldexp(scale[:, None] + scale[None, :])
    # One solution for each column of `rhs`.
    rows = scale.reshape(-1, *[1] * (rhs.mid.ndim - 1))
    rhs = rhs.ldexp(rows)
    try:
        inverse = np.linalg.inv(matrix.mid)
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(inverse).all():
        return None
    defect = abs(BallArray.exact(np.eye(len(matrix))) - inverse @ matrix)
    beta = float(defect.sum(axis=1).upper.max())
    if not beta < 0.9:
        return None
    start = inverse @ rhs.mid
    start = start + inverse @ (rhs.mid - matrix.mid @ start)
    step = inverse @ (rhs - matrix @ start)
    first = matmul_up(defect.upper, abs(step).upper)
    # beta <= 0.9 keeps the rounding of 1 - beta far below the factor 2^-40 added for it.
    rest = first.max(axis=0) * (beta / (1 - beta)) * (1 + 2**-40)
    solution = BallArray.exact(start) + step
    return (solution + BallArray(np.zeros_like(first), round_up(first + rest))).ldexp(rows)
