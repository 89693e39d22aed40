"""A theorem from the user's own Python file, in the same form as those of the catalog."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path

import sympy as sp

from ...numerics.configuration import InputError
from ...theory.prover.engine import prove
from ...theory.statement import Theorem
from ...theory.theorems import catalog


def load_theorem(path: Path) -> Theorem:
    """The `THEOREM` that a Python file defines. The file is run, as any Python module would be.

    Raises:
        InputError: the file is missing, fails to run, or does not define a theorem of this form
            whose proof is well formed.
    """
    if not path.is_file():
        raise InputError(f"--theorem {path}: no such file")
    spec = importlib.util.spec_from_file_location(f"perturbproof_own_{path.stem}", path)
    if path.suffix != ".py" or spec is None or spec.loader is None:
        raise InputError(f"--theorem {path}: must be a Python file ending in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise InputError(f"--theorem {path}: {_where(error, path)}{_told(error)}") from None
    theorem = getattr(module, "THEOREM", None)
    if not isinstance(theorem, Theorem):
        found = "nothing" if theorem is None else type(theorem).__name__
        raise InputError(
            f"--theorem {path}: must define THEOREM = Theorem(...), found {found} under that name"
        )
    if theorem.id in {known.id for known in catalog()}:
        raise InputError(f"--theorem {path}: the id {theorem.id!r} is taken; choose another")
    try:
        steps = prove(theorem).steps
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"--theorem {path}: {_told(error)}") from None
    relations = [(part.id, part.relation) for part in (*theorem.assumptions, *theorem.claims)]
    for id, formula in (*relations, *((step.id, step.formula) for step in steps)):
        if formula.has(sp.Float):
            raise InputError(
                f"--theorem {path}: '{id}' holds a decimal number, which is not exact; write "
                "Rational(1, 10) for 0.1"
            )
    return theorem


def _told(error: BaseException) -> str:
    lines = str(error).strip("'\"").splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"


def _where(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: "
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame.lineno for frame in frames if Path(frame.filename) == path.resolve()]
    return f"line {inside[-1]}: " if inside else ""
