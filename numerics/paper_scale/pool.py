"""Large nested draws: natural samples and noise that all points of a study share.

The first n rows and d columns of one array are the draw for n samples in d dimensions. Points then
differ by what they study and not by chance (common random numbers), and one Gram matrix serves all
points of a dimension. Everything is drawn and kept in float32. Source: this project.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..configuration import InputError
from ..device import check_memory, full_float32, resolve_device
from ..network import check_width
from .setting import Noise

Which = Literal["natural", "noise"]
VARIANCE: dict[Noise, float] = {"uniform": 1 / 3, "gaussian": 1.0}
"""s²: the variance of a coordinate."""

_BLOCK = 2500
"""Rows are drawn, and columns multiplied, in blocks of this many.

Each block of rows has its own stream of random numbers, and a Gram matrix is a sum over blocks of
columns: what a point gets depends on the point alone, whatever was asked for before it.
"""


@dataclass(frozen=True, eq=False)
class NoisePool:
    """Draws of one seed: at most ``natural`` and ``noise`` samples in ``dimension`` dimensions.

    kind: ``uniform`` on [-1, 1]^d or ``gaussian`` N(0, I), for the natural samples and the noise
    alike (as published). Labels are fair coins. Only what is asked for is drawn. ``device`` as for
    `resolve_device`; what is asked for must fit into its memory, else InputError says what would.
    """

    kind: Noise
    natural: int
    noise: int
    dimension: int
    seed: int
    device: str = "cpu"

    def __post_init__(self) -> None:
        object.__setattr__(self, "device", resolve_device(self.device))

    def drawn(self, which: Which, count: int, dimension: int) -> tuple[Tensor, Tensor]:
        """Samples, float32 (count, dimension), a view, and labels, float32 (count,) of +-1.

        x_n and y_n of the ``natural`` samples, x'_n and y^a_n of the ``noise``.
        """
        if which not in self._rows:
            self._rows[which] = _Rows(self, which, getattr(self, which))
        coins = self._generator(f"labels of {which}").integers(0, 2, getattr(self, which))
        labels = torch.tensor(2.0 * coins - 1, dtype=torch.float32, device=self.device)
        return self._rows[which].first(count, self._columns(dimension)), labels[:count]

    @full_float32()
    def noise_gram(self, count: int, dimension: int) -> Tensor:
        """<x'_n, x'_k>, float32 (count, count), a view into a matrix that is kept.

        Asked for ascending dimensions, each column of the noise is multiplied once.
        """
        rows = self.noise if count > _BLOCK else min(_BLOCK, self.noise)
        if rows not in self._grams:
            # Small sets do not wait for the matrix of all. Kept are the sum over whole blocks of
            # columns and the matrix itself.
            check_memory(
                "Gram matrix of the noise", lambda n: 8 * n**2, rows, "samples", self.device
            )
            self._grams[rows] = _GrowingGram(self.drawn("noise", rows, self.dimension)[0])
        return self._grams[rows].at(self._columns(dimension))[:count, :count]

    def initial_weights(self, network: str, width: int, dimension: int) -> Tensor:
        """W(0), float32 (m, d), uniform on [-1/sqrt d, 1/sqrt d] (the published recipe).

        ``network`` names an independent draw; nested in d up to the scale.
        """
        check_width(width)
        draw = _uniform(self._generator(f"weights of {network}"), width, self.dimension)
        return draw[:, : self._columns(dimension)].to(self.device) / math.sqrt(dimension)

    def _columns(self, dimension: int) -> int:
        if not 1 <= dimension <= self.dimension:
            raise InputError(f"pool: dimension {dimension} was asked for, it has {self.dimension}")
        return dimension

    @cached_property
    def _rows(self) -> dict[Which, _Rows]:
        return {}

    @cached_property
    def _grams(self) -> dict[int, _GrowingGram]:
        return {}

    def _generator(self, purpose: str) -> np.random.Generator:
        key = int.from_bytes(f"{self.kind} {purpose}".encode(), "little")
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(key,)))


class _Rows:
    """Samples drawn block by block when first asked for."""

    def __init__(self, pool: NoisePool, purpose: str, rows: int) -> None:
        self._pool, self._purpose = pool, purpose
        self._on_host = pool.device == "cpu"
        if not self._on_host:
            self._check_memory(rows)
        # Memory that is not written to costs nothing on the host.
        self._samples = torch.empty(rows, pool.dimension, device=pool.device)
        self._drawn = 0

    def first(self, count: int, dimension: int) -> Tensor:
        if not 1 <= count <= len(self._samples):
            raise InputError(
                f"pool: {count} {self._purpose} samples were asked for, it has {len(self._samples)}"
            )
        if self._on_host and self._drawn < count:
            self._check_memory(count - self._drawn)
        while self._drawn < count:
            block = self._samples[self._drawn : self._drawn + _BLOCK]
            stream = self._pool._generator(f"{self._purpose} {self._drawn}")
            if self._pool.kind == "uniform":
                block.copy_(_uniform(stream, *block.shape))
            else:
                drawn = stream.standard_normal(block.shape, dtype=np.float32)
                block.copy_(torch.from_numpy(drawn))
            self._drawn += len(block)
        return self._samples[:count, :dimension]

    def _check_memory(self, rows: int) -> None:
        dimension, device = self._pool.dimension, self._pool.device
        what = f"draws of {self._purpose} samples in dimension {dimension}"
        check_memory(what, lambda n: 4 * n * dimension, rows, "samples", device)


class _GrowingGram:
    """X_d X_dᵀ for the first d columns of samples (n, D); columns are added as d grows."""

    def __init__(self, samples: Tensor) -> None:
        self._samples = samples
        self._whole, self._blocks = samples.new_zeros(len(samples), len(samples)), 0
        self._last, self._dimension = self._whole, 0

    def at(self, dimension: int) -> Tensor:
        if dimension == self._dimension:
            return self._last
        blocks, rest = divmod(dimension, _BLOCK)
        self._last = self._whole
        if blocks < self._blocks:
            self._whole.zero_()
            self._blocks = 0
        for block in range(self._blocks, blocks):
            part = self._samples[:, block * _BLOCK : (block + 1) * _BLOCK]
            self._whole.addmm_(part, part.T)
        self._blocks, self._dimension = blocks, dimension
        if rest:
            part = self._samples[:, blocks * _BLOCK : dimension]
            self._last = torch.addmm(self._whole, part, part.T)
        return self._last


def _uniform(generator: np.random.Generator, rows: int, columns: int) -> Tensor:
    return torch.from_numpy(generator.random((rows, columns), dtype=np.float32)).mul_(2).sub_(1)
