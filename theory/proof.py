"""The kinds of proof step. A proof is a tuple of them, in order, each discharged on its own.

A step names in `uses` the assumptions and earlier steps it rests on; it may rest on nothing else
but the declared ranges of its symbols. A symbol stands for an arbitrary admissible value, so a fact
about `lambda_n` is a fact about every sample n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sympy as sp
from sympy.logic.boolalg import Boolean

from .symbols import d, gamma, m
from .trusted import TrustedFact

if TYPE_CHECKING:
    from .statement import Theorem


@dataclass(frozen=True)
class Step:
    """What every step has: a name, what it does in words, and what it rests on."""

    id: str
    says: str
    uses: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Definition(Step):
    """What symbols denote: facts true by definition of the measured quantities.

    The engine cannot check a meaning. These facts are shown in every report as definitions, and the
    tests hold them against vectors drawn at random. A definition that picks a sample or a neuron
    ("the minimum is attained at some n") names the index in `chooses`: what follows from it holds
    for that choice only, and the engine keeps it from being taken for all.
    """

    facts: tuple[Boolean, ...]
    chooses: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Let(Step):
    """A new name for an expression. Checked: the symbol is new, no denominator can vanish."""

    symbol: sp.Symbol
    value: sp.Expr


@dataclass(frozen=True)
class Identity(Step):
    """`left = right` as an exact identity, in each of `cases` (substitutions) if any are given."""

    left: sp.Expr
    right: sp.Expr
    cases: tuple[Mapping[sp.Symbol, sp.Expr | int], ...] = ()

    def __post_init__(self) -> None:
        # SymPy's own mapping is hashable, so that a proof can be looked up by its content.
        object.__setattr__(self, "cases", tuple(sp.Dict(case) for case in self.cases))


@dataclass(frozen=True)
class Inequality(Step):
    """`goal` follows from the facts used, for all real values of its symbols."""

    goal: Boolean


@dataclass(frozen=True)
class Cases(Step):
    """`goal` follows in each of `cases`, and the cases cover everything the facts allow."""

    cases: tuple[Boolean, ...]
    goal: Boolean


@dataclass(frozen=True)
class Limit(Step):
    """`expression` tends to `value` as `variable` tends to `point`."""

    expression: sp.Expr
    variable: sp.Symbol
    point: sp.Expr
    value: sp.Expr


@dataclass(frozen=True)
class Citation(Step):
    """A trusted fact, its symbols replaced by `at` in order. Checked: its premises."""

    fact: TrustedFact
    at: tuple[sp.Expr | int, ...] = ()

    def instantiate(self, formulas: tuple[Boolean, ...]) -> tuple[Boolean, ...]:
        """`formulas` of the fact with its symbols replaced.

        Raises:
            ValueError: the number of expressions differs from the number of symbols.
        """
        if len(self.at) != len(self.fact.symbols):
            raise ValueError(
                f"step {self.id}: {self.fact.key} has {len(self.fact.symbols)} symbols "
                f"{self.fact.symbols}, but {len(self.at)} expressions are given"
            )
        replace = dict(zip(self.fact.symbols, map(sp.sympify, self.at), strict=True))
        return tuple(f.subs(replace, simultaneous=True) for f in formulas)


@dataclass(frozen=True)
class Earlier(Step):
    """The claims of a theorem already proved, applied with its symbols replaced.

    Checked: the theorem's assumptions, after replacement, follow from the facts used, and the
    theorem itself is proved. Applied to other data (`at` is not empty), every symbol of its claims
    must be replaced or named in `shared`, so that two data sets are never taken for one.
    """

    theorem: Theorem
    at: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()
    shared: tuple[sp.Symbol, ...] = (gamma, m, d)


@dataclass(frozen=True)
class Conclusion(Step):
    """A claim of the theorem follows from the facts used."""

    claim: str
