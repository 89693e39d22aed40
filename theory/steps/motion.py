"""Trusted facts about what moves: flows, integrals, continuity, induction, losses, entropy."""

from __future__ import annotations

import sympy as sp

from ..statement import TrustedFact
from ..symbols import Eq, declare

_entropy = declare("entropy_value", "entropy of a distribution on K points", latex="H")
_points = declare("entropy_points", "number K of points", low=1, latex="K")

ENTROPY = TrustedFact(
    "A-ENTROPY",
    "The entropy of a distribution on K points lies in [0, log K].",
    "Jensen's inequality",
    (_entropy, _points),
    (),
    (_entropy >= 0, _entropy <= sp.log(_points)),
)

_weighted = declare("gibbs_weighted", "sum of lambda_n z_n")
_weights = declare("gibbs_weights", "sum of the lambda_n", low=0, open_low=True)
_partition = declare("gibbs_partition", "sum of exp(-z_n)", low=0, open_low=True)
_disorder = declare("gibbs_entropy", "entropy of the lambda_n over their sum")

GIBBS = TrustedFact(
    "A-GIBBS",
    "Gibbs: for weights lambda_n >= 0, not all 0, whose shares have entropy H: sum lambda_n z_n >= "
    "(sum lambda_n) (H - log sum exp(-z_n)).",
    "Gibbs' inequality: relative entropies are not negative",
    (_weighted, _weights, _partition, _disorder),
    (),
    (_weighted >= _weights * (_disorder - sp.log(_partition)),),
)

_speed = declare("flow_speed", "‖W'‖", low=0)
_level = declare("flow_loss", "the loss L", low=0, open_low=True)
_growth = declare("flow_growth", "derivative of ‖W‖")
_rise = declare("flow_rise", "derivative of -log L")

FLOW = TrustedFact(
    "A-FLOW",
    "The subgradient flow of a finite convex function L exists from every start for all time, is "
    "unique and absolutely continuous; for almost every time -W' is a subgradient at W (by the sum "
    "rule W' = sum l'_n zeta_n with slopes in the subdifferentials of phi, l'_n = -dl/dz > 0) and "
    "dL/dt = -‖W'‖². So -log L rises at the rate ‖W'‖²/L, and ‖W‖ at a rate of at most ‖W'‖.",
    "Brezis, Opérateurs maximaux monotones, 1973, Theorems 3.1 and 3.2; Rockafellar, Convex "
    "Analysis, 1970, Theorem 23.8",
    (_speed, _level, _growth, _rise),
    (),
    (_growth <= _speed, _growth >= -_speed, Eq(_rise * _level, _speed**2)),
)

_margin = declare("logistic_margin", "a margin z")
_logistic = declare("logistic_loss", "its logistic loss l = log(1 + exp(-z))", low=0, open_low=True)
_top = declare("logistic_top", "a number that l does not exceed", low=0, open_low=True)

LOGISTIC = TrustedFact(
    "A-LOGISTIC",
    "For the logistic loss l = log(1 + exp(-z)) <= t: exp(-z) <= l exp(t/2 + t²/24), and "
    "-dl/dz = 1 - exp(-l) >= l (1 - exp(-t))/t.",
    "sinh(x)/x <= exp(x²/6), term by term in their series; 1 - exp(-l) is concave",
    (_margin, _logistic, _top),
    (Eq(_logistic, sp.log(1 + sp.exp(-_margin))), _logistic <= _top),
    (
        sp.exp(-_margin) <= _logistic * sp.exp(_top / 2 + _top**2 / 24),
        1 - sp.exp(-_logistic) >= _logistic * (1 - sp.exp(-_top)) / _top,
    ),
)

_steep = declare("tangent_steep", "a number u")
_touch = declare("tangent_touch", "a number v")

TANGENT = TrustedFact(
    "A-TANGENT",
    "x exp(-x) <= 1/e for every x. With x = u - v, times exp(-v): (u - v) exp(-u) <= exp(-1 - v).",
    "the exponential function lies above its tangents",
    (_steep, _touch),
    (),
    ((_steep - _touch) * sp.exp(-_steep) <= sp.exp(-1 - _touch),),
)

_begin = declare("integral_begin", "a function at the time T")
_end = declare("integral_end", "the same function at a later time t")
_rate = declare("integral_rate", "its derivative at a time in between")

INTEGRAL = TrustedFact(
    "A-INTEGRAL",
    "An absolutely continuous function whose derivative is at most 0 at almost every time does "
    "not grow.",
    "Lebesgue's theorem on absolutely continuous functions",
    (_begin, _end, _rate),
    (_rate <= 0,),
    (_end <= _begin,),
    over="t",
    varying=(_end, _rate),
)

_start = declare("exit_start", "one of finitely many continuous functions of time, at the time T")
_value = declare("exit_value", "it at a time t up to which all have stayed positive")
_floor = declare("exit_floor", "a number c")
_least = declare("exit_least", "the infimum of all of them over all times from T on")

EXIT = TrustedFact(
    "A-EXIT",
    "Continuity: finitely many continuous functions of time are positive at T. If at every time "
    "up to which all have stayed positive they are all at least a fixed c > 0, then all of them "
    "are at least c at every time from T on, and every time is such a time.",
    "intermediate value theorem: the first time at which one of them is 0 does not exist",
    (_start, _value, _floor, _least),
    (_start > 0, _value >= _floor, _floor > 0),
    (_least >= _floor,),
    over="njt",
    varying=(_start, _value),
)

_off = declare("mean_distance", "‖v_j - mean‖", low=0)
_apart = declare("mean_apart", "‖v_j - v_i‖", low=0)
_diameter = declare("mean_diameter", "a bound of the distances", low=0)

MEAN_DISTANCE = TrustedFact(
    "A-MEAN-DISTANCE",
    "If no vector of a family is further than D from v_j, neither is any weighted mean of them "
    "(weights >= 0).",
    "convexity of the norm",
    (_off, _apart, _diameter),
    (_apart <= _diameter,),
    (_off <= _diameter,),
    over="i",
    varying=(_apart,),
)

_limit = declare("closed_limit", "what a function of time tends to")
_value = declare("closed_value", "the function at an arbitrary time t")
_floor = declare("closed_floor", "a number c")

CLOSED = TrustedFact(
    "A-CLOSED",
    "If a function of time tends to a limit and is at least c at every time, so is its limit.",
    "closed half-lines hold the limits of their points",
    (_limit, _value, _floor),
    (_value >= _floor,),
    (_limit >= _floor,),
    over="t",
    varying=(_value,),
)

_first = declare("induction_first", "a number at the first step")
_now = declare("induction_now", "the same number at the step t")
_next = declare("induction_next", "the same number at the step t + 1")
_others = tuple(
    declare(f"induction_other_{when}", f"another number {words}")
    for when, words in (("first", "at the first step"), ("now", "at t"), ("next", "at t + 1"))
)

INDUCTION = TrustedFact(
    "A-INDUCTION",
    "Induction: a number that is at least 0 at the first step, and after a step whenever it was "
    "before it, is at least 0 at every step.",
    "induction over the natural numbers",
    (_first, _now, _next),
    (_first >= 0, sp.Implies(_now >= 0, _next >= 0)),
    (_now >= 0,),
    over="t",
    varying=(_now, _next),
)
EQUAL_STEPS = TrustedFact(
    "A-INDUCTION",
    "Induction: two numbers that are equal at the first step, and after a step whenever they were "
    "before it, are equal at every step.",
    "induction over the natural numbers",
    (_first, _now, _next, *_others),
    (Eq(_first, _others[0]), sp.Implies(Eq(_now, _others[1]), Eq(_next, _others[2]))),
    (Eq(_now, _others[1]),),
    over="t",
    varying=(_now, _next, *_others[1:]),
)
