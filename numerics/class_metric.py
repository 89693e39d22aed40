"""A matrix above A that is a multiple of the identity but for the span of two classes.

A perturbation that is shared by all samples, up to the label, gives A one large eigenvalue, whose
vector lies near the span of the indicators of the two classes. H = c I + U T Uᵀ >= A contains it,
and minimising over lambda >= 0 in its metric costs two equations. Source: this project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

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
