"""Which function measures which symbol, and in which scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import sympy as sp

from ...numerics.compiler import compile_expression
from ...theory.exact.interval import Interval
from ...theory.symbols import symbols_of
from ..scenarios.scenario import Scenario
from ..values import Measured, Rigor
from .experiment import Experiment
from .learner import Missing

Measurement = Callable[[Experiment], Measured]
"""Measures one symbol. It may raise Missing where the scenario has not what the symbol needs."""
Applies = Callable[[Scenario], bool]


@dataclass(frozen=True)
class _Entry:
    measurement: Measurement
    applies: Applies


_entries: dict[str, _Entry] = {}


def always(scenario: Scenario) -> bool:
    """A symbol of every scenario."""
    return True


def measures(symbol: str, when: Applies = always) -> Callable[[Measurement], Measurement]:
    """Register a function as the measurement of a symbol, in the scenarios where it applies.

    Raises:
        ValueError: the symbol has a measurement already.
    """

    def register(function: Measurement) -> Measurement:
        if symbol in _entries:
            known = _entries[symbol].measurement.__name__
            raise ValueError(f"{symbol} is measured by {known} already")
        _entries[symbol] = _Entry(function, when)
        return function

    return register


def measure(experiment: Experiment, symbols: Iterable[str]) -> dict[str, Measured]:
    """Measure the symbols named. One that the scenario has not is missing, with that reason."""
    can = measured_symbols(experiment.scenario)
    return {
        name: _measured(experiment, _entries[name])
        if name in can
        else Measured.missing(f"this scenario has no {name} to measure")
        for name in symbols
    }


def _measured(experiment: Experiment, entry: _Entry) -> Measured:
    """The value; where a precision was asked for and not applied, `how` says so."""
    try:
        found = entry.measurement(experiment)
    except Missing as missing:
        return Measured.missing(str(missing))
    if experiment.scenario.precision is None or found.rigor is not Rigor.ENCLOSED:
        return found
    # What not every scenario has is about the perturbed set, and rests on both sets.
    learners = [experiment] if entry.applies is always else [experiment, experiment.perturbed]
    why = next((why for learner in learners if (why := learner.why_not_precise)), "")
    return replace(found, how=f"{found.how} ({why})") if why else found


def measured_symbols(scenario: Scenario | None = None) -> frozenset[str]:
    """The symbols that can be measured: in this scenario, or in some."""
    return frozenset(
        name for name, entry in _entries.items() if scenario is None or entry.applies(scenario)
    )


def evaluated(experiment: Experiment, expression: sp.Expr) -> Interval:
    """A theorem's own expression at the measured values of its symbols.

    Raises:
        Missing: one of them could not be measured.
    """
    symbols = symbols_of(expression)
    found = measure(experiment, [symbol.name for symbol in symbols]).values()
    values = [one.value for one in found]
    if None in values:
        raise Missing(next(one.how for one in found if one.value is None))
    return compile_expression(expression, symbols, "interval")(*values)
