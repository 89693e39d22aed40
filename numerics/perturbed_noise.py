"""Perturbed noise that is never stored: base samples and what is added to them.

Two forms cover what studies need: perturbations in the span of a few directions (the normal q, or
the weights of a trained network, whose input gradients they are), and perturbations of few
coordinates. Source: this project.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from .memory import check_memory
from .perturbed_gram import Gram, SampleGram, along_directions, with_columns

# A product with the samples reads them twice, one with the Gram matrix reads n² numbers once.
_FEW_DIMENSIONS = 0.4


class PerturbedNoise(Protocol):
    """Samples x_n = x'_n + eta_n, n of them in d dimensions."""

    @property
    def base(self) -> Tensor:
        """X', (n, d)."""
        ...

    def gram(self, base: Tensor) -> Gram:
        """Their Gram matrix from that of the base, (n, n)."""
        ...

    def rows(self, part: slice) -> Tensor:
        """The samples in ``part``, (n', d), made anew."""
        ...

    def combined(self, coefficients: Tensor) -> Tensor:
        """Xᵀ C, (d, c), for C (n, c)."""
        ...

    def scores(self, weights: Tensor) -> Tensor:
        """X Wᵀ, (n, m), for W (m, d)."""
        ...


@dataclass(frozen=True, eq=False)
class AlongDirections:
    """x_n = x'_n + sum_r D_nr B_r: ``base`` X' (n, d), ``coefficients`` D, ``directions`` B."""

    base: Tensor
    coefficients: Tensor
    directions: Tensor

    def gram(self, base: Tensor) -> Gram:
        """The base matrix and a change of rank 2r."""
        return along_directions(base, self.base, self.coefficients, self.directions)

    def rows(self, part: slice) -> Tensor:
        """The samples in ``part``, (n', d)."""
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

    def gram(self, base: Tensor) -> Gram:
        """The base matrix and a change of rank 2k."""
        return with_columns(base, self.base[:, self.taken], self.values)

    def rows(self, part: slice) -> Tensor:
        """The samples in ``part``, (n', d)."""
        return self.base[part].clone().index_copy_(1, self.taken, self.values[part])

    def combined(self, coefficients: Tensor) -> Tensor:
        """Xᵀ C, (d, c)."""
        result = self.base.T @ coefficients
        return result.index_copy_(0, self.taken, self.values.T @ coefficients)

    def scores(self, weights: Tensor) -> Tensor:
        """X Wᵀ, (n, m)."""
        change = (self.values - self.base[:, self.taken]) @ weights[:, self.taken].T
        return change.addmm_(self.base, weights.T)


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
