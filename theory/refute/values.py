"""Values of symbols on small exact data: what symbols are for one dataset and KKT point.

Each evaluator is the definition of its symbol, written from vectors and multipliers in exact
rationals (or roots of them); none of them knows a theorem. `adv_X` is what X is for the perturbed
set, and `base_X` what it is for that set before the perturbation. A theorem with further symbols is
searched for refutations once they have an entry here.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import partial, reduce
from typing import Any

import sympy as sp
from flint import arb, fmpq, fmpq_mat
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from ..exact.evaluate import truth, value
from ..exact.scalars import Scalar, Undecided, Undefined, to_fmpq, working_precision
from ..exact.surd import Surd, exact_root
from ..symbols import symbols_of
from .kkt_points import Vector, coefficients, dot
from .setting import FORMS, ExactPerturbation, Setting, footroom, headroom, row_gap, witness_min

PRECISION_BITS = 256
Value = Fraction | Surd | arb
Evaluator = Callable[[Setting], Value]


def scalar(x: Value) -> Scalar:
    """The number as formulas take it: rational where it can be, else a ball around it."""
    if isinstance(x, Surd):
        return x.ball() if x.rational is None else x.factor
    return to_fmpq(x) if isinstance(x, Fraction) else x


def quotient(numerator: Fraction, square: Fraction) -> Value:
    """numerator/sqrt(square), exact where that is rational."""
    if square <= 0:
        raise Undefined("the cosine of a zero vector")
    root = exact_root(square)
    if root.rational is not None:
        return numerator / root.rational
    with working_precision(PRECISION_BITS):
        return to_fmpq(numerator) / root.ball()


def _total(numbers: Vector) -> Fraction:
    return sum(numbers, Fraction(0))


def _smallest_eigenvalue(s: Setting) -> Value:
    """Of A, the matrix with margins A lambda for the linear pattern, N >= 1."""
    data = s.data
    entries = [to_fmpq(x) for row in coefficients(data.gram, data.labels, data.slope) for x in row]
    polynomial = fmpq_mat(data.n, data.n, entries).charpoly()
    if polynomial(fmpq(0)) == 0:
        # A is positive semidefinite (it is a Gram matrix of network gradients).
        return Fraction(0)
    with working_precision(PRECISION_BITS):
        # Symmetric: all roots are real, so the real parts enclose them.
        factors: list[Any] = polynomial.numer().complex_roots()
        return reduce(arb.min, [root.real for root, _ in factors])


def _support(s: Setting) -> Value:
    """Smallest y_n y_k <x_n, x_k>."""
    y, n = s.data.labels, range(s.data.n)
    return min(y[i] * y[k] * s.data.gram[i][k] for i in n for k in n)


def _row_margin(s: Setting) -> Value:
    """Smallest (1+gamma²)‖x_n‖² - (1+gamma) s_n, s_n the row sums."""
    gamma = s.data.slope
    pairs = zip(s.data.squares, s.data.row_sums, strict=True)
    return min((1 + gamma**2) * square - (1 + gamma) * row for square, row in pairs)


def _inner(s: Setting, a: Vector, b: Vector) -> Fraction:
    """The inner product of two combinations of the samples, given by their weights."""
    return dot(a, tuple(dot(row, b) for row in s.data.gram))


def _margins(s: Setting) -> Vector:
    """y_n <x_n, q>."""
    return tuple(y * dot(row, s.signed) for y, row in zip(s.data.labels, s.data.gram, strict=True))


def _cosine(s: Setting, a: Vector, b: Vector) -> Value:
    return quotient(_inner(s, a, b), _inner(s, a, a) * _inner(s, b, b))


def _weighted(s: Setting, of_class: int, own: Fraction, other: Fraction) -> Vector:
    """The weights of q, times `own` for one class and times `other` for the other one."""
    factors = (own if y == of_class else other for y in s.data.labels)
    return tuple(f * w for f, w in zip(factors, s.signed, strict=True))


def _class_cosine(s: Setting) -> Value:
    plus, minus = (_weighted(s, y, Fraction(1), Fraction(0)) for y in (1, -1))
    return _cosine(s, plus, minus)


def _gradient_cosine(s: Setting, *, largest: bool) -> Value:
    """The cosine of q and the gradient that a class sees, over both classes."""
    own, other = 1 + s.data.slope**2, 2 * s.data.slope
    cosines = [
        _cosine(s, s.signed, _weighted(s, y, own, other)) for y in sorted(set(s.data.labels))
    ]
    chosen = cosines[0]
    with working_precision(PRECISION_BITS):
        for v in cosines[1:]:
            chosen = v if (scalar(v) > scalar(chosen)) == largest else chosen
    return chosen


def _natural_kappa(s: Setting) -> Value:
    """Largest |<x_n, q>|/‖q‖ over the natural samples."""
    square = _inner(s, s.signed, s.signed)
    if square == 0:
        raise Undefined("q is zero")
    return exact_root(max(margin**2 for margin in _margins(s)) / square)


def _along(s: Setting) -> Vector:
    """<x_n, z>."""
    return tuple(dot(x, s.test_point) for x in s.samples)


def _flipped(s: Setting) -> ExactPerturbation:
    """The perturbed set, where it is the natural samples moved along q/‖q‖, labels flipped."""
    p, q = s.moved, s.q
    unit = p.direction == q and p.scale == dot(q, q)
    if not unit or p.base != s.rows or p.labels != tuple(-y for y in s.data.labels):
        raise Undefined("not the flipped L2 perturbation of the natural samples")
    return p


def _flips(s: Setting) -> Vector:
    """c_n = eps S_a lambda_n/‖q‖ - lambda^a_n, for the L2 perturbation of the natural samples."""
    step, lam = _flipped(s).step, s.perturbed.kkt.multipliers
    total = _total(lam)
    return tuple(step * total * x - a for x, a in zip(s.kkt.multipliers, lam, strict=True))


def _flip_margins(s: Setting) -> Vector:
    _flipped(s)
    q = s.perturbed.q
    return tuple(y * dot(q, x) for y, x in zip(s.data.labels, s.samples, strict=True))


def _of_the_flipped(function: Evaluator) -> Evaluator:
    def evaluated(s: Setting) -> Value:
        _flipped(s)
        return function(s.perturbed)

    return evaluated


def _sides(s: Setting) -> Vector:
    """y_n <x_n, z>."""
    return tuple(y * b for y, b in zip(s.data.labels, _along(s), strict=True))


def _alignment(s: Setting) -> Value:
    direction, q = s.moved.direction, s.q
    return quotient(dot(direction, q), dot(direction, direction) * dot(q, q))


def _top(q: Vector, k: int) -> Vector:
    """M_k q: the k largest |q_i|, ties to the first."""
    order = sorted(range(len(q)), key=lambda i: (-abs(q[i]), i))[:k]
    return tuple(x if i in order else Fraction(0) for i, x in enumerate(q))


def _signs(q: Vector) -> Vector:
    return tuple(Fraction((x > 0) - (x < 0)) for x in q)


def _cosine_of(direction: Callable[[Vector, int], Vector]) -> Evaluator:
    def cosine(s: Setting) -> Value:
        e = direction(s.q, s.top_k)
        return quotient(dot(e, s.q), dot(e, e) * dot(s.q, s.q))

    return cosine


_OF_A_SET: dict[str, Evaluator] = {
    "R_max": lambda s: exact_root(max(s.data.squares)),
    "R_min": lambda s: exact_root(min(s.data.squares)),
    "p_max": lambda s: s.data.largest_inner,
}
_DATA: dict[str, Evaluator] = {
    **_OF_A_SET,
    "gamma": lambda s: s.data.slope,
    "N": lambda s: Fraction(s.data.n),
    "imbalance": lambda s: Fraction(abs(sum(s.data.labels))),
    "row_sum_max": lambda s: max(s.data.row_sums),
    "row_margin_min": _row_margin,
    "support_min": _support,
    "A_eigenvalue": _smallest_eigenvalue,
    **{f + "witness_min": partial(witness_min, form=f) for f in FORMS},
    **{f + "row_gap": partial(row_gap, form=f) for f in FORMS},
}
_POINT: dict[str, Evaluator] = {
    "lambda_min": lambda s: min(s.kkt.multipliers),
    "lambda_max": lambda s: max(s.kkt.multipliers),
    "activation_margin": lambda s: s.kkt.activation_margin,
    "norm_q": lambda s: exact_root(_inner(s, s.signed, s.signed)),
    "q_margin_min": lambda s: min(_margins(s)),
    "q_margin_max": lambda s: max(_margins(s)),
    "class_cos": _class_cosine,
    "gradient_cos_min": partial(_gradient_cosine, largest=False),
    "gradient_cos_max": partial(_gradient_cosine, largest=True),
    "natural_kappa": _natural_kappa,
    **{f + "headroom": partial(headroom, form=f) for f in FORMS},
    **{f + "footroom": partial(footroom, form=f) for f in FORMS},
}
_MOVED: dict[str, Evaluator] = {
    "N_adv": lambda s: Fraction(len(s.moved.labels)),
    "eps": lambda s: exact_root(s.moved.step**2 * s.moved.scale),
    "dir_sq": lambda s: dot(s.moved.direction, s.moved.direction) / s.moved.scale,
    "kappa": lambda s: exact_root(max(map(abs, s.moved.overlaps)) ** 2 / s.moved.scale),
}
_COORDINATES: dict[str, Evaluator] = {
    "q_z": lambda s: dot(s.q, s.test_point),
    "nnz_q": lambda s: Fraction(sum(x != 0 for x in s.q)),
    "top_k": lambda s: Fraction(s.top_k),
    "cos_sign": _cosine_of(lambda q, k: _signs(q)),
    "cos_rescaled": _cosine_of(lambda q, k: q),
    "cos_value": _cosine_of(_top),
    "cos_top_sign": _cosine_of(lambda q, k: _signs(_top(q, k))),
    "side_min": lambda s: min(_sides(s)),
    "side_sum": lambda s: _total(_sides(s)),
    "alignment": _alignment,
    "dir_z": lambda s: quotient(dot(s.moved.direction, s.test_point), s.moved.scale),
    "T1_z": lambda s: dot(s.perturbed.signed, _along(s.before)),
    "base_l1_z": lambda s: _total(tuple(map(abs, _along(s.before)))),
    "base_l2_z": lambda s: exact_root(dot(_along(s.before), _along(s.before))),
    "adv_lambda_sum": lambda s: _total(s.perturbed.kkt.multipliers),
    "flip_min": lambda s: min(_flips(s)),
    "flip_max": lambda s: max(_flips(s)),
    "flip_abs": lambda s: max(map(abs, _flips(s))),
    "flip_margin_min": lambda s: min(_flip_margins(s)),
    "flip_margin_max": lambda s: max(_flip_margins(s)),
    "flip_activation_margin": _of_the_flipped(_POINT["activation_margin"]),
    "flip_A_eigenvalue": _of_the_flipped(_smallest_eigenvalue),
}


def _twin(kind: str, evaluators: dict[str, Evaluator], *names: str) -> dict[str, Evaluator]:
    """The same symbols of the perturbed set ("adv") or of that set before it ("base")."""

    def of_the_other(function: Evaluator) -> Evaluator:
        return lambda s: function(s.before if kind == "base" else s.perturbed)

    return {f"{kind}_{name}": of_the_other(evaluators[name]) for name in names}


_MOVED |= _twin("base", _OF_A_SET, *_OF_A_SET) | _twin("adv", _OF_A_SET, *_OF_A_SET)
_MOVED |= _twin("adv", _DATA, "A_eigenvalue")
_COORDINATES |= _twin("adv", _POINT, "lambda_min", "lambda_max", "activation_margin")
_COORDINATES |= _twin("adv", _COORDINATES, "q_z")

EVALUATORS: dict[str, Evaluator] = {**_DATA, **_POINT, **_MOVED, **_COORDINATES}
OF_THE_DATA = frozenset(_DATA | _MOVED)
"""Symbols that the data alone determine: assumptions on them can be tried without a KKT point."""
OF_THE_PERTURBATION = frozenset(_MOVED | _COORDINATES)
"""Symbols that need coordinates: a perturbed set, a test point or a direction."""


class Values:
    """Symbol values at a setting, computed when first asked for, by name.

    Asking for a symbol without evaluator raises KeyError; one without value raises Undefined.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._values: dict[str, Value] = {}
        self._numbers: dict[str, Scalar] = {}
        self._doubles: dict[str, float] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._values:
            self._values[name] = EVALUATORS[name](self.setting)
        return self._values[name]

    def double(self, name: str) -> float:
        """A double near the value, for screening only."""
        if name not in self._doubles:
            value = self[name]
            self._doubles[name] = float(value.mid()) if isinstance(value, arb) else float(value)
        return self._doubles[name]

    def at(self, formula: sp.Basic) -> dict[sp.Symbol, Scalar]:
        """The values of a formula's symbols, as `evaluate` takes them."""
        symbols = symbols_of(formula)
        for s in symbols:
            if s.name not in self._numbers:
                self._numbers[s.name] = scalar(self[s.name])
        return {s: self._numbers[s.name] for s in symbols}


def holds(relation: Boolean, values: Values) -> bool | None:
    """Whether a relation holds; `None` when that is not certain, or it has no meaning here.

    Raises:
        KeyError: a symbol has no evaluator.
        Undefined: a symbol has no value on this data.
    """
    with working_precision(PRECISION_BITS):
        at = values.at(relation)
        try:
            return truth(relation, at)
        except (Undecided, Undefined):
            return None


def sides(relation: Boolean, values: Values) -> tuple[str, str] | None:
    """Both sides of a comparison as text; `None` for a combination of comparisons."""
    if not isinstance(relation, Relational):
        return None
    with working_precision(PRECISION_BITS):
        found = (value(side, values.at(side)) for side in relation.args)
        left, right = (str(x) if isinstance(x, fmpq) else x.str(15) for x in found)
    return left, right
