"""Trusted facts about sums, means, extremes, inner products, random signs and matrices.

A fact is stated in letters, which `says` names; a citation puts expressions in their place.
"""

import sympy as sp

from ..statement import TrustedFact
from ..symbols import Eq, declare

# Any numbers; such that are not negative, as lengths and counts are; positive ones; chances.
a, b, c, e, s, t, u, v = (declare(f"fact_{x}", f"a number {x}") for x in "abcestuv")
B, K, T, X, Y, Z = (declare(f"fact_{x}", f"a number {x}, not negative", low=0) for x in "BKTXYZ")
p, w = (declare(f"fact_{x}", f"a positive number {x}", low=0, open_low=True) for x in "pw")
P, Q, R = (declare(f"fact_{x}", f"a probability {x}", low=0, high=1) for x in "PQR")

SUM_BOUND = TrustedFact(
    "A-SUM",
    "Triangle inequality: a sum of K products with weights at most B and entries at most p in "
    "absolute value lies in [-K B p, K B p].",
    "triangle inequality",
    (s, K, B, T),
    (),
    (s <= K * B * T, s >= -K * B * T),
    takes="the sum, terms, bound of weights and of entries",
)


def _bounded(key: str, what: str, least: bool, source: str, over: str) -> TrustedFact:
    """What lies between finitely many numbers is bounded like each of them."""
    return TrustedFact(
        key,
        f"The {what} of finitely many numbers, each at {'least' if least else 'most'} c, is at "
        f"{'least' if least else 'most'} c.",
        source,
        (s, t, c),
        (t >= c if least else t <= c,),
        (s >= c if least else s <= c,),
        over=over,
        varying=(t,),
        takes="the number, any of the numbers, its bound",
    )


MEAN_LOWER = _bounded("A-MEAN", "mean", True, "sum of inequalities", "j")
MEAN_UPPER = _bounded("A-MEAN", "mean", False, "sum of inequalities", "j")
LARGEST = _bounded("A-LARGEST", "largest", False, "the maximum is one of the numbers", "n")
SMALLEST = _bounded("A-SMALLEST", "smallest", True, "the minimum is one of the numbers", "n")

MONOTONE = TrustedFact(
    "A-MONOTONE",
    "For a matrix O with non-negative entries, b <= t in every component implies O b <= O t.",
    "sum of inequalities",
    (u, v, b, t),
    (b <= t,),
    (u <= v,),
    over="k",
    varying=(b, t),
    takes="a component of O b and of O t, any one of b and of t",
)

TERM_SUM = TrustedFact(
    "A-TERMS",
    "A sum of K terms, each in [a, b], lies in [K a, K b].",
    "sum of inequalities",
    (s, K, t, a, b),
    (t >= a, t <= b),
    (s >= K * a, s <= K * b),
    over="n",
    varying=(t,),
    takes="the sum, terms, any one, its bounds",
)
TERM_SUM_LOWER = TrustedFact(
    "A-TERMS",
    "A sum of K terms, each at least a, is at least K a.",
    "sum of inequalities",
    (s, K, t, a),
    (t >= a,),
    (s >= K * a,),
    over="n",
    varying=(t,),
    takes="the sum, terms, any one, its bound",
)

LINEAR_SUM = TrustedFact(
    "A-LINEAR",
    "Sums are linear: t_n = a_n + c b_n for every n gives sum t_n = sum a_n + c sum b_n.",
    "distributive law",
    (s, u, c, v, t, a, b),
    (Eq(t, a + c * b),),
    (Eq(s, u + c * v),),
    over="n",
    varying=(t, a, b),
    takes="sum t_n, sum a_n, c, sum b_n, t_n, a_n, b_n",
)

EXCHANGE = TrustedFact(
    "A-EXCHANGE",
    "Double sums do not depend on the order: sum_j sum_n t_jn = sum_n sum_j u_jn where t_jn = "
    "u_jn for all j and n.",
    "commutative law",
    (s, u, t, v),
    (Eq(t, v),),
    (Eq(s, u),),
    over="jn",
    varying=(t, v),
    takes="the sum over j of sums over n, the sum over n of sums over j, t_jn, u_jn",
)

BILINEAR = TrustedFact(
    "A-BILINEAR",
    "Inner products are bilinear: <a + s e, b + t e> = <a, b> + t <a, e> + s <b, e> + s t <e, e>.",
    "bilinearity",
    (c, u, a, b, X, s, t),
    (),
    (Eq(c, u + t * a + s * b + s * t * X),),
    takes="the product, <a, b>, <a, e>, <b, e>, <e, e>, s, t",
)

NORM_ORDER = TrustedFact(
    "A-NORMS",
    "‖a‖_2 <= ‖a‖_1 <= sqrt(K) ‖a‖_2 for a vector with K non-zero entries.",
    "non-negative cross terms; Cauchy–Schwarz",
    (X, Y, K),
    (),
    (Y <= X, X**2 <= K * Y**2),
    takes="‖a‖_1, ‖a‖_2, K",
)

COMBINED = TrustedFact(
    "A-BILINEAR",
    "Inner products are bilinear: <s a + t b, u a + v b> = s u <a, a> + (s v + t u) <a, b> + "
    "t v <b, b>.",
    "bilinearity",
    (c, X, e, Y, s, t, u, v),
    (),
    (Eq(c, s * u * X + (s * v + t * u) * e + t * v * Y),),
    takes="the product, <a, a>, <a, b>, <b, b>, s, t, u, v",
)

WEIGHTS = TrustedFact(
    "A-WEIGHTS",
    "Triangle inequality: |sum of w_n b_n| <= B sum of |b_n| when every |w_n| <= B.",
    "triangle inequality",
    (s, t, B, X),
    (t <= B, t >= -B),
    (s <= B * X, s >= -B * X),
    over="n",
    varying=(t,),
    takes="the sum, any weight, its bound, sum of |b_n|",
)

RANDOM_SIGNS = TrustedFact(
    "A-HOEFFDING",
    "Hoeffding, weighted: for independent y_n in [-1, 1] with mean 0 and fixed numbers b_n, "
    "|sum of y_n b_n| exceeds t with probability at most 2 exp(-t²/(2 sum b_n²)), so at most p "
    "once t² >= 2 (sum b_n²) log(2/p).",
    "Hoeffding 1963, Theorem 2",
    (P, X, T, p),
    (T**2 >= 2 * X**2 * sp.log(2 / p),),
    (P <= p,),
    takes="the chance, root of the sum of b_n², t, p",
)

GERSHGORIN = TrustedFact(
    "A-GERSHGORIN",
    "Gershgorin: if in every row of a symmetric matrix the diagonal entry exceeds the sum of the "
    "absolute other entries by at least c, every eigenvalue is at least c.",
    "Gershgorin's circle theorem",
    (s, t, X, c),
    (t - X >= c,),
    (s >= c,),
    over="n",
    varying=(t, X),
    takes="an eigenvalue, any diagonal entry, sum of its row, c",
)

UNIQUE = TrustedFact(
    "A-UNIQUE",
    "A positive definite matrix M is injective: M b = M c in every component implies b = c.",
    "linear algebra",
    (s, u, v, b, c),
    (s > 0, Eq(u, v)),
    (Eq(b, c),),
    over="n",
    varying=(u, v, b, c),
    takes="least eigenvalue of M, components of M b, M c, b, c",
)

RAYLEIGH = TrustedFact(
    "A-RAYLEIGH",
    "If <v, M v> >= a ‖v‖² for every v, no eigenvalue of the symmetric matrix M is below a.",
    "Rayleigh quotient",
    (s, t, X, a),
    (t >= a * X,),
    (s >= a,),
    over="v",
    varying=(t, X),
    takes="least eigenvalue of M, <v, M v>, ‖v‖², a",
)
