"""What a theorem is: assumptions, claims, a proof of steps, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import sympy as sp
from sympy.concrete.expr_with_limits import ExprWithLimits
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanFunction

from .symbols import d, gamma, m, quantity, require_declared, symbols_of

# What a proof is made of: the kinds of step, and the trusted facts that steps cite.
#
# A proof is a tuple of steps, in order, each discharged on its own. A step rests on what it names
# in `by`, on the declared ranges of its symbols, and on nothing else. A symbol stands for an
# arbitrary admissible value, so a fact about `lambda_n` is a fact about every sample n.


@dataclass(frozen=True)
class TrustedFact:
    """A fact that proofs cite and nobody here proves: `conclusions` follow from `premises`.

    Citing it puts expressions for its `symbols`; the engine then checks the premises from the facts
    at hand, and the tests try the fact on random vectors. A fact without a formula is cited by its
    words and shown in every report that leans on it.

    A fact about a family of numbers names their index in `over`: only the symbols `varying` may
    depend on it, and the engine refuses a citation that puts an indexed expression elsewhere.
    `takes` says what the symbols are, where their own meanings do not.
    """

    key: str
    says: str
    source: str
    symbols: tuple[sp.Symbol, ...] = ()
    premises: tuple[Boolean, ...] = ()
    conclusions: tuple[Boolean, ...] = ()
    over: str = ""
    varying: tuple[sp.Symbol, ...] = ()
    takes: str = ""

    @property
    def arguments(self) -> str:
        """What its symbols stand for, in the order in which a citation gives expressions."""
        return self.takes or ", ".join(quantity(symbol).meaning for symbol in self.symbols)

    def __call__(self, *at: sp.Expr | int) -> Instance:
        """The fact with expressions in place of its symbols, in order."""
        return Instance(self, tuple(map(sp.sympify, at)))


@dataclass(frozen=True)
class Instance:
    """A trusted fact with expressions `at` in place of its symbols, in order."""

    fact: TrustedFact
    at: tuple[sp.Expr, ...]

    def __post_init__(self) -> None:
        if len(self.at) > len(self.fact.symbols):
            raise ValueError(
                f"{self.fact.key} has {len(self.fact.symbols)} symbols {self.fact.symbols}, but "
                f"{len(self.at)} expressions are given"
            )

    def put(self, formulas: tuple[Boolean, ...]) -> tuple[Boolean, ...]:
        """Formulas of the fact with its symbols replaced."""
        replace = dict(zip(self.fact.symbols, self.at, strict=True))
        return tuple(replaced(f, replace) for f in formulas)


def replaced(formula: Boolean, by: Mapping[sp.Symbol, sp.Expr]) -> Boolean:
    """A formula with expressions put for its symbols, all at once.

    Comparisons stay as they are written unless a number or symbol is compared with a number: SymPy
    would ask for the sign of every part of the others, which takes longer than the solver does.
    """
    if isinstance(formula, Relational):
        sides = [_put(side, by) for side in formula.args]
        plain = all(side.is_Symbol or side.is_number for side in sides)
        alike = sides[0] == sides[1]
        return formula.func(
            *sides, evaluate=alike or (plain and any(side.is_number for side in sides))
        )
    if isinstance(formula, BooleanFunction):
        return formula.func(*(replaced(part, by) for part in formula.args))
    return formula


def _put(term: sp.Basic, by: Mapping[sp.Symbol, sp.Expr]) -> sp.Basic:
    """A term with expressions put for its symbols, all at once; bound ones keep their meaning."""
    return term.subs(by, simultaneous=True) if term.has(ExprWithLimits) else term.xreplace(by)


def check_id(id: str, what: str) -> None:
    """Refuse a name that `Step.by` could not name.

    Raises:
        ValueError: it holds a blank or is empty.
    """
    if not isinstance(id, str) or len(id.split()) != 1 or id != id.strip():
        raise ValueError(
            f"{what} {id!r}: a name must be one word without blanks, such as 'base-norms'"
        )


@dataclass(frozen=True)
class Step:
    """What every step has: a name, what it does in words, and what it rests on.

    `"name <- a b"` names the step and, behind the arrow, the assumptions and earlier steps that it
    rests on; `by="a b"` says the same.

    Raises:
        ValueError: the name holds a blank or is empty, or `by` is no text.
    """

    id: str
    says: str
    by: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        if isinstance(self.id, str) and " <- " in self.id:
            for name, value in zip(("id", "by"), self.id.split(" <- ", 1), strict=True):
                object.__setattr__(self, name, value)
        check_id(self.id, "step")
        if not isinstance(self.by, str):
            raise ValueError(
                f"step {self.id}: `by` must be names separated by blanks in one string, such as "
                f'by="base norms", not {self.by!r}'
            )

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The names in `by`."""
        return tuple(self.by.split())


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

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.facts, tuple):
            raise ValueError(
                f"step {self.id}: `facts` must be a tuple, such as (R_max >= R_min,), not "
                f"{self.facts!r}"
            )
        require_declared(f"step {self.id}", *self.facts)


@dataclass(frozen=True)
class Let(Step):
    """A new name for an expression. Checked: the symbol is new and declared as an abbreviation, no
    denominator can vanish."""

    symbol: sp.Symbol
    value: sp.Expr

    def __post_init__(self) -> None:
        super().__post_init__()
        require_declared(f"step {self.id}", self.symbol, sp.sympify(self.value))


@dataclass(frozen=True)
class Identity(Step):
    """`left = right` as an exact identity, in each of `cases` (substitutions) if any are given."""

    left: sp.Expr
    right: sp.Expr
    cases: tuple[Mapping[sp.Symbol, sp.Expr | int], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        # SymPy's own mapping is hashable, so that a proof can be looked up by its content.
        object.__setattr__(self, "cases", tuple(sp.Dict(case) for case in self.cases))


@dataclass(frozen=True)
class Inequality(Step):
    """`goal` follows from the facts used, for all real values of its symbols."""

    goal: Boolean

    def __post_init__(self) -> None:
        super().__post_init__()
        require_declared(f"step {self.id}", self.goal)


@dataclass(frozen=True)
class Cases(Step):
    """`goal` follows in each of `cases`, and the cases cover everything the facts allow."""

    cases: tuple[Boolean, ...]
    goal: Boolean

    def __post_init__(self) -> None:
        super().__post_init__()
        require_declared(f"step {self.id}", *self.cases, self.goal)


@dataclass(frozen=True)
class Limit(Step):
    """`expression` tends to `value` as `variable` tends to `point`: from both sides, unless `side`
    says from which. It is shown to the reader and gives no fact to later steps."""

    expression: sp.Expr
    variable: sp.Symbol
    point: sp.Expr
    value: sp.Expr
    side: Literal["+", "-", "+-"] = "+-"


@dataclass(frozen=True)
class Citation(Step):
    """A trusted fact with expressions for its symbols. Checked: its premises.

    The last of them may be left out where a premise compares two symbols: they are read off the one
    fact of that shape that the step rests on.
    """

    cited: Instance

    def __post_init__(self) -> None:
        super().__post_init__()
        require_declared(f"step {self.id}", *self.cited.at)


@dataclass(frozen=True)
class Earlier(Step):
    """The claims of a theorem already proved, applied with its symbols replaced.

    Checked: the theorem's assumptions, after replacement, follow from the facts used, and the
    theorem itself is proved. Applied to other data (`at` is not empty), each symbol is replaced by
    its twin in one other set of samples, and every symbol of the claims must be replaced or named
    in `shared`, so that two data sets are never taken for one.
    """

    theorem: Theorem
    at: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()
    shared: tuple[sp.Symbol, ...] = (gamma, m, d)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_declared(
            f"step {self.id}", *(sp.sympify(part) for pair in self.at for part in pair)
        )


@dataclass(frozen=True)
class Conclusion(Step):
    """A claim of the theorem follows: the one named, else X where the step is named `claim-X`."""

    claim: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "claim", self.claim or self.id.removeprefix("claim-"))


Origin = Literal["paper", "after the paper", "this project", "a file of your own"]
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
        if self.relation is sp.true:
            raise ValueError(
                f"claim {self.id}: SymPy takes it for True as it is written, so nothing is left to "
                "prove"
            )

    @property
    def statement(self) -> Boolean:
        """The Boolean that the proof has to reach."""
        return self.relation if self.formal is None else self.formal


@dataclass(frozen=True)
class Theorem:
    """One theorem: one file in `theory/theorems`.

    `order` is its place in the catalog: the number of its chapter and of its place there. Without
    one it comes last. `leaky`: it is about slopes gamma > 0, which every step may use. Without it
    the theorem is proved for the ReLU, gamma = 0, too. `any_output`: it is proved for any output
    weights a_j != 0. Without it the theorem is about the paper's, ±1/sqrt(m), half of each sign.
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
    leaky: bool = True
    any_output: bool = False

    def __post_init__(self) -> None:
        for field_ in ("assumptions", "claims", "proof"):
            if not isinstance(getattr(self, field_), tuple):
                raise ValueError(f"{self.id}: `{field_}` must be a tuple: (one,) with a comma")
        for what, parts in (("assumption", self.assumptions), ("claim", self.claims)):
            ids = [part.id for part in parts]
            if twice := next((id for id in ids if ids.count(id) > 1), None):
                raise ValueError(f"{self.id}: two of its {what}s are named {twice!r}")

    @property
    def trusted_base(self) -> tuple[TrustedFact, ...]:
        """The facts that the proof cites without proving them, in order of first use; those of the
        theorems that it leans on included."""
        cited: list[TrustedFact] = []
        for step in self.proof:
            if isinstance(step, Citation):
                cited.append(step.cited.fact)
            elif isinstance(step, Earlier):
                cited += step.theorem.trusted_base
        return tuple(dict.fromkeys(cited))

    @property
    def earlier(self) -> tuple[Theorem, ...]:
        """The theorems that the proof leans on, each after those that it leans on itself."""
        leant_on = [step.theorem for step in self.proof if isinstance(step, Earlier)]
        return tuple(dict.fromkeys(one for t in leant_on for one in (*t.earlier, t)))

    @property
    def definitions(self) -> tuple[tuple[Theorem, Definition], ...]:
        """What the proof takes a symbol to mean, its own last; nobody checks that it does."""
        return tuple(
            (theorem, step)
            for theorem in (*self.earlier, self)
            for step in theorem.proof
            if isinstance(step, Definition)
        )

    @property
    def measured_symbols(self) -> tuple[sp.Symbol, ...]:
        """The symbols whose values decide a verdict, in order of name."""
        relations = [part.relation for part in (*self.assumptions, *self.claims)]
        return symbols_of(*relations)


LEAKY = Assumption("leaky", "The slope is positive.", gamma > 0)
"""What a theorem presumes of the slope, unless it is proved for slope 0 as well."""

KUMANO = Source(
    "S. Kumano, H. Kera, T. Yamasaki",
    "Theoretical Understanding of Learning from Adversarial Perturbations",
    "ICLR",
    2024,
    url="https://arxiv.org/abs/2402.10470",
)
PROJECT = Source("The perturbproof authors", "perturbproof", "this project", 2026)
