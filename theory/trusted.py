"""The trusted base: facts that proofs cite and nobody here proves, each stated once.

A fact that is used in calculations is a lemma: symbols, premises, conclusion. Citing it puts
expressions for the symbols; the engine then checks the premises from the facts at hand, and the
tests try the lemma on random vectors. A fact without a formula (convergence of gradient flow, say)
is cited by its words and shown in every report that leans on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from .symbols import declare


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
