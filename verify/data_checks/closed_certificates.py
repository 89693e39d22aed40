"""The certificates in closed form on one dataset: paper, exact chain, half-aware."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sympy.core.relational import Relational

from ...numerics.compiler import RelationValue, compile_expression, compile_relation
from ...numerics.datasets import Sample
from ...numerics.enclosure import Interval
from ...numerics.gram import gram_statistics
from ...numerics.monotone_subset import Load, Samples, chosen_subset, random_sizes
from ...numerics.streaming_gram import GramSummary, stream_gram
from ...theory.dimension import smallest_dimension
from ...theory.radii import CONDITIONS, Condition
from ...theory.symbols import N, R_max, R_min, gamma, p_max
from .certificate import DELTA, CheckedCertificate, as_holds, smallest_slope

_THEOREMS: dict[Condition, str] = {
    "paper": "standard-boundary",
    "exact chain": "exact-chain",
    "half-aware": "half-aware",
}
_MARGIN = 1 + 1e-9
"""Asked of the loads of a subset, far above rounding, so that the enclosures agree."""
_MANY = 20_000
_HELD_IN_FULL = 500


@dataclass(frozen=True)
class ClosedForm:
    """The three conditions on a dataset, whose Gram matrix is known by its summary.

    `gram` is the matrix (N, N) in floating point, where it is small enough to be held.
    """

    sample: Sample
    summary: GramSummary
    seed: int
    gram: NDArray[np.float64] | None = None

    def at(self, slope: float) -> Iterator[CheckedCertificate]:
        """Each condition at a slope, strongest first."""
        for name, theorem in _THEOREMS.items():
            value = self._value(name, slope, self._measured)
            random = np.random.default_rng([self.seed, int.from_bytes(theorem.encode(), "little")])
            load = _load(name, slope)
            holds = as_holds(value.holds)
            every = holds == "yes"
            yield CheckedCertificate(
                name=name,
                theorem=theorem,
                left=value.lhs,
                right=value.rhs,
                load=value.load,
                holds=holds,
                at_random=None if every else random_sizes(self._samples, load, random),
                chosen=None if every else self._chosen(name, slope, load),
                smallest_slope=self._smallest_slopes[name],
                slope_searched=True,
                dimension_like_this=self._scaled_dimension(value),
                dimension_uniform=smallest_dimension(self.sample.n, Fraction(slope), DELTA, name),
            )

    @cached_property
    def _samples(self) -> Samples:
        return Samples(self.sample.x, self.sample.y, self.gram)

    @cached_property
    def _measured(self) -> dict[str, Interval]:
        return _values(self.sample.n, self.summary)

    @cached_property
    def _smallest_slopes(self) -> dict[Condition, float | None]:
        # Each right-hand side over its left grows with the slope, so that bisection finds the
        # smallest (its derivative is positive for R_min <= R_max).
        return {
            name: smallest_slope(
                lambda slope, name=name: self._value(name, slope, self._measured).holds is True
            )
            for name in _THEOREMS
        }

    def _value(self, name: Condition, slope: float, measured: dict[str, Interval]) -> RelationValue:
        values = {**measured, "gamma": Interval.exact(slope)}
        return compile_relation(CONDITIONS[name]).evaluate(values)

    def _scaled_dimension(self, value: RelationValue) -> float | None:
        # Every condition is homogeneous of degree 1 in p_max and the squared norms: with these
        # growing like sqrt(d) and d, the load falls like 1/sqrt(d).
        if value.load is None or not value.load.is_finite:
            return None
        return max(float(self.sample.d), self.sample.d * value.load.upper**2)

    def _chosen(self, name: Condition, slope: float, load: Load) -> tuple[int, ...] | None:
        """Rows of a subset that certainly meets the condition; empty when none was found."""
        starts = 16 if self.sample.n <= _MANY else 6
        indices = chosen_subset(self._samples, load, starts=starts)
        if not len(indices):
            return ()
        part = self.sample.x[indices]
        if len(indices) <= _HELD_IN_FULL:
            found = gram_statistics(part)
            summary = {"R_min": found.R_min, "R_max": found.R_max, "p_max": found.p_max}
            values = {"N": Interval.exact(len(indices)), **summary}
        else:
            values = _values(len(indices), stream_gram(part, precision="float64"))
        if self._value(name, slope, values).holds is not True:
            return None
        return tuple(self.sample.rows[indices].tolist())


def _values(count: int, summary: GramSummary) -> dict[str, Interval]:
    return {
        "N": Interval.exact(count),
        "R_min": summary.R_min,
        "R_max": summary.R_max,
        "p_max": summary.p_max,
    }


def _load(name: Condition, slope: float) -> Load:
    relation = CONDITIONS[name]
    assert isinstance(relation, Relational)
    symbols = (N, p_max, R_min, R_max, gamma)
    left, right = (compile_expression(side, symbols, "numpy") for side in relation.args)

    def load(count, product, shortest, longest):
        arguments = (count, product, shortest, longest, slope)
        return left(*arguments) / right(*arguments) * _MARGIN

    return load
