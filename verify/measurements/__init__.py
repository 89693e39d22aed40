"""One measurement per symbol. A module here measures a group of symbols that belong together."""

from . import (
    agreement,
    chance,
    covered,
    features,
    limit,
    matching,
    perturbed,
    point,
    row_wise,
    setting,
    trained,
)
from .registry import measure, measured_symbols

__all__ = [
    "agreement",
    "chance",
    "covered",
    "features",
    "limit",
    "matching",
    "measure",
    "measured_symbols",
    "perturbed",
    "point",
    "row_wise",
    "setting",
    "trained",
]
