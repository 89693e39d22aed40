"""The kernel of a wide network at its start, with biases: E[phi'(h(x)) phi'(h(z))], closed form.

With w ~ N(0, I/d), b ~ N(0, 1) and theta the angle of (x/sqrt d, 1) and (z/sqrt d, 1)

    Phi(x, z) = (1 + gamma²) (pi - theta)/(2 pi) + gamma theta/pi

(theorem "bias-kernel"). The formula is arithmetic alone: angles may be NumPy arrays, tensors or
balls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb

from ...theory.exact.scalars import working_precision
from ..enclose.ball_array import BallArray
from ..enclose.real_array import FloatArray
from .training import homogeneous

if TYPE_CHECKING:
    from torch import Tensor

_ANGLE_ERROR = 2.0**-50
"""Covers an angle of many digits that is rounded to float64: angles are below 4."""


def kernel_of(angle: Any, slope: Any, pi: Any = np.pi) -> Any:
    """Phi at angles in [0, pi], for the slope gamma; all of one kind of arithmetic."""
    return ((pi - angle) * ((slope * slope + 1) / 2) + angle * slope) / pi


def kernel(x: FloatArray, z: FloatArray, slope: float) -> FloatArray:
    """Phi(x_n, z_b), float64 (N, B), for x (N, d) and z (B, d)."""
    return kernel_of(np.arccos(np.clip(_unit(x) @ _unit(z).T, -1.0, 1.0)), slope)


def kernel_on_device(x: Tensor, z: Tensor, slope: float) -> Tensor:
    """The same of tensors, on their device and in their type."""
    import torch

    sides = []
    for points in (x, z):
        scaled = points / points.shape[1] ** 0.5
        sides.append(scaled / (1 + scaled.square().sum(1, keepdim=True)).sqrt())
        sides.append((1 + scaled.square().sum(1)).rsqrt())
    cosines = sides[0] @ sides[2].T + torch.outer(sides[1], sides[3])
    return kernel_of(cosines.clamp(-1.0, 1.0).arccos(), slope)


def kernel_enclosed(x: FloatArray, z: FloatArray, slope: float) -> BallArray:
    """The same, (N, B), certainly."""
    return kernel_of_cosines(cosines_enclosed(x, z), slope)


def cosines_enclosed(x: FloatArray, z: FloatArray) -> BallArray:
    """The cosines of the angles theta, (N, B), certainly."""

    def unit(points: FloatArray) -> tuple[BallArray, BallArray]:
        exact = BallArray.exact(points)
        return exact, ((exact * exact).sum(axis=1) + float(points.shape[1])).sqrt()

    (left, first), (right, second) = unit(x), unit(z)
    return (left @ right.T + float(x.shape[1])) / first[:, None] / second


def kernel_of_cosines(cosines: BallArray, slope: float) -> BallArray:
    """Phi where the cosines are known: Phi falls with the angle, so rises with the cosine."""
    gamma, pi = (
        BallArray.exact(slope),
        BallArray(np.array(np.pi), np.array(_ANGLE_ERROR)),
    )
    ends = [kernel_of(_angles(side), gamma, pi) for side in (cosines.lower, cosines.upper)]
    return BallArray.between(ends[0].lower, ends[1].upper)


def _angles(cosines: FloatArray) -> BallArray:
    """Their angles, a cosine beyond 1 taken as 1."""
    with working_precision():
        flat = [float(arb(c).acos()) for c in np.clip(cosines, -1.0, 1.0).ravel().tolist()]
    angles = np.array(flat).reshape(cosines.shape)
    return BallArray(angles, np.full(cosines.shape, _ANGLE_ERROR))


def _unit(points: FloatArray) -> FloatArray:
    lifted = homogeneous(points / np.sqrt(points.shape[1]))
    return lifted / np.linalg.norm(lifted, axis=1, keepdims=True)
