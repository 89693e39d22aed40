"""Formulas on numbers: SymPy to NumPy and torch, and relations on enclosures, decided or not.

A formula is typed once, in `theory`; what the solver proves and what is evaluated here on measured
values is the same object. This is the only module of numerics that reads SymPy expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanAtom
from sympy.printing.numpy import SciPyPrinter

from ..theory.exact.evaluate import enclosure, holds, relation_holds
from ..theory.exact.interval import Interval
from .device import resolve_device

Backend = Literal["numpy", "torch"]


def compile_expression(
    expr: sp.Expr, symbols: Sequence[sp.Symbol], backend: Backend = "numpy"
) -> Callable[..., Any]:
    """A function of the symbols' values, in their order; float64.

    NumPy takes arrays or floats; torch takes float64 tensors, all on one device, or floats. Floats
    in `expr` stand for their exact binary value; rationals and roots are rounded once. The same
    arguments give the same function object. Certain values are those of
    `theory.exact.evaluate.enclosure`.

    Raises:
        ValueError: `expr` has a symbol that is not among `symbols`.
        TypeError: `expr` holds an operation that NumPy cannot compute.
    """
    missing = sorted(s.name for s in expr.free_symbols - set(symbols))
    if missing:
        raise ValueError(f"{expr} also depends on {', '.join(missing)}; add it to the symbols")
    return _compiled(expr, tuple(symbols), backend)


@lru_cache(maxsize=1024)
def _compiled(
    expr: sp.Expr, symbols: tuple[sp.Symbol, ...], backend: Backend
) -> Callable[..., Any]:
    modules = ["scipy", "numpy"] if backend == "numpy" else [_torch_functions()]
    try:
        return sp.lambdify(symbols, expr, modules=modules, printer=_NumPyPrinter)
    except NotImplementedError as unsupported:
        raise TypeError(f"NumPy cannot compute {expr}") from unsupported


def _torch_functions() -> dict[str, Any]:
    """torch's functions under NumPy's names, taking plain numbers too, as torch's own do not."""
    import torch  # here, because enclosures alone must not pay for loading it

    def number(value: Any) -> torch.Tensor:
        return torch.as_tensor(value, dtype=torch.float64)

    def lifted(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *values: function(*map(number, values))

    def select(conditions: Sequence[Any], values: Sequence[Any], default: float) -> Any:
        result = number(default)
        for condition, value in reversed(list(zip(conditions, map(number, values), strict=True))):
            result = value if condition is True else torch.where(condition, value, result)
        return result

    names = "sqrt exp log sign erf arccos maximum minimum less less_equal greater greater_equal"
    return {
        **{name: lifted(getattr(torch, name)) for name in names.split()},
        "equal": lifted(torch.eq),
        "not_equal": lifted(torch.ne),
        "logical_and": SimpleNamespace(reduce=lambda parts: reduce(torch.logical_and, parts)),
        "logical_or": SimpleNamespace(reduce=lambda parts: reduce(torch.logical_or, parts)),
        "select": select,
        "pi": np.pi,
        "e": np.e,
        "nan": np.nan,
    }


def sides_along(
    relation: Relational, values: Mapping[str, np.ndarray], device: str = "cpu"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left side, right side and slack of an inequality at C values of its symbols, (C,) each.

    values : by symbol name, float64 (C,), or () where one holds for all. Slack is as in
    `RelationValue`; in plain floating point, so that it decides nothing. NaN where undefined.

    Raises:
        KeyError: a symbol of the relation has no value.
        InputError: the device is not there.
    """
    import torch

    symbols = sorted(relation.free_symbols, key=str)
    columns = np.broadcast_arrays(*(np.float64(values[symbol.name]) for symbol in symbols))
    place = resolve_device(device)
    tensors = [torch.tensor(column, dtype=torch.float64, device=place) for column in columns]
    sides = (
        compile_expression(side, symbols, "torch")(*tensors)
        for side in (relation.lhs, relation.rhs)
    )
    lhs, rhs = (torch.as_tensor(s, dtype=torch.float64).cpu().numpy() for s in sides)
    lhs, rhs = (np.broadcast_to(side, columns[0].shape) for side in (lhs, rhs))
    small, large = _ordered(relation, lhs, rhs)
    return lhs, rhs, large - small


class _NumPyPrinter(SciPyPrinter):
    """NumPy's own prints Max(1, x) as amax((1, x)), which fails for an array x."""

    def __init__(self, settings: dict[str, Any] | None = None) -> None:
        super().__init__({"fully_qualified_modules": False, **(settings or {})})

    def _print_Max(self, expr: sp.Max) -> str:
        return self._folded("numpy.maximum", expr)

    def _print_Min(self, expr: sp.Min) -> str:
        return self._folded("numpy.minimum", expr)

    def _folded(self, function: str, expr: sp.Expr) -> str:
        name = self._module_format(function)
        return reduce(lambda a, b: f"{name}({a}, {b})", map(self._print, expr.args))


@dataclass(frozen=True, slots=True)
class RelationValue:
    """A relation on measured values.

    Attributes:
        holds: True or False only when certain for all values in the intervals; None otherwise.
        lhs, rhs: enclosures of the two sides; of the part that decides for And and Or.
        slack: by how much it holds (rhs - lhs for < and <=, lhs - rhs for > and >=), negative when
            it does not; None for = and !=.
        load: lhs/rhs for <, rhs/lhs for >: below 1 means it holds. None unless both sides are
            certainly non-negative and the divisor certainly positive.
        parts: the values of the parts of And and Or, in their order; empty otherwise.
    """

    lhs: Interval
    rhs: Interval
    holds: bool | None
    slack: Interval | None
    load: Interval | None
    parts: tuple[RelationValue, ...] = ()


def evaluate_relation(relation: Boolean, values: Mapping[str, Interval]) -> RelationValue:
    """<, <=, >, >=, =, != and And, Or of them on values by symbol name; others are ignored.

    A relation that SymPy has already decided (`sp.true`, `sp.false`) is accepted.

    Raises:
        KeyError: a symbol of the relation has no value.
        ValueError: two of its symbols share a name.
        TypeError: not such a relation.
    """
    return _evaluated(relation, _by_symbol(relation, values))


def decide_relation(relation: Boolean, values: Mapping[str, Interval]) -> bool | None:
    """What `evaluate_relation` says that holds, found without the rest; raises as it does."""
    return holds(relation, _by_symbol(relation, values))


def _by_symbol(relation: Boolean, values: Mapping[str, Interval]) -> dict[sp.Symbol, Interval]:
    used = _used(relation)
    missing = sorted(name for name in used if name not in values)
    if missing:
        raise KeyError(f"{relation} needs values for {', '.join(missing)}")
    return {symbol: values[name] for name, symbol in used.items()}


@lru_cache(maxsize=1024)
def _used(relation: Boolean) -> dict[str, sp.Symbol]:
    """The symbols of a relation by name."""
    used = {s.name: s for s in relation.free_symbols if isinstance(s, sp.Symbol)}
    if len(used) < len(relation.free_symbols):
        raise ValueError(f"{relation} has two different symbols of one name")
    return used


def _evaluated(relation: Boolean, values: Mapping[sp.Symbol, Interval]) -> RelationValue:
    if isinstance(relation, sp.And | sp.Or):
        parts = tuple(_evaluated(part, values) for part in relation.args)
        # And is as true as its worst part, Or as its best; False < unknown < True, then the slack.
        chosen = (min if isinstance(relation, sp.And) else max)(parts, key=_rank)
        return RelationValue(chosen.lhs, chosen.rhs, chosen.holds, chosen.slack, chosen.load, parts)
    if isinstance(relation, BooleanAtom):
        zero = Interval.exact(0)
        return RelationValue(zero, zero, relation == sp.true, None, None)
    if not isinstance(relation, Relational):
        raise TypeError(
            f"{relation} is {type(relation).__name__}, not a relation or And/Or of them"
        )
    lhs, rhs = enclosure(relation.lhs, values), enclosure(relation.rhs, values)
    holds = relation_holds(relation, lhs, rhs)
    if isinstance(relation, sp.Eq | sp.Ne):
        return RelationValue(lhs, rhs, holds, None, None)
    small, large = _ordered(relation, lhs, rhs)
    defined = Interval.exact(0).certainly_at_most(small) and Interval.exact(0).certainly_less(large)
    return RelationValue(lhs, rhs, holds, large - small, small / large if defined else None)


def _ordered(relation: Relational, lhs: Any, rhs: Any) -> tuple[Any, Any]:
    """The side that should be the smaller one, and the other."""
    return (lhs, rhs) if isinstance(relation, sp.Lt | sp.Le) else (rhs, lhs)


def _rank(part: RelationValue) -> tuple[int, float]:
    truth = {False: 0, None: 1, True: 2}[part.holds]
    return truth, part.slack.lower if part.slack is not None else 0.0
