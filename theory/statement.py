"""What a theorem is: assumptions, claims, a proof, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from .proof_steps import Citation, Step, TrustedFact, check_id
from .symbols import require_declared, symbols_of

Origin = Literal["paper", "after the paper", "this project"]
Kind = Literal["theorem", "prediction"]


@dataclass(frozen=True)
class Source:
    """Where a statement comes from. `locator` is the theorem, equation or section."""

    authors: str
    title: str
    venue: str
    year: int
    locator: str = ""
    url: str = ""

    def __str__(self) -> str:
        where = f", {self.locator}" if self.locator else ""
        return f"{self.authors}, {self.title}, {self.venue} {self.year}{where}"


@dataclass(frozen=True)
class Assumption:
    """A hypothesis: `relation` is what is proved from, evaluated on data, and printed."""

    id: str
    says: str
    relation: Boolean

    def __post_init__(self) -> None:
        check_id(self.id, "assumption")
        require_declared(f"assumption {self.id}", self.relation)


@dataclass(frozen=True)
class Claim:
    """A conclusion.

    `relation` is what data are held to. `formal` is what the proof must establish when that says
    more than the relation (for all z, say). A claim with `limit=True` speaks of a network on its
    way to a limit: not reaching `relation` refutes nothing, and `settle` says what would decide.
    `display` is the statement as a reader expects it, when it uses vectors or functions.
    """

    id: str
    says: str
    relation: Boolean
    formal: Boolean | None = None
    limit: bool = False
    settle: str = ""
    display: sp.Basic | None = None

    def __post_init__(self) -> None:
        require_declared(f"claim {self.id}", self.relation, self.statement)

    @property
    def statement(self) -> Boolean:
        """The Boolean that the proof has to reach."""
        return self.relation if self.formal is None else self.formal


@dataclass(frozen=True)
class Theorem:
    """One theorem: one file in `theory/theorems`.

    `order` is its place in the catalog: the number of its chapter and of its place there. Without
    one it comes last.
    """

    id: str
    title: str
    summary: str
    source: Source
    assumptions: tuple[Assumption, ...]
    claims: tuple[Claim, ...]
    proof: tuple[Step, ...]
    origin: Origin = "this project"
    kind: Kind = "theorem"
    remarks: tuple[str, ...] = ()
    order: int = 1000

    @property
    def trusted_base(self) -> tuple[TrustedFact, ...]:
        """The facts that the proof cites without proving them, in order of first use."""
        cited = [step.fact for step in self.proof if isinstance(step, Citation)]
        return tuple(dict.fromkeys(cited))

    @property
    def measured_symbols(self) -> tuple[sp.Symbol, ...]:
        """The symbols whose values decide a verdict, in order of name."""
        relations = [part.relation for part in (*self.assumptions, *self.claims)]
        return symbols_of(*relations)


KUMANO = Source(
    "S. Kumano, H. Kera, T. Yamasaki",
    "Theoretical Understanding of Learning from Adversarial Perturbations",
    "ICLR",
    2024,
    url="https://arxiv.org/abs/2402.10470",
)
FREI = Source(
    "S. Frei, G. Vardi, P. Bartlett, N. Srebro",
    "Benign Overfitting in Linear Classifiers and Leaky ReLU Networks from KKT Conditions for "
    "Margin Maximization",
    "COLT",
    2023,
    url="https://arxiv.org/abs/2303.01462",
)
PROJECT = Source("The perturbproof authors", "perturbproof", "this project", 2026)
