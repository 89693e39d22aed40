"""min ½ lambdaᵀ A lambda - 1ᵀ lambda over lambda >= 0 for large A that is only multiplied with.

The dual of the margin problem under the linear pattern (see `margin_program`), for ten thousand
samples and more, in plain floating point. First A lambda = 1 by conjugate gradients; a positive
solution is the minimiser. Else conjugate gradients within the faces of the orthant
(`projected_gradients`). The result says which method it was, and how well the KKT conditions hold.
Small problems are better served by `margin_program.linear_kkt_point`, which is certain; SciPy's
counterpart is `scipy.optimize.nnls` on a square root of A.

Source: this project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ..device import full_float32
from .projected_gradients import ProjectedGradients, kkt_violation

Product = Callable[[Tensor], Tensor]

_REFINEMENTS, _CONJUGATE_STEPS = 2, 200
# Margins this close to 1 tell the signs of the multipliers; with negative ones among them, a linear
# solve goes no further.
_SIGNS = 1e-4
UNBOUNDED = 1000.0
"""A sum of multipliers more than this many times that of orthogonal samples is taken for growth
without end; a program that is conditioned as badly is given up as well."""


@dataclass(frozen=True)
class Solved:
    """How well a margin program was solved.

    Attributes
    ----------
    method : ``linear solve`` when A lambda = 1 has a positive solution, which this then is.
    bounded : False when the objective told that the sum of the multipliers exceeds ``UNBOUNDED``: a
        sign, and no proof, that the margins cannot all be met.
    violation : largest violation of the KKT conditions: abs(margin - 1) where lambda > 0, and
        max(0, 1 - margin) where lambda = 0; margins A lambda are computed afresh.
    products : products with A, in all.
    outside : samples that do not activate exactly their own label's half of the neurons, so that
        the linear pattern which the solution presumes is not its own; what A alone does not tell.
    """

    method: Literal["linear solve", "quadratic program"]
    bounded: bool
    violation: float
    products: int
    outside: int = 0


@full_float32()
def solve_margin_program(
    product: Product,
    labels: Tensor,
    diagonal: float,
    *,
    precise: Callable[[], Product] | None = None,
    tolerance: float = 1e-4,
    most: int = 3000,
) -> tuple[Tensor, Solved]:
    """Minimise over lambda >= 0, where ``product`` maps v (n,) to A v, A positive semidefinite.

    labels (n,) of +-1, in the dtype and on the device of the product; ``diagonal`` is the mean
    diagonal entry of A. A linear solve is held to a tenth of ``tolerance`` in every margin, which
    is 1. ``precise`` makes the same product for float64 vectors; it is asked for when the rounding
    of float32 no longer lets the violation fall. The quadratic program stops when the KKT violation
    is at most ``tolerance``, when rounding no longer lets it fall, when it is unbounded, or after
    ``most`` products; ``bounded`` and ``violation`` tell. Deterministic. Returns lambda, float64
    (n,), none negative, and how well it was solved.
    """
    wide = _Counted(product, labels.dtype)
    ones = torch.ones(len(labels), dtype=torch.float64, device=labels.device)
    start, gradient = torch.zeros_like(ones), -ones
    if (unconstrained := _conjugate_gradient(wide, ones, tolerance / 10)) is not None:
        solution, solved = unconstrained
        if solved:
            violation = kkt_violation(solution, wide(solution))
            return solution, Solved("linear solve", True, violation, wide.count)
        clipped = solution.clamp(min=0)
        slope = wide(clipped) - 1
        # Of a solution with large entries of both signs, the positive ones may lead far away.
        if float(clipped @ (slope - 1)) < 0:
            start, gradient = clipped, slope
    search = ProjectedGradients(
        product=wide,
        labels=labels.double(),
        largest=UNBOUNDED * len(labels) / diagonal,
        rounding=torch.finfo(labels.dtype).eps,
        point=start,
        gradient=gradient,
        sharpen=None if precise is None else lambda: wide.become(precise(), torch.float64),
    )
    search.run(tolerance, lambda: wide.count < most)
    violation = kkt_violation(search.point, wide(search.point))
    return search.point, Solved("quadratic program", search.bounded, violation, wide.count)


class _Counted:
    """The product on float64 vectors: updates far smaller than a multiplier must not be lost."""

    def __init__(self, product: Product, dtype: torch.dtype) -> None:
        self.count = 0
        self.become(product, dtype)

    def become(self, product: Product, dtype: torch.dtype) -> None:
        """From now on ``product``, of vectors of ``dtype``."""
        self._product, self._dtype = product, dtype

    def __call__(self, vector: Tensor) -> Tensor:
        self.count += 1
        if self._dtype == torch.float64:
            return self._product(vector)
        # Scaled to 1, so that float32 neither over- nor underflows.
        size = vector.abs().max().clamp(min=torch.finfo(torch.float64).tiny)
        return self._product((vector / size).to(self._dtype)).double() * size


def _conjugate_gradient(
    product: _Counted, right: Tensor, tolerance: float
) -> tuple[Tensor, bool] | None:
    """The solution of A v = right, and whether it is positive with residuals within `tolerance`.

    None where there is no solution. One that is not positive has residuals of up to 1e-4.
    """
    solution, residual = torch.zeros_like(right), right
    # The residual that the recursion carries drifts from the true one: refine with fresh ones.
    for _ in range(_REFINEMENTS):
        correction = _correction(product, solution, residual, tolerance / 4)
        if correction is None:
            return None
        solution = solution + correction
        if not float(solution.amin()) > 0:
            break
        residual = right - product(solution)
        if float(residual.abs().max()) <= tolerance:
            return solution, True
    return solution, False


def _correction(product: _Counted, start: Tensor, right: Tensor, close: float) -> Tensor | None:
    """v with A v = right, for the solution start + v of a system; see `_conjugate_gradient`."""
    solution = torch.zeros_like(right)
    residual, direction = right.clone(), right.clone()
    square = residual @ residual
    for _ in range(_CONJUGATE_STEPS):
        image = product(direction)
        curvature = direction @ image
        if not float(curvature) > 0:
            return None
        length = square / curvature
        solution += length * direction
        residual -= length * image
        largest = float(residual.abs().max())
        if largest <= close or (largest <= _SIGNS / 4 and float((start + solution).min()) < 0):
            return solution
        before, square = square, residual @ residual
        direction = residual + (square / before) * direction
    return None
