"""Certificates for `perturbproof prove`: read from a file, searched for, and written to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ...numerics.input_error import InputError

if TYPE_CHECKING:
    from ...theory.certificates.stored import Certificate
    from ...theory.engine import ProofReport

SECONDS = 5.0
"""Processor time for the search for one certificate."""


def read(path: Path) -> dict[str, Certificate]:
    """The certificates of a file, by digest of a query; each is checked when it is used.

    Raises:
        InputError: it is no file of certificates.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"--certificates: {path}: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(c, dict) for c in found.values()):
        raise InputError(f"--certificates: {path}: not an object of certificates by digest")
    return found


def search(
    proofs: Iterable[ProofReport], progress: Callable[[str, int, int], None]
) -> dict[str, Certificate]:
    """Certificates for queries behind discharged steps that have none, where they are found."""
    from joblib import Parallel, delayed

    from ...numerics.certificates.search import certificate
    from ...numerics.device import cores
    from ...theory.certificates.stored import digest

    missing = {digest(query): query for query, known in _queries(proofs) if known is None}
    tasks = (delayed(certificate)(query, SECONDS) for query in missing.values())
    found: dict[str, Certificate] = {}
    answers = Parallel(n_jobs=cores(), return_as="generator")(tasks)
    for done, (key, answer) in enumerate(zip(missing, answers, strict=True), 1):
        if answer is not None:
            found[key] = answer
        progress("searching for certificates", done, len(missing))
    return found


def written(proofs: Iterable[ProofReport]) -> str:
    """The certificates of some proofs as a file for `read`, one a line."""
    from ...theory.certificates.stored import digest

    known = {digest(query): found for query, found in _queries(proofs) if found is not None}
    lines = (f'"{key}": {json.dumps(known[key], separators=(",", ":"))}' for key in sorted(known))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _queries(proofs: Iterable[ProofReport]) -> list[tuple[str, Certificate | None]]:
    return [
        pair
        for proof in proofs
        for step in proof.steps
        for pair in zip(step.queries, step.certificates, strict=False)
    ]
