"""Certificates for `perturbproof prove`: read, searched for, written, and told to other systems."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ...numerics.input_error import InputError

if TYPE_CHECKING:
    from ...theory.certificates.export import Coq
    from ...theory.certificates.stored import Certificate
    from ...theory.engine import ProofReport
    from ...theory.statement import Theorem

SECONDS = 5.0
"""Processor time for the search for one certificate."""


def read(path: Path) -> dict[str, Certificate]:
    """The certificates of a file, none if there is no file; each is checked when it is used.

    Raises:
        InputError: it is no file of certificates.
    """
    if not path.exists():
        return {}
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
    answers = Parallel(n_jobs=min(cores(), len(missing) or 1), return_as="generator")(tasks)
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


def system_named(name: str) -> type[Coq]:
    """The proof assistant of this name.

    Raises:
        InputError: there is none.
    """
    from ...theory.certificates.export import SYSTEMS

    if name not in SYSTEMS:
        raise InputError(f"--export: no system {name!r}; known: {', '.join(SYSTEMS)}")
    return SYSTEMS[name]


def exported(theorem: Theorem, proof: ProofReport, system: type[Coq]) -> str:
    """A file with the theorem in words and every query with a certificate as a theorem."""
    from ...theory.notation import formula

    said = [f"{theorem.id}: {theorem.title}. {theorem.summary}"]
    for word, parts in (("assume", theorem.assumptions), ("claim", theorem.claims)):
        said += [f"{word} {p.id}: {p.says} {formula(p.relation).text}" for p in parts]
    blocks = [system.head, system.remark("\n".join(said))]
    for step in proof.steps:
        if step.certificates:
            blocks.append(system.remark(f"{step.id}: {step.says} {formula(step.formula).text}"))
        for i, (query, found) in enumerate(zip(step.queries, step.certificates, strict=False), 1):
            name = re.sub("[^A-Za-z0-9]", "_", f"step_{step.id}_{i}")
            if found is None:
                blocks.append(system.remark(f"{name} has no certificate: it rests on Z3."))
            else:
                blocks.append(system(query, found).theorem(name))
    return "\n\n".join(blocks) + "\n"
