"""Witnesses of proofs that fail: the open steps, and the exact data set that refutes the theorem.

A witness is a folder: witness.json, and the query of each open step as SMT-LIB for any solver. It
is replayed by proving the theorem anew and by checking the data set, in exact rationals, against
the theorem as it is then.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from ...numerics.configuration import InputError
from ...theory.engine import ProofReport, StepReport, prove
from ...theory.notation import formula
from ...theory.refute.kkt_points import KktPoint, Vector, dot, gram_matrix
from ...theory.refute.search import Refutation, refute, search
from ...theory.refute.setting import Setting, combination
from ...theory.statement import Theorem
from ..reporting import write_atomic
from ..scenarios.scenario import problems
from .witness import folder_name

# Exact data sets of refutations as plain data, every rational as "p/q", and back.
#
# What is read is checked for shape and for what makes it a data set of the theory: whether it
# refutes anything is for `theory.refute` to say.

_WRITTEN = re.compile(r"-?[0-9]{1,1000}(/0*[1-9][0-9]{0,999})?")
_MOST = 64
"""Samples, and dimensions: the search makes at most five of either."""


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _check_written(value: Any) -> Any:
    """Refuse what would take the memory of the machine, as the fraction "1e9999999" does."""
    if isinstance(value, str):
        _check(
            _WRITTEN.fullmatch(value) is not None,
            f'a rational number is written "p/q", found {value!r:.40}',
        )
    elif isinstance(value, dict | list | tuple):
        _check(0 < len(value) <= _MOST, f"from 1 to {_MOST} entries, found {len(value)}")
        for entry in value.values() if isinstance(value, dict) else value:
            _check_written(entry)
    return value


def _check_setting(setting: Setting) -> Setting:
    """Refuse what is no data set of the theory, with a perturbed set and KKT points if given."""
    data, p, rows = setting.data, setting.perturbation, setting.rows
    _check(0 < data.slope <= 1, f"slope: must lie in (0, 1], found {data.slope}")
    _check(1 <= setting.top_k <= _MOST, f"top_k: must be from 1 to {_MOST}")
    _check_shape("gram", data.gram, data.n, data.n)
    symmetric = all(data.gram[i][k] == data.gram[k][i] for i in range(data.n) for k in range(i))
    _check(symmetric, "gram: must be symmetric")
    _check_labelled(data.labels, setting.point)
    if rows is not None:
        _check_shape("rows", rows, data.n, len(rows[0]))
        same = gram_matrix(rows) == data.gram
        _check(same, "rows: their inner products are not those of 'gram'")
        if setting.z is not None:
            _check(len(setting.z) == len(rows[0]), "z: must have the dimension of 'rows'")
    if p is not None:
        if rows is None or setting.point is None:
            raise ValueError("perturbation: needs 'rows' and 'point'")
        _check_shape("base", p.base, len(p.labels), len(rows[0]))
        _check_labelled(p.labels, setting.adv_point)
        _check(p.slope == data.slope, "perturbation: must have the slope of the data")
        _check(p.scale > 0 and p.step > 0, "step, scale: must be positive")
        weights = zip(setting.point.multipliers, data.labels, strict=True)
        q = combination(tuple(a * y for a, y in weights), rows)
        signs = tuple(Fraction((x > 0) - (x < 0)) for x in q)
        _check(
            (p.direction == q and p.scale == dot(q, q)) or (p.direction == signs and p.scale == 1),
            "direction: must be q with scale ‖q‖², or the signs of q with scale 1",
        )
    return setting


def _check_shape(name: str, rows: tuple[Vector, ...], count: int, size: int) -> None:
    fits = len(rows) == count and all(len(row) == size for row in rows)
    _check(fits, f"{name}: must be {count} lists of {size} rational numbers")


def _check_labelled(labels: tuple[int, ...], point: KktPoint | None) -> None:
    """The labels of a set, and its KKT point if there is one."""
    _check(all(abs(label) == 1 for label in labels), "labels must be -1 or 1")
    if point is None:
        return
    for name, given in vars(point).items():
        for one in given if isinstance(given[0], tuple) else (given,):
            _check(len(one) == len(labels), f"{name}: must be lists of {len(labels)}")
    signs = all(abs(state) <= 1 for half in point.states for state in half)
    _check(signs, "states: must be -1, 0 or 1")


def _no_type_error(value: Any, read: pydantic.ValidatorFunctionWrapHandler) -> Setting:
    """Refuse what is no fraction at all, at which pydantic below 2.14 stumbles."""
    try:
        return read(value)
    except TypeError as error:
        raise ValueError(f'a rational number is written "p/q": {error}') from None


ExactSetting = Annotated[
    Setting,
    pydantic.BeforeValidator(_check_written),
    pydantic.AfterValidator(_check_setting),
    pydantic.WrapValidator(_no_type_error),
]
"""Data, rational throughout; validated, it is a data set of the theory."""
SETTING = pydantic.TypeAdapter[Setting](ExactSetting)


_FILE = "witness.json"
_LARGEST_FILE = 2**22


class _OpenStep(pydantic.BaseModel):
    id: str


class _Refuted(pydantic.BaseModel):
    setting: ExactSetting


class _Written(pydantic.BaseModel):
    """What a replay needs of witness.json; the rest of it is for readers."""

    schema_version: Literal[2]
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
            "schema_version": 2,
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
                "setting": SETTING.dump_python(found.setting, mode="json", exclude_none=True),
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
        refutation = refute(theorem, content.refutation.setting)
        if refutation is not None and not refutation.recheck():
            raise InputError(f"{path}: not a witness: the point given is no KKT point of its data")
    left = {step.id for step in still}
    closed = tuple(name for name in named if name not in left)
    return Replayed(theorem, proof, still, refutation, closed)


def _read(path: Path) -> _Written:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(f"{path}: not a witness: larger than {_LARGEST_FILE} bytes")
        return _Written.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except pydantic.ValidationError as error:
        raise InputError(f"{path}: not a witness: {problems(error)}") from None
