"""Every backend reproduces the bank by value; relations are decided only when certain."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from perturbproof.numerics.compiler import compile_expression, evaluate_relation, sides_along
from perturbproof.theory.exact.evaluate import enclosure
from perturbproof.theory.exact.interval import Interval

from .expression_bank import BANK, Entry, gamma, x, y

bank = pytest.mark.parametrize("entry", BANK, ids=lambda entry: entry.name)


def floats(entry: Entry) -> list[float]:
    return [float(value) for value in entry.point.values()]


@bank
def test_numpy_by_value_on_numbers_and_arrays(entry: Entry) -> None:
    function = compile_expression(entry.expr, entry.symbols)
    assert float(function(*floats(entry))) == pytest.approx(
        float(entry.value), rel=4e-16, abs=1e-300
    )
    many = function(*(np.full((2, 3), value) for value in floats(entry)))
    assert many.shape == (2, 3)
    np.testing.assert_allclose(many, float(entry.value), rtol=4e-16, atol=1e-300)


@bank
def test_torch_by_value_on_numbers_and_tensors(entry: Entry) -> None:
    function = compile_expression(entry.expr, entry.symbols, "torch")
    close = pytest.approx(float(entry.value), rel=4e-16, abs=1e-300)
    assert float(function(*floats(entry))) == close
    many = function(*(torch.full((2, 3), v, dtype=torch.float64) for v in floats(entry)))
    assert (many.dtype, many.shape) == (torch.float64, (2, 3))
    assert many.flatten().tolist() == [close] * 6


@bank
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=5, deadline=None)
def test_torch_gives_what_numpy_gives(entry: Entry, seed: int) -> None:
    """Outside of where a function is defined too."""
    values = 2 * np.random.default_rng(seed).standard_normal((len(entry.symbols), 50))
    with np.errstate(all="ignore"):
        ours = compile_expression(entry.expr, entry.symbols)(*values)
    found = compile_expression(entry.expr, entry.symbols, "torch")(*map(torch.tensor, values))
    np.testing.assert_allclose(found.numpy(), ours, rtol=1e-13, atol=1e-15)


SIDES = {
    "less": (x + 1 < y**2, [2.0, 3.0, 4.0], [1.0, 4.0, 9.0], [-1.0, 1.0, 5.0]),
    "at most": (x <= 2, [1.0, 2.0, 3.0], [2.0] * 3, [1.0, 0.0, -1.0]),
    "greater": (x > sp.Max(0, 2 - y), [1.0, 2.0, 3.0], [1.0, 0.0, 0.0], [0.0, 2.0, 3.0]),
    "at least, undefined": (sp.sqrt(x - 2) >= gamma, [math.nan, 0.0, 1.0], [0.5] * 3, None),
}
DEVICES = [
    "cpu",
    pytest.param(
        "cuda:0",
        marks=[
            pytest.mark.gpu,
            pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
        ],
    ),
]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", SIDES)
def test_sides_along_many_values(name: str, device: str) -> None:
    relation, left, right, slack = SIDES[name]
    values = {"x": np.arange(1.0, 4.0), "y": np.arange(1.0, 4.0), "gamma": np.float64(0.5)}
    lhs, rhs, found = sides_along(relation, values, device)
    np.testing.assert_array_equal(lhs, left)
    np.testing.assert_array_equal(rhs, right)
    np.testing.assert_array_equal(found, slack if slack else np.subtract(left, right))
    with pytest.raises(KeyError):
        sides_along(relation, {}, device)


@bank
def test_interval_contains_the_value_tightly(entry: Entry) -> None:
    at = {symbol: Interval.exact(value) for symbol, value in entry.point.items()}
    result = enclosure(entry.expr, at)
    if isinstance(entry.value, Fraction):
        assert result.contains(entry.value)
    assert result.width < 1e-30
    assert result.lower == pytest.approx(float(entry.value), rel=1e-15, abs=1e-300)


@bank
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_interval_contains_every_value_around(entry: Entry, data: st.DataObject) -> None:
    """A wide interval holds the values NumPy finds inside it."""
    width = data.draw(st.floats(1e-6, 0.5))
    inside = [value + width * data.draw(st.floats(-1, 1)) for value in floats(entry)]
    boxes = [Interval.between(value - width, value + width) for value in floats(entry)]
    result = enclosure(entry.expr, dict(zip(entry.symbols, boxes, strict=True)))
    with np.errstate(all="ignore"):
        value = float(compile_expression(entry.expr, entry.symbols)(*map(np.float64, inside)))
    if math.isfinite(value):
        margin = 1e-14 * (1 + abs(value))
        assert result.lower <= value + margin
        assert result.upper >= value - margin


def test_constants_need_no_symbols() -> None:
    assert enclosure(sp.sqrt(2), {}).contains(math.sqrt(2)) is False
    assert compile_expression(sp.sqrt(2), [])() == math.sqrt(2)


def test_piecewise_on_an_interval_across_the_seam_covers_both_branches() -> None:
    expr = sp.Piecewise((0, x < 1), (10, True))
    result = enclosure(expr, {x: Interval.between(0, 2)})
    assert (result.lower, result.upper) == (0, 10)
    partial = sp.Piecewise((0, x < 1))
    assert not enclosure(partial, {x: Interval.between(0, 2)}).is_finite


def test_compilation_is_cached() -> None:
    assert compile_expression(x + y, [x, y]) is compile_expression(x + y, (x, y))


def test_refusals_name_the_cause() -> None:
    with pytest.raises(ValueError, match="depends on y"):
        compile_expression(x + y, [x])
    with pytest.raises(TypeError, match="cannot compute"):
        compile_expression(sp.primepi(x), [x])
    with pytest.raises(TypeError, match="zeta"):
        enclosure(sp.zeta(x), {x: Interval.exact(2)})
    known = {"x": Interval.exact(1), "b": Interval.exact(1)}
    with pytest.raises(ValueError, match="one name"):
        evaluate_relation(x < sp.Symbol("x", positive=True), known)
    with pytest.raises(TypeError, match="not a relation"):
        evaluate_relation(sp.Symbol("b"), known)
    with pytest.raises(KeyError, match="values for y"):
        evaluate_relation(x < y, {"x": Interval.exact(1)})


def truth(relation, **values: object) -> bool | None:
    intervals = {
        name: Interval.between(*value) if isinstance(value, tuple) else Interval.exact(value)
        for name, value in values.items()
    }
    return evaluate_relation(relation, intervals).holds


@pytest.mark.parametrize(
    ("relation", "left", "right", "holds"),
    [
        (sp.Lt(x, y), 1, 2, True),
        (sp.Lt(x, y), 1, 1, False),
        (sp.Lt(x, y), (0, 1), (1, 2), None),
        (sp.Lt(x, y), (1, 2), (0, 1), False),
        (sp.Le(x, y), (0, 1), (1, 2), True),
        (sp.Le(x, y), (1, 2), (0, 1), None),
        (sp.Le(x, y), (1, 2), (0, 0.5), False),
        (sp.Gt(x, y), 2, 1, True),
        (sp.Gt(x, y), (0, 1), (1, 2), False),
        (sp.Ge(x, y), (1, 2), (0, 1), True),
        (sp.Ge(x, y), (0, 2), (1, 1), None),
        (sp.Eq(x, y), 1, 1, True),
        (sp.Eq(x, y), 1, 2, False),
        (sp.Eq(x, y), (0, 1), 1, None),
        (sp.Ne(x, y), 1, 2, True),
        (sp.Ne(x, y), 1, 1, False),
        (sp.Ne(x, y), (0, 1), 1, None),
        (sp.And(x < y, x > 0), 1, 2, True),
        (sp.And(x < y, x > 0), (0, 1), 2, None),
        (sp.And(x < y, x > 0), (0, 1), -1, False),
        (sp.Or(x < y, x > 0), (0, 1), 2, True),
        (sp.Or(x < y, x > 0), (-1, 1), 0, None),
        (sp.Or(x < y, x > 0), -1, -2, False),
        (sp.Or(x < y, x > y), (-math.inf, math.inf), 0, None),
    ],
)
def test_relations_are_three_valued(relation, left, right, holds: bool | None) -> None:
    assert truth(relation, x=left, y=right) is holds


def test_decided_relations_are_accepted() -> None:
    assert evaluate_relation(sp.true, {}).holds is True
    assert evaluate_relation(sp.false, {}).holds is False


def test_undefined_sides_decide_nothing() -> None:
    assert truth(1 / x < y, x=(-1, 1), y=10) is None
    assert truth(sp.Or(sp.log(x) < y, sp.log(x) > y - 1), x=-1, y=0) is None


def test_load_and_slack() -> None:
    values = {"x": Interval.exact(1), "y": Interval.exact(4)}
    below = evaluate_relation(x < y, values)
    above = evaluate_relation(y > x, values)
    for value in (below, above):
        assert value.load is not None
        assert value.slack is not None
        assert value.load.contains(Fraction(1, 4))
        assert value.slack.contains(3)
    assert above.lhs.contains(4)
    assert evaluate_relation(x < -y, values).load is None
    broken = evaluate_relation(x > y, values)
    assert broken.slack is not None
    assert broken.slack.contains(-3)
    assert evaluate_relation(sp.Eq(x, y), values).slack is None


def test_and_reports_its_deciding_part() -> None:
    value = evaluate_relation(
        sp.And(x < y, gamma > 0, y < 3),
        {"x": Interval.exact(1), "y": Interval.exact(2), "gamma": Interval.exact("0.5")},
    )
    assert len(value.parts) == 3
    assert value.slack is not None
    assert value.slack.contains(Fraction(1, 2))
    assert value.load is not None


@given(st.fractions(-5, 5), st.fractions(-5, 5))
def test_decisions_agree_with_rational_arithmetic(a: Fraction, b: Fraction) -> None:
    assert truth(x**2 + y < x * y, x=a, y=b) in (a**2 + b < a * b, None)
