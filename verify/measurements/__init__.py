"""One measurement per symbol. A module here measures a group of symbols that belong together."""

from . import limit, row_wise, setting, trained
from .registry import measure, measured_symbols

__all__ = ["limit", "measure", "measured_symbols", "row_wise", "setting", "trained"]
