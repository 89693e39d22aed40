"""What a theorem is: assumptions, claims, a proof, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from .symbols import d, declare, gamma, m, symbols_of

# The trusted base: facts that proofs cite and nobody here proves, each stated once.
#
# A fact that is used in calculations is a lemma: symbols, premises, conclusion. Citing it puts
# expressions for the symbols; the engine then checks the premises from the facts at hand, and the
# tests try the lemma on random vectors. A fact without a formula (convergence of gradient flow,
# say) is cited by its words and shown in every report that leans on it.


@dataclass(frozen=True)
class TrustedFact:
    """A named fact. `conclusions` follow from `premises` for all values of `symbols`.

    A fact about a family of numbers names their index in `over`: only the symbols `varying` may
    depend on it, and the engine refuses a citation that puts an indexed expression elsewhere.
    """

    key: str
    says: str
    source: str
    symbols: tuple[sp.Symbol, ...] = ()
    premises: tuple[Boolean, ...] = ()
    conclusions: tuple[Boolean, ...] = ()
    over: str = ""
    varying: tuple[sp.Symbol, ...] = ()


_total = declare("sum_total", "a sum of K products", latex="S", typst="S")
_K = declare("sum_terms", "number of terms", low=0, latex="K", typst="K")
_B = declare("sum_weight", "bound on the weights", low=0, latex="B", typst="B")
_p = declare("sum_entry", "bound on the entries", low=0, latex="p", typst="p")

SUM_BOUND = TrustedFact(
    "A-SUM",
    "Triangle inequality: a sum of K products with weights at most B and entries at most p in "
    "absolute value lies in [-K B p, K B p].",
    "triangle inequality",
    (_total, _K, _B, _p),
    (),
    (_total <= _K * _B * _p, _total >= -_K * _B * _p),
)

_mean = declare("mean_value", "mean of finitely many numbers", latex="M", typst="M")
_term = declare("mean_term", "an arbitrary one of the numbers", latex="t", typst="t")
_low = declare("mean_low", "a lower bound of each", latex="c", typst="c")

MEAN_LOWER = TrustedFact(
    "A-MEAN",
    "The mean of finitely many numbers, each at least c, is at least c.",
    "sum of inequalities",
    (_mean, _term, _low),
    (_term >= _low,),
    (_mean >= _low,),
    over="j",
    varying=(_term,),
)
MEAN_UPPER = TrustedFact(
    "A-MEAN",
    "The mean of finitely many numbers, each at most c, is at most c.",
    "sum of inequalities",
    (_mean, _term, _low),
    (_term <= _low,),
    (_mean <= _low,),
    over="j",
    varying=(_term,),
)

_multiplier = declare("kkt_multiplier", "a KKT multiplier", low=0, latex="\\lambda", typst="lambda")
_margin = declare("kkt_margin", "the margin y f(x) of its sample", latex="\\mu", typst="mu")

KKT_POINT = TrustedFact(
    "A-KKT",
    "Gradient flow on the mean exponential or logistic loss, once that loss is below 1/N "
    "(log 2/N), converges in direction to a KKT point of: minimise ‖W‖²/2 subject to "
    "y_n f(x_n) >= 1. At a KKT point every margin is at least 1 and lambda_n (y_n f(x_n) - 1) = 0.",
    "Lyu & Li, ICLR 2020; Ji & Telgarsky, NeurIPS 2020",
    (_multiplier, _margin),
    (),
    (_margin >= 1, sp.Eq(_multiplier * (_margin - 1), 0)),
)

_output = declare("lip_output", "f(W; z) - f(W'; z)", latex="\\delta f", typst="delta f")
_move = declare("lip_move", "‖W - W'‖", low=0, latex="\\Delta", typst="Delta")
_length = declare("lip_length", "‖z‖", low=0, latex="\\|z\\|", typst="norm(z)")

LIPSCHITZ = TrustedFact(
    "A-LIP",
    "With ‖a‖ = 1 and slopes at most 1 the network is 1-Lipschitz in its weights: "
    "|f(W; z) - f(W'; z)| <= ‖W - W'‖ ‖z‖.",
    "Cauchy–Schwarz over the neurons and |phi(s) - phi(t)| <= |s - t|",
    (_output, _move, _length),
    (),
    (_output <= _move * _length, _output >= -_move * _length),
)

_eigenvalue = declare("gersh_eigenvalue", "an eigenvalue of a symmetric matrix", typst="mu")
_diagonal = declare("gersh_diagonal", "an arbitrary diagonal entry")
_row_sum = declare("gersh_row_sum", "sum of the absolute off-diagonal entries of its row", low=0)
_gap = declare("gersh_gap", "a lower bound of their difference in every row")

GERSHGORIN = TrustedFact(
    "A-GERSHGORIN",
    "Gershgorin: if in every row of a symmetric matrix the diagonal entry exceeds the sum of the "
    "absolute other entries by at least c, every eigenvalue is at least c.",
    "Gershgorin's circle theorem",
    (_eigenvalue, _diagonal, _row_sum, _gap),
    (_diagonal - _row_sum >= _gap,),
    (_eigenvalue >= _gap,),
    over="n",
    varying=(_diagonal, _row_sum),
)

_small = declare("mono_small", "a component of O b", index="n")
_large = declare("mono_large", "the same component of O t", index="n")
_b = declare("mono_b", "an arbitrary component of b", index="k")
_c = declare("mono_t", "the same component of t", index="k")

MONOTONE = TrustedFact(
    "A-MONOTONE",
    "For a matrix O with non-negative entries, b <= t in every component implies O b <= O t.",
    "sum of inequalities",
    (_small, _large, _b, _c),
    (_b <= _c,),
    (_small <= _large,),
    over="k",
    varying=(_b, _c),
)


# The kinds of proof step. A proof is a tuple of them, in order, each discharged on its own.
#
# A step names in `uses` the assumptions and earlier steps it rests on; it may rest on nothing else
# but the declared ranges of its symbols. A symbol stands for an arbitrary admissible value, so a
# fact about `lambda_n` is a fact about every sample n.


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
