"""Refuting a theorem with a dataset: it meets every assumption, and a KKT point breaks a claim.

All decisions are exact: a witness has a realisable Gram matrix (positive semidefinite, by exact
elimination), a KKT point in rationals, and relations that certainly hold or certainly do not. A
scalar countermodel is never one. `search` in its own module looks for such datasets.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy.logic.boolalg import Boolean

# The last two register their evaluators.
from . import kkt_solver, perturbed_values, row_values  # noqa: F401
from .evaluation import Undefined
from .evaluators import EVALUATORS, Setting, Values, holds, sides
from .kkt_solver import is_positive_semidefinite
from .statement import Claim, Theorem
from .symbols import symbols_of


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
        if s.rows is not None and kkt_solver.gram_matrix(s.rows) != s.data.gram:
            return False
        if s.perturbation is not None:
            pairs.append((s.perturbation.data, s.adv_point))
        for data, point in pairs:
            if not is_positive_semidefinite(data.gram):
                return False
            if point and not kkt_solver.recheck(point, data.gram, data.labels, data.slope):
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


def admits(theorem: Theorem, values: Values) -> bool:
    """Whether every assumption certainly holds."""
    try:
        return all(holds(a.relation, values) is True for a in theorem.assumptions)
    except (KeyError, Undefined):
        return False


def refute(theorem: Theorem, setting: Setting) -> Refutation | None:
    """The refutation of a theorem by one setting, if it is one.

    A Gram matrix that is not realisable refutes nothing. The point is taken to be a KKT point (see
    `kkt_solver.recheck`).
    """
    if not is_positive_semidefinite(setting.data.gram):
        return None
    values = Values(setting)
    if not admits(theorem, values):
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
