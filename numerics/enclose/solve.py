"""Linear systems whose solution is enclosed, and whose matrix is thereby proved nonsingular.

Krawczyk-Rump: with an approximate inverse R of A, if ||I - RA||_inf <= beta < 1 for every matrix in
the ball array A, all of them are nonsingular, and with E = I - RA, z = R(b - A x0)

    A^-1 b = x0 + (I - E)^-1 z = x0 + z + E z + E (I - E)^-1 E z.

Source: S. M. Rump, Verification methods: Rigorous results using floating-point arithmetic, Acta
Numerica 19 (2010), section 10. Small systems held precisely are solved in rational arithmetic.
"""

from __future__ import annotations

import numpy as np

from .ball_array import BallArray
from .precise_array import PreciseArray, solve_precisely
from .real_array import RealArray
from .roundoff import matmul_up, round_up


def verified_solve(matrix: RealArray, rhs: RealArray) -> RealArray | None:
    """Enclose the solutions of A x = b for every symmetric A in `matrix`, b in `rhs`.

    `matrix` is (n, n) with a positive diagonal, `rhs` is (n,). None when the certificate fails:
    nothing is then known, not even that a matrix is singular.
    """
    if isinstance(matrix, BallArray) and isinstance(rhs, BallArray):
        return _solve_balls(matrix, rhs)
    precise = (PreciseArray.like(matrix), PreciseArray.like(rhs))
    return solve_precisely(*precise)


def _solve_balls(matrix: BallArray, rhs: BallArray) -> BallArray | None:
    scale = _equilibrating_exponents(matrix)
    if scale is None:
        return None
    # Scaling by powers of two is exact and brings the diagonal to [1/2, 2).
    matrix = matrix.ldexp(scale[:, None] + scale[None, :])
    rhs = rhs.ldexp(scale)
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
    rest = float(first.max()) * (beta / (1 - beta)) * (1 + 2**-40)
    solution = BallArray.exact(start) + step
    return (solution + BallArray(np.zeros_like(first), round_up(first + rest))).ldexp(scale)


def _equilibrating_exponents(matrix: BallArray) -> np.ndarray | None:
    diagonal = matrix.mid.diagonal()
    if not (diagonal > 0).all() or not np.isfinite(matrix.rad).all():
        return None
    return -(np.frexp(diagonal)[1] // 2)
