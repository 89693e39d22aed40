"""Fresh starts of a wide network: how often its kernel and its flips are as they are promised."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..enclose.ball_array import UNIT_ROUNDOFF
from ..enclose.real_array import FloatArray
from .kernel import kernel
from .setting import draw_start
from .training import WideTrained, homogeneous


def height_rounding(points: FloatArray, weights: FloatArray) -> FloatArray:
    """What rounding may make of the heights of neurons (m, d + 1) at points (B, d): (B, m)."""
    sizes = np.linalg.norm(homogeneous(points), axis=1)
    return 2 * UNIT_ROUNDOFF * weights.shape[1] * np.outer(sizes, np.linalg.norm(weights, axis=1))


def fresh_starts(
    f: WideTrained, z: FloatArray, delta: float, draws: int, rng: np.random.Generator
) -> Iterator[tuple[bool | None, bool | None]]:
    """Two events a draw of the hidden weights, the output weights being those of f: whether

        abs(Phi_0 - S_2 Phi) <= (1-gamma²) sqrt(S_4 log(2 M/delta)/2)           for all M pairs,
        F <= sqrt(2/pi) t B S_3/sqrt(‖z‖²/d + 1) + sqrt(S_4 log(K/delta)/2)     at all K points,

    pairs of a sample and one of the points z (B, d), points of both kinds; None where rounding
    leaves it open.
    """
    x, outer, slope = f.x, abs(f.start.outer), f.network.slope
    squares, time = outer**2, f.setup.path_time.upper
    mean = squares.sum() * kernel(x, z, slope)
    fourth = (squares**2).sum()
    apart = (1 - slope**2) * math.sqrt(fourth * math.log(2 * mean.size / delta) / 2)
    both = np.concatenate([x, z])
    reach = abs(both @ x.T + 1).mean(axis=1)
    spread = np.sqrt((both**2).sum(axis=1) / x.shape[1] + 1)
    most = math.sqrt(2 / math.pi) * time * reach * (outer**3).sum() / spread
    most = most + math.sqrt(fourth * math.log(len(both) / delta) / 2)
    moved, loose = time * np.outer(reach, outer), _LOOSE * math.sqrt(fourth)
    for _ in range(draws):
        weights = draw_start(len(outer), x.shape[1], rng).weights
        heights, blur = homogeneous(both) @ weights.T, height_rounding(both, weights)
        slopes = np.where(heights > 0, 1.0, slope)
        found = abs((slopes[: len(x)] * squares) @ slopes[len(x) :].T - mean)
        unsure = (abs(heights) <= blur) @ squares
        change = np.add.outer(unsure[: len(x)], unsure[len(x) :]) + loose
        low, high = ((abs(heights) <= moved + side * blur) @ squares for side in (-1, 1))
        yield (
            _decided((found + change <= apart).all(), (found - change > apart).any()),
            _decided((high + loose <= most).all(), (low - loose > most).any()),
        )


_LOOSE = 1e-9
"""Relative to sqrt(S_4), far above what rounding does to sums of a_j², and far below any slack."""


def _decided(holds: np.bool, fails: np.bool) -> bool | None:
    return True if holds else False if fails else None
