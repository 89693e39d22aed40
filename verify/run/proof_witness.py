"""Witnesses of proofs that fail: the open steps, and the exact data set that refutes the theorem.

A witness is a folder: witness.json, and the query of each open step as SMT-LIB for any solver. It
is replayed by proving the theorem anew and by checking the data set, in exact rationals, against
the theorem as it is then.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydantic

from ...numerics.configuration import InputError
from ...theory.notation import formula
from ...theory.prover.engine import ProofReport, StepReport, prove
from ...theory.refute.search import Refutation, refute, search
from ...theory.statement import Theorem
from ..reporting import write_atomic
from ..scenarios.scenario import first_problem
from .exact_setting import ExactSetting, exact_setting
from .witness import folder_name

_SCHEMA = 1
_FILE = "witness.json"
_LARGEST_FILE = 2**22


class _OpenStep(pydantic.BaseModel):
    id: str


class _Refuted(pydantic.BaseModel):
    data: ExactSetting


class _Written(pydantic.BaseModel):
    """What a replay needs of witness.json; the rest of it is for readers."""

    theorem: str
    open_steps: tuple[_OpenStep, ...]
    refutation: _Refuted | None = None


@dataclass(frozen=True)
class ProofWitness:
    """Why a proof fails. `refutation` is None where no small data set was found to refute the
    theorem: a gap says that the proof fails, not that the theorem is false."""

    theorem: Theorem
    open_steps: tuple[StepReport, ...]
    refutation: Refutation | None
    command: str

    @property
    def name(self) -> str:
        return folder_name("proof", self.theorem.id)

    def write(self, folder: Path) -> None:
        """Write the files to a folder, each whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        queries = {step.id: f"{folder_name(step.id)}.smt2" for step in self.open_steps if step.smt}
        for step in self.open_steps:
            if step.id in queries:
                write_atomic(folder / queries[step.id], step.smt)
        text = json.dumps(self._plain(queries), indent=1, ensure_ascii=False)
        write_atomic(folder / _FILE, text + "\n")

    def _plain(self, queries: Mapping[str, str]) -> dict[str, Any]:
        theorem, found = self.theorem, self.refutation
        return {
            "schema_version": _SCHEMA,
            "theorem": theorem.id,
            "replay": self.command,
            "assumptions": {a.id: formula(a.relation).text for a in theorem.assumptions},
            "claims": {c.id: formula(c.relation).text for c in theorem.claims},
            "open_steps": [
                {
                    "id": step.id,
                    "status": step.status,
                    "formula": formula(step.formula).text,
                    "detail": step.detail,
                    "countermodel": dict(step.countermodel) if step.countermodel else None,
                    "smt": queries.get(step.id),
                }
                for step in self.open_steps
            ],
            "refutation": found
            and {
                "claim": found.claim.id,
                "sides": found.claim.sides,
                "values": dict(found.values),
                "data": exact_setting(found.setting).model_dump(mode="json", exclude_none=True),
            },
        }


def proof_witnesses(
    proofs: Sequence[tuple[Theorem, ProofReport]], out: Path, own: Mapping[str, Path]
) -> tuple[ProofWitness, ...]:
    """A witness for every proof with a gap or an undecided step that small data sets refute.

    `out` is the folder that the witnesses' folders will lie in; `own` are the files of the user's
    own theorems by id.
    """
    found = []
    for theorem, proof in proofs:
        if proof.verdict == "proved":
            continue
        refutation = search(theorem).refutation
        if proof.verdict == "gap" or refutation is not None:
            words = ["perturbproof", "prove"]
            if theorem.id in own:
                words += ["--theorem", str(own[theorem.id])]
            file = out / folder_name("proof", theorem.id) / _FILE
            command = shlex.join([*words, "--replay", str(file)])
            found.append(ProofWitness(theorem, proof.open_steps, refutation, command))
    return tuple(found)


@dataclass(frozen=True)
class Replayed:
    """What a witness shows of the theorem as it is now.

    `open_steps` are the steps of the witness that are still open, `refutation` that by its data
    set, if it still refutes.
    """

    theorem: Theorem
    proof: ProofReport
    open_steps: tuple[StepReport, ...]
    refutation: Refutation | None
    closed: tuple[str, ...] = field(default=())

    @property
    def stands(self) -> bool:
        """Whether the witness still speaks against the theorem or its proof."""
        return self.refutation is not None or any(s.status == "gap" for s in self.open_steps)


def replay(path: Path, known: Mapping[str, Theorem]) -> Replayed:
    """Replay a witness against the theorem of that id.

    Raises:
        InputError: the file is no witness, or its theorem is not known.
    """
    content = _read(path)
    if content.theorem not in known:
        raise InputError(
            f"{path}: no theorem {content.theorem!r:.80}; give its file with --theorem"
        )
    theorem = known[content.theorem]
    proof = prove(theorem)
    named = [step.id for step in content.open_steps]
    still = tuple(step for step in proof.open_steps if step.id in named)
    refutation = None
    if content.refutation is not None:
        try:
            refutation = refute(theorem, content.refutation.data.setting())
        except ValueError as error:
            raise InputError(f"{path}: not a witness: refutation.data: {error}") from None
        if refutation is not None and not refutation.recheck():
            raise InputError(f"{path}: not a witness: the point given is no KKT point of its data")
    left = {step.id for step in still}
    closed = tuple(name for name in named if name not in left)
    return Replayed(theorem, proof, still, refutation, closed)


def _read(path: Path) -> _Written:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(f"{path}: not a witness: larger than {_LARGEST_FILE} bytes")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: not a witness: no JSON") from None
    if not isinstance(content, dict) or content.get("schema_version") != _SCHEMA:
        raise InputError(f"{path}: not a witness of schema version {_SCHEMA}")
    try:
        return _Written.model_validate(content)
    except pydantic.ValidationError as error:
        raise InputError(f"{path}: not a witness: {first_problem(error)}") from None
