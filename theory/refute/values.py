"""Values of symbols on small exact data: what symbols are for one dataset and KKT point.

Each evaluator is the definition of its symbol, written from vectors and multipliers in exact
rationals (or roots of them); none of them knows a theorem. A theorem with further symbols is
searched for refutations once they are registered here (`@evaluator("name")`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache, reduce
from typing import Any

import sympy as sp
from flint import arb, fmpq, fmpq_mat
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from ..exact.endpoints import working_precision
from ..exact.evaluate import truth, value
from ..exact.scalars import Scalar, Undecided, Undefined, to_fmpq, to_fraction
from ..exact.surd import Surd, exact_root
from ..symbols import symbols_of
from .kkt_points import KktPoint, Matrix, Vector, coefficients, gram_matrix

PRECISION_BITS = 256
Value = Fraction | Surd | arb


def scalar(x: Value) -> Scalar:
    """The number as formulas take it: rational where it can be, else a ball around it."""
    if isinstance(x, Surd):
        return x.ball() if x.rational is None else x.factor
    return to_fmpq(x) if isinstance(x, Fraction) else x


@dataclass(frozen=True)
class ExactData:
    """A labelled set by its Gram matrix (N, N), positive semidefinite, and the slope in (0, 1]."""

    gram: Matrix
    labels: tuple[int, ...]
    slope: Fraction

    @property
    def n(self) -> int:
        return len(self.labels)

    @cached_property
    def squares(self) -> Vector:
        return tuple(self.gram[i][i] for i in range(self.n))

    @cached_property
    def largest_inner(self) -> Fraction:
        """Largest |<x_n, x_k>| over n != k; 0 for one sample."""
        pairs = [abs(self.gram[i][k]) for i in range(self.n) for k in range(i)]
        return max(pairs, default=Fraction(0))

    @cached_property
    def row_sums(self) -> Vector:
        """sum over k != n of |<x_n, x_k>|."""
        return tuple(sum(map(abs, row), -abs(row[i])) for i, row in enumerate(self.gram))


@dataclass(frozen=True)
class ExactPerturbation:
    """x'_n + eps y^a_n dir with eps dir = `step` times `direction`, both rational.

    `base` (N_adv, d) and `direction` (d,) are coordinates. dir is `direction` divided by the root
    of `scale`, so that unit directions such as q/‖q‖ stay exact: eps is then step times that root.
    """

    base: tuple[Vector, ...]
    labels: tuple[int, ...]
    direction: Vector
    step: Fraction
    scale: Fraction
    slope: Fraction

    @cached_property
    def overlaps(self) -> Vector:
        """<x'_n, direction>."""
        return tuple(
            sum((a * b for a, b in zip(x, self.direction, strict=True)), Fraction(0))
            for x in self.base
        )

    @cached_property
    def base_data(self) -> ExactData:
        return ExactData(gram_matrix(self.base), self.labels, self.slope)

    @cached_property
    def data(self) -> ExactData:
        """The perturbed set with its labels."""
        rows = [
            tuple(a + self.step * y * b for a, b in zip(x, self.direction, strict=True))
            for x, y in zip(self.base, self.labels, strict=True)
        ]
        return ExactData(gram_matrix(rows), self.labels, self.slope)


@dataclass(frozen=True)
class Setting:
    """What symbols are evaluated on: data and one of its KKT points, the same for a perturbed set.

    Where coordinates matter, `rows` (N, d) are the samples, `z` (d,) is a test point and `top_k`
    the number of components that an L0 perturbation moves.
    """

    data: ExactData
    point: KktPoint | None = None
    perturbation: ExactPerturbation | None = None
    adv_point: KktPoint | None = None
    rows: tuple[Vector, ...] | None = None
    z: Vector | None = None
    top_k: int = 1


Evaluator = Callable[[Setting], Value]
EVALUATORS: dict[str, Evaluator] = {}
#: Symbols that the data alone determine: assumptions on them can be tried without a KKT point.
OF_THE_DATA: set[str] = set()


def evaluator(name: str, *, point: bool = True) -> Callable[[Evaluator], Evaluator]:
    """Register the value of a symbol; `point=False` when it needs no KKT point.

    Raises:
        ValueError: the symbol already has an evaluator.
    """

    def register(function: Evaluator) -> Evaluator:
        if name in EVALUATORS:
            raise ValueError(f"symbol {name!r} already has an evaluator")
        EVALUATORS[name] = function
        if not point:
            OF_THE_DATA.add(name)
        return function

    return register


def _point(setting: Setting) -> KktPoint:
    if setting.point is None:
        raise Undefined("no KKT point is given")
    return setting.point


def _perturbation(setting: Setting) -> ExactPerturbation:
    if setting.perturbation is None:
        raise Undefined("no perturbed set is given")
    return setting.perturbation


def _adv_point(setting: Setting) -> KktPoint:
    if setting.adv_point is None:
        raise Undefined("no KKT point of the perturbed set is given")
    return setting.adv_point


def _row_margin(data: ExactData) -> Fraction:
    """Smallest (1+gamma²)‖x_n‖² - (1+gamma) s_n, s_n the row sums."""
    gamma = data.slope
    pairs = zip(data.squares, data.row_sums, strict=True)
    return min((1 + gamma**2) * square - (1 + gamma) * row for square, row in pairs)


EVALUATORS |= {
    "gamma": lambda s: s.data.slope,
    "N": lambda s: Fraction(s.data.n),
    "R_max": lambda s: exact_root(max(s.data.squares)),
    "R_min": lambda s: exact_root(min(s.data.squares)),
    "p_max": lambda s: s.data.largest_inner,
    "row_sum_max": lambda s: max(s.data.row_sums),
    "row_margin_min": lambda s: _row_margin(s.data),
    "lambda_min": lambda s: min(_point(s).multipliers),
    "lambda_max": lambda s: max(_point(s).multipliers),
    "activation_margin": lambda s: _point(s).activation_margin,
    # The perturbed set.
    "N_adv": lambda s: Fraction(len(_perturbation(s).labels)),
    "eps": lambda s: exact_root(_perturbation(s).step ** 2 * _perturbation(s).scale),
    "dir_sq": lambda s: gram_matrix([_perturbation(s).direction])[0][0] / _perturbation(s).scale,
    "kappa": lambda s: exact_root(
        max(abs(b) for b in _perturbation(s).overlaps) ** 2 / _perturbation(s).scale
    ),
    "base_R_max": lambda s: exact_root(max(_perturbation(s).base_data.squares)),
    "base_R_min": lambda s: exact_root(min(_perturbation(s).base_data.squares)),
    "base_p_max": lambda s: _perturbation(s).base_data.largest_inner,
    "adv_R_max": lambda s: exact_root(max(_perturbation(s).data.squares)),
    "adv_R_min": lambda s: exact_root(min(_perturbation(s).data.squares)),
    "adv_p_max": lambda s: _perturbation(s).data.largest_inner,
    "adv_lambda_min": lambda s: min(_adv_point(s).multipliers),
    "adv_lambda_max": lambda s: max(_adv_point(s).multipliers),
    "adv_lambda_sum": lambda s: sum(_adv_point(s).multipliers, Fraction(0)),
    "adv_activation_margin": lambda s: _adv_point(s).activation_margin,
}
OF_THE_DATA |= {"gamma", "N", "R_max", "R_min", "p_max", "N_adv", "eps", "dir_sq", "kappa"}
OF_THE_DATA |= {"row_sum_max", "row_margin_min"}
OF_THE_DATA |= {
    f"{kind}_{name}" for kind in ("base", "adv") for name in ("R_max", "R_min", "p_max")
}


def smallest_eigenvalue(data: ExactData) -> Value:
    """Of A, the matrix with margins A lambda for the linear pattern, N >= 1."""
    entries = [to_fmpq(x) for row in coefficients(data.gram, data.labels, data.slope) for x in row]
    polynomial = fmpq_mat(data.n, data.n, entries).charpoly()
    if polynomial(fmpq(0)) == 0:
        # A is positive semidefinite (it is a Gram matrix of network gradients).
        return Fraction(0)
    with working_precision(PRECISION_BITS):
        # Symmetric: all roots are real, so the real parts enclose them.
        factors: list[Any] = polynomial.numer().complex_roots()
        roots = [root.real for root, _ in factors]
        return reduce(arb.min, roots)


@evaluator("A_eigenvalue", point=False)
def _eigenvalue(setting: Setting) -> Value:
    return smallest_eigenvalue(setting.data)


@evaluator("adv_A_eigenvalue", point=False)
def _adv_eigenvalue(setting: Setting) -> Value:
    return smallest_eigenvalue(_perturbation(setting).data)


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
        """The values of a formula's symbols, as `evaluation` takes them."""
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


# Exact values of the symbols about q, perturbed sets and a test point z, by definition.

#: Symbols that need coordinates: a perturbed set, a test point or a direction.
OF_THE_PERTURBATION: set[str] = {
    name for name in EVALUATORS if name.startswith(("adv_", "base_"))
} | {"N_adv", "eps", "dir_sq", "kappa"}


def _coordinates(name: str) -> Callable[[Callable[[Setting], Value]], Callable[[Setting], Value]]:
    OF_THE_PERTURBATION.add(name)
    return evaluator(name)


def dot(a: Vector, b: Vector) -> Fraction:
    return sum((x * z for x, z in zip(a, b, strict=True)), Fraction(0))


def combination(weights: Vector, rows: tuple[Vector, ...]) -> Vector:
    """sum_n weights_n rows_n."""
    return tuple(
        sum((w * x for w, x in zip(weights, column, strict=True)), Fraction(0))
        for column in zip(*rows, strict=True)
    )


def quotient(numerator: Fraction, square: Fraction) -> Value:
    """numerator/sqrt(square), exact where that is rational."""
    if square <= 0:
        raise Undefined("the cosine of a zero vector")
    root = exact_root(square)
    if root.rational is not None:
        return numerator / root.rational
    with working_precision(PRECISION_BITS):
        return to_fmpq(numerator) / root.ball()


def _perturbed_point(setting: Setting) -> KktPoint:
    if setting.point is None:
        raise Undefined("no KKT point is given")
    return setting.point


def _signed_weights(setting: Setting, factor: Callable[[int], Fraction]) -> Vector:
    lam, labels = _perturbed_point(setting).multipliers, setting.data.labels
    return tuple(factor(y) * x * y for x, y in zip(lam, labels, strict=True))


def _inner(setting: Setting, a: Vector, b: Vector) -> Fraction:
    """The inner product of two combinations of the samples."""
    return sum((x * dot(row, b) for x, row in zip(a, setting.data.gram, strict=True)), Fraction(0))


def _q_weights(setting: Setting) -> Vector:
    return _signed_weights(setting, lambda y: Fraction(1))


@evaluator("norm_q")
def _norm_q(setting: Setting) -> Value:
    q = _q_weights(setting)
    return exact_root(_inner(setting, q, q))


def _q_margins(setting: Setting) -> Vector:
    q = _q_weights(setting)
    return tuple(
        y * dot(row, q) for y, row in zip(setting.data.labels, setting.data.gram, strict=True)
    )


@evaluator("q_margin_min")
def _q_margin_min(setting: Setting) -> Value:
    return min(_q_margins(setting))


@evaluator("q_margin_max")
def _q_margin_max(setting: Setting) -> Value:
    return max(_q_margins(setting))


def _cosine(setting: Setting, a: Vector, b: Vector) -> Value:
    squares = _inner(setting, a, a) * _inner(setting, b, b)
    return quotient(_inner(setting, a, b), squares)


@evaluator("class_cos")
def _class_cos(setting: Setting) -> Value:
    plus, minus = (_signed_weights(setting, lambda y, s=s: Fraction(y == s)) for s in (1, -1))
    return _cosine(setting, plus, minus)


def _gradient_cosines(setting: Setting) -> list[Value]:
    own, other = 1 + setting.data.slope**2, 2 * setting.data.slope
    q = _q_weights(setting)
    return [
        _cosine(setting, q, _signed_weights(setting, lambda y, s=s: own if y == s else other))
        for s in sorted(set(setting.data.labels))
    ]


def _extreme(values: list[Value], largest: bool) -> Value:
    with working_precision(PRECISION_BITS):
        chosen = values[0]
        for v in values[1:]:
            above = scalar(v) > scalar(chosen)
            chosen = v if above == largest else chosen
    return chosen


@evaluator("gradient_cos_min")
def _gradient_cos_min(setting: Setting) -> Value:
    return _extreme(_gradient_cosines(setting), largest=False)


@evaluator("gradient_cos_max")
def _gradient_cos_max(setting: Setting) -> Value:
    return _extreme(_gradient_cosines(setting), largest=True)


@evaluator("natural_kappa")
def _natural_kappa(setting: Setting) -> Value:
    """Largest |<x_n, q>|/‖q‖ over the natural samples."""
    q = _q_weights(setting)
    square = _inner(setting, q, q)
    if square == 0:
        raise Undefined("q is zero")
    return exact_root(max(margin**2 for margin in _q_margins(setting)) / square)


@evaluator("imbalance", point=False)
def _imbalance(setting: Setting) -> Value:
    return Fraction(abs(sum(setting.data.labels)))


def _rows(setting: Setting) -> tuple[Vector, ...]:
    if setting.rows is None:
        raise Undefined("the natural samples have no coordinates")
    return setting.rows


def q_of(setting: Setting) -> Vector:
    """q in coordinates."""
    return combination(_q_weights(setting), _rows(setting))


def _adv(setting: Setting) -> tuple[ExactPerturbation, Vector]:
    if setting.perturbation is None or setting.adv_point is None:
        raise Undefined("no perturbed set with a KKT point is given")
    return setting.perturbation, setting.adv_point.multipliers


def _adv_q(setting: Setting) -> Vector:
    p, lam = _adv(setting)
    rows = tuple(
        tuple(a + p.step * y * b for a, b in zip(x, p.direction, strict=True))
        for x, y in zip(p.base, p.labels, strict=True)
    )
    return combination(tuple(a * y for a, y in zip(lam, p.labels, strict=True)), rows)


def _flips(setting: Setting) -> Vector:
    """c_n = eps S_a lambda_n/‖q‖ - lambda^a_n, for the L2 perturbation of the natural samples."""
    p, lam = _adv(setting)
    q, flipped = q_of(setting), tuple(-y for y in setting.data.labels)
    unit = p.direction == q and p.scale == dot(q, q)
    if not unit or p.base != setting.rows or p.labels != flipped:
        raise Undefined("not the flipped L2 perturbation of the natural samples")
    total = sum(lam, Fraction(0))
    natural = _perturbed_point(setting).multipliers
    return tuple(p.step * total * x - a for x, a in zip(natural, lam, strict=True))


def _flipped_set(setting: Setting) -> tuple[ExactPerturbation, KktPoint]:
    """The natural samples moved along q/‖q‖, labels flipped, and their KKT point."""
    _flips(setting)
    if setting.perturbation is None or setting.adv_point is None:
        raise Undefined("no perturbed set with a KKT point is given")
    return setting.perturbation, setting.adv_point


def _flip_margins(setting: Setting) -> Vector:
    _flips(setting)
    q = _adv_q(setting)
    return tuple(y * dot(q, x) for y, x in zip(setting.data.labels, _rows(setting), strict=True))


def _z(setting: Setting) -> Vector:
    if setting.z is None:
        raise Undefined("no test point is given")
    return setting.z


def _base_z(setting: Setting) -> Vector:
    p, _ = _adv(setting)
    return tuple(dot(x, _z(setting)) for x in p.base)


@_coordinates("T1_z")
def _t1(setting: Setting) -> Value:
    p, lam = _adv(setting)
    b = _base_z(setting)
    return dot(tuple(a * y for a, y in zip(lam, p.labels, strict=True)), b)


@_coordinates("dir_z")
def _dir_z(setting: Setting) -> Value:
    p, _ = _adv(setting)
    return quotient(dot(p.direction, _z(setting)), p.scale)


@_coordinates("alignment")
def _alignment(setting: Setting) -> Value:
    p, _ = _adv(setting)
    q = q_of(setting)
    return quotient(dot(p.direction, q), dot(p.direction, p.direction) * dot(q, q))


def _sides(setting: Setting) -> Vector:
    return tuple(
        y * dot(x, _z(setting)) for y, x in zip(setting.data.labels, _rows(setting), strict=True)
    )


def _top(q: Vector, k: int) -> Vector:
    """M_k q: the k largest |q_i|, ties to the first."""
    order = sorted(range(len(q)), key=lambda i: (-abs(q[i]), i))[:k]
    return tuple(x if i in order else Fraction(0) for i, x in enumerate(q))


def _signs(q: Vector) -> Vector:
    return tuple(Fraction((x > 0) - (x < 0)) for x in q)


def _cosine_of(direction: Callable[[Vector, int], Vector]) -> Callable[[Setting], Value]:
    def cosine(setting: Setting) -> Value:
        q = q_of(setting)
        e = direction(q, setting.top_k)
        return quotient(dot(e, q), dot(e, e) * dot(q, q))

    return cosine


_REST: dict[str, Callable[[Setting], Value]] = {
    "flip_min": lambda s: min(_flips(s)),
    "flip_max": lambda s: max(_flips(s)),
    "flip_abs": lambda s: max(map(abs, _flips(s))),
    "flip_margin_min": lambda s: min(_flip_margins(s)),
    "flip_margin_max": lambda s: max(_flip_margins(s)),
    "flip_activation_margin": lambda s: _flipped_set(s)[1].activation_margin,
    "flip_A_eigenvalue": lambda s: smallest_eigenvalue(_flipped_set(s)[0].data),
    "adv_q_z": lambda s: dot(_adv_q(s), _z(s)),
    "q_z": lambda s: dot(q_of(s), _z(s)),
    "base_l1_z": lambda s: sum(map(abs, _base_z(s)), Fraction(0)),
    "base_l2_z": lambda s: exact_root(dot(_base_z(s), _base_z(s))),
    "side_min": lambda s: min(_sides(s)),
    "side_sum": lambda s: sum(_sides(s), Fraction(0)),
    "nnz_q": lambda s: Fraction(sum(x != 0 for x in q_of(s))),
    "top_k": lambda s: Fraction(s.top_k),
    "cos_sign": _cosine_of(lambda q, k: _signs(q)),
    "cos_rescaled": _cosine_of(lambda q, k: q),
    "cos_value": _cosine_of(_top),
    "cos_top_sign": _cosine_of(lambda q, k: _signs(_top(q, k))),
}
for _name, _function in _REST.items():
    _coordinates(_name)(_function)


# Exact values of the row-wise certificates' symbols: t, L and the gaps, from their definitions.

Row = list[fmpq]


@dataclass(frozen=True)
class Certificate:
    """Per sample: norms D, certificate t, (E+ t), (E- t), L and (E+ L)."""

    slope: fmpq
    squares: Row
    t: Row
    plus: Row
    minus: Row
    lower: Row
    plus_lower: Row


@lru_cache(maxsize=50_000)
def certificate(data: ExactData, form: str) -> Certificate:
    """The certificate of a form: "" (row-wise), "half_" or "signed_".

    Raises:
        Undefined: its system is singular, or a sample is zero.
    """
    n, gamma = range(data.n), to_fmpq(data.slope)
    signed = [
        [
            to_fmpq(data.labels[i] * data.labels[k] * data.gram[i][k]) if i != k else fmpq(0)
            for k in n
        ]
        for i in n
    ]
    square = 1 + gamma**2
    d = [to_fmpq(x) for x in data.squares]
    if min(d) == 0:
        raise Undefined("a sample is zero")
    size = [[abs(x) for x in row] for row in signed]
    plus, minus = size, size
    if form == "signed_":
        plus = [[max(x, fmpq(0)) for x in row] for row in signed]
        minus = [[max(-x, fmpq(0)) for x in row] for row in signed]
    # Row-wise: (gamma D - O) U = 2 gamma/(1+gamma²); else ((1+gamma²) D - (1+gamma) E-) t = 2.
    own, cross, right = (
        (square, 1 + gamma, fmpq(2)) if form else (gamma, fmpq(1), 2 * gamma / square)
    )
    entries = [own * d[i] if i == k else -cross * minus[i][k] for i in n for k in n]
    try:
        system = fmpq_mat(data.n, data.n, entries)
        t = system.solve(fmpq_mat(data.n, 1, [right] * data.n)).entries()
    except ZeroDivisionError as error:
        raise Undefined("the certificate's system is singular") from error
    plus_t, minus_t = _image(plus, t), _image(minus, t)
    lower = [(2 - (1 + gamma) * plus_t[i]) / (square * d[i]) for i in n]
    return Certificate(gamma, d, t, plus_t, minus_t, lower, _image(plus, lower))


def _image(matrix: list[Row], vector: Row) -> Row:
    return [sum((a * x for a, x in zip(row, vector, strict=True)), fmpq(0)) for row in matrix]


def _witness_min(setting: Setting, form: str) -> Fraction:
    try:
        smallest = min(certificate(setting.data, form).t)
    except Undefined:
        return Fraction(0)
    return to_fraction(smallest) if smallest > 0 else Fraction(0)


def _row_gap(setting: Setting, form: str) -> Fraction:
    c = certificate(setting.data, form)
    n = range(setting.data.n)
    if form != "signed_":
        return to_fraction(min(c.slope * c.squares[i] * c.lower[i] - c.minus[i] for i in n))
    gaps = [c.slope * (c.squares[i] * c.lower[i] + c.plus_lower[i]) - c.minus[i] for i in n]
    gaps += [c.slope * c.squares[i] * c.t[i] - c.minus[i] for i in n]
    gaps += [c.slope * c.squares[i] * c.lower[i] for i in n]
    return to_fraction(min(gaps))


def _headroom(setting: Setting, form: str) -> Fraction:
    if setting.point is None:
        raise Undefined("no KKT point is given")
    t = certificate(setting.data, form).t
    return min(to_fraction(x) - lam for x, lam in zip(t, setting.point.multipliers, strict=True))


def _footroom(setting: Setting, form: str) -> Fraction:
    if setting.point is None:
        raise Undefined("no KKT point is given")
    lower = certificate(setting.data, form).lower
    return min(
        lam - to_fraction(x) for x, lam in zip(lower, setting.point.multipliers, strict=True)
    )


def _register(name: str, function: Callable[[Setting, str], Fraction], *, point: bool) -> None:
    for form in ("", "half_", "signed_"):
        # The form is bound now, not when the evaluator is called.
        evaluator(form + name, point=point)(lambda setting, form=form: function(setting, form))


_register("witness_min", _witness_min, point=False)
_register("row_gap", _row_gap, point=False)
_register("headroom", _headroom, point=True)
_register("footroom", _footroom, point=True)
