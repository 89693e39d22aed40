"""Refuting a theorem with a dataset: it meets every assumption, and a KKT point breaks a claim.

The search pushes small Gram matrices to the edge of the assumptions. Doubles only say where to
look; whether a dataset refutes is decided exactly by `refute`: a witness has a realisable Gram
matrix (positive semidefinite, by exact elimination), a KKT point in rationals, and relations that
certainly hold or certainly do not. A scalar countermodel is never one.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache

import sympy as sp
from sympy.logic.boolalg import Boolean

from ..exact.scalars import Undefined
from ..statement import Claim, Theorem
from ..symbols import symbols_of
from .families import (
    EXTREMES,
    Family,
    bent_families,
    families,
    linear_point,
    perturbed_settings,
    scaled_families,
)
from .kkt_points import gram_matrix, is_positive_semidefinite, kkt_points, linear_pattern, recheck
from .setting import ExactData, Setting
from .values import EVALUATORS, OF_THE_DATA, OF_THE_PERTURBATION, Values, holds, sides


def unsearchable(theorem: Theorem) -> str:
    """Why no dataset can be looked for: no claim to break, or an assumption without exact value."""
    if not claims_on_data(theorem):
        return "no claim is one about data alone with exactly evaluable symbols"
    names = {s.name for a in theorem.assumptions for s in symbols_of(a.relation)}
    missing = sorted(names - EVALUATORS.keys())
    return f"no exact evaluator for {', '.join(missing)}" if missing else ""


@dataclass(frozen=True)
class Judged:
    """A relation at the witness: its sides as text (exact rationals, else 15 digits), and if it
    holds."""

    id: str
    relation: Boolean
    sides: tuple[str, str] | None
    holds: bool


@dataclass(frozen=True)
class Refutation:
    """A dataset and a KKT point that meet every assumption and break `claim`."""

    theorem: str
    setting: Setting
    values: tuple[tuple[str, str], ...]
    assumptions: tuple[Judged, ...]
    claim: Judged

    def recheck(self) -> bool:
        """Whether the witness refutes, from the dataset and the relations alone."""
        s = self.setting
        pairs = [(s.data, s.point)]
        if s.rows is not None and gram_matrix(s.rows) != s.data.gram:
            return False
        if s.perturbation is not None:
            pairs.append((s.perturbation.data, s.adv_point))
        for data, point in pairs:
            if not is_positive_semidefinite(data.gram):
                return False
            if point and not recheck(point, data.gram, data.labels, data.slope):
                return False
        values = Values(s)
        return holds(self.claim.relation, values) is False and all(
            holds(a.relation, values) is True for a in self.assumptions
        )

    def __str__(self) -> str:
        data = self.setting.data
        rows = "; ".join(" ".join(map(str, row)) for row in data.gram)
        values = ", ".join(f"{name} = {value}" for name, value in self.values)
        return (
            f"Gram matrix [{rows}], labels {data.labels}, slope {data.slope}: {values}; "
            f"{self.claim.relation} fails"
        )


def claims_on_data(theorem: Theorem) -> tuple[Claim, ...]:
    """Claims about data and KKT points whose symbols all have an exact value.

    A claim about a network on its way to a limit is refuted by no dataset.
    """
    return tuple(
        claim
        for claim in theorem.claims
        if not claim.limit and all(s.name in EVALUATORS for s in symbols_of(claim.relation))
    )


def refute(theorem: Theorem, setting: Setting) -> Refutation | None:
    """The refutation of a theorem by one setting, if it is one.

    A Gram matrix that is not realisable refutes nothing. The point is taken to be a KKT point (see
    `kkt_points.recheck`).
    """
    if not is_positive_semidefinite(setting.data.gram):
        return None
    values = Values(setting)
    try:
        if not all(holds(a.relation, values) is True for a in theorem.assumptions):
            return None
    except (KeyError, Undefined):
        return None
    for claim in claims_on_data(theorem):
        try:
            broken = holds(claim.relation, values) is False
        except Undefined:
            continue
        if broken:
            return _witness(theorem, claim, setting, values)
    return None


def _witness(theorem: Theorem, claim: Claim, setting: Setting, values: Values) -> Refutation:
    relations = [a.relation for a in theorem.assumptions]
    used = symbols_of(*relations, claim.relation)
    return Refutation(
        theorem.id,
        setting,
        tuple((s.name, str(values[s.name])) for s in used),
        tuple(
            Judged(a.id, a.relation, sides(a.relation, values), True) for a in theorem.assumptions
        ),
        Judged(claim.id, claim.relation, sides(claim.relation, values), False),
    )


@dataclass(frozen=True)
class Search:
    """What a search did: datasets that met the assumptions (in doubles), and the first refutation.

    `excluded` says why nothing could be searched, or which claims were left out, if so.
    """

    refutation: Refutation | None
    admissible: int
    excluded: str = ""


class _Relation:
    """A relation with its doubles version, which only saves exact work where it clearly holds."""

    def __init__(self, relation: Boolean) -> None:
        self.relation = relation
        self.names = tuple(s.name for s in symbols_of(relation))
        self.of_the_data = all(name in OF_THE_DATA for name in self.names)
        try:
            self._double = sp.lambdify(symbols_of(relation), relation, modules="math")
        except (TypeError, ValueError, NotImplementedError):
            self._double = None

    def probably(self, values: Values) -> bool | None:
        """Whether it holds in doubles, or exactly where doubles do not serve; None if undefined."""
        try:
            if self._double is not None:
                with suppress(ArithmeticError, NameError, TypeError, ValueError):
                    return bool(self._double(*(values.double(name) for name in self.names)))
            return holds(self.relation, values) is True
        except Undefined:
            return None


@cache
def _relation(relation: Boolean) -> _Relation:
    return _Relation(relation)


@lru_cache(maxsize=100_000)
def _data_values(family: Family, index: int) -> Values:
    return Values(Setting(family.data(index)))


@cache
def _edges(relations: tuple[Boolean, ...]) -> Callable[[Family], tuple[int, ...]]:
    """Where along a family a set of assumptions holds, screened in doubles."""
    about_data = [r for r in map(_relation, relations) if r.of_the_data]
    by_extremes = all(EXTREMES.issuperset(r.names) for r in about_data)
    known: dict[object, tuple[int, ...]] = {}

    def edge(family: Family) -> tuple[int, ...]:
        key = (family.extremes, family.limit) if by_extremes else family
        if key not in known:
            # A certificate's system is solved anew at every point: a coarser edge is enough.
            known[key] = family.edge(
                lambda index: all(r.probably(_data_values(family, index)) for r in about_data),
                resolution=1 if by_extremes else 8,
            )
        return known[key]

    return edge


# How far from the linear pattern other KKT points are looked for, by number of samples.
_CHANGES = {1: 2, 2: 4, 3: 3, 4: 2, 5: 1, 6: 1}


@lru_cache(maxsize=200_000)
def _at_linear_point(family: Family, index: int) -> tuple[Values, ...]:
    """The data with their KKT point of the linear pattern, or with another where it has none."""
    data = family.data(index)
    point = linear_point(data, _CHANGES[data.n], all_positive=data.n > 2)
    return (Values(Setting(data, point)),) if point is not None else ()


@lru_cache(maxsize=50_000)
def _at_other_points(family: Family, index: int) -> tuple[Values, ...]:
    """The data with each KKT point of a pattern other than the linear one."""
    data = family.data(index)
    points = kkt_points(data.gram, data.labels, data.slope, changes=2)
    linear = linear_pattern(data.labels)
    return tuple(Values(Setting(data, point)) for point in points if point.states != linear)


def search(theorem: Theorem) -> Search:
    """Look for a dataset of at most six samples that refutes a theorem.

    Along every family the assumptions are pushed to their edge; there the KKT points are solved
    exactly and the claims tried. The same theorem gives the same answer every time.
    """
    relations = tuple(a.relation for a in theorem.assumptions)
    claims = claims_on_data(theorem)
    if excluded := unsearchable(theorem):
        return Search(None, 0, excluded)
    names = {s.name for s in symbols_of(*relations)}
    left_out = [c.id for c in theorem.claims if c not in claims]
    excluded = f"claims out of scope: {', '.join(left_out)}" if left_out else ""
    names |= {s.name for s in symbols_of(*(c.relation for c in claims))}
    coordinates = bool(names & OF_THE_PERTURBATION)
    candidates = perturbed_settings() if coordinates else _standard(_edges(relations))
    screened = [_relation(c.relation) for c in claims]
    required = [_relation(r) for r in relations]
    admissible = 0
    for values in candidates:
        if coordinates and not all(assumption.probably(values) for assumption in required):
            continue
        admissible += 1
        if not any(claim.probably(values) is False for claim in screened):
            continue
        found = refute(theorem, values.setting)
        if found is not None:
            return Search(_simplest(theorem, found), admissible, excluded)
    return Search(None, admissible, excluded)


def _standard(edge: Callable[[Family], tuple[int, ...]]) -> Iterator[Values]:
    for family in (*families(), *scaled_families()):
        for index in edge(family):
            yield from _at_linear_point(family, index)
    for family in bent_families():
        for index in edge(family):
            yield from _at_other_points(family, index)


def _simplest(theorem: Theorem, found: Refutation) -> Refutation:
    """The same witness with inner products of the smallest denominator that still refutes."""
    data, point = found.setting.data, found.setting.point
    if found.setting.perturbation is not None or point is None:
        return found
    p, n = data.largest_inner, range(data.n)
    for denominator in range(1, 200):
        size = Fraction(p * denominator // 1, denominator)
        if p and not size:
            continue
        gram = tuple(
            tuple(data.gram[i][k] if i == k or not p else data.gram[i][k] / p * size for k in n)
            for i in n
        )
        for other in kkt_points(gram, data.labels, data.slope, only=(point.states,)):
            setting = Setting(ExactData(gram, data.labels, data.slope), other)
            simpler = refute(theorem, setting)
            if simpler is not None:
                return simpler
    return found
