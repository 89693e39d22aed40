"""The theorems, a file each, and the catalog: an ordered tuple over which everything runs.

A theorem is listed by being there: the catalog takes the `THEOREM` of every module in the folders
here, in the order of `Theorem.order` and then of their ids.
"""

from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from ..statement import Theorem


@cache
def catalog() -> tuple[Theorem, ...]:
    """All theorems, those first that others build on.

    Raises:
        ValueError: two files define a theorem with one id.
    """
    found: dict[str, tuple[Theorem, str]] = {}
    for module in walk_packages(__path__, f"{__name__}."):
        # Some modules hold what several theorems share, and no theorem.
        theorem = getattr(import_module(module.name), "THEOREM", None)
        if not isinstance(theorem, Theorem):
            continue
        if theorem.id in found:
            first = found[theorem.id][1]
            raise ValueError(f"{first} and {module.name} both define the theorem {theorem.id!r}")
        found[theorem.id] = theorem, module.name
    return tuple(sorted((t for t, _ in found.values()), key=lambda t: (t.order, t.id)))


def theorem(id: str) -> Theorem:
    """The theorem with this id.

    Raises:
        KeyError: there is none; the message lists what there is.
    """
    for entry in catalog():
        if entry.id == id:
            return entry
    known = ", ".join(entry.id for entry in catalog())
    raise KeyError(f"no theorem {id!r}; known: {known}")
