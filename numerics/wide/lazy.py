"""How near a wide network stays to its start, and the certificate that follows for its answers.

Within path time t neuron j can change sides at z only if abs(h_j(0; z)) <= abs(a_j) t B(z), B(z) =
mean_n abs(K_n), K_n = <x_n, z> + 1. F(z) is the sum of a_j² over those, and

    bend(z) = sum_j abs(a_j) max(0, abs(a_j) t B(z) - abs(h_j(0; z))) <= t B(z) F(z).

With the start's own kernel Phi_0 = sum_j a_j² phi'(h_j(0; x)) phi'(h_j(0; z)), S_k = sum_j
abs(a_j)^k and f^(z) = mean_n y_n Phi(x_n, z) K_n, the network has the sign of f^(z) where

    t S_2 abs(f^) > abs(f_0) + (1-gamma) (bend + t mean_n F(x_n) abs(K_n))
                    + t abs(mean_n y_n Phi_0 K_n - S_2 f^)

for the identity loss (theorems "lazy-kernel", "wide-agreement"). Everything is enclosed; what
rounding in training may do is part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..enclose.ball_array import UNIT_ROUNDOFF, BallArray
from ..enclose.real_array import BoolArray, FloatArray
from .identities import Paths, PathsAt
from .kernel import kernel_enclosed
from .training import homogeneous


@dataclass(frozen=True, eq=False)
class Near:
    """A start at points z: what may change sides within t, each (B,), at most.

    flips : F(z). bend : as above. reach : B(z).
    """

    flips: FloatArray
    bend: FloatArray
    reach: FloatArray


class Lazy:
    """A trained network at points z (B, d), against its start."""

    def __init__(self, paths: Paths, z: FloatArray) -> None:
        trained = paths.trained
        self._trained, self._z, self._paths = trained, z, paths
        self._outer = BallArray.exact(trained.start.outer)
        self._squares = self._outer * self._outer
        self.slope, self.time = trained.network.slope, BallArray.like(trained.setup.path_time)
        self._lifted = homogeneous(trained.x)

    def _heights(self, points: FloatArray) -> BallArray:
        """h_j(0; z), (B, m)."""
        return BallArray.exact(homogeneous(points)) @ self._trained.start.weights.T

    @cached_property
    def _at(self) -> BallArray:
        return self._heights(self._z)

    @cached_property
    def _at_samples(self) -> BallArray:
        return self._heights(self._trained.x)

    @cached_property
    def reaches(self) -> BallArray:
        """K_n at z, (B, N)."""
        return BallArray.exact(homogeneous(self._z)) @ self._lifted.T

    def _near(self, heights: BallArray, reaches: BallArray) -> Near:
        reach = abs(reaches).sum(axis=1) / float(len(self._lifted))
        moved = abs(self._outer) * (reach * self.time)[:, None]
        over = (moved - abs(heights)).maximum(0.0)
        flips = (self._squares * (over.upper > 0)).sum(axis=1)
        bend = (over * abs(self._outer)).sum(axis=1)
        return Near(flips.upper, bend.upper, reach.upper)

    @cached_property
    def near(self) -> Near:
        """At z."""
        return self._near(self._at, self.reaches)

    @cached_property
    def near_samples(self) -> Near:
        """At the samples, (N,) each."""
        inner = BallArray.exact(self._lifted) @ self._lifted.T
        return self._near(self._at_samples, inner)

    def _slopes(self, heights: BallArray) -> BallArray:
        """phi'(h), gamma to 1 where the sign is not certain."""
        low, high = (
            np.where(sure, 1.0, self.slope) for sure in (heights.positive, ~heights.negative)
        )
        return BallArray.between(low, high)

    @cached_property
    def start_kernel(self) -> BallArray:
        """Phi_0, (B, N)."""
        return (self._slopes(self._at) * self._squares) @ self._slopes(self._at_samples).T

    @cached_property
    def mass(self) -> BallArray:
        """S_2, ()."""
        return self._squares.sum()

    @cached_property
    def expected(self) -> BallArray:
        """f^(z), (B,)."""
        kernel = kernel_enclosed(self._z, self._trained.x, self.slope)
        return self._mean(kernel * self._trained.y * self.reaches)

    def _mean(self, values: BallArray) -> BallArray:
        return values.sum(axis=1) / float(len(self._lifted))

    @cached_property
    def begun(self) -> BallArray:
        """f_0(z), (B,)."""
        return self._at.maximum(self._at * self.slope) @ self._trained.start.outer

    @cached_property
    def linearised(self) -> BallArray:
        """mean_n y_n Phi_0 K_n, (B,)."""
        return self._mean(self.start_kernel * self._trained.y * self.reaches)

    @cached_property
    def bent(self) -> BallArray:
        """(1-gamma) (bend + t mean_n F(x_n) abs(K_n)), (B,), at most."""
        samples = self._mean(abs(self.reaches) * self.near_samples.flips)
        return (samples * self.time + self.near.bend) * (1 - BallArray.exact(self.slope))

    @cached_property
    def certified(self) -> BoolArray:
        """Where the network certainly has the sign of f^, bool (B,)."""
        goal = self.expected * self.mass
        rest = abs(self.begun) + self.bent + abs(self.linearised - goal) * self.time
        return (abs(goal) * self.time - rest - self._after.lost).positive

    @cached_property
    def _after(self) -> PathsAt:
        return self._paths.at(self._z)

    @property
    def value(self) -> BallArray:
        """f(z) after training, (B,)."""
        return self._after.value

    @property
    def base_contrary(self) -> int:
        """Certified points at which f certainly has not the sign of f^: none."""
        return int((self.certified & (self.value * self.expected).negative).sum())

    @property
    def kernel_contrary(self) -> int:
        """Pairs at which C_n N/t certainly is farther from Phi_0 than (1-gamma)(F(x_n)+F(z))."""
        count, setup = len(self._lifted), self._trained.setup
        moved = self._after.kernel * float(count) / self.time
        allowed = BallArray.exact(np.add.outer(self.near.flips, self.near_samples.flips))
        allowed = allowed * (1 - BallArray.exact(self.slope))
        # Path weights are sums of so many rounded terms.
        sums = (setup.steps + 20 + 4 / (1 - setup.momentum)) * 2 * UNIT_ROUNDOFF
        lost = abs(moved).upper * sums
        return int((abs(moved - self.start_kernel) - allowed - lost).positive.sum())

    @property
    def start_contrary(self) -> int:
        """Points at which abs(I - f_0) certainly exceeds (1-gamma) t B F."""
        allowed = BallArray.exact(self.near.reach) * self.near.flips * self.time
        allowed = allowed * (1 - BallArray.exact(self.slope))
        apart = abs(self._after.start_part - self.begun)
        return int((apart - allowed - self._after.lost).positive.sum())

    @property
    def drift_contrary(self) -> int:
        """Points at which f certainly is farther from f_0 + t mean_n y_n Phi_0 K_n than allowed."""
        apart = abs(self.value - self.begun - self.linearised * self.time)
        return int((apart - self.bent - self._after.lost).positive.sum())
