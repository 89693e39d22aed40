"""Each trusted fact about vectors and sums on random vectors, by its name: a new one must be added.

The vectors are drawn, every symbol of the fact is computed from them, and the premises and
conclusions are evaluated as they are written.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
import pytest
import sympy as sp
from perturbproof.theory.statement import TrustedFact
from perturbproof.theory.steps import kkt, linear_boundary, motion, own_pattern, sums
from scipy.optimize import nnls

Draw = Callable[[np.random.Generator], list[dict[str, float]]]
"""Values of a fact's symbols; one dictionary for each member of the family, if it has one."""

FACTS = {
    name: fact
    for module in (kkt, linear_boundary, motion, own_pattern, sums)
    for name, fact in vars(module).items()
    if isinstance(fact, TrustedFact) and fact.symbols and name != "KKT_POINT"
}
"""All but the definition of a KKT point, which says what its symbols denote."""
TRIALS = 200


def values(fact: TrustedFact, *numbers: float) -> dict[str, float]:
    return {s.name: float(n) for s, n in zip(fact.symbols, numbers, strict=True)}


def numbers(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(int(rng.integers(1, 7))) * 10.0 ** rng.integers(-3, 4)


def extreme(name: str) -> Draw:
    def draw(rng: np.random.Generator) -> list[dict[str, float]]:
        a, room = numbers(rng), abs(rng.standard_normal()) * rng.integers(0, 2)
        end = a.max() if name == "LARGEST" else a.min()
        bound = end + room if name == "LARGEST" else end - room
        return [values(FACTS[name], end, member, bound) for member in a]

    return draw


def term_sum(rng: np.random.Generator) -> list[dict[str, float]]:
    a = numbers(rng)
    low, high = a.min() - rng.integers(0, 2), a.max() + rng.integers(0, 2)
    return [values(FACTS["TERM_SUM"], a.sum(), len(a), t, low, high) for t in a]


def term_sum_lower(rng: np.random.Generator) -> list[dict[str, float]]:
    a = numbers(rng)
    low = a.min() - rng.integers(0, 2)
    return [values(FACTS["TERM_SUM_LOWER"], a.sum(), len(a), t, low) for t in a]


def linear_sum(rng: np.random.Generator) -> list[dict[str, float]]:
    a = numbers(rng)
    b, c = rng.standard_normal(len(a)), rng.standard_normal()
    t = a + c * b
    members = zip(t, a, b, strict=True)
    fact = FACTS["LINEAR_SUM"]
    return [values(fact, t.sum(), a.sum(), c, b.sum(), *member) for member in members]


def bilinear(rng: np.random.Generator) -> list[dict[str, float]]:
    a, b, e = rng.standard_normal((3, 5))
    s, t = rng.standard_normal(2)
    return [values(FACTS["BILINEAR"], (a + s * e) @ (b + t * e), a @ b, a @ e, b @ e, e @ e, s, t)]


def combined(rng: np.random.Generator) -> list[dict[str, float]]:
    a, b = rng.standard_normal((2, 5))
    s, t, u, v = rng.standard_normal(4)
    moved = (s * a + t * b) @ (u * a + v * b)
    return [values(FACTS["COMBINED"], moved, a @ a, a @ b, b @ b, s, t, u, v)]


def norm_order(rng: np.random.Generator) -> list[dict[str, float]]:
    a = numbers(rng) * rng.integers(0, 2)
    support = np.count_nonzero(a)
    return [values(FACTS["NORM_ORDER"], np.abs(a).sum(), np.linalg.norm(a), support)]


def weights(rng: np.random.Generator) -> list[dict[str, float]]:
    b = numbers(rng)
    w = rng.standard_normal(len(b))
    heaviest = np.abs(w).max() + rng.integers(0, 2)
    fact = FACTS["WEIGHTS"]
    return [values(fact, w @ b, weight, heaviest, np.abs(b).sum()) for weight in w]


def random_signs(rng: np.random.Generator) -> list[dict[str, float]]:
    """The probability is exact: all signs are counted."""
    b = rng.standard_normal(8) * rng.choice([1.0, 0.01], 8)
    failure = rng.uniform(0.001, 1)
    deviation = np.linalg.norm(b) * np.sqrt(2 * np.log(2 / failure)) * (1 + 1e-12)
    sums = np.abs(np.array(list(product([-1, 1], repeat=8))) @ b)
    chance = np.mean(sums > deviation)
    return [values(FACTS["RANDOM_SIGNS"], chance, np.linalg.norm(b), deviation, failure)]


def unique(rng: np.random.Generator) -> list[dict[str, float]]:
    root = rng.standard_normal((4, 4))
    matrix, b = root @ root.T + np.eye(4), rng.standard_normal(4)
    other = np.linalg.solve(matrix, matrix @ b)
    least = np.linalg.eigvalsh(matrix)[0]
    return [
        values(FACTS["UNIQUE"], least, matrix[n] @ b, matrix[n] @ b, b[n], other[n])
        for n in range(4)
    ]


def rayleigh(rng: np.random.Generator) -> list[dict[str, float]]:
    root = rng.standard_normal((4, 4))
    matrix = root + root.T
    least = np.linalg.eigvalsh(matrix)[0]
    floor = least - rng.integers(0, 2)
    vectors = rng.standard_normal((5, 4))
    return [values(FACTS["RAYLEIGH"], least, v @ matrix @ v, v @ v, floor) for v in vectors]


def sum_bound(rng: np.random.Generator) -> list[dict[str, float]]:
    count = int(rng.integers(0, 7))
    w, p = 10.0 ** rng.integers(-3, 4, 2)
    total = np.sum(rng.uniform(-w, w, count) * rng.uniform(-p, p, count))
    return [values(FACTS["SUM_BOUND"], total, count, w, p)]


def mean(name: str) -> Draw:
    def draw(rng: np.random.Generator) -> list[dict[str, float]]:
        a = numbers(rng)
        bound = a.min() if name == "MEAN_LOWER" else a.max()
        return [values(FACTS[name], a.mean(), member, bound) for member in a]

    return draw


def lipschitz(rng: np.random.Generator) -> list[dict[str, float]]:
    m, d, slope = 2 * int(rng.integers(1, 5)), int(rng.integers(1, 6)), rng.uniform(0.01, 1)
    a = np.repeat([1.0, -1.0], m // 2) / np.sqrt(m)
    first, z = rng.standard_normal((m, d)), rng.standard_normal(d)
    second = first + 10.0 ** rng.integers(-4, 2) * rng.standard_normal((m, d))

    def output(weights: np.ndarray) -> float:
        t = weights @ z
        return float(np.where(t > 0, t, slope * t) @ a)

    moved = np.linalg.norm(first - second, 2)
    change = output(first) - output(second)
    return [values(FACTS["LIPSCHITZ"], change, moved, float(np.linalg.norm(z)))]


def gershgorin(rng: np.random.Generator) -> list[dict[str, float]]:
    k = int(rng.integers(1, 6))
    matrix = rng.standard_normal((k, k))
    matrix = matrix + matrix.T + np.diag(rng.uniform(0, 2 * k, k))
    rows = abs(matrix).sum(axis=1) - abs(np.diag(matrix))
    gap = (np.diag(matrix) - rows).min()
    least = np.linalg.eigvalsh(matrix)[0]
    fact = FACTS["GERSHGORIN"]
    return [values(fact, least, matrix[n, n], rows[n], gap) for n in range(k)]


def monotone(rng: np.random.Generator) -> list[dict[str, float]]:
    k = int(rng.integers(1, 6))
    matrix, b = rng.uniform(0, 3, (k, k)), rng.standard_normal(k)
    t = b + rng.uniform(0, 1, k)
    fact = FACTS["MONOTONE"]
    return [
        values(fact, matrix[n] @ b, matrix[n] @ t, b[j], t[j]) for n in range(k) for j in range(k)
    ]


def linear_neurons(rng: np.random.Generator) -> list[dict[str, float]]:
    fact = FACTS["LINEAR_NEURONS"]
    return [values(fact, *member.values()) for member in linear_sum(rng)]


def order(name: str) -> Draw:
    def draw(rng: np.random.Generator) -> list[dict[str, float]]:
        less = numbers(rng)
        more = less + rng.uniform(0, 1, len(less)) * rng.integers(0, 2, len(less))
        members = zip(less, more, strict=True)
        return [values(FACTS[name], less.sum(), more.sum(), *member) for member in members]

    return draw


def one_term(rng: np.random.Generator) -> list[dict[str, float]]:
    a = abs(numbers(rng)) * rng.integers(0, 2)
    return [values(FACTS["ONE_TERM"], a.sum(), member, rng.choice(a)) for member in a]


def program(rng: np.random.Generator) -> list[dict[str, float]]:
    """Concave margins z_n = min of two linear functions; each multiplier is that of its pair."""
    count, d = int(rng.integers(1, 5)), 6
    first = rng.standard_normal((count, d))
    g = np.vstack([first, first + 0.3 * rng.standard_normal((count, d))])
    bottom = np.append(np.zeros(d), 1.0)
    dual, _ = nnls(np.vstack([g.T, np.ones(2 * count)]), bottom)
    rest = np.vstack([g.T, np.ones(2 * count)]) @ dual - bottom
    w, mu = -rest[:d] / rest[d], -dual / rest[d]
    z = np.minimum(*(g @ w).reshape(2, count))
    return [values(FACTS["PROGRAM"], mu.reshape(2, count)[:, n].sum(), z[n]) for n in range(count)]


def cauchy(rng: np.random.Generator) -> list[dict[str, float]]:
    u = numbers(rng)
    v = rng.standard_normal(len(u)) + rng.integers(-1, 2) * u
    return [values(FACTS["CAUCHY"], u @ v, np.linalg.norm(u), np.linalg.norm(v))]


def distribution(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Weights and the entropy of their shares; some are 0."""
    w = rng.uniform(0, 3, int(rng.integers(1, 7))) * rng.integers(0, 2)
    w[0] += 10.0 ** rng.integers(-3, 3)
    p = w[w > 0] / w.sum()
    return w, float(-(p * np.log(p)).sum())


def entropy(rng: np.random.Generator) -> list[dict[str, float]]:
    w, h = distribution(rng)
    return [values(FACTS["ENTROPY"], h, len(w))]


def gibbs(rng: np.random.Generator) -> list[dict[str, float]]:
    w, h = distribution(rng)
    z = 3 * rng.standard_normal(len(w))
    if rng.random() < 0.3:
        z[w > 0] = -np.log(w[w > 0])  # where the two sides are nearly equal
    return [values(FACTS["GIBBS"], w @ z, w.sum(), np.exp(-z).sum(), h)]


def flow(rng: np.random.Generator) -> list[dict[str, float]]:
    """L = sum exp(-z_n), z_n = min of two linear functions, at a point that is no kink."""
    count, d = int(rng.integers(1, 5)), 3
    g = rng.standard_normal((2, count, d))
    w = rng.standard_normal(d)
    active = g[(g @ w).argmin(axis=0), np.arange(count)]
    terms = np.exp(-active @ w)
    velocity = terms @ active
    growth = w @ velocity / np.linalg.norm(w)
    rise = terms / terms.sum() @ (active @ velocity)
    return [values(FACTS["FLOW"], np.linalg.norm(velocity), terms.sum(), growth, rise)]


def logistic(rng: np.random.Generator) -> list[dict[str, float]]:
    z = rng.standard_normal() * rng.choice([0.1, 1.0, 3.0])
    loss = float(np.log1p(np.exp(-z)))
    return [values(FACTS["LOGISTIC"], z, loss, loss + rng.uniform(0, 1) * rng.integers(0, 2))]


def tangent(rng: np.random.Generator) -> list[dict[str, float]]:
    v = rng.standard_normal()
    return [values(FACTS["TANGENT"], v + 1 + rng.standard_normal() * rng.integers(0, 2), v)]


def integral(rng: np.random.Generator) -> list[dict[str, float]]:
    """A function with the derivative -r(t)², r a polynomial."""
    rate = -(np.polynomial.Polynomial(rng.standard_normal(3)) ** 2)
    function = rate.integ() + rng.standard_normal()
    times = np.sort(rng.uniform(0, 2, 4))
    return [values(FACTS["INTEGRAL"], function(0), function(times[-1]), rate(t)) for t in times]


def leaving(rng: np.random.Generator) -> list[dict[str, float]]:
    """Functions of time that stay above a floor, each at some times."""
    floor = rng.uniform(0.01, 1)
    functions = [np.polynomial.Polynomial(rng.standard_normal(3)) ** 2 + floor for _ in range(3)]
    times = np.append(0, rng.uniform(0, 2, 4))
    least = min(f(t) for f in functions for t in times)
    fact = FACTS["EXIT"]
    return [values(fact, f(0), f(t), floor, least) for f in functions for t in times]


def closed(rng: np.random.Generator) -> list[dict[str, float]]:
    """A function of time that tends to a limit, from above or below, at some times."""
    limit, start = rng.standard_normal(2)
    floor = min(limit, start) - rng.integers(0, 2)
    at = limit + (start - limit) * np.exp(-np.append(0, rng.uniform(0, 9, 4)))
    return [values(FACTS["CLOSED"], limit, value, floor) for value in at]


def induction(rng: np.random.Generator) -> list[dict[str, float]]:
    """x <- r x + s with r, s >= 0, from x >= 0."""
    r, s, x = rng.uniform(0, 2, 3) * rng.integers(0, 2, 3)
    path = [x := x if t == 0 else r * x + s for t in range(6)]
    return [values(FACTS["INDUCTION"], path[0], *path[t : t + 2]) for t in (4, 0)]


def equal_steps(rng: np.random.Generator) -> list[dict[str, float]]:
    """x <- r x + s, step by step and in closed form."""
    r, s, x = rng.uniform(0, 2, 3)
    closed = [r**t * x + s * (1 - r**t) / (1 - r) for t in range(6)]
    path = [x := x if t == 0 else r * x + s for t in range(6)]
    fact = FACTS["EQUAL_STEPS"]
    return [values(fact, path[0], *path[t : t + 2], closed[0], *closed[t : t + 2]) for t in (4, 0)]


def exchange(rng: np.random.Generator) -> list[dict[str, float]]:
    table = rng.standard_normal(rng.integers(1, 6, 2))
    by_row, by_column = sum(row.sum() for row in table), sum(column.sum() for column in table.T)
    return [values(FACTS["EXCHANGE"], by_row, by_column, t, t) for t in table.ravel()]


def mean_distance(rng: np.random.Generator) -> list[dict[str, float]]:
    v = rng.standard_normal((int(rng.integers(1, 6)), 3))
    w = rng.uniform(0, 1, len(v)) ** 3 + 1e-9
    apart = np.linalg.norm(v - v[0], axis=1)
    off = np.linalg.norm(v[0] - w @ v / w.sum())
    return [values(FACTS["MEAN_DISTANCE"], off, a, apart.max()) for a in apart]


DRAWS: dict[str, Draw] = {
    "SUM_BOUND": sum_bound,
    "MEAN_LOWER": mean("MEAN_LOWER"),
    "MEAN_UPPER": mean("MEAN_UPPER"),
    "LIPSCHITZ": lipschitz,
    "GERSHGORIN": gershgorin,
    "MONOTONE": monotone,
    "LARGEST": extreme("LARGEST"),
    "SMALLEST": extreme("SMALLEST"),
    "TERM_SUM": term_sum,
    "TERM_SUM_LOWER": term_sum_lower,
    "LINEAR_SUM": linear_sum,
    "BILINEAR": bilinear,
    "COMBINED": combined,
    "NORM_ORDER": norm_order,
    "WEIGHTS": weights,
    "RANDOM_SIGNS": random_signs,
    "UNIQUE": unique,
    "RAYLEIGH": rayleigh,
    "LINEAR_NEURONS": linear_neurons,
    "ORDER_NEURONS": order("ORDER_NEURONS"),
    "ORDER_SAMPLES": order("ORDER_SAMPLES"),
    "ONE_TERM": one_term,
    "PROGRAM": program,
    "CAUCHY": cauchy,
    "ENTROPY": entropy,
    "GIBBS": gibbs,
    "FLOW": flow,
    "INTEGRAL": integral,
    "LOGISTIC": logistic,
    "TANGENT": tangent,
    "INDUCTION": induction,
    "EQUAL_STEPS": equal_steps,
    "EXCHANGE": exchange,
    "EXIT": leaving,
    "CLOSED": closed,
    "MEAN_DISTANCE": mean_distance,
}


@cache
def sides(relation: sp.Basic) -> tuple[tuple[str, ...], Callable[..., tuple[float, float]]]:
    symbols = sorted(relation.free_symbols, key=str)
    return tuple(s.name for s in symbols), sp.lambdify(symbols, relation.args)


def true(relation: sp.Basic, at: dict[str, float]) -> bool:
    """The relation in floating point, up to rounding on the side of holding."""
    if isinstance(relation, sp.Implies):
        return not true(relation.args[0], at) or true(relation.args[1], at)
    names, function = sides(relation)
    numbers = [at[name] for name in names]
    left, right = function(*numbers)
    room = 1e-9 * (1 + sum(abs(n) for n in numbers)) ** 2
    if isinstance(relation, sp.Eq):
        return abs(left - right) <= room
    if isinstance(relation, (sp.LessThan, sp.StrictLessThan)):
        return left <= right + room
    return left >= right - room


def test_every_fact_has_a_draw() -> None:
    assert DRAWS.keys() == FACTS.keys()


@pytest.mark.parametrize("name", sorted(FACTS))
def test_holds_on_random_vectors(name: str) -> None:
    fact, rng = FACTS[name], np.random.default_rng([3, len(name)])
    for _ in range(TRIALS if name != "RANDOM_SIGNS" else 50):
        for at in DRAWS[name](rng)[:2]:
            assert all(true(premise, at) for premise in fact.premises), at
            assert all(true(conclusion, at) for conclusion in fact.conclusions), at


def _stronger() -> dict[str, sp.Basic]:
    """A false version of some facts' first conclusion."""

    def symbols(name: str) -> tuple[sp.Symbol, ...]:
        return FACTS[name].symbols

    less, more = symbols("ORDER_NEURONS")[:2]
    total, _, picked = symbols("ONE_TERM")
    _, margin = symbols("PROGRAM")
    product, first, second = symbols("CAUCHY")
    disorder, points = symbols("ENTROPY")
    weighted, weights, partition, shares = symbols("GIBBS")
    speed, level, growth, rise = symbols("FLOW")
    z, loss, top = symbols("LOGISTIC")
    steep, touch = symbols("TANGENT")
    begin, end, _ = symbols("INTEGRAL")
    _, _, floor, least = symbols("EXIT")
    off, _, diameter = symbols("MEAN_DISTANCE")
    begun, now, _ = symbols("INDUCTION")
    by_row, by_column, *_ = symbols("EXCHANGE")
    return {
        "ORDER_NEURONS": less <= more - sp.Rational(1, 10),
        "ONE_TERM": total >= 2 * picked,
        "PROGRAM": margin >= sp.Rational(3, 2),
        "CAUCHY": product <= first * second / 2,
        "ENTROPY": disorder <= sp.log(points) / 2,
        "GIBBS": weighted >= weights * (shares + sp.Rational(1, 10) - sp.log(partition)),
        "FLOW": sp.Eq(rise * level, speed),
        "FLOW ": growth <= speed / 2,
        "LOGISTIC": sp.exp(-z) <= loss * sp.exp(top / 2),
        "LOGISTIC ": 1 - sp.exp(-loss) >= loss * (1 - sp.exp(-top / 2)) / (top / 2),
        "TANGENT": (steep - touch) * sp.exp(-steep) <= sp.exp(-1 - touch) * sp.Rational(9, 10),
        "INTEGRAL": end <= begin - sp.Rational(1, 10),
        "EXIT": least >= 2 * floor,
        "INDUCTION": now >= begun + 1,
        "EQUAL_STEPS": sp.Eq(symbols("EQUAL_STEPS")[1], symbols("EQUAL_STEPS")[0]),
        "EXCHANGE": sp.Eq(by_row, 2 * by_column),
        "MEAN_DISTANCE": off <= diameter / 4,
    }


@pytest.mark.parametrize("name", _stronger())
def test_a_false_version_shows(name: str) -> None:
    rng, wrong = np.random.default_rng(5), _stronger()[name]
    found = [at for _ in range(TRIALS) for at in DRAWS[name.strip()](rng)]
    assert not all(true(wrong, at) for at in found)
