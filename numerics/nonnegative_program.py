"""min ½ lambdaᵀ A lambda - 1ᵀ lambda over lambda >= 0 for large A that is only multiplied with.

The dual of the margin problem under the linear pattern (see `margin_program`), for ten thousand
samples and more, in plain floating point. First A lambda = 1 by conjugate gradients; a positive
solution is the minimiser. Else accelerated projected gradient with restarts, in a metric that
contains the one large eigenvalue that a shared perturbation gives A: it lies near the span of the
two classes' indicators. The result says which method it was, and how well the KKT conditions hold.
Small problems are better served by `margin_program.linear_kkt_point`, which is certain; SciPy's
counterpart is `scipy.optimize.nnls` on a square root of A.

Source: Beck & Teboulle (2009), O'Donoghue & Candès (2015, restarts); metric and program this
project's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]
Method = Literal["linear solve", "quadratic program"]

# The power method approaches the largest eigenvalue from below.
_POWER_STEPS, _POWER_ROOM = 12, 1.1
_LOOK_EVERY = 10
_REFINEMENTS, _CONJUGATE_STEPS = 2, 200
_METRIC_STEPS = 30
# Rounding has the last word when a small violation has not fallen by this factor for so many steps.
_SMALL, _PROGRESS, _PATIENCE = 1e-3, 0.7, 200
# For positive semidefinite A split in two blocks, A <= (1 + t) A_11 + (1 + 1/t) A_22.
_SPLIT = 0.25
UNBOUNDED = 1000.0
"""A sum of multipliers this many times that of orthogonal samples is taken for growth without end;
a program that is conditioned as badly is given up as well."""


@dataclass(frozen=True, eq=False)
class ProgramSolution:
    """The multipliers of the margin program and how well they are one.

    Attributes
    ----------
    multipliers : lambda float64 (n,), none negative.
    method : ``linear solve`` when A lambda = 1 has a positive solution, which this then is.
    bounded : False when the multipliers grew beyond ``UNBOUNDED``: a sign, and no proof, that the
        margins cannot all be met.
    violation : largest violation of the KKT conditions: abs(margin - 1) where lambda > 0, and
        max(0, 1 - margin) where lambda = 0; margins A lambda are computed afresh.
    least_margin : min_n (A lambda)_n, 1 up to rounding when solved.
    slackness : max_n lambda_n abs((A lambda)_n - 1) / max lambda: complementarity.
    negative : how many entries of the solution of A lambda = 1 are not positive; None where
        conjugate gradients found none (A singular).
    zeros : how many multipliers are zero. products : products with A, in all.
    """

    multipliers: Tensor
    method: Method
    bounded: bool
    violation: float
    least_margin: float
    slackness: float
    negative: int | None
    zeros: int
    products: int


def solve_margin_program(
    product: Product,
    labels: Tensor,
    diagonal: float,
    *,
    tolerance: float = 1e-4,
    most: int = 3000,
) -> ProgramSolution:
    """Minimise over lambda >= 0, where ``product`` maps v (n,) to A v, A positive semidefinite.

    labels (n,) of +-1, in the dtype and on the device of the product; ``diagonal`` is the mean
    diagonal entry of A. A linear solve is held to a tenth of ``tolerance`` in every margin, which
    is 1. The quadratic program stops when the KKT violation is at most ``tolerance``, when rounding
    no longer lets it fall, when it is unbounded, or after ``most`` products; ``bounded`` and
    ``violation`` tell. Deterministic.
    """
    wide = _Counted(product, labels.dtype)
    ones = torch.ones(len(labels), dtype=torch.float64, device=labels.device)
    start, negative = torch.zeros_like(ones), None
    if (unconstrained := _conjugate_gradient(wide, ones, tolerance / 10)) is not None:
        solution, residual = unconstrained
        negative = int((solution <= 0).sum())
        if negative == 0 and residual <= tolerance / 10:
            return _described(wide, solution, "linear solve", True, negative)
        clipped = solution.clamp(min=0)
        # Of a solution with large entries of both signs, the positive ones may lead far away.
        if float(clipped @ (wide(clipped) / 2 - 1)) < 0:
            start = clipped
    largest = UNBOUNDED * len(labels) / diagonal
    found, bounded = _projected_gradient(wide, labels.double(), start, tolerance, most, largest)
    return _described(wide, found, "quadratic program", bounded, negative)


def kkt_violation(multipliers: Tensor, margins: Tensor) -> float:
    """The largest violation of the KKT conditions by lambda >= 0 with margins A lambda."""
    return float(torch.where(multipliers > 0, (margins - 1).abs(), 1 - margins).clamp(min=0).max())


class _Counted:
    """The product on float64 vectors: updates far smaller than a multiplier must not be lost."""

    def __init__(self, product: Product, dtype: torch.dtype) -> None:
        self._product, self._dtype = product, dtype
        self.count = 0

    def __call__(self, vector: Tensor) -> Tensor:
        self.count += 1
        # Scaled to 1, so that float32 neither over- nor underflows.
        size = vector.abs().max().clamp(min=torch.finfo(torch.float64).tiny)
        return self._product((vector / size).to(self._dtype)).double() * size


def _described(
    product: _Counted, found: Tensor, method: Method, bounded: bool, negative: int | None
) -> ProgramSolution:
    margins = product(found)
    largest = float(found.max())
    return ProgramSolution(
        multipliers=found,
        method=method,
        bounded=bounded,
        violation=kkt_violation(found, margins),
        least_margin=float(margins.min()),
        slackness=float((found * (margins - 1)).abs().max()) / largest if largest > 0 else 1.0,
        negative=negative,
        zeros=int((found == 0).sum()),
        products=product.count,
    )


def _conjugate_gradient(
    product: _Counted, right: Tensor, tolerance: float
) -> tuple[Tensor, float] | None:
    """The solution of A v = right and its largest residual; None where there is no solution."""
    solution, residual = torch.zeros_like(right), right
    # The residual that the recursion carries drifts from the true one: refine with fresh ones.
    for _ in range(_REFINEMENTS):
        correction = _correction(product, residual, tolerance / 4)
        if correction is None:
            return None
        solution = solution + correction
        residual = right - product(solution)
        if float(residual.abs().max()) <= tolerance:
            break
    return solution, float(residual.abs().max())


def _correction(product: _Counted, right: Tensor, close: float) -> Tensor | None:
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
        if float(residual.abs().max()) <= close:
            return solution
        before, square = square, residual @ residual
        direction = residual + (square / before) * direction
    return None


def _projected_gradient(
    product: _Counted, labels: Tensor, start: Tensor, tolerance: float, most: int, largest: float
) -> tuple[Tensor, bool]:
    """The minimiser over lambda >= 0, and whether there is one."""
    metric = _Metric.of(product, labels)
    current, ahead, momentum, step = start, start, 1.0, 0
    least, improved = math.inf, 0
    while product.count < most:
        following = metric.proximal(ahead, product(ahead) - 1)
        step += 1
        if step % _LOOK_EVERY == 0:
            violation = kkt_violation(following, product(following))
            if violation < _PROGRESS * least:
                least, improved = violation, step
            if violation <= tolerance or (least <= _SMALL and step - improved >= _PATIENCE):
                return following, True
            if float(following.sum()) > largest:
                return following, False
        if float(metric(ahead - following) @ (following - current)) > 0:
            momentum = 1.0
        later = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + ((momentum - 1) / later) * (following - current)
        current, momentum = following, later
    return current, True


@dataclass(frozen=True, eq=False)
class _Metric:
    """H = c I + U T Uᵀ >= A: U (n, 2) the normed indicators of the classes, T (2, 2) >= 0."""

    c: float
    indicators: Tensor
    extra: Tensor

    @classmethod
    def of(cls, product: _Counted, labels: Tensor) -> _Metric:
        members = torch.stack([labels > 0, labels < 0], 1).double()
        indicators = members / members.norm(dim=0).clamp(min=1)
        images = torch.stack([product(column) for column in indicators.T], 1)
        block = indicators.T @ images

        def outside(vector: Tensor) -> Tensor:
            return vector - indicators @ (indicators.T @ vector)

        # A start that is no eigenvector by accident of symmetry, and the same on every machine.
        vector = outside(torch.cos(torch.arange(len(labels), device=labels.device).double()))
        value = 0.0
        for _ in range(_POWER_STEPS):
            norm = vector.norm()
            if not float(norm) > 0:
                break
            vector = outside(product(vector / norm))
            value = float(vector.norm())
        inside = float(torch.linalg.eigvalsh(block).amax())
        c = max((1 + _SPLIT) * _POWER_ROOM * value, 1e-9 * inside)
        values, vectors = torch.linalg.eigh((1 + 1 / _SPLIT) * (block + block.T) / 2)
        return cls(c, indicators, vectors @ torch.diag((values - c).clamp(min=0)) @ vectors.T)

    def __call__(self, vector: Tensor) -> Tensor:
        return self.c * vector + self.indicators @ (self.extra @ (self.indicators.T @ vector))

    def proximal(self, point: Tensor, gradient: Tensor) -> Tensor:
        """argmin over lambda >= 0 of gradientᵀ lambda + ½ (lambda - point)ᵀ H (lambda - point).

        lambda = max(0, free - U t/c) with t = T Uᵀ(lambda - point): two equations, piecewise linear
        and monotone, by Newton's method.
        """
        free = point - gradient / self.c
        indicators, extra = self.indicators, self.extra
        shift = torch.zeros(2, dtype=free.dtype, device=free.device)
        best = free.clamp(min=0)
        for _ in range(_METRIC_STEPS):
            best = (free - indicators @ shift / self.c).clamp(min=0)
            error = shift - extra @ (indicators.T @ (best - point))
            if float(error.norm()) <= 1e-14 * float(shift.norm()):
                break
            shares = (indicators.square() * (best > 0)[:, None]).sum(0)
            slope = torch.eye(2, dtype=free.dtype, device=free.device) + extra * (shares / self.c)
            shift = shift - torch.linalg.solve(slope, error)
        return best
