"""Perturbed noise that is never stored: base samples and what is added to them.

Two forms cover what studies need: perturbations in the span of a few directions (the normal q, or
the weights of a trained network, whose input gradients they are), and perturbations of few
coordinates. Nor are their Gram and margin matrices ever formed: they are changes of those of the
base. Perturbations along r directions, x_n = x'_n + sum_r D_nr B_r, change the base's K' by

    K = K' + D Zᵀ + Z Dᵀ + D (B Bᵀ) Dᵀ,    Z = X' Bᵀ,

which for one shared direction (D = eps y, r = 1) is the rank-two change
K' + eps (b yᵀ + y bᵀ) + eps² ‖dir‖² y yᵀ, b = Z. Perturbations of k coordinates replace k columns
of X'. Ten points of a sweep thus share one matrix of N² numbers. Source: this project.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..device import check_memory


@dataclass(frozen=True, eq=False)
class SampleGram:
    """K = X Xᵀ by its samples (n, d): less work than the matrix when d < n/2."""

    samples: Tensor

    def product(self, columns: Tensor) -> Tensor:
        """K V for V (n, c)."""
        # Vᵀ X, not Xᵀ V: samples are read row by row, many times faster for few columns.
        return self.samples @ (columns.T @ self.samples).T


@dataclass(frozen=True, eq=False)
class ChangedGram:
    """K = K' + F S Fᵀ: ``base`` K' (n, n), ``factor`` F (n, r), ``middle`` S (r, r) symmetric."""

    base: Tensor
    factor: Tensor
    middle: Tensor

    def product(self, columns: Tensor) -> Tensor:
        """K V for V (n, c)."""
        return self.change(columns).add_(self.base @ columns)

    def change(self, columns: Tensor) -> Tensor:
        """(K - K') V for V (n, c)."""
        return self.factor @ (self.middle @ (columns.T @ self.factor).T)


Gram = SampleGram | ChangedGram
"""What stands for a Gram matrix K (n, n)."""


def unchanged(base: Tensor) -> ChangedGram:
    """K = K'."""
    return ChangedGram(base, base.new_zeros(len(base), 0), base.new_zeros(0, 0))


def margin_matrix(base: Tensor, labels: Tensor, slope: float) -> Tensor:
    """A' (n, n), A'_nk = ½ c_nk y_n y_k K'_nk, c = 1 + gamma² for equal labels, else 2 gamma."""
    scaled = base * (0.25 * (1 + slope) ** 2)
    scaled.mul_(labels[:, None]).mul_(labels)
    return scaled.add_(base, alpha=0.25 * (1 - slope) ** 2)


@dataclass(frozen=True, eq=False)
class MarginProduct:
    """v -> A v, A the margin matrix of ``gram`` with labels (n,) of +-1.

    As c_nk = ½ ((1+gamma)² + (1-gamma)² y_n y_k), A v takes a product with two columns; with the
    margin matrix ``base`` of a ChangedGram's base at hand, one pass over n² numbers and no more.
    """

    gram: Gram
    labels: Tensor
    slope: float
    base: Tensor | None = None

    def __call__(self, vector: Tensor) -> Tensor:
        if self.base is None or not isinstance(self.gram, ChangedGram):
            return self._margins(self.gram.product(self._pair(vector)))
        return self._margins(self.gram.change(self._pair(vector))).add_(self.base @ vector)

    def _pair(self, vector: Tensor) -> Tensor:
        return torch.stack([self.labels * vector, vector], 1)

    def _margins(self, images: Tensor) -> Tensor:
        own = 0.25 * (1 + self.slope) ** 2 * self.labels * images[:, 0]
        return own + 0.25 * (1 - self.slope) ** 2 * images[:, 1]

    def activation_margins(self, vector: Tensor) -> Tensor:
        """min over neurons j of m y_n a_j <w_j, x_n> for multipliers ``vector``, shape (n,).

        Positive where sample n activates exactly its own label's half (see `multipliers`).
        """
        images = self.gram.product(self._pair(vector))
        signed, summed = self.labels * images[:, 0], images[:, 1]
        same, other = (summed + signed) / 2, (summed - signed) / 2
        return torch.minimum(same - self.slope * other, self.slope * same - other)


# A product with the samples reads them twice, one with the Gram matrix reads n² numbers once.
_FEW_DIMENSIONS = 0.4


@dataclass(frozen=True, eq=False)
class AlongDirections:
    """x_n = x'_n + sum_r D_nr B_r: ``base`` X' (n, d), ``coefficients`` D, ``directions`` B."""

    base: Tensor
    coefficients: Tensor
    directions: Tensor

    def gram(self, base: Tensor) -> ChangedGram:
        """The Gram matrix from that of the base, (n, n): a change of rank 2r."""
        eye = torch.eye(len(self.directions), dtype=base.dtype, device=base.device)
        upper = torch.cat([self.directions @ self.directions.T, eye], 1)
        middle = torch.cat([upper, torch.cat([eye, torch.zeros_like(eye)], 1)], 0)
        factor = torch.cat([self.coefficients, self.base @ self.directions.T], 1)
        return ChangedGram(base, factor, middle)

    def rows(self, part: slice) -> Tensor:
        """The samples in ``part``, (n', d), made anew."""
        return torch.addmm(self.base[part], self.coefficients[part], self.directions)

    def combined(self, coefficients: Tensor) -> Tensor:
        """Xᵀ C, (d, c)."""
        change = self.directions.T @ (self.coefficients.T @ coefficients)
        return change.addmm_(self.base.T, coefficients)

    def scores(self, weights: Tensor) -> Tensor:
        """X Wᵀ, (n, m)."""
        change = self.coefficients @ (self.directions @ weights.T)
        return change.addmm_(self.base, weights.T)


@dataclass(frozen=True, eq=False)
class InCoordinates:
    """``base`` X' (n, d) with the columns ``taken`` (k,) replaced by ``values`` (n, k)."""

    base: Tensor
    taken: Tensor
    values: Tensor

    def gram(self, base: Tensor) -> ChangedGram:
        """The Gram matrix from that of the base, (n, n): a change of rank 2k."""
        factor = torch.cat([self.base[:, self.taken], self.values], 1)
        signs = torch.ones(factor.shape[1], dtype=base.dtype, device=base.device)
        signs[: len(self.taken)] = -1
        return ChangedGram(base, factor, torch.diag(signs))

    def rows(self, part: slice) -> Tensor:
        """The samples in ``part``, (n', d), made anew."""
        return self.base[part].clone().index_copy_(1, self.taken, self.values[part])

    def combined(self, coefficients: Tensor) -> Tensor:
        """Xᵀ C, (d, c)."""
        result = self.base.T @ coefficients
        return result.index_copy_(0, self.taken, self.values.T @ coefficients)


PerturbedNoise = AlongDirections | InCoordinates
"""Samples x_n = x'_n + eta_n, n of them in d dimensions."""


def needs_base_gram(count: int, dimension: int) -> bool:
    """Whether products with the Gram matrix are cheaper than products with the samples."""
    return dimension > _FEW_DIMENSIONS * count


def gram_of(noise: PerturbedNoise, base: Tensor | None) -> Gram:
    """The Gram matrix, by that of the base or, without one, by the samples.

    Raises InputError when the samples do not fit into the memory of their device once more.
    """
    if base is not None:
        return noise.gram(base)
    count, dimension = noise.base.shape
    what, size = f"perturbed noise in dimension {dimension}", noise.base.itemsize * dimension
    check_memory(what, lambda n: size * n, count, "samples", str(noise.base.device))
    return SampleGram(noise.rows(slice(None)))
