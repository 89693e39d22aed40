"""Sets of test points z, and what a perturbed set teaches about each: T1, T2, and whether they
match the natural boundary for certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...numerics.boundary.decomposition import PointValues, point_values
from ...numerics.data import Sample
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.real_array import RealArray
from ...numerics.perturb.perturbed_set import PerturbedSet
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario

# Numbers in a set of points, at most, and the points that are drawn for one.
_ENTRIES = 2**22
_DRAWN = 200
# Tilted points lean to the direction by this much, relative to their own length.
_TILTS = (1e-2, 1e2)


@dataclass(frozen=True, eq=False)
class TestPoints:
    """Points z (B, d) under a name. `drawn` says that they are independent draws."""

    __test__ = False  # pytest takes every class of this name for a test

    name: str
    z: np.ndarray
    drawn: bool


def draw_test_points(
    scenario: Scenario, drawn: Sample, sample: Sample, direction: np.ndarray | None
) -> tuple[TestPoints, ...]:
    """Natural samples, fresh ones where there are any, isotropic points, and points towards dir.

    `drawn` is the data before a subset was taken, `sample` the part that is used; `direction` (d,)
    is what the perturbations share, None when they share nothing.
    """
    room = max(1, _ENTRIES // sample.d)
    most = min(_DRAWN, room)
    found = [TestPoints("natural samples", sample.x[:room], drawn=False)]
    fresh = scenario.data.fresh(scenario.generator("fresh points"), most, drawn)
    if fresh is not None:
        found.append(TestPoints("fresh samples", fresh, drawn=True))
    rng = scenario.generator("test points")
    found.append(TestPoints("isotropic points", rng.standard_normal((most, sample.d)), drawn=True))
    if direction is not None:
        towards = rng.standard_normal((most, sample.d))
        sides = rng.choice([-1.0, 1.0], most) * np.geomspace(*_TILTS, most)
        lengths = np.linalg.norm(towards, axis=1)
        towards += (sides * lengths / np.linalg.norm(direction))[:, None] * direction
        # As long as they were, so that only their angle to the direction tells them apart.
        towards *= (lengths / np.linalg.norm(towards, axis=1))[:, None]
        found.append(TestPoints("points towards dir", towards, drawn=False))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Matching:
    """The decomposition at a set of points, (B,) throughout.

    outweighing : eps N_adv lambda^a_min |<dir, z>|. base : lambda^a_max sum_n |<x'_n, z>|. The
    deterministic matching theorem covers z when the first exceeds the second and dir and q agree
    about z.
    """

    points: TestPoints
    values: PointValues
    outweighing: RealArray
    base: RealArray

    @cached_property
    def same_side(self) -> np.ndarray:
        """1 where dir and q agree about z, -1 where they do not, 0 where that is uncertain."""
        return signs(self.values.dir_z) * signs(self.values.q_z)

    @cached_property
    def agreeing(self) -> np.ndarray:
        """1 where q and q^a agree about z, -1 where they do not, 0 where that is uncertain."""
        return signs(self.values.q_z) * signs(self.values.adv_q_z)

    @cached_property
    def covered(self) -> np.ndarray:
        """Where the theorem certainly applies, bool (B,)."""
        return (self.same_side > 0) & (self.outweighing.lower > self.base.upper)

    @cached_property
    def ratio(self) -> np.ndarray:
        """|T2(z)|/|T1(z)|, float64 (B,); infinite where T1 vanishes."""
        with np.errstate(divide="ignore"):
            return abs(self.values.T2_z.mid) / abs(self.values.T1_z.mid)

    def load(self, index: int) -> Interval:
        """How far the perturbations outweigh the base at a point: covered above 1."""
        return self.outweighing.interval(index) / self.base.interval(index)


def matched(made: PerturbedSet, lam: RealArray, normal: RealArray, points: TestPoints) -> Matching:
    """The decomposition at points, for multipliers lam (N_adv,) and the natural normal (d,).

    Raises InputError when the perturbed samples share no direction.
    """
    lam, normal = in_balls(lam), in_balls(normal)
    values = point_values(made, lam, normal, points.z)
    assert made.eps is not None  # shared directions have a size
    strength = lam.min_enclosure() * (Interval.exact(made.eps) * made.base.n)
    return Matching(
        points,
        values,
        abs(values.dir_z) * strength,
        values.base_l1_z * lam.max_enclosure(),
    )


def in_balls(values: RealArray) -> BallArray:
    """The same enclosures in float64: rationals would be too slow for many points."""
    return BallArray.between(values.lower, values.upper)


def signs(values: RealArray) -> np.ndarray:
    """1 or -1 where a sign is certain, else 0."""
    return np.where(values.lower > 0, 1, np.where(values.upper < 0, -1, 0))
