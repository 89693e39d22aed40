"""Random data meet the near-orthogonality conditions: the steps that proofs share.

x uniform on [-1, 1]^d: every squared norm is within t1 of d/3 and every inner product within t2 of
0, with probability at least 1 - delta. Half of delta is spent on the N norms, half on the
N (N - 1)/2 inner products, each by the better of Hoeffding's and Bernstein's inequality.
"""

from fractions import Fraction
from functools import cache
from typing import Any, Literal

import sympy as sp
from sympy.logic.boolalg import Boolean

from ... import symbols
from ...exact.evaluate import truth
from ...exact.scalars import Scalar, Undecided, Undefined, exact, working_precision
from ...statement import Assumption, Citation, Definition, Identity, Inequality, Let, Step
from ...steps import probability
from ...symbols import Eq, N, R_max, R_min, d, declare, p_max
from . import exact_chain, half_aware, standard_boundary

Condition = Literal["paper", "exact chain", "half-aware"]
Bound = Literal["hoeffding", "bernstein", "better"]

delta = declare(
    "delta",
    "failure probability that the scenario grants to the draw of the data",
    low=0,
    open_low=True,
    high=1,
)

CONDITIONS: dict[Condition, Boolean] = {
    "paper": standard_boundary.THEOREM.assumptions[0].relation,
    "exact chain": exact_chain.THEOREM.assumptions[0].relation,
    "half-aware": half_aware.THEOREM.assumptions[0].relation,
}

# Half of delta over N norms, half over N (N - 1)/2 pairs: log(2/p) for each one's share p.
LOG_NORM = sp.log(4 * N / delta)
LOG_CROSS = sp.log(2 * N * (N - 1) / delta)

NORM_RADII: dict[Bound, sp.Expr] = {
    "hoeffding": sp.sqrt(d * LOG_NORM / 2),
    "bernstein": 2 * LOG_NORM / 9
    + sp.sqrt(4 * LOG_NORM**2 / 81 + sp.Rational(8, 45) * d * LOG_NORM),
}
CROSS_RADII: dict[Bound, sp.Expr] = {
    "hoeffding": sp.sqrt(2 * d * LOG_CROSS),
    "bernstein": LOG_CROSS / 3 + sp.sqrt(LOG_CROSS**2 / 9 + 2 * d * LOG_CROSS / 9),
}
for _radii in (NORM_RADII, CROSS_RADII):
    _radii["better"] = sp.Min(_radii["hoeffding"], _radii["bernstein"])


def radii(bound: Bound = "better") -> tuple[sp.Expr, sp.Expr]:
    """t1 for the squared norms and t2 for the inner products, in N, d and delta."""
    return NORM_RADII[bound], CROSS_RADII[bound]


def certified(condition: Condition, t1: sp.Expr, t2: sp.Expr) -> Boolean:
    """The condition at the worst that the radii leave: r = d/3 - t1, R = d/3 + t1, p_max = t2."""
    worst = {R_max: sp.sqrt(d / 3 + t1), R_min: sp.sqrt(d / 3 - t1), p_max: t2}
    return CONDITIONS[condition].subs(worst, simultaneous=True)


# `smallest_dimension` has an argument called delta.
_DELTA = delta
PRECISIONS = (64, 128, 256, 512, 1024, 2048, 4096)


@cache
def smallest_dimension(
    samples: int,
    slope: Fraction | int | str,
    delta: Fraction | int | str,
    condition: Condition = "paper",
    bound: Bound = "better",
) -> int:
    """The smallest d at which uniform data provably meet a condition with chance 1 - delta.

    `slope` is in (0, 1], `delta` in (0, 1]; write them as fractions or strings ("0.01"), which are
    exact. The condition then holds at every larger d too, as t1/d and t2/d fall and it is
    homogeneous in d, t1 and t2; so bisection finds the smallest. Every comparison is decided by
    enclosures of rising precision. Source: this project.

    >>> smallest_dimension(2, 1, "0.01", bound="hoeffding")
    5977
    >>> smallest_dimension(2, 1, "0.01")
    953

    Raises:
        ValueError: an argument is out of range.
    """
    values: dict[sp.Symbol, Scalar] = {
        symbols.N: exact(samples),
        symbols.gamma: exact(slope),
        _DELTA: exact(delta),
    }
    if samples < 2:
        raise ValueError(f"samples must be at least 2, not {samples}")
    for name, value in (("slope", values[symbols.gamma]), ("delta", values[_DELTA])):
        if not 0 < value <= 1:
            raise ValueError(f"{name} must be in (0, 1], not {value}")
    t1, t2 = radii(bound)
    formulas = (t1 < symbols.d / 3, certified(condition, t1, t2))

    def holds(dimension: int) -> bool:
        return all(_decided(f, {**values, symbols.d: exact(dimension)}) for f in formulas)

    high = 1
    while not holds(high):
        high *= 2
    low = high // 2  # fails, or is 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _decided(formula: Boolean, values: dict[sp.Symbol, Scalar]) -> bool:
    """Whether a formula holds, at as many bits as it takes to be certain."""
    for bits in PRECISIONS:
        with working_precision(bits):
            try:
                holds = truth(formula, values)
            except (Undecided, Undefined):
                continue
        if holds is not None:
            return holds
    raise ArithmeticError(f"{formula} was not decided at {PRECISIONS[-1]} bits for {values}")


# An arbitrary pair of coordinates, of one sample or of two, and the chances of deviations.
_x = declare("coordinate", "one coordinate of a sample", low=-1, high=1, index="i", latex="x")
_y = declare(
    "other_coordinate", "the same coordinate of another", low=-1, high=1, index="i", latex="y"
)
_u, _w = sp.symbols("x_1 x_2", real=True)
_ell1 = declare("log_norm", "log(4 N/delta)", low=0, latex="\\ell_1", abbreviation=True)
_ell2 = declare("log_cross", "log(2 N (N-1)/delta)", low=0, latex="\\ell_2", abbreviation=True)
_t1 = declare("t1", "bound of every |‖x_n‖² - d/3|", low=0, latex="t_1", abbreviation=True)
_t2 = declare("t2", "bound of every |<x_n, x_k>|", low=0, latex="t_2", abbreviation=True)


def _chance(name: str, meaning: str, index: str = "") -> Any:
    return declare(name, f"probability that {meaning}", low=0, high=1, index=index)


_bad_norms = _chance("bad_norms", "some ‖x_n‖² is farther than t1 from d/3")
_bad_cross = _chance("bad_cross", "some |<x_n, x_k>| exceeds t2")
_good = _chance("good_draw", "neither happens")


_NORM_VARIANCE = probability.uniform_mean((_u**2 - sp.Rational(1, 3)) ** 2, _u)
_CROSS_VARIANCE = probability.uniform_mean((_u * _w) ** 2, _u, _w)

_MOMENTS: tuple[Step, ...] = (
    probability.uniform_moment("mean-square", "The mean of x² is 1/3.", "1/3", _u**2, _u),
    Identity("variance-square", "The variance of x² is 4/45.", _NORM_VARIANCE, sp.Rational(4, 45)),
    probability.uniform_moment(
        "mean-product", "The mean of a product x y is 0.", 0, _u * _w, _u, _w
    ),
    Identity("variance-product", "Its variance is 1/9.", _CROSS_VARIANCE, sp.Rational(1, 9)),
)


_EITHER: tuple[Bound, ...] = ("hoeffding", "bernstein")


def _tail_steps(
    name: str,
    radius: sp.Symbol,
    log: tuple[sp.Symbol, sp.Expr],
    radii_of: dict[Bound, sp.Expr],
    terms: tuple[sp.Expr, int, int],
    moments: tuple[sp.Expr, sp.Expr, sp.Expr],
    failure: sp.Expr,
) -> tuple[Step, ...]:
    """The chance of one deviation beyond the radius is at most `failure`, by either inequality."""
    ell, spelled = log
    symbols: dict[Bound, Any] = {
        bound: declare(
            f"{radius.name}_{bound}",
            f"{radius.name} by {bound.title()}",
            low=0,
            abbreviation=True,
        )
        for bound in _EITHER
    }
    tails = {
        bound: _chance(f"{name}_tail_{bound}", f"one deviates beyond {symbols[bound]}", "n")
        for bound in symbols
    }
    tail = _chance(f"{name}_tail", f"one deviates beyond {radius}", "n")
    (term, low, high), (mean, spread, variance) = terms, moments
    return (
        Let(f"{name}-log <- two-samples", "Write the logarithm as one number.", ell, spelled),
        *(
            Let(
                f"{name}-{b} <- {name}-log two-samples",
                f"The radius by {b.title()}.",
                symbols[b],
                radii_of[b],
            )
            for b in symbols
        ),
        Inequality(
            f"{name}-range",
            "Each term lies in its interval, and no farther from its mean than the spread.",
            sp.And(term >= low, term <= high, sp.Abs(term - mean) <= spread),
        ),
        Citation(
            f"{name}-tail-hoeffding <- {name}-range {name}-hoeffding {name}-log two-samples",
            "Hoeffding's radius suffices.",
            probability.HOEFFDING(
                tails["hoeffding"], d, term, low, high, symbols["hoeffding"], failure
            ),
        ),
        Citation(
            f"{name}-tail-bernstein <- {name}-range {name}-bernstein {name}-log two-samples "
            "variance-square variance-product",
            "Bernstein's radius suffices.",
            probability.BERNSTEIN(
                tails["bernstein"], d, term, mean, spread, variance, symbols["bernstein"], failure
            ),
        ),
        Let(f"{name}-radius", "Take the smaller radius.", radius, sp.Min(*symbols.values())),
        Definition(
            f"{name}-either",
            "It is one of the two, with that one's chance of a deviation.",
            (sp.Or(*(sp.And(Eq(radius, symbols[b]), Eq(tail, tails[b])) for b in symbols)),),
        ),
        Inequality(
            f"{name}-tail <- {name}-either {name}-tail-hoeffding {name}-tail-bernstein two-samples",
            "Either way one deviation has at most its share of the failure probability.",
            tail <= failure,
        ),
    )


_NORM_FAILURE, _CROSS_FAILURE = delta / (2 * N), delta / (N * (N - 1))
_NORM_TAIL = _tail_steps(
    "norm",
    _t1,
    (_ell1, LOG_NORM),
    NORM_RADII,
    (_x**2, 0, 1),
    (sp.Rational(1, 3), sp.Rational(2, 3), _NORM_VARIANCE),
    _NORM_FAILURE,
)
_CROSS_TAIL = _tail_steps(
    "cross",
    _t2,
    (_ell2, LOG_CROSS),
    CROSS_RADII,
    (_x * _y, -1, 1),
    (sp.Integer(0), sp.Integer(1), _CROSS_VARIANCE),
    _CROSS_FAILURE,
)


def uniform_assumptions(condition: Condition) -> tuple[Assumption, ...]:
    """N >= 2, t1 < d/3, and the condition at the worst that t1 and t2 leave."""
    t1, t2 = radii()
    return (
        Assumption("two-samples", "There are at least two samples.", N >= 2),
        Assumption("norms-positive", "The radius of the norms is below their mean.", t1 < d / 3),
        Assumption(
            "dimension",
            "The dimension is large enough for the condition at the worst that the radii leave.",
            certified(condition, t1, t2),
        ),
    )


def uniform_steps(condition: Condition, chance: sp.Symbol) -> tuple[Step, ...]:
    """Pr[a uniform draw meets the condition] >= 1 - delta, from `uniform_assumptions`."""
    event = sp.And(R_max**2 <= d / 3 + _t1, R_min**2 >= d / 3 - _t1, p_max <= _t2)
    met = CONDITIONS[condition]
    return (
        *_MOMENTS,
        *_NORM_TAIL,
        *_CROSS_TAIL,
        Citation(
            "all-norms <- norm-tail", "All N norms together.", probability.UNION(_bad_norms, N)
        ),
        Citation(
            "all-pairs <- cross-tail two-samples",
            "All N (N-1)/2 inner products together.",
            probability.UNION(_bad_cross, N * (N - 1) / 2),
        ),
        Citation("neither", "Neither fails.", probability.NEITHER(_good, _bad_norms, _bad_cross)),
        Inequality(
            "good <- neither all-norms all-pairs two-samples",
            "So a draw is good with probability at least 1 - delta.",
            _good >= 1 - delta,
        ),
        *(
            Inequality(
                f"{radius}-spelled <- {of}-log {of}-hoeffding {of}-bernstein {of}-radius "
                "two-samples",
                f"{radius} in N, d and delta.",
                Eq(radius, spelled),
            )
            for radius, spelled, of in zip((_t1, _t2), radii(), ("norm", "cross"), strict=True)
        ),
        Inequality(
            "t1 <- norms-positive t1-spelled two-samples",
            "The radius of the norms is below their mean.",
            _t1 < d / 3,
        ),
        Inequality(
            "worst <- dimension t1 t1-spelled t2-spelled",
            "The condition at the worst, in t1 and t2.",
            certified(condition, _t1, _t2),
        ),
        Inequality(
            "draw <- worst t1 two-samples",
            "A good draw meets the condition, which only asks for less when norms grow closer and "
            "inner products smaller.",
            sp.Implies(event, met),
        ),
        Citation(
            "event <- draw",
            "So the condition is met at least as often as a draw is good.",
            probability.sub_event(_good, chance, event, met),
        ),
    )
