"""Enclosures of what is read off samples, against rational arithmetic on nasty inputs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from perturbproof.numerics.boundary.certificates import row_wise
from perturbproof.numerics.boundary.decomposition import (
    cosine,
    count_nonzero,
    largest_cosine,
    largest_sign_cosine,
    parallel_cosine,
    sign_cosine,
)
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.boundary.multipliers import (
    class_sums,
    exact_multipliers,
    limit_weights,
    linear_normal,
    margin_matrix,
)
from perturbproof.numerics.boundary.streaming_gram import stream_gram
from perturbproof.numerics.enclose.linear_algebra import spectrum, verified_solve

from .nasty import (
    D,
    N,
    arithmetics,
    arrays,
    dot,
    entries,
    fractions,
    holds,
    inside,
    inside_root,
    labels,
    multipliers_of,
    samples,
    slopes,
    solved,
    thorough,
)


@thorough
@given(samples(), arithmetics)
def test_gram_statistics(x: np.ndarray, precise: bool) -> None:
    found, rows = gram_statistics(x, precise=precise), fractions(x)
    gram = [[dot(a, b) for b in rows] for a in rows]
    holds(found.gram, gram)
    off = [[abs(gram[n][k]) * (n != k) for k in range(N)] for n in range(N)]
    holds(found.row_sums, [sum(row, Fraction(0)) for row in off])
    inside(found.p_max, max(max(row) for row in off))
    inside_root(found.R_min, min(gram[n][n] for n in range(N)))
    inside_root(found.R_max, max(gram[n][n] for n in range(N)))
    if precise:
        assert found.p_max.exact_value is not None
        assert found.R_min.exact_value is not None


@thorough
@given(samples(rows=5), st.sampled_from(["float32", "float64"]))
def test_streamed_gram(x: np.ndarray, kind) -> None:
    found, rows = stream_gram(x, precision=kind, block=2), fractions(x)
    gram = [[dot(a, b) for b in rows] for a in rows]
    off = [[abs(gram[n][k]) * (n != k) for k in range(5)] for n in range(5)]
    holds(found.squares, [gram[n][n] for n in range(5)])
    holds(found.row_sums, [sum(row, Fraction(0)) for row in off])
    inside(found.p_max, max(max(row) for row in off))
    inside_root(found.R_min, min(gram[n][n] for n in range(5)))


@thorough
@given(samples(), labels, slopes, arithmetics)
def test_multipliers_and_what_follows(x, y, slope: Fraction, precise: bool) -> None:
    statistics = gram_statistics(x, precise=precise)
    matrix, exact = multipliers_of(x, y, slope)
    holds(margin_matrix(statistics.gram, y.astype(float), slope), matrix)
    found = exact_multipliers(statistics, y, slope)
    if exact is None:
        assert found.lam is None
        return
    if precise:
        assert found.lam is not None
    if found.lam is None:
        return
    rows, signs = fractions(x), [int(v) for v in y]
    holds(found.lam, exact)
    q = [sum((exact[n] * signs[n] * rows[n][i] for n in range(N)), Fraction(0)) for i in range(D)]
    normal = linear_normal(x, found.lam, y)
    holds(normal, q)
    inside_root(normal.norm(), dot(q, q))
    assert found.linear_margins is not None
    holds(found.linear_margins, [signs[n] * dot(q, rows[n]) for n in range(N)])
    same, other = class_sums(statistics.gram, found.lam, y.astype(float))
    for array, alike in ((same, True), (other, False)):
        holds(
            array,
            [
                sum(
                    (
                        exact[k] * dot(rows[n], rows[k])
                        for k in range(N)
                        if (signs[n] == signs[k]) is alike
                    ),
                    Fraction(0),
                )
                for n in range(N)
            ],
        )
    # Width 4: 1/sqrt(m) is 1/2.
    neurons = limit_weights(x, found.lam, y, slope, 4)
    expected = [
        [
            sum(
                (
                    label * exact[n] * signs[n] * (1 if signs[n] == label else slope) * rows[n][i]
                    for n in range(N)
                ),
                Fraction(0),
            )
            / 2
            for i in range(D)
        ]
        for label in (1, -1)
    ]
    holds(neurons, expected)
    least = min(
        min(dot(rows[n], w) * signs[n] * a * 2 for w, a in zip(expected, (1, -1), strict=True))
        for n in range(N)
    )
    if found.consistent is not None:
        assert found.consistent is (min(exact) > 0 and least > 0)


@thorough
@given(samples(), slopes, st.sampled_from(["plain", "half-aware", "signed"]), labels)
def test_row_wise_bounds(x: np.ndarray, slope: Fraction, form, y: np.ndarray) -> None:
    """Both arithmetics, and the definition of the bounds: T t = c."""
    rows, signs = fractions(x), [int(v) for v in y]
    e = [
        [signs[n] * signs[k] * dot(rows[n], rows[k]) * (n != k) for k in range(N)] for n in range(N)
    ]
    pull = [[max(-v, Fraction(0)) if form == "signed" else abs(v) for v in row] for row in e]
    push = [[max(v, Fraction(0)) if form == "signed" else abs(v) for v in row] for row in e]
    own, other = 1 + slope**2, 1 + slope
    on, off, target = (
        (slope, Fraction(1), 2 * slope / own) if form == "plain" else (own, other, Fraction(2))
    )
    squares = [dot(row, row) for row in rows]
    system = [
        [on * squares[n] if n == k else -off * pull[n][k] for k in range(N)] for n in range(N)
    ]
    t = solved(system, [target] * N)
    for precise in (False, True):
        gram = gram_statistics(x, precise=precise).gram
        found = row_wise(gram, slope, form=form, labels=y)
        if t is None or min(t) <= 0:
            assert found.certified is not True
            assert not precise or found.certified is False
            continue
        holds(found.upper, t)
        lower = [(2 - other * dot(push[n], t)) / (own * squares[n]) for n in range(N)]
        slack = [slope * squares[n] * lower[n] - dot(pull[n], t) for n in range(N)]
        if form == "signed":
            kept = [max(v, Fraction(0)) for v in lower]
            slack = [
                min(
                    slack[n] + slope * dot(push[n], kept),
                    slope * squares[n] * t[n] - dot(pull[n], t),
                    slope * squares[n] * lower[n],
                )
                for n in range(N)
            ]
        if found.upper.is_finite:
            holds(found.lower, lower)
            holds(found.slack, slack)
        assert found.certified in ((min(slack) > 0,) if precise else (None, min(slack) > 0))


@thorough
@given(samples(rows=1), arithmetics, st.integers(1, D))
def test_direction_cosines(x: np.ndarray, precise: bool, k: int) -> None:
    q, (row,) = arrays(x[0], precise), fractions(x)
    assume(any(row))
    square, nonzero = dot(row, row), sum(v != 0 for v in row)
    inside(count_nonzero(q), Fraction(nonzero))
    inside_root(sign_cosine(q), sum(map(abs, row), Fraction(0)) ** 2 / (nonzero * square))
    inside_root(parallel_cosine(q), Fraction(1))
    inside_root(cosine(x[0], q), Fraction(1))
    largest = sorted(map(abs, row), reverse=True)[:k]
    if k <= nonzero:
        inside_root(largest_cosine(q, k), sum((v * v for v in largest), Fraction(0)) / square)
        inside_root(largest_sign_cosine(q, k), sum(largest, Fraction(0)) ** 2 / (k * square))


@thorough
@given(samples(), arithmetics)
def test_eigenvalues_lie_between_those_of_the_diagonal_and_the_norm(x, precise: bool) -> None:
    """det(K - s I) changes sign at eigenvalues: checked at the ends of the enclosures."""
    rows = fractions(x)
    gram = [[dot(a, b) for b in rows] for a in rows]
    found = spectrum(gram_statistics(x, precise=precise).gram)

    def below(s: Fraction) -> bool:
        """Whether K - s I is positive definite, by its leading minors."""
        shifted = [[gram[n][k] - s * (n == k) for k in range(N)] for n in range(N)]
        a, b, c = shifted[0]
        d, e, f = shifted[1]
        g, h, i = shifted[2]
        whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
        return a > 0 and a * e - b * d > 0 and whole > 0

    if found.smallest.is_finite:
        # At the lower end no eigenvalue lies strictly below; above the upper end one does.
        step = Fraction(max(abs(found.smallest.upper), 1e-300)) / 10**9
        assert below(Fraction(found.smallest.lower) - step)
        assert not below(Fraction(found.smallest.upper) + step)


@thorough
@given(samples(), st.lists(entries, min_size=N, max_size=N), arithmetics)
def test_verified_solve(x: np.ndarray, rhs: list[float], precise: bool) -> None:
    rows = fractions(x)
    gram = [[dot(a, b) + (n == k) for k, b in enumerate(rows)] for n, a in enumerate(rows)]
    matrix = gram_statistics(x, precise=precise).gram + np.eye(N)
    found = verified_solve(matrix, arrays(np.array(rhs), precise))
    exact = solved(gram, [Fraction(v) for v in rhs])
    assert exact is not None
    if precise:
        assert found is not None
    if found is not None:
        holds(found, exact)


@pytest.mark.parametrize("precise", [True, False])
def test_tiny_data_raise_no_warning(precise: bool) -> None:
    x = 1e-200 * np.random.default_rng(1).standard_normal((3, 8))
    y = np.array([1, -1, 1], dtype=np.int8)
    found = exact_multipliers(gram_statistics(x, precise=precise), y, Fraction(1, 2))
    assert found.lam is not None
    # About 1e400: no float64 number.
    assert found.lam.positive.any() == precise
