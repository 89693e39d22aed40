"""Trusted facts about sums, means, extremes, inner products, random signs and matrices."""

from __future__ import annotations

import sympy as sp

from ..statement import TrustedFact
from ..symbols import declare

_total = declare("sum_total", "a sum of K products", latex="S")
_K = declare("sum_terms", "number of terms", low=0, latex="K")
_B = declare("sum_weight", "bound on the weights", low=0, latex="B")
_p = declare("sum_entry", "bound on the entries", low=0, latex="p")

SUM_BOUND = TrustedFact(
    "A-SUM",
    "Triangle inequality: a sum of K products with weights at most B and entries at most p in "
    "absolute value lies in [-K B p, K B p].",
    "triangle inequality",
    (_total, _K, _B, _p),
    (),
    (_total <= _K * _B * _p, _total >= -_K * _B * _p),
)

_mean = declare("mean_value", "mean of finitely many numbers", latex="M")
_term = declare("mean_term", "an arbitrary one of the numbers", latex="t")
_low = declare("mean_low", "a lower bound of each", latex="c")

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

_extreme = declare("ext_extreme", "the largest (smallest) of finitely many numbers")
_member = declare("ext_member", "an arbitrary one of them", index="n")
_limit = declare("ext_bound", "a bound of each")

LARGEST = TrustedFact(
    "A-LARGEST",
    "The largest of finitely many numbers, each at most c, is at most c.",
    "the maximum is one of the numbers",
    (_extreme, _member, _limit),
    (_member <= _limit,),
    (_extreme <= _limit,),
    over="n",
    varying=(_member,),
)
SMALLEST = TrustedFact(
    "A-SMALLEST",
    "The smallest of finitely many numbers, each at least c, is at least c.",
    "the minimum is one of the numbers",
    (_extreme, _member, _limit),
    (_member >= _limit,),
    (_extreme >= _limit,),
    over="n",
    varying=(_member,),
)

_count = declare("term_count", "number of terms", low=0, latex="K")
_floor = declare("term_low", "a lower bound of each term")
_ceiling = declare("term_high", "an upper bound of each term")
_summand = declare("term_any", "an arbitrary term", index="n")
_added = declare("term_total", "a sum of K terms")

TERM_SUM = TrustedFact(
    "A-TERMS",
    "A sum of K terms, each in [a, b], lies in [K a, K b].",
    "sum of inequalities",
    (_added, _count, _summand, _floor, _ceiling),
    (_summand >= _floor, _summand <= _ceiling),
    (_added >= _count * _floor, _added <= _count * _ceiling),
    over="n",
    varying=(_summand,),
)

TERM_SUM_LOWER = TrustedFact(
    "A-TERMS",
    "A sum of K terms, each at least a, is at least K a.",
    "sum of inequalities",
    (_added, _count, _summand, _floor),
    (_summand >= _floor,),
    (_added >= _count * _floor,),
    over="n",
    varying=(_summand,),
)

_first = declare("lin_first", "sum of the terms a_n")
_second = declare("lin_second", "sum of the terms b_n")
_factor = declare("lin_factor", "a number c that does not depend on n")
_a_n = declare("lin_a", "term a_n", index="n")
_b_n = declare("lin_b", "term b_n", index="n")
_t_n = declare("lin_t", "term t_n", index="n")
_whole = declare("lin_whole", "sum of the terms t_n")

LINEAR_SUM = TrustedFact(
    "A-LINEAR",
    "Sums are linear: t_n = a_n + c b_n for every n gives sum t_n = sum a_n + c sum b_n.",
    "distributive law",
    (_whole, _first, _factor, _second, _t_n, _a_n, _b_n),
    (sp.Eq(_t_n, _a_n + _factor * _b_n),),
    (sp.Eq(_whole, _first + _factor * _second),),
    over="n",
    varying=(_t_n, _a_n, _b_n),
)

_moved = declare("bil_moved", "<a + s e, b + t e>")
_ab = declare("bil_ab", "<a, b>")
_ae = declare("bil_ae", "<a, e>")
_be = declare("bil_be", "<b, e>")
_ee = declare("bil_ee", "<e, e>", low=0)
_left = declare("bil_s", "a number s")
_right = declare("bil_t", "a number t")

BILINEAR = TrustedFact(
    "A-BILINEAR",
    "Inner products are bilinear: <a + s e, b + t e> = <a, b> + t <a, e> + s <b, e> + s t <e, e>.",
    "bilinearity",
    (_moved, _ab, _ae, _be, _ee, _left, _right),
    (),
    (sp.Eq(_moved, _ab + _right * _ae + _left * _be + _left * _right * _ee),),
)

_absolute = declare("norms_absolute", "sum of |a_i|", low=0)
_euclidean = declare("norms_euclidean", "square root of the sum of a_i²", low=0)
_support = declare("norms_support", "number of non-zero a_i", low=0)

NORM_ORDER = TrustedFact(
    "A-NORMS",
    "‖a‖_2 <= ‖a‖_1 <= sqrt(K) ‖a‖_2 for a vector with K non-zero entries.",
    "non-negative cross terms; Cauchy–Schwarz",
    (_absolute, _euclidean, _support),
    (),
    (_euclidean <= _absolute, _absolute**2 <= _support * _euclidean**2),
)

_saa = declare("com_aa", "<a, a>", low=0)
_sab = declare("com_ab", "<a, b>")
_sbb = declare("com_bb", "<b, b>", low=0)
_value = declare("com_value", "<s a + t b, u a + v b>")
_c1, _c2, _c3, _c4 = (declare(f"com_{name}", f"a number {name}") for name in "stuv")

COMBINED = TrustedFact(
    "A-BILINEAR",
    "Inner products are bilinear: <s a + t b, u a + v b> = s u <a, a> + (s v + t u) <a, b> + "
    "t v <b, b>.",
    "bilinearity",
    (_value, _saa, _sab, _sbb, _c1, _c2, _c3, _c4),
    (),
    (sp.Eq(_value, _c1 * _c3 * _saa + (_c1 * _c4 + _c2 * _c3) * _sab + _c2 * _c4 * _sbb),),
)

_weighted = declare("weights_total", "sum of w_n b_n")
_weight = declare("weights_any", "an arbitrary weight w_n", index="n")
_heaviest = declare("weights_bound", "bound of every |w_n|", low=0)
_sizes = declare("weights_sizes", "sum of |b_n|", low=0)

WEIGHTS = TrustedFact(
    "A-WEIGHTS",
    "Triangle inequality: |sum of w_n b_n| <= B sum of |b_n| when every |w_n| <= B.",
    "triangle inequality",
    (_weighted, _weight, _heaviest, _sizes),
    (_weight <= _heaviest, _weight >= -_heaviest),
    (_weighted <= _heaviest * _sizes, _weighted >= -_heaviest * _sizes),
    over="n",
    varying=(_weight,),
)

_chance = declare("signs_chance", "Pr[|sum of y_n b_n| > t]", low=0, high=1)
_length2 = declare("signs_length", "square root of the sum of b_n²", low=0)
_deviation = declare("signs_deviation", "a deviation t", low=0)
_failure = declare("signs_failure", "a failure probability p", low=0, open_low=True)

RANDOM_SIGNS = TrustedFact(
    "A-HOEFFDING",
    "Hoeffding, weighted: for independent y_n in [-1, 1] with mean 0 and fixed numbers b_n, "
    "|sum of y_n b_n| exceeds t with probability at most 2 exp(-t²/(2 sum b_n²)), so at most p "
    "once t² >= 2 (sum b_n²) log(2/p).",
    "Hoeffding 1963, Theorem 2",
    (_chance, _length2, _deviation, _failure),
    (_deviation**2 >= 2 * _length2**2 * sp.log(2 / _failure),),
    (_chance <= _failure,),
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

_spectrum = declare("unique_eigenvalue", "smallest eigenvalue of a symmetric matrix M")
_image_1 = declare("unique_image", "a component of M b", index="n")
_image_2 = declare("unique_other_image", "the same component of M c", index="n")
_entry_1 = declare("unique_entry", "a component of b", index="n")
_entry_2 = declare("unique_other_entry", "the same component of c", index="n")

UNIQUE = TrustedFact(
    "A-UNIQUE",
    "A positive definite matrix M is injective: M b = M c in every component implies b = c.",
    "linear algebra",
    (_spectrum, _image_1, _image_2, _entry_1, _entry_2),
    (_spectrum > 0, sp.Eq(_image_1, _image_2)),
    (sp.Eq(_entry_1, _entry_2),),
    over="n",
    varying=(_image_1, _image_2, _entry_1, _entry_2),
)

_rayleigh = declare("ray_eigenvalue", "smallest eigenvalue of a symmetric matrix M")
_form = declare("ray_form", "<v, M v> for an arbitrary vector v")
_norm_sq = declare("ray_square", "‖v‖²", low=0)
_least = declare("ray_floor", "a number a")

RAYLEIGH = TrustedFact(
    "A-RAYLEIGH",
    "If <v, M v> >= a ‖v‖² for every v, no eigenvalue of the symmetric matrix M is below a.",
    "Rayleigh quotient",
    (_rayleigh, _form, _norm_sq, _least),
    (_form >= _least * _norm_sq,),
    (_rayleigh >= _least,),
    over="v",
    varying=(_form, _norm_sq),
)
