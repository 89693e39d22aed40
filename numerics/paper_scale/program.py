"""min ½ lambdaᵀ A lambda - 1ᵀ lambda over lambda >= 0 for large A that is only multiplied with.

The dual of the margin problem under the linear pattern (see `margin_program`), for ten thousand
samples and more, in plain floating point. First A lambda = 1 by conjugate gradients; a positive
solution is the minimiser. Else conjugate gradients within the faces of the orthant
(`face_gradients`). The result says which method it was, and how well the KKT conditions hold.
Small problems are better served by `margin_program.linear_kkt_point`, which is certain; SciPy's
counterpart is `scipy.optimize.nnls` on a square root of A.

Source: Dostál (2009); program this project's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ..device import full_float32

# A matrix above A that is a multiple of the identity but for the span of two classes.
#
# A perturbation that is shared by all samples, up to the label, gives A one large eigenvalue, whose
# vector lies near the span of the indicators of the two classes. H = c I + U T Uᵀ >= A contains it,
# and minimising over lambda >= 0 in its metric costs two equations. Source: this project.

# The power method approaches the largest eigenvalue from below.
_POWER_STEPS, _POWER_ROOM = 12, 1.1
_NEWTON_STEPS = 30
# For positive semidefinite A split in two blocks, A <= (1 + t) A_11 + (1 + 1/t) A_22.
_SPLIT = 0.25


@dataclass(frozen=True, eq=False)
class ClassMetric:
    """H = c I + U T Uᵀ >= A: U (n, 2) the normed indicators of the classes, T (2, 2) >= 0."""

    c: float
    indicators: Tensor
    extra: Tensor

    @classmethod
    def of(cls, product: Callable[[Tensor], Tensor], labels: Tensor) -> ClassMetric:
        """For A given by its product with float64 vectors (n,); labels (n,) of +-1, float64.

        H >= A holds as far as twelve steps of the power method tell.
        """
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

    def proximal(self, point: Tensor, gradient: Tensor) -> Tensor:
        """argmin over lambda >= 0 of gradientᵀ lambda + ½ (lambda - point)ᵀ H (lambda - point).

        lambda = max(0, free - U t/c) with t = T Uᵀ(lambda - point): two equations, piecewise linear
        and monotone, by Newton's method.
        """
        free = point - gradient / self.c
        indicators, extra = self.indicators, self.extra
        shift = torch.zeros(2, dtype=free.dtype, device=free.device)
        best = free.clamp(min=0)
        for _ in range(_NEWTON_STEPS):
            best = (free - indicators @ shift / self.c).clamp(min=0)
            error = shift - extra @ (indicators.T @ (best - point))
            if float(error.norm()) <= 1e-14 * float(shift.norm()):
                break
            shift = shift - torch.linalg.solve(self._restricted((best > 0).double()), error)
        return best

    def inverse_on(self, free: Tensor, vector: Tensor) -> Tensor:
        """H_SS^-1 v_S on S, where ``free`` (n,) is 1 and not 0; zero elsewhere, as v is."""
        inside = torch.linalg.solve(
            self._restricted(free), self.extra @ (self.indicators.T @ vector)
        )
        return (vector - (self.indicators @ inside) * free / self.c) / self.c

    def _restricted(self, free: Tensor) -> Tensor:
        """I + T U_Sᵀ U_S / c (2, 2); solving with it inverts H_SS (Woodbury)."""
        shares = self.indicators.square().T @ free
        eye = torch.eye(2, dtype=shares.dtype, device=shares.device)
        return eye + self.extra * (shares / self.c)


# min ½ lambdaᵀ A lambda - 1ᵀ lambda over lambda >= 0: conjugate gradients within the faces.
#
# While the positive multipliers violate their conditions more than the zero ones, conjugate
# gradients lower the objective among the positive ones. A step that leaves the orthant is taken in
# full and projected, so that many multipliers reach zero at once. When the zero ones violate more,
# they are released. Every step lowers the objective up to rounding: a projected step that does not
# is replaced by one in `class_metric.ClassMetric`, which then also preconditions. At the end the
# faces no longer change and what is left is conjugate gradients on the support.
#
# Source: Dostál (2009), algorithm 5.8 (proportioning); projected steps: Kružík et al. (2020);
# metric this project's.

# Rounding has the last word when a small violation has not fallen by this factor in so many looks.
_SMALL, _PROGRESS, _PATIENCE = 1e-3, 0.7, 8


@dataclass
class FaceGradients:
    """The state of the method. After `run`, ``point`` is lambda >= 0 and ``bounded`` tells.

    ``product`` maps v float64 (n,) to A v; labels (n,) of +-1, float64; ``largest`` is a bound on
    the sum of lambda; ``rounding`` is the relative accuracy of the products. ``sharpen`` is called
    once, when rounding no longer lets the violation fall: products are those of float64 from then.
    """

    product: Callable[[Tensor], Tensor]
    labels: Tensor
    largest: float
    rounding: float
    point: Tensor
    gradient: Tensor
    """A lambda - 1, carried on from step to step."""
    bounded: bool = True
    metric: ClassMetric | None = None
    sharpen: Callable[[], None] | None = None

    def run(self, tolerance: float, going: Callable[[], bool]) -> None:
        """Until the KKT violation is at most ``tolerance`` or no longer falls, or not ``going``.

        At the minimum the sum of lambda is -2 times the objective. It is unbounded, or taken for
        that, as soon as the objective tells that the sum exceeds ``largest``.
        """
        least, looks, best = float("inf"), 0, self.point
        free, inside, outside = self._faces()
        direction = self._preconditioned(free, inside)
        while going():
            if max(float(inside.abs().amax()), -float(outside.amin())) <= tolerance:
                # The gradient carried on drifts from the true one.
                self.gradient = self.product(self.point) - 1
                violation = kkt_violation(self.point, self.gradient + 1)
                if violation < _PROGRESS * least:
                    least, looks, best = violation, 0, self.point
                looks += 1
                if violation <= tolerance or (least <= _SMALL and looks > _PATIENCE):
                    self.point = best
                    return
                if looks > 1 and self.sharpen is not None:
                    self.sharpen()
                    self.sharpen, self.rounding = None, torch.finfo(torch.float64).eps
                    self.gradient, looks = self.product(self.point) - 1, 0
                free, inside, outside = self._faces()
                direction = self._preconditioned(free, inside)
            if float(outside @ outside) > float(inside @ inside):
                self._release(outside)
                image = None
            else:
                image = self._descend(direction)
            if -self._doubled() > self.largest:
                self.bounded = False
                return
            if image is None:
                free, inside, outside = self._faces()
                direction = self._preconditioned(free, inside)
                continue
            inside = self.gradient * free
            outside = (self.gradient - inside).clamp(max=0)
            following = self._preconditioned(free, inside)
            share = float(following @ image) / float(direction @ image)
            direction = following.sub(direction, alpha=share)

    def _faces(self) -> tuple[Tensor, Tensor, Tensor]:
        """1 where lambda > 0, else 0; the gradient there; the negative part of it elsewhere."""
        free = (self.point > 0).double()
        inside = self.gradient * free
        return free, inside, (self.gradient - inside).clamp(max=0)

    def _doubled(self) -> float:
        """Twice the objective."""
        return float(self.point @ self.gradient) - float(self.point.sum())

    def _preconditioned(self, free: Tensor, inside: Tensor) -> Tensor:
        return inside if self.metric is None else self.metric.inverse_on(free, inside)

    def _descend(self, direction: Tensor) -> Tensor | None:
        """A step within the face, and A times the direction; None when it changed the face."""
        image = self.product(direction)
        curvature = float(direction @ image)
        if not curvature > 0:
            self._by_metric()
            return None
        length = float(self.gradient @ direction) / curvature
        following = self.point.sub(direction, alpha=length)
        if float(following.amin()) < 0:
            self._project(following.clamp(min=0))
            return None
        self.point = following
        self.gradient = self.gradient.sub(image, alpha=length)
        return image

    def _project(self, following: Tensor) -> None:
        gradient = self.product(following) - 1
        doubled = self._doubled()
        if float(following @ (gradient - 1)) <= doubled + self.rounding * abs(doubled):
            self.point, self.gradient = following, gradient
        else:
            self._by_metric()

    def _release(self, outside: Tensor) -> None:
        """To the lowest point along the violations of the zero multipliers, which are negative."""
        if self.metric is not None:
            self._by_metric()
            return
        image = self.product(outside)
        curvature = float(outside @ image)
        if not curvature > 0:
            self._by_metric()
            return
        length = float(self.gradient @ outside) / curvature
        self.point = self.point - length * outside
        self.gradient = self.gradient - length * image

    def _by_metric(self) -> None:
        if self.metric is None:
            self.metric = ClassMetric.of(self.product, self.labels)
        self.point = self.metric.proximal(self.point, self.gradient)
        self.gradient = self.product(self.point) - 1


def kkt_violation(multipliers: Tensor, margins: Tensor) -> float:
    """The largest violation of the KKT conditions by lambda >= 0 with margins A lambda."""
    return float(torch.where(multipliers > 0, (margins - 1).abs(), 1 - margins).clamp(min=0).max())


Product = Callable[[Tensor], Tensor]
Method = Literal["linear solve", "quadratic program"]

_REFINEMENTS, _CONJUGATE_STEPS = 2, 200
# Margins this close to 1 tell the signs of the multipliers; with negative ones among them, a linear
# solve goes no further.
_SIGNS = 1e-4
UNBOUNDED = 1000.0
"""A sum of multipliers more than this many times that of orthogonal samples is taken for growth
without end; a program that is conditioned as badly is given up as well."""


@dataclass(frozen=True, eq=False)
class ProgramSolution:
    """The multipliers of the margin program and how well they are one.

    Attributes
    ----------
    multipliers : lambda float64 (n,), none negative.
    method : ``linear solve`` when A lambda = 1 has a positive solution, which this then is.
    bounded : False when the objective told that the sum of the multipliers exceeds ``UNBOUNDED``: a
        sign, and no proof, that the margins cannot all be met.
    violation : largest violation of the KKT conditions: abs(margin - 1) where lambda > 0, and
        max(0, 1 - margin) where lambda = 0; margins A lambda are computed afresh.
    least_margin : min_n (A lambda)_n, 1 up to rounding when solved.
    slackness : max_n lambda_n abs((A lambda)_n - 1) / max lambda: complementarity.
    negative : how many entries of the solution of A lambda = 1 are not positive, it being known to
        1e-4 in every margin or better; None where conjugate gradients found none (A singular).
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


@full_float32()
def solve_margin_program(
    product: Product,
    labels: Tensor,
    diagonal: float,
    *,
    precise: Callable[[], Product] | None = None,
    tolerance: float = 1e-4,
    most: int = 3000,
) -> ProgramSolution:
    """Minimise over lambda >= 0, where ``product`` maps v (n,) to A v, A positive semidefinite.

    labels (n,) of +-1, in the dtype and on the device of the product; ``diagonal`` is the mean
    diagonal entry of A. A linear solve is held to a tenth of ``tolerance`` in every margin, which
    is 1. ``precise`` makes the same product for float64 vectors; it is asked for when the rounding
    of float32 no longer lets the violation fall. The quadratic program stops when the KKT violation
    is at most ``tolerance``, when rounding no longer lets it fall, when it is unbounded, or after
    ``most`` products; ``bounded`` and ``violation`` tell. Deterministic.
    """
    wide = _Counted(product, labels.dtype)
    ones = torch.ones(len(labels), dtype=torch.float64, device=labels.device)
    start, gradient, negative = torch.zeros_like(ones), -ones, None
    if (unconstrained := _conjugate_gradient(wide, ones, tolerance / 10)) is not None:
        solution, solved = unconstrained
        negative = int((solution <= 0).sum())
        if solved:
            return _described(wide, solution, "linear solve", True, negative)
        clipped = solution.clamp(min=0)
        slope = wide(clipped) - 1
        # Of a solution with large entries of both signs, the positive ones may lead far away.
        if float(clipped @ (slope - 1)) < 0:
            start, gradient = clipped, slope
    search = FaceGradients(
        product=wide,
        labels=labels.double(),
        largest=UNBOUNDED * len(labels) / diagonal,
        rounding=torch.finfo(labels.dtype).eps,
        point=start,
        gradient=gradient,
        sharpen=None if precise is None else lambda: wide.become(precise(), torch.float64),
    )
    search.run(tolerance, lambda: wide.count < most)
    return _described(wide, search.point, "quadratic program", search.bounded, negative)


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
