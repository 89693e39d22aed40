"""Turns SymPy formulas into numeric functions: NumPy, torch, and certain enclosures.

A formula is typed once, in `theory`; what the solver proves and what is evaluated here on measured
values is the same object. This is the only module of numerics that reads SymPy expressions.

    compile_expression(expr, symbols, "numpy")     arrays or floats -> float64
    compile_expression(expr, symbols, "torch")     tensors or floats -> tensor, differentiable
    compile_expression(expr, symbols, "interval")  Interval -> Interval, certain
    compile_relation(relation)                     Interval by name -> three-valued truth
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, Literal

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanAtom
from sympy.printing.numpy import SciPyPrinter
from sympy.printing.pytorch import TorchPrinter

from ..theory.exact.evaluate import enclosure, relation_holds
from ..theory.exact.interval import Interval

Backend = Literal["numpy", "torch", "interval"]


def compile_expression(
    expr: sp.Expr, symbols: Sequence[sp.Symbol], backend: Backend
) -> Callable[..., Any]:
    """A function of the symbols' values, in their order, that computes `expr`.

    Floats in `expr` stand for their exact binary value; rationals and roots are exact in
    "interval" and rounded once in the others. The same arguments give the same function object.

    Raises:
        ValueError: `expr` has a symbol that is not among `symbols`, or the backend is unknown.
        TypeError: `expr` holds an operation the backend cannot compute ("interval" says so only
            when the function is called).
    """
    missing = sorted(s.name for s in expr.free_symbols - set(symbols))
    if missing:
        raise ValueError(f"{expr} also depends on {', '.join(missing)}; add it to the symbols")
    try:
        return _compiled(expr, tuple(symbols), backend)
    except NotImplementedError as unsupported:
        raise TypeError(f"the {backend} backend cannot compute {expr}") from unsupported


@lru_cache(maxsize=1024)
def _compiled(
    expr: sp.Expr, symbols: tuple[sp.Symbol, ...], backend: Backend
) -> Callable[..., Any]:
    if backend == "numpy":
        return sp.lambdify(symbols, expr, modules=["scipy", "numpy"], printer=_NumPyPrinter)
    if backend == "torch":
        return _torch_function(expr, symbols)
    if backend == "interval":

        def enclose(*values: Interval) -> Interval:
            return enclosure(expr, dict(zip(symbols, values, strict=True)))

        return enclose
    raise ValueError(f"unknown backend {backend!r}; one of numpy, torch, interval")


def _torch_function(expr: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> Callable[..., Any]:
    import torch  # here, because enclosures alone must not pay for loading it

    function = sp.lambdify(symbols, expr, modules=[{"torch": torch}], printer=_TorchPrinter)

    def compute(*values: Any) -> torch.Tensor:
        # Plain numbers become 0-dimensional float64, which never widens a float32 tensor.
        tensors = [
            v if isinstance(v, torch.Tensor) else torch.tensor(v, dtype=torch.float64)
            for v in values
        ]
        result = function(*tensors)
        if isinstance(result, torch.Tensor):
            return result
        return torch.tensor(result, dtype=torch.float64)

    return compute


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


class _TorchPrinter(TorchPrinter):
    """Torch functions take no Python numbers: `torch.sqrt(2)`, `torch.maximum(1.0, x)` both fail.

    Every subexpression without symbols is therefore printed as the float it is, and pairs of
    a tensor and a number go through the forms that accept a number.
    """

    def _print(self, expr: Any, **kwargs: Any) -> str:
        if isinstance(expr, sp.Expr) and not expr.is_Integer and not expr.free_symbols:
            return repr(float(expr))
        return super()._print(expr, **kwargs)

    def _print_Max(self, expr: sp.Max) -> str:
        return self._clamped(expr, "maximum", "min")

    def _print_Min(self, expr: sp.Min) -> str:
        return self._clamped(expr, "minimum", "max")

    def _clamped(self, expr: sp.Expr, pairwise: str, bound: str) -> str:
        numbers = [arg for arg in expr.args if not arg.free_symbols]
        tensors = [self._print(arg) for arg in expr.args if arg.free_symbols]
        text = reduce(lambda a, b: f"torch.{pairwise}({a}, {b})", tensors)
        # SymPy has merged the numbers into at most one.
        return f"torch.clamp({text}, {bound}={self._print(numbers[0])})" if numbers else text

    def _print_Relational(self, expr: Relational) -> str:
        return f"({self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)})"

    def _print_And(self, expr: sp.And) -> str:
        return "(" + " & ".join(map(self._print, expr.args)) + ")"

    def _print_Or(self, expr: sp.Or) -> str:
        return "(" + " | ".join(map(self._print, expr.args)) + ")"

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        # A number takes dtype and device from a symbol: `torch.where` on two plain numbers
        # rounds them to the default dtype, float32.
        like = self._print(min(expr.free_symbols, key=str))

        def branch(value: Any) -> str:
            text = self._print(value)
            return text if value.free_symbols else f"torch.full_like({like}, {text})"

        text = "torch.nan"
        for value, condition in reversed(expr.args):
            if condition == sp.true:
                text = branch(value)
            else:
                text = f"torch.where({self._print(condition)}, {branch(value)}, {text})"
        return text


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


@dataclass(frozen=True, slots=True)
class CompiledRelation:
    """A relation ready to be evaluated on intervals; made by `compile_relation`."""

    relation: Boolean
    symbols: tuple[sp.Symbol, ...]

    def evaluate(self, values: Mapping[str, Interval]) -> RelationValue:
        """Evaluate on values by symbol name; names the relation does not use are ignored.

        Raises:
            KeyError: a symbol of the relation has no value.
        """
        missing = sorted(s.name for s in self.symbols if s.name not in values)
        if missing:
            raise KeyError(f"{self.relation} needs values for {', '.join(missing)}")
        return _evaluated(self.relation, {s: values[s.name] for s in self.symbols})


def compile_relation(
    relation: Boolean, symbols: Sequence[sp.Symbol] | None = None
) -> CompiledRelation:
    """Compile <, <=, >, >=, =, != and And, Or of them. `symbols` defaults to those it has.

    A relation that SymPy has already decided (`sp.true`, `sp.false`) is accepted.

    Raises:
        ValueError: a symbol is missing from `symbols`, or two share a name.
        TypeError: not such a relation.
    """
    _check(relation)
    free = relation.free_symbols
    used = tuple(sorted((s for s in free if isinstance(s, sp.Symbol)), key=lambda s: s.name))
    missing = [s.name for s in used if symbols is not None and s not in symbols]
    if missing:
        raise ValueError(f"{relation} also depends on {', '.join(missing)}; add it to the symbols")
    if len({s.name for s in used}) < len(used):
        raise ValueError(f"{relation} has two different symbols of one name")
    return CompiledRelation(relation, used)


def _check(relation: Boolean) -> None:
    if isinstance(relation, sp.And | sp.Or):
        for part in relation.args:
            _check(part)
    elif not isinstance(relation, Relational | BooleanAtom):
        raise TypeError(
            f"{relation} is {type(relation).__name__}, not a relation or And/Or of them"
        )


def _evaluated(relation: Boolean, values: Mapping[sp.Symbol, Interval]) -> RelationValue:
    if isinstance(relation, sp.And | sp.Or):
        return _combined(relation, tuple(_evaluated(part, values) for part in relation.args))
    if isinstance(relation, BooleanAtom):
        zero = Interval.exact(0)
        return RelationValue(zero, zero, relation == sp.true, None, None)
    lhs, rhs = enclosure(relation.lhs, values), enclosure(relation.rhs, values)
    holds = relation_holds(relation, lhs, rhs)
    if isinstance(relation, sp.Eq | sp.Ne):
        return RelationValue(lhs, rhs, holds, None, None)
    small, large = (lhs, rhs) if isinstance(relation, sp.Lt | sp.Le) else (rhs, lhs)
    defined = Interval.exact(0).certainly_at_most(small) and Interval.exact(0).certainly_less(large)
    return RelationValue(lhs, rhs, holds, large - small, small / large if defined else None)


def _combined(relation: Boolean, parts: tuple[RelationValue, ...]) -> RelationValue:
    # And is as true as its worst part, Or as its best; False < unknown < True, then the slack.
    def rank(part: RelationValue) -> tuple[int, float]:
        truth = {False: 0, None: 1, True: 2}[part.holds]
        return truth, part.slack.lower if part.slack is not None else 0.0

    chosen = (min if isinstance(relation, sp.And) else max)(parts, key=rank)
    return RelationValue(chosen.lhs, chosen.rhs, chosen.holds, chosen.slack, chosen.load, parts)
