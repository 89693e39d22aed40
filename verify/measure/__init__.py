"""What is measured in an experiment: one measurement a symbol, cross-checks, what figures show.

Each module of measurements registers them by symbol (`experiment.measures`);
`measuring.measure_scenario` runs a scenario.
"""

from . import anchored, at_points, captured_pair, chance, limit, normals, one_set
from .experiment import measure, measured_symbols
from .wide import symbols as wide_symbols

__all__ = [
    "anchored",
    "at_points",
    "captured_pair",
    "chance",
    "limit",
    "measure",
    "measured_symbols",
    "normals",
    "one_set",
    "wide_symbols",
]
