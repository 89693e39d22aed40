"""Theorems from the user's own Python files, in the same form as those of the catalog."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import sympy as sp

from ...numerics.configuration import InputError
from ...theory.engine import prove
from ...theory.notation import formula
from ...theory.statement import Theorem
from ...theory.theorems import catalog
from .inputs import compiled
from .own_measurements import register

TheoremLike = Theorem | str | os.PathLike[str]


def own_theorems(
    given: Iterable[TheoremLike],
) -> tuple[tuple[Theorem, ...], dict[str, Path]]:
    """The theorems of objects and of Python files, and the files by id of their theorem.

    A file defines `THEOREM`; it is run, as any Python module would be.

    Raises:
        InputError: a file is missing, fails to run, or does not define a theorem of this form
            whose proof is well formed; or an id is that of another theorem, which would be lost.
    """
    taken = {theorem.id: "the catalog" for theorem in catalog()}
    theorems: list[Theorem] = []
    files: dict[str, Path] = {}
    for one in given:
        if isinstance(one, Theorem):
            theorem, where, told = one, "theorems", "another theorem given"
        else:
            theorem, where, told = defined(Path(one)), f"theorem {one}", str(one)
            files[theorem.id] = Path(one)
        if theorem.id in taken:
            raise InputError(
                f"{where}: the id {theorem.id!r} is taken by {taken[theorem.id]}; choose another"
            )
        if not theorem.claims:
            raise InputError(f"{where}: {theorem.id} claims nothing; a theorem has a claim or more")
        taken[theorem.id] = told
        if theorem.origin == "this project":
            theorem = replace(theorem, origin="a file of your own")
        theorems.append(theorem)
    for theorem in theorems:
        if theorem.id in files:
            _check_proof(theorem, files[theorem.id])
    return tuple(theorems), files


def defined(path: Path) -> Theorem:
    """The theorem of a file, which is run; its `MEASURED` are known from then on.

    Raises:
        InputError: it is no file with a theorem.
    """
    code = compiled(path)
    module = ModuleType(f"perturbproof_own_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses look for the names of their types
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as error:
        raise InputError(f"theorem {path}: {_where(error, path)}{_told(error)}") from None
    theorem = getattr(module, "THEOREM", None)
    if not isinstance(theorem, Theorem):
        found = "nothing" if theorem is None else type(theorem).__name__
        raise InputError(
            f"theorem {path}: must define THEOREM = Theorem(...), found {found} under that name"
        )
    register(getattr(module, "MEASURED", {}), f"theorem {path}")
    return theorem


def _check_proof(theorem: Theorem, path: Path) -> None:
    try:
        steps = prove(theorem).steps
        relations = [(part.id, part.relation) for part in (*theorem.assumptions, *theorem.claims)]
        relations += [(c.id, c.display) for c in theorem.claims if c.display is not None]
        for id, stated in (*relations, *((step.id, step.formula) for step in steps)):
            if stated.has(sp.Float):
                raise InputError(
                    f"'{id}' holds a decimal number, which is not exact; write Rational(1, 10) "
                    "for 0.1"
                )
            formula(stated)  # which every report shows
    except InputError as error:
        raise InputError(f"theorem {path}: {error}") from None
    except Exception as error:  # the catalog is proved by the same engine: it is the file's doing
        raise InputError(f"theorem {path}: {_told(error)}") from None


def _told(error: BaseException) -> str:
    # The text of a KeyError is the repr of its key.
    said = error.args[0] if isinstance(error, KeyError) and error.args else error
    lines = str(said).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def _where(error: BaseException, path: Path) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f"line {inside[-1]}: " if inside else ""
