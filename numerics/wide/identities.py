"""The exact identities of a trained wide network, as far as rounding lets one see them.

With s_j(z) = phi'(h_j(T; z)) and C_n(z) = sum_j a_j² s_j(z) c_jn (theorem "path-kernel"),

    f(z) = I(z) + sum_n y_n C_n(z) (<x_n, z> + 1),    I(z) = sum_j a_j s_j(z) h_j(0; z),
    grad f(x) = rho(x) + sum_n y_n C_n(x) x_n,        rho(x) = sum_j a_j s_j(x) w_j(0),
    g(z) = I_g(z) + P(z) + B(z) + M(z),

P = eps sum_n C^g_n <grad f(x_n), z>/‖grad f(x_n)‖, B = sum_n y^a_n C^g_n and, where g learns the
perturbed samples themselves, M = sum_n y^a_n C^g_n <x_n, z>. Both sides are computed from weights,
path weights and start alone, in balls. That training rounds moves a neuron off its path by at most

    u (N + 2T + 20 + 8/(1 - mu)) abs(a_j) sum_n c_jn abs(x~_n) + u T abs(w~_j(0)),

coordinate by coordinate: N products summed up in T steps, a velocity that is rounded three times a
step and forgotten like 1/(1 - mu), T sums of weights and T of path weights. So what is left between
the sides is certainly below a bound unless something is computed wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..enclose.ball_array import UNIT_ROUNDOFF, BallArray
from ..enclose.real_array import FloatArray
from .training import WideTrained, homogeneous

_MORE = 1.01
"""Covers the second order of all roundings, the rounding of the bounds themselves included."""
_TINY = 1e-290
"""Covers what underflows."""


@dataclass(frozen=True, eq=False)
class Residual:
    """The largest difference of the two sides, as computed, and what rounding may make of it."""

    value: float
    rounding: float

    @classmethod
    def largest(cls, difference: FloatArray, rounding: FloatArray) -> Residual:
        """The place where most is left beyond rounding decides, so that none hides another."""
        worst = int(np.argmax(np.nan_to_num(difference - rounding, nan=np.inf)))
        return cls(float(difference[worst]), float(rounding[worst]))


class Paths:
    """A network trained in float64 with its path weights summed up."""

    def __init__(self, trained: WideTrained) -> None:
        if trained.paths is None:
            raise ValueError("the path weights were not summed up")
        self.trained, self.weights = trained, trained.paths
        self._outer = trained.start.outer

    @cached_property
    def drift(self) -> FloatArray:
        """What rounding may have moved each neuron off its path by, float64 (m, d + 1)."""
        t = self.trained
        steps, mu = t.setup.steps, t.setup.momentum
        moved = abs(self._outer)[:, None] * (self.weights.T @ abs(homogeneous(t.x)))
        sums = len(t.x) + 2 * steps + 20 + 8 / (1 - mu)
        first = sums * moved + steps * abs(t.start.weights)
        return _MORE * UNIT_ROUNDOFF * first + _TINY

    def at(self, z: FloatArray) -> PathsAt:
        """The network at points z (B, d)."""
        return PathsAt(self, z)


class PathsAt:
    """A network at points z (B, d): outputs, what they are made of, and what rounding may do."""

    def __init__(self, paths: Paths, z: FloatArray) -> None:
        self.paths, trained = paths, paths.trained
        self._outer, self._points = paths._outer, homogeneous(z)
        self.slope = trained.network.slope
        self._heights = BallArray.exact(self._points) @ trained.network.weights.T
        self.slopes = np.where(self._heights.mid > 0, 1.0, self.slope)
        # Where the sign of h is within rounding either slope may be meant, (1-gamma) abs(h) apart.
        near = np.where(abs(self._heights.mid) <= self._heights.rad, self._heights.rad, 0.0)
        self._blur = 2 * (1 - self.slope) * near

    @cached_property
    def value(self) -> BallArray:
        """f(z), (B,): that of the weights as they were computed."""
        return self._heights.maximum(self._heights * self.slope) @ self._outer

    @cached_property
    def start_part(self) -> BallArray:
        """I(z), (B,)."""
        first = BallArray.exact(self._points) @ self.paths.trained.start.weights.T
        return (first * self.slopes) @ self._outer

    @cached_property
    def kernel(self) -> BallArray:
        """C_n(z), (B, N)."""
        squares = BallArray.exact(self._outer) * self._outer
        return (squares * self.slopes) @ self.paths.weights.T

    @cached_property
    def lost(self) -> FloatArray:
        """What rounding in training may add to f(z), (B,), at most."""
        size = abs(self._outer)
        moved = abs(self._points) @ (self.paths.drift.T @ size)
        return _MORE * (moved + self._blur @ size)

    def path_part(self) -> BallArray:
        """sum_n y_n C_n(z) (<x_n, z> + 1), (B,)."""
        trained = self.paths.trained
        reach = BallArray.exact(self._points) @ homogeneous(trained.x).T
        return (self.kernel * reach) @ trained.y

    def output_residual(self) -> Residual:
        """The first identity."""
        return self.left(self.start_part + self.path_part())

    def left(self, other: BallArray, more: FloatArray | float = 0.0) -> Residual:
        """f(z) against another (B,), of which ``more`` (B,) may be lost to rounding as well."""
        radii = self.value.rad + other.rad + self.lost + more
        return Residual.largest(abs(self.value.mid - other.mid), _MORE * radii)

    def gradient(self) -> BallArray:
        """grad f(z), (B, d): that of the weights as they were computed."""
        signed = BallArray.exact(self._outer) * self.slopes
        return signed @ self.paths.trained.network.weights[:, :-1]

    def gradient_residual(self) -> Residual:
        """The second identity, as the norm of the difference."""
        trained = self.paths.trained
        signed = BallArray.exact(self._outer) * self.slopes
        rest = signed @ trained.start.weights[:, :-1]
        other = rest + (self.kernel * trained.y) @ trained.x
        found, size = self.gradient(), abs(self._outer)
        # Where the sign of h is not certain both sides take one slope: they differ by no more.
        radii = found.rad + other.rad + (abs(self.slopes) * size) @ self.paths.drift[:, :-1]
        apart = np.linalg.norm(found.mid - other.mid, axis=1)
        return Residual.largest(apart, _MORE * np.linalg.norm(radii, axis=1))


@dataclass(frozen=True, eq=False)
class Learned:
    """g at points z: its value and what it is made of, (B,) each, and the third identity.

    perturbing, biasing, mislabelled : P, B and M.
    """

    value: BallArray
    start_part: BallArray
    perturbing: BallArray
    biasing: BallArray
    mislabelled: BallArray
    residual: Residual
    lost: FloatArray

    @property
    def rest(self) -> BallArray:
        """All but P."""
        return self.start_part + self.biasing + self.mislabelled

    @property
    def outweighed(self) -> np.ndarray:
        """Where P certainly outweighs the rest, bool (B,)."""
        return (abs(self.perturbing) - abs(self.rest) - self.lost).positive

    @property
    def contrary(self) -> int:
        """Points at which it does, and the signs of g and P certainly differ: none."""
        return int((self.outweighed & (self.value * self.perturbing).negative).sum())


def learned(f: Paths, g: Paths, base: FloatArray | None, z: FloatArray) -> Learned:
    """g, which learnt perturbations of f, at z (B, d).

    base : the samples (N, d) that were perturbed if g learnt them perturbed, else None.
    """
    setup, y = g.trained.setup, g.trained.y
    natural = f.trained.x
    before = f.at(natural)
    gradients = before.gradient()
    sizes = (gradients * gradients).sum(axis=1).sqrt()
    # The gradient of a ReLU network without an active neuron is 0, and perturbs nothing.
    still = ~before.slopes.any(axis=1)
    units = gradients / (sizes + still.astype(float))[:, None]
    at = g.at(z)
    kernel = at.kernel
    perturbing = (kernel * (BallArray.exact(z) @ units.T)).sum(axis=1) * setup.eps
    biasing = kernel @ y
    mislabelled = BallArray.exact(np.zeros(len(z)))
    if base is not None:
        mislabelled = (kernel * (BallArray.exact(z) @ base.T)) @ y
    # What g was given is rounded: direction, norm, product and sum.
    size = setup.eps * abs(units.mid)
    given = 2 * setup.eps * units.rad + (base is not None) * UNIT_ROUNDOFF * abs(natural)
    given = given + UNIT_ROUNDOFF * (z.shape[1] + 8) * size
    lost = _MORE * ((abs(kernel).upper * (abs(z) @ given.T)).sum(axis=1))
    other = at.start_part + perturbing + biasing + mislabelled
    residual = at.left(other, lost)
    return Learned(
        at.value, at.start_part, perturbing, biasing, mislabelled, residual, at.lost + lost
    )
