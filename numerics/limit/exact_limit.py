"""The limit under an own pattern, exactly: its supports and kinks are certain, the rest enclosed.

A solution in floating point proposes which samples I support the limit (lambda_n > 0) and which
cross pairs (g, n), n in I, are kinks (<b_g, x_n> = 0). Then lambda_n and eta_gn = s_gn lambda_n
solve the normal equations z_n = 1 on I, <b_g, x_n> = 0 at kinks: a positive definite system. Where
every strict sign that the optimality conditions ask for is certain (lambda_n > 0, gamma < s_gn < 1
at kinks, z_n >= 1 elsewhere, the signs of the other cross pairs of I) its solution is W*.
Source: this project.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...theory.exact.interval import Interval
from ..enclose.ball_array import BallArray
from ..enclose.linear_algebra import verified_solve
from ..enclose.real_array import BoolArray
from .convex_limit import ConvexLimit, program_margins

_AT_END = 1e-9
"""A proposed multiplier or slope nearer to its end than this, relatively, counts as at it."""
_LARGEST = 3000
"""Supports and kinks, at most."""


class Short(Exception):
    """What a certificate lacks, in words."""


@dataclass(frozen=True, eq=False)
class ExactLimit:
    """The limit W*, its supports and kinks certain.

    Attributes
    ----------
    proposal : the solution in floating point, with data, slope and pattern.
    supports : int (I,), the samples with lambda_n > 0.
    kinks : int (J,) and (J,), the sample and the group of each kink.
    settled : bool (N, G), the cross pairs of supports that are no kinks: their signs are certain.
        Dead ReLUs are left out: they are 0 in W*.
    directions : b*_g, (G, d). scaled : <b*_g, x_n>, (N, G).
    multipliers : lambda_n, (I,). spare : z_n(W*) - 1 >= 0, (N,), for supports 0.
    """

    proposal: ConvexLimit
    supports: NDArray[np.intp]
    kinks: tuple[NDArray[np.intp], NDArray[np.intp]]
    settled: BoolArray
    directions: BallArray
    scaled: BallArray
    multipliers: BallArray
    spare: BallArray
    _pieces: BallArray
    _at: BallArray
    _matrix: BallArray

    def margins(self, sums: BallArray) -> BallArray:
        """z_n at the supports, (I,), of weights with the kinks and signs of W*.

        sums: sum over the group of abs(a_j) w_j, (G, d).
        """
        count = len(self.supports)
        return ((self._at[:count] @ sums.T) * self._pieces[:count]).sum(axis=1)

    def shift(self, margins: BallArray) -> BallArray:
        """The shortest change of each b_g, (G, d), that adds (I,) to z_n and moves no kink."""
        heights = BallArray.stacked([margins, BallArray.exact(np.zeros(len(self.kinks[0])))])
        solved = verified_solve(self._matrix, heights)
        if solved is None:
            raise Short(_DEGENERATE)
        return (self._pieces * solved[:, None]).T @ self._at


_DEGENERATE = "the supports of the limit are degenerate, or too ill-conditioned for float64"


def exact_limit(limit: ConvexLimit) -> ExactLimit:
    """Certify the proposal's supports and kinks. Raises Short where a sign is not certain."""
    pattern, x, gamma = limit.pattern, limit.sample.x, Interval.exact(limit.slope)
    held = limit.multipliers > _AT_END * limit.multipliers.max(initial=0.0)
    inside = (limit.slopes > float(limit.slope) + _AT_END) & (limit.slopes < 1 - _AT_END)
    kinked = inside & ~pattern.own & held[:, None] & ~pattern.dead
    supports, (at_kink, bent) = np.flatnonzero(held), np.nonzero(kinked)
    if not 0 < len(supports) + len(bent) <= _LARGEST:
        raise Short(f"the limit has {len(supports)} supports and {len(bent)} kinks")

    # A row for each support, and one for each kink: by which slope it takes each group's b_g.
    up = (limit.scaled.mid > 0) & ~pattern.dead
    cross = BallArray.exact(up.astype(float)) + BallArray.exact((~up).astype(float)) * gamma
    slopes = pattern.kappa(limit.slope) * pattern.own - cross * (~pattern.own & ~kinked)
    unit = np.zeros((len(bent), len(pattern.shares)))
    unit[np.arange(len(unit)), bent] = -1.0
    pieces = BallArray.stacked([slopes[supports], BallArray.exact(unit)])
    at = BallArray.exact(x[np.concatenate([supports, at_kink])])
    matrix = (at @ at.T) * ((pieces * pattern.masses) @ pieces.T)
    heights = np.zeros(len(at))
    heights[: len(supports)] = 1.0
    solved = verified_solve(matrix, BallArray.exact(heights))
    if solved is None:
        raise Short(_DEGENERATE)

    directions = (pieces * solved[:, None]).T @ at
    scaled = BallArray.exact(x) @ directions.T
    multipliers, shares = solved[: len(supports)], solved[len(supports) :]
    whole = multipliers.placed(supports, len(x))[at_kink]
    spare = (program_margins(scaled, pattern, limit.slope) - 1.0) * ~held
    settled = ~pattern.own & ~kinked & held[:, None] & ~pattern.dead
    for certain, what in (
        (multipliers.positive, "a multiplier"),
        ((shares - whole * gamma).positive & (whole - shares).positive, "the slope at a kink"),
        (np.where(up, scaled.positive, scaled.negative) | ~settled, "the sign of a cross pair"),
        (spare.nonnegative, "the margin of a sample that supports nothing"),
    ):
        if not certain.all():
            wrong = int((~certain).sum())
            raise Short(f"the limit is not certain: {what} is within rounding ({wrong} of them)")
    return ExactLimit(
        proposal=limit,
        supports=supports,
        kinks=(at_kink, bent),
        settled=settled,
        directions=directions,
        scaled=scaled,
        multipliers=BallArray.like(multipliers),
        spare=spare,
        _pieces=pieces,
        _at=at,
        _matrix=matrix,
    )
