"""Measurements of symbols that a user's theorem file declares: its `MEASURED`, by symbol.

    from perturbproof.theory.exact.interval import Interval

    def _longest(experiment) -> Interval:
        '''The longest side, from the enclosed norms.'''
        return experiment.gram.R_max

    MEASURED = {longest: _longest}

A measurement is given the experiment: its samples `experiment.sample.x` (N, d) and labels
`experiment.sample.y` (N,), `experiment.slope`, the enclosed `experiment.gram` and all else that
the project's own measurements use. It returns a ball that contains the value, an `Interval`, or an
exact int or Fraction; a float is refused, since nobody knows how far off it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from ...numerics.configuration import InputError
from ...theory.exact.interval import Interval
from ...theory.symbols import require_declared
from ..values import Measured

Measure = Callable[[Any], Interval | Measured]

OWN: dict[str, Measure] = {}
"""The measurements of all files that were read, by the name of their symbol."""


def register(given: object, where: str) -> None:
    """Take the `MEASURED` of a file; a file that is read again replaces what it said.

    Raises:
        InputError: it is no mapping from declared symbols to functions.
    """
    if not isinstance(given, Mapping):
        raise InputError(f"{where}: MEASURED must be a dict from symbols to functions")
    for symbol, function in given.items():
        if not isinstance(symbol, sp.Symbol) or not callable(function):
            raise InputError(f"{where}: MEASURED: {symbol} must be a symbol, with a function")
        try:
            require_declared("MEASURED", symbol)
        except ValueError as error:
            raise InputError(f"{where}: {error}") from None
        OWN[symbol.name] = _enclosed(symbol.name, function)


def _enclosed(name: str, function: Callable[[Any], object]) -> Measure:
    lines = (function.__doc__ or "by the theorem's own file").strip().splitlines()

    def measured(experiment: Any) -> Measured:
        found = function(experiment)
        if isinstance(found, Measured):
            return found
        if isinstance(found, int | Fraction):
            found = Interval.exact(found)
        if not isinstance(found, Interval):
            kind = type(found).__name__
            raise TypeError(f"{name}: its measurement gives a {kind}, not an Interval around it")
        return Measured(found, lines[0])

    return measured
