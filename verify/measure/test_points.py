"""Sets of test points z, and what a perturbed set teaches about each: T1, T2, and whether they
match the natural boundary for certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np
from sympy.logic.boolalg import Boolean

from ...numerics.boundary.decomposition import (
    BaseGeometry,
    PointValues,
    perturbed_gram,
    point_values,
)
from ...numerics.boundary.multipliers import margin_matrix
from ...numerics.compiler import decide_relation, evaluate_relation
from ...numerics.data import Sample
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.linear_algebra import verified_solve
from ...numerics.enclose.real_array import RealArray
from ...numerics.perturb.perturbed_set import PerturbedSet
from ...theory.exact.interval import Interval
from ...theory.theorems.learning import matching_deterministic
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


# What is decided of a point is decided by the theorem's own relations.
OUTWEIGHS, SAME_SIDE = matching_deterministic.THEOREM.assumptions
MATCHING = matching_deterministic.THEOREM.claims[0]
_OF_POINT = ("dir_z", "q_z", "adv_q_z", "base_l1_z")


@dataclass(frozen=True, eq=False)
class Matching:
    """The decomposition at a set of points, (B,) throughout.

    `of_set` are the values of the symbols that all points share, by name: eps, N_adv and the
    extreme multipliers.
    """

    points: TestPoints
    values: PointValues
    of_set: Mapping[str, Interval]

    @cached_property
    def same_side(self) -> np.ndarray:
        """1 where dir and q agree about z, -1 where they do not, 0 where that is uncertain."""
        return self._decided(SAME_SIDE.relation)

    @cached_property
    def agreeing(self) -> np.ndarray:
        """1 where q and q^a agree about z, -1 where they do not, 0 where that is uncertain."""
        return self._decided(MATCHING.relation)

    @cached_property
    def covered(self) -> np.ndarray:
        """Where the deterministic matching theorem certainly applies, bool (B,)."""
        return (self._decided(OUTWEIGHS.relation) > 0) & (self.same_side > 0)

    @cached_property
    def ratio(self) -> np.ndarray:
        """|T2(z)|/|T1(z)|, float64 (B,); infinite where T1 vanishes."""
        with np.errstate(divide="ignore"):
            return abs(self.values.T2_z.mid) / abs(self.values.T1_z.mid)

    def load(self, index: int) -> Interval:
        """How far the perturbations outweigh the base at a point: covered above 1."""
        sides = evaluate_relation(OUTWEIGHS.relation, self._at[index])
        return sides.lhs / sides.rhs

    @cached_property
    def _at(self) -> list[dict[str, Interval]]:
        """The values of the symbols at each point, by name."""
        balls = [getattr(self.values, name) for name in _OF_POINT]
        ends = [zip(one.lower.tolist(), one.upper.tolist(), strict=True) for one in balls]
        columns = [[Interval.between(*pair) for pair in pairs] for pairs in ends]
        points = zip(*columns, strict=True)
        return [{**self.of_set, **dict(zip(_OF_POINT, one, strict=True))} for one in points]

    def _decided(self, relation: Boolean) -> np.ndarray:
        """1 where a relation of the theorem certainly holds, -1 where it does not, else 0; (B,)."""
        truth = {True: 1, False: -1, None: 0}
        return np.array([truth[decide_relation(relation, values)] for values in self._at])


class Coverage(NamedTuple):
    """How many test points there are, how many the deterministic matching theorem certainly covers,
    about how many q and q^a certainly agree, and both of these."""

    points: int
    covered: int
    agreeing: int
    both: int


def coverage(sets: Iterable[Matching]) -> Coverage:
    """Counted over all sets of points."""
    each = [np.stack([one.covered, one.agreeing > 0]) for one in sets]
    covered, agree = np.concatenate([np.empty((2, 0), bool), *each], axis=1)
    return Coverage(
        len(covered), int(covered.sum()), int(agree.sum()), int((covered & agree).sum())
    )


def matched(made: PerturbedSet, lam: RealArray, normal: RealArray, points: TestPoints) -> Matching:
    """The decomposition at points, for multipliers lam (N_adv,) and the natural normal (d,).

    Raises InputError when the perturbed samples share no direction.
    """
    lam = in_balls(lam)
    values = point_values(made, lam, in_balls(normal), points.z)
    assert made.eps is not None  # shared directions have a size
    of_set = {
        "eps": Interval.exact(made.eps),
        "N_adv": Interval.exact(made.base.n),
        "adv_lambda_min": lam.min_enclosure(),
        "adv_lambda_max": lam.max_enclosure(),
    }
    return Matching(points, values, of_set)


def relabelled(
    made: PerturbedSet, geometry: BaseGeometry, slope: float, z: np.ndarray, labels: np.ndarray
) -> tuple[tuple[Interval, Interval] | None, ...]:
    """T1(z) and <q^a, z> at z (d,) for every draw of labels (draws, N_adv).

    The set shares its direction; the multipliers are those of the linear pattern. None where no
    solution is verified.
    """
    assert made.direction is not None
    assert made.eps is not None
    gram, along = in_balls(geometry.gram), in_balls(geometry.along)
    base = BallArray.exact(made.base.x) @ z
    step = (BallArray.exact(made.direction) @ z).interval() * Interval.exact(made.eps)
    ones = BallArray.exact(np.ones(len(gram)))
    parts: list[tuple[Interval, Interval] | None] = []
    for y in labels:
        moved = perturbed_gram(gram, along, y, made.eps, geometry.dir_sq)
        lam = verified_solve(margin_matrix(moved, y, Fraction(slope)), ones)
        if lam is None:
            parts.append(None)
            continue
        T1 = ((lam * y) @ base).interval()
        parts.append((T1, T1 + lam.sum().interval() * step))
    return tuple(parts)


def in_balls(values: RealArray) -> BallArray:
    """The same enclosures in float64: rationals would be too slow for many points."""
    return BallArray.between(values.lower, values.upper)
