"""min ½ lambdaᵀ A lambda - 1ᵀ lambda over lambda >= 0: conjugate gradients within the faces.

While the positive multipliers violate their conditions more than the zero ones, conjugate
gradients lower the objective among the positive ones. A step that leaves the orthant is taken in
full and projected, so that many multipliers reach zero at once. When the zero ones violate more,
they are released. Every step lowers the objective up to rounding: a projected step that does not
is replaced by one in the metric of a matrix above A (`ClassMetric`), which then also preconditions.
At the end the faces no longer change and what is left is conjugate gradients on the support.

Source: Dostál (2009), algorithm 5.8 (proportioning); projected steps: Kružík et al. (2020);
metric this project's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# Rounding has the last word when a small violation has not fallen by this factor in so many looks.
_SMALL, _PROGRESS, _PATIENCE = 1e-3, 0.7, 8
# The power method approaches the largest eigenvalue from below.
_POWER_STEPS, _POWER_ROOM = 12, 1.1
_NEWTON_STEPS = 30
# For positive semidefinite A split in two blocks, A <= (1 + t) A_11 + (1 + 1/t) A_22.
_SPLIT = 0.25


def largest_eigenvalue(
    image: Callable[[Tensor], Tensor], vector: Tensor, rounds: int
) -> tuple[float, Tensor]:
    """Of a positive semidefinite map, from below, by the power method; and its last vector."""
    value = 0.0
    for _ in range(rounds):
        norm = vector.norm()
        if not float(norm) > 0:
            break
        vector = image(vector / norm)
        value = float(vector.norm())
    return value, vector


@dataclass(frozen=True, eq=False)
class ClassMetric:
    """H = c I + U T Uᵀ >= A: U (n, 2) the normed indicators of the classes, T (2, 2) >= 0.

    A perturbation that is shared by all samples, up to the label, gives A one large eigenvalue,
    whose vector lies near the span of the indicators of the two classes. H contains it, and
    minimising over lambda >= 0 in its metric costs two equations. Source: this project.
    """

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
        start = outside(torch.cos(torch.arange(len(labels), device=labels.device).double()))
        value, _ = largest_eigenvalue(lambda vector: outside(product(vector)), start, _POWER_STEPS)
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


@dataclass
class ProjectedGradients:
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
        free, inside, outside, direction = self._faces()
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
                free, inside, outside, direction = self._faces()
            if float(outside @ outside) > float(inside @ inside):
                self._release(outside)
                image = None
            else:
                image = self._descend(direction)
            if -self._doubled() > self.largest:
                self.bounded = False
                return
            if image is None:
                free, inside, outside, direction = self._faces()
                continue
            inside = self.gradient * free
            outside = (self.gradient - inside).clamp(max=0)
            following = self._preconditioned(free, inside)
            share = float(following @ image) / float(direction @ image)
            direction = following.sub(direction, alpha=share)

    def _faces(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """1 where lambda > 0, else 0; the gradient there; the negative part of it elsewhere.

        Last the direction in which to descend within the face.
        """
        free = (self.point > 0).double()
        inside = self.gradient * free
        outside = (self.gradient - inside).clamp(max=0)
        return free, inside, outside, self._preconditioned(free, inside)

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
        if float(following.amin()) >= 0:
            self.point = following
            self.gradient = self.gradient.sub(image, alpha=length)
            return image
        following = following.clamp(min=0)
        gradient = self.product(following) - 1
        doubled = self._doubled()
        if float(following @ (gradient - 1)) <= doubled + self.rounding * abs(doubled):
            self.point, self.gradient = following, gradient
        else:
            self._by_metric()
        return None

    def _release(self, outside: Tensor) -> None:
        """To the lowest point along the violations of the zero multipliers, which are negative."""
        image = self.product(outside) if self.metric is None else None
        curvature = 0.0 if image is None else float(outside @ image)
        if image is None or not curvature > 0:
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
