"""Symbols and proof steps that several theorems share, and the trusted facts that steps cite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import getsource
from pkgutil import iter_modules

from ..statement import TrustedFact


@cache
def trusted_facts() -> dict[str, TrustedFact]:
    """Every fact that a proof may cite, by the name under which one imports it."""
    return dict(_facts())


def _facts() -> Iterator[tuple[str, TrustedFact]]:
    for found in iter_modules(__path__):
        module = import_module(f".{found.name}", __name__)
        made = re.findall(r"^([A-Z][A-Z_]*) = ", getsource(module), re.MULTILINE)
        for name in made:  # what a module only imports is listed where it is made
            if isinstance(fact := getattr(module, name), TrustedFact):
                yield f"{module.__name__}.{name}", fact
