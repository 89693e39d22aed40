"""Trusted facts about probability and angles: each stated once.

Hoeffding's and Bernstein's inequalities are stated through the logarithm of the failure probability
that is asked for: a deviation t suffices when an inequality without exponentials holds.
"""

import sympy as sp

from ..statement import Identity, Instance, TrustedFact
from ..symbols import Eq
from .sums import B, K, P, Q, R, T, X, a, b, c, e, p, s, t, u, v, w

_angle = sp.Symbol("phi", real=True)

COSINE_SIGN = TrustedFact(
    "A-COSINE",
    "On [-3 pi/2, 3 pi/2] the cosine is positive exactly inside (-pi/2, pi/2) and negative exactly "
    "inside the two outer intervals.",
    "definition of the cosine",
    (t,),
    (t >= -3 * sp.pi / 2, t <= 3 * sp.pi / 2),
    (
        sp.Equivalent(sp.cos(t) > 0, sp.And(t > -sp.pi / 2, t < sp.pi / 2)),
        sp.Implies(sp.And(t > sp.pi / 2, t < 3 * sp.pi / 2), sp.cos(t) < 0),
        sp.Implies(sp.And(t > -3 * sp.pi / 2, t < -sp.pi / 2), sp.cos(t) < 0),
    ),
    takes="the angle",
)

_ENDS = (a, b, c, e)

UNIFORM_ANGLE = TrustedFact(
    "A-ROTATION",
    "The projection of a rotationally symmetric z, never 0, on a fixed plane has a uniform polar "
    "angle: an event that happens for the angles of two disjoint intervals in [-pi/2, 3 pi/2], "
    "their ends aside, has the integral of 1/(2 pi) over them as its probability.",
    "the uniform distribution is the only rotation-invariant one on the circle",
    (P, u, t, *_ENDS),
    (
        a >= -sp.pi / 2,
        a <= b,
        b <= c,
        c <= e,
        e <= 3 * sp.pi / 2,
        sp.Implies(
            sp.And(*(sp.Ne(t, end) for end in _ENDS)),
            sp.Equivalent(Eq(u, 1), sp.Or(sp.And(t > a, t < b), sp.And(t > c, t < e))),
        ),
    ),
    (
        Eq(
            P,
            sp.Integral(1 / (2 * sp.pi), (_angle, a, b))
            + sp.Integral(1 / (2 * sp.pi), (_angle, c, e)),
        ),
    ),
    takes="the chance, 1 where it happens, the angle, ends of the intervals",
)

BESSEL = TrustedFact(
    "A-BESSEL",
    "Bessel: <a, z>² + <b, z>² <= ‖z‖² for orthonormal a, b.",
    "Bessel's inequality",
    (s, t, X),
    (),
    (s**2 + t**2 <= X**2,),
    takes="<a, z>, <b, z>, ‖z‖",
)

HOEFFDING = TrustedFact(
    "A-HOEFFDING",
    "Hoeffding: the sum of K independent terms in [a, b] is farther than t from its mean with "
    "probability at most 2 exp(-2 t²/(K (b - a)²)), so at most p once "
    "2 t² >= K (b - a)² log(2/p).",
    "Hoeffding 1963, Theorem 2",
    (P, K, t, a, b, T, p),
    (t >= a, t <= b, 2 * T**2 >= K * (b - a) ** 2 * sp.log(2 / p)),
    (P <= p,),
    over="i",
    varying=(t,),
    takes="the chance, K, any term, a, b, t, p",
)
WEIGHTED_HOEFFDING = TrustedFact(
    "A-HOEFFDING",
    "Hoeffding, weighted: the sum of independent terms, each in an interval [a, a + b] of its own, "
    "is farther than t from its mean, on k of both sides, with probability at most "
    "k exp(-2 t²/sum b²), so at most p once 2 t² >= (sum b²) log(k/p).",
    "Hoeffding 1963, Theorem 2",
    (P, K, X, t, a, b, T, p),
    (sp.Or(Eq(K, 1), Eq(K, 2)), t >= a, t <= a + b, 2 * T**2 >= X * sp.log(K / p)),
    (P <= p,),
    over="j",
    varying=(t, a, b),
    takes="the chance, k (1 or 2), sum of b², any term, its a, its b, t, p",
)
NORMAL_NEAR = TrustedFact(
    "A-NORMAL",
    "A normal number with mean 0 and standard deviation s lies in [-r, r] with probability at most "
    "sqrt(2/pi) r/s.",
    "the normal density is at most 1/(sqrt(2 pi) s)",
    (P, B, w),
    (),
    (P <= sp.sqrt(2 / sp.pi) * B / w,),
    takes="the chance, r, s",
)
BERNSTEIN = TrustedFact(
    "A-BERNSTEIN",
    "Bernstein: the sum of K independent terms with variance v, each within M of its mean, is "
    "farther than t from its mean with probability at most 2 exp(-t²/(2 K v + 2 M t/3)), so at "
    "most p once t² >= (2 K v + 2 M t/3) log(2/p).",
    "Bernstein's inequality; Boucheron, Lugosi & Massart 2013, Corollary 2.11",
    (P, K, t, c, B, X, T, p),
    (t - c <= B, t - c >= -B, T**2 >= (2 * K * X + 2 * B * T / 3) * sp.log(2 / p)),
    (P <= p,),
    over="i",
    varying=(t,),
    takes="the chance, K, any term, its mean, M, v, t, p",
)

UNION = TrustedFact(
    "A-UNION",
    "Union bound: one of K events, each of probability at most p, happens with probability at "
    "most K p.",
    "union bound",
    (P, K, Q, c),
    (Q <= c,),
    (P <= K * c,),
    over="n",
    varying=(Q,),
    takes="the chance, K, that of any event, p",
)

NEITHER = TrustedFact(
    "A-NEITHER",
    "Neither of two events happens with probability at least 1 - p_1 - p_2.",
    "union bound",
    (R, P, Q),
    (),
    (R >= 1 - P - Q,),
    takes="the chance, p_1, p_2",
)

SUB_EVENT = TrustedFact(
    "A-EVENT",
    "If B happens wherever A does, Pr[A] <= Pr[B].",
    "monotonicity of probability",
    (P, Q, u, v),
    (u <= v,),
    (P <= Q,),
    takes="Pr[A], Pr[B], 1 where A happens, 1 where B does",
)


STEP_MEAN = TrustedFact(
    "A-MEAN-VALUE",
    "A number that is u where A happens, v where B does, never both, and else c has the mean "
    "Pr[A] u + Pr[B] v + (1 - Pr[A] - Pr[B]) c.",
    "definition of the mean",
    (s, t, P, Q, a, b, u, v, c),
    (Eq(a * (1 - a), 0), Eq(b * (1 - b), 0), Eq(a * b, 0), Eq(t, a * u + b * v + (1 - a - b) * c)),
    (Eq(s, P * u + Q * v + (1 - P - Q) * c),),
    takes="the mean, the number, Pr[A], Pr[B], 1 where A happens, 1 where B does, u, v, c",
)


def indicator(event: sp.Basic) -> sp.Piecewise:
    """1 where the event happens, else 0."""
    return sp.Piecewise((1, event), (0, True))


def sub_event(rare: sp.Symbol, common: sp.Symbol, event: sp.Basic, other: sp.Basic) -> Instance:
    """Pr[event] <= Pr[other], for the two chances and their events."""
    return SUB_EVENT(rare, common, indicator(event), indicator(other))


def uniform_mean(moment: sp.Expr, *variables: sp.Symbol) -> sp.Expr:
    """The mean of a function of independent coordinates uniform on [-1, 1]."""
    return sp.Integral(moment / 2 ** len(variables), *((x, -1, 1) for x in variables))


def uniform_moment(
    name: str, says: str, value: str | int, moment: sp.Expr, *variables: sp.Symbol
) -> Identity:
    """The step that this is the mean of a function of such coordinates."""
    return Identity(name, says, uniform_mean(moment, *variables), sp.Rational(value))


UNCORRELATED = TrustedFact(
    "A-MOMENTS",
    "K uncorrelated terms with mean mu and variance v have a sum with mean K mu and variance K v.",
    "linearity of the mean; bilinearity of the covariance",
    (s, X, K, t, B),
    (),
    (Eq(s, K * t), Eq(X, K * B)),
    takes="mean and variance of the sum, K, mu, v",
)

NORMAL_HEURISTIC = TrustedFact(
    "H-NORMAL",
    "Heuristic, not a theorem: sums of many weakly dependent terms are taken as normal, so a share "
    "Phi(mean/sqrt(variance)) of them is positive, up to the error tolerated.",
    "central limit theorem, used without error bounds",
    (P, c, w, B),
    (),
    (sp.Abs(P - (1 + sp.erf(c / sp.sqrt(2 * w))) / 2) <= B,),
    takes="the share, mean, variance, error",
)

NORM_HEURISTIC = TrustedFact(
    "H-LARGE",
    "Heuristic, not a theorem: the squared norm of a sum of many random vectors is taken as its "
    "mean.",
    "law of large numbers, used without error bounds",
    (X, B),
    (),
    (Eq(X**2, B),),
    takes="the norm, mean of its square",
)
