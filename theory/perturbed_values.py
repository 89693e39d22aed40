"""Exact values of the symbols about q, perturbed sets and a test point z, by definition."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .evaluation import Undefined, precision
from .evaluators import (
    EVALUATORS,
    ExactPerturbation,
    Setting,
    evaluator,
    smallest_eigenvalue,
)
from .exact import PRECISION_BITS, Root, Value, number, square_root, to_fmpq
from .kkt_solver import KktPoint, Vector

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
    root = square_root(square)
    if root is not None:
        return numerator / root
    with precision(PRECISION_BITS):
        return to_fmpq(numerator) / number(Root(square))  # type: ignore[return-value]


def _point(setting: Setting) -> KktPoint:
    if setting.point is None:
        raise Undefined("no KKT point is given")
    return setting.point


def _signed_weights(setting: Setting, factor: Callable[[int], Fraction]) -> Vector:
    lam, labels = _point(setting).multipliers, setting.data.labels
    return tuple(factor(y) * x * y for x, y in zip(lam, labels, strict=True))


def _inner(setting: Setting, a: Vector, b: Vector) -> Fraction:
    """The inner product of two combinations of the samples."""
    return sum((x * dot(row, b) for x, row in zip(a, setting.data.gram, strict=True)), Fraction(0))


def _q_weights(setting: Setting) -> Vector:
    return _signed_weights(setting, lambda y: Fraction(1))


@evaluator("norm_q")
def _norm_q(setting: Setting) -> Value:
    q = _q_weights(setting)
    return Root(_inner(setting, q, q))


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
    with precision(PRECISION_BITS):
        chosen = values[0]
        for v in values[1:]:
            above = number(v) > number(chosen)
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
    return Root(max(margin**2 for margin in _q_margins(setting)) / square)


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
    natural = _point(setting).multipliers
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
    "base_l2_z": lambda s: Root(dot(_base_z(s), _base_z(s))),
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
