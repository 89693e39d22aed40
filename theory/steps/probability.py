"""Trusted facts about probability and angles: each stated once.

Hoeffding's and Bernstein's inequalities are stated through the logarithm of the failure probability
that is asked for: a deviation t suffices when an inequality without exponentials holds.
"""

from __future__ import annotations

import sympy as sp

from ..statement import TrustedFact
from ..symbols import declare

_angle = sp.Symbol("phi", real=True)

_t = declare("cosine_angle", "an angle", latex="t")

COSINE_SIGN = TrustedFact(
    "A-COSINE",
    "On [-3 pi/2, 3 pi/2] the cosine is positive exactly inside (-pi/2, pi/2) and negative exactly "
    "inside the two outer intervals.",
    "definition of the cosine",
    (_t,),
    (_t >= -3 * sp.pi / 2, _t <= 3 * sp.pi / 2),
    (
        sp.Equivalent(sp.cos(_t) > 0, sp.And(_t > -sp.pi / 2, _t < sp.pi / 2)),
        sp.Implies(sp.And(_t > sp.pi / 2, _t < 3 * sp.pi / 2), sp.cos(_t) < 0),
        sp.Implies(sp.And(_t > -3 * sp.pi / 2, _t < -sp.pi / 2), sp.cos(_t) < 0),
    ),
)

_chance = declare("angle_chance", "probability of an event", low=0, high=1)
_event = declare("angle_event", "1 where the event happens, else 0")
_polar = declare("angle_polar", "a polar angle in (-pi/2, 3 pi/2)", latex="t")
_a = declare("angle_a", "start of the first interval", latex="a")
_b = declare("angle_b", "end of the first interval", latex="b")
_c = declare("angle_c", "start of the second interval", latex="c")
_e = declare("angle_e", "end of the second interval", latex="e")
_ENDS = (_a, _b, _c, _e)

UNIFORM_ANGLE = TrustedFact(
    "A-ROTATION",
    "The projection of a rotationally symmetric z, never 0, on a fixed plane has a uniform polar "
    "angle: an event that happens for the angles of two disjoint intervals in [-pi/2, 3 pi/2], "
    "their ends aside, has the integral of 1/(2 pi) over them as its probability.",
    "the uniform distribution is the only rotation-invariant one on the circle",
    (_chance, _event, _polar, *_ENDS),
    (
        _a >= -sp.pi / 2,
        _a <= _b,
        _b <= _c,
        _c <= _e,
        _e <= 3 * sp.pi / 2,
        sp.Implies(
            sp.And(*(sp.Ne(_polar, end) for end in _ENDS)),
            sp.Equivalent(
                sp.Eq(_event, 1),
                sp.Or(sp.And(_polar > _a, _polar < _b), sp.And(_polar > _c, _polar < _e)),
            ),
        ),
    ),
    (
        sp.Eq(
            _chance,
            sp.Integral(1 / (2 * sp.pi), (_angle, _a, _b))
            + sp.Integral(1 / (2 * sp.pi), (_angle, _c, _e)),
        ),
    ),
)

_along = declare("bessel_first", "<a, z> for a unit vector a", latex="s")
_across = declare("bessel_second", "<b, z> for a unit vector b orthogonal to a", latex="t")
_length = declare("bessel_norm", "‖z‖", low=0, latex="\\|z\\|")

BESSEL = TrustedFact(
    "A-BESSEL",
    "Bessel: <a, z>² + <b, z>² <= ‖z‖² for orthonormal a, b.",
    "Bessel's inequality",
    (_along, _across, _length),
    (),
    (_along**2 + _across**2 <= _length**2,),
)

_tail = declare("tail_chance", "Pr[|sum - its mean| > t]", low=0, high=1)
_terms = declare("tail_terms", "number of independent terms", low=0, latex="K")
_x = declare("tail_term", "an arbitrary one of the terms", index="i", latex="X")
_low = declare("tail_low", "a lower bound of each term", latex="a")
_high = declare("tail_high", "an upper bound of each term", latex="b")
_mean = declare("tail_mean", "mean of each term", latex="\\mu")
_spread = declare("tail_spread", "bound of |term - mean|", low=0, latex="M")
_variance = declare("tail_variance", "variance of each term", low=0, latex="v")
_dev = declare("tail_deviation", "a deviation t", low=0, latex="t")
_fail = declare("tail_failure", "a failure probability p", low=0, open_low=True, latex="p")

HOEFFDING = TrustedFact(
    "A-HOEFFDING",
    "Hoeffding: the sum of K independent terms in [a, b] is farther than t from its mean with "
    "probability at most 2 exp(-2 t²/(K (b - a)²)), so at most p once "
    "2 t² >= K (b - a)² log(2/p).",
    "Hoeffding 1963, Theorem 2",
    (_tail, _terms, _x, _low, _high, _dev, _fail),
    (_x >= _low, _x <= _high, 2 * _dev**2 >= _terms * (_high - _low) ** 2 * sp.log(2 / _fail)),
    (_tail <= _fail,),
    over="i",
    varying=(_x,),
)
BERNSTEIN = TrustedFact(
    "A-BERNSTEIN",
    "Bernstein: the sum of K independent terms with variance v, each within M of its mean, is "
    "farther than t from its mean with probability at most 2 exp(-t²/(2 K v + 2 M t/3)), so at "
    "most p once t² >= (2 K v + 2 M t/3) log(2/p).",
    "Bernstein's inequality; Boucheron, Lugosi & Massart 2013, Corollary 2.11",
    (_tail, _terms, _x, _mean, _spread, _variance, _dev, _fail),
    (
        _x - _mean <= _spread,
        _x - _mean >= -_spread,
        _dev**2 >= (2 * _terms * _variance + 2 * _spread * _dev / 3) * sp.log(2 / _fail),
    ),
    (_tail <= _fail,),
    over="i",
    varying=(_x,),
)

_any = declare("union_any", "Pr[one of K events happens]", low=0, high=1)
_each = declare("union_each", "probability of an arbitrary one of them", low=0, high=1, index="n")
_events = declare("union_events", "number of events", low=0, latex="K")
_ceiling = declare("union_ceiling", "bound of each probability", latex="p")

UNION = TrustedFact(
    "A-UNION",
    "Union bound: one of K events, each of probability at most p, happens with probability at "
    "most K p.",
    "union bound",
    (_any, _events, _each, _ceiling),
    (_each <= _ceiling,),
    (_any <= _events * _ceiling,),
    over="n",
    varying=(_each,),
)

_none = declare("neither_chance", "Pr[neither of two events happens]", low=0, high=1)
_one = declare("neither_first", "probability of the first", low=0, high=1)
_two = declare("neither_second", "probability of the second", low=0, high=1)

NEITHER = TrustedFact(
    "A-NEITHER",
    "Neither of two events happens with probability at least 1 - p_1 - p_2.",
    "union bound",
    (_none, _one, _two),
    (),
    (_none >= 1 - _one - _two,),
)

_rare = declare("event_rare", "Pr[A]", low=0, high=1)
_common = declare("event_common", "Pr[B]", low=0, high=1)
_in_rare = declare("event_in_rare", "1 where A happens, else 0; at an arbitrary outcome")
_in_common = declare("event_in_common", "1 where B happens, else 0; at the same outcome")

SUB_EVENT = TrustedFact(
    "A-EVENT",
    "If B happens wherever A does, Pr[A] <= Pr[B].",
    "monotonicity of probability",
    (_rare, _common, _in_rare, _in_common),
    (_in_rare <= _in_common,),
    (_rare <= _common,),
)

_total_mean = declare("sum_mean", "mean of a sum")
_total_variance = declare("sum_variance", "variance of a sum", low=0)
_one_mean = declare("one_mean", "mean of each term")
_one_variance = declare("one_variance", "variance of each term", low=0)
_total_terms = declare("sum_count", "number of terms", low=0, latex="K")

UNCORRELATED = TrustedFact(
    "A-MOMENTS",
    "K uncorrelated terms with mean mu and variance v have a sum with mean K mu and variance K v.",
    "linearity of the mean; bilinearity of the covariance",
    (_total_mean, _total_variance, _total_terms, _one_mean, _one_variance),
    (),
    (
        sp.Eq(_total_mean, _total_terms * _one_mean),
        sp.Eq(_total_variance, _total_terms * _one_variance),
    ),
)

_share = declare("normal_share", "share of the values that are positive", low=0, high=1)
_centre = declare("normal_mean", "their mean", latex="\\mu")
_width = declare("normal_variance", "their variance", low=0, open_low=True, latex="v")
_close = declare("normal_error", "the error that is tolerated", low=0)

NORMAL_HEURISTIC = TrustedFact(
    "H-NORMAL",
    "Heuristic, not a theorem: sums of many weakly dependent terms are taken as normal, so a share "
    "Phi(mean/sqrt(variance)) of them is positive, up to the error tolerated.",
    "central limit theorem, used without error bounds",
    (_share, _centre, _width, _close),
    (),
    (sp.Abs(_share - (1 + sp.erf(_centre / sp.sqrt(2 * _width))) / 2) <= _close,),
)

_root_mean = declare("lln_norm", "the norm of a random vector", low=0)
_mean_square = declare("lln_mean_square", "mean of its square", low=0)

NORM_HEURISTIC = TrustedFact(
    "H-LARGE",
    "Heuristic, not a theorem: the squared norm of a sum of many random vectors is taken as its "
    "mean.",
    "law of large numbers, used without error bounds",
    (_root_mean, _mean_square),
    (),
    (sp.Eq(_root_mean**2, _mean_square),),
)
