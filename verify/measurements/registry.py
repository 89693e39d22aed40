"""Which function measures which symbol."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..experiment import Experiment
from ..measured import Measured

Measurement = Callable[[Experiment], Measured]

_measurements: dict[str, Measurement] = {}


def measures(symbol: str) -> Callable[[Measurement], Measurement]:
    """Register a function as the measurement of a symbol.

    Raises:
        ValueError: the symbol has a measurement already.
    """

    def register(function: Measurement) -> Measurement:
        if symbol in _measurements:
            raise ValueError(f"{symbol} is measured by {_measurements[symbol].__name__} already")
        _measurements[symbol] = function
        return function

    return register


def measure(experiment: Experiment, symbols: Iterable[str]) -> dict[str, Measured]:
    """Measure the symbols named; one that nothing measures is missing, with that as the reason."""
    return {
        name: _measurements[name](experiment)
        if name in _measurements
        else Measured.missing(f"nothing here measures {name}")
        for name in symbols
    }


def measured_symbols() -> frozenset[str]:
    """The symbols that can be measured."""
    return frozenset(_measurements)
