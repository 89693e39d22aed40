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
from typing import Annotated, Any

import pydantic

from ...numerics.configuration import InputError
from ...theory.engine import ProofReport, StepReport, prove
from ...theory.notation import formula
from ...theory.refute.kkt_points import KktPoint, Vector, gram_matrix
from ...theory.refute.search import Refutation, refute, search
from ...theory.refute.setting import ExactData, ExactPerturbation, Setting, combination, dot
from ...theory.statement import Theorem
from ..reporting import write_atomic
from ..scenarios.scenario import first_problem
from .witness import folder_name

# Exact data sets of refutations as plain data, every rational as "p/q", and back.
#
# What is read is checked for shape and for what makes it a data set of the theory: whether it
# refutes anything is for `theory.refute` to say.

_WRITTEN = re.compile(r"-?[0-9]{1,1000}(/[0-9]{1,1000})?")
_MOST = 64
"""Samples, and dimensions: the search makes at most five of either."""


def _rational(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    # Not Fraction(value): "1e9999999" would take the memory of the machine.
    if not isinstance(value, str) or not _WRITTEN.fullmatch(value):
        raise ValueError(f'a rational number is written "p/q", found {value!r:.40}')
    numerator, _, denominator = value.partition("/")
    if denominator and not int(denominator):
        raise ValueError(f"{value:.40} divides by zero")
    return Fraction(int(numerator), int(denominator or 1))


def _label(value: int) -> int:
    if value == 0:
        raise ValueError("labels must be -1 or 1")
    return value


_Rational = Annotated[
    Fraction, pydantic.PlainValidator(_rational), pydantic.PlainSerializer(str, when_used="json")
]
_Size = pydantic.Field(min_length=1, max_length=_MOST)
_Vector = Annotated[tuple[_Rational, ...], _Size]
_Matrix = Annotated[tuple[_Vector, ...], _Size]
_Sign = Annotated[int, pydantic.Field(strict=True, ge=-1, le=1)]
_Labels = Annotated[tuple[Annotated[_Sign, pydantic.AfterValidator(_label)], ...], _Size]
_States = Annotated[tuple[_Sign, ...], _Size]


class _Form(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, from_attributes=True)


class _Point(_Form):
    multipliers: _Vector
    margins: _Vector
    states: tuple[_States, _States]
    slopes: tuple[_Vector, _Vector]
    preactivations: tuple[_Vector, _Vector]

    def of(self, count: int) -> KktPoint:
        vectors = {"multipliers": [self.multipliers], "margins": [self.margins]}
        halves = {"states": self.states, "slopes": self.slopes}
        halves["preactivations"] = self.preactivations
        for name, some in {**vectors, **halves}.items():
            _check(all(len(one) == count for one in some), f"{name}: must be lists of {count}")
        return KktPoint(**{name: getattr(self, name) for name in type(self).model_fields})


class _Perturbed(_Form):
    base: _Matrix
    labels: _Labels
    direction: _Vector
    step: _Rational
    scale: _Rational
    point: _Point | None = None


class ExactSetting(_Form):
    """The data set and its KKT point; for a perturbed set also that one, and the test point z."""

    slope: _Rational
    labels: _Labels
    gram: _Matrix
    point: _Point | None = None
    perturbed: _Perturbed | None = None
    rows: _Matrix | None = None
    z: _Vector | None = None
    top_k: Annotated[int, pydantic.Field(strict=True, ge=1, le=_MOST)] = 1

    def setting(self) -> Setting:
        """The setting that this describes.

        Raises:
            ValueError: it is no data set with a perturbed set of the theory.
        """
        n = len(self.labels)
        _check(0 < self.slope <= 1, f"slope: must lie in (0, 1], found {self.slope}")
        _check_shape("gram", self.gram, n, n)
        symmetric = all(self.gram[i][k] == self.gram[k][i] for i in range(n) for k in range(i))
        _check(symmetric, "gram: must be symmetric")
        point = None if self.point is None else self.point.of(n)
        if self.rows is not None:
            _check_shape("rows", self.rows, n, len(self.rows[0]))
            same = gram_matrix(self.rows) == self.gram
            _check(same, "rows: their inner products are not those of 'gram'")
            if self.z is not None:
                _check(len(self.z) == len(self.rows[0]), "z: must have the dimension of 'rows'")
        made = adv_point = None
        if (p := self.perturbed) is not None:
            if self.rows is None or point is None:
                raise ValueError("perturbed: needs 'rows' and 'point'")
            count, d = len(p.labels), len(self.rows[0])
            _check_shape("base", p.base, count, d)
            _check(p.scale > 0 and p.step > 0, "step, scale: must be positive")
            signed = tuple(a * y for a, y in zip(point.multipliers, self.labels, strict=True))
            _check_direction(p, combination(signed, self.rows))
            made = ExactPerturbation(p.base, p.labels, p.direction, p.step, p.scale, self.slope)
            adv_point = None if p.point is None else p.point.of(count)
        data = ExactData(self.gram, self.labels, self.slope)
        return Setting(data, point, made, adv_point, self.rows, self.z, self.top_k)


def exact_setting(setting: Setting) -> ExactSetting:
    """A setting in the form in which it is written; `ExactSetting.setting` is the way back."""
    p = setting.perturbation
    perturbed = None
    if p is not None:
        point = setting.adv_point and _Point.model_validate(setting.adv_point)
        perturbed = _Perturbed.model_validate(p).model_copy(update={"point": point})
    return ExactSetting(
        slope=setting.data.slope,
        labels=setting.data.labels,
        gram=setting.data.gram,
        point=setting.point and _Point.model_validate(setting.point),
        perturbed=perturbed,
        rows=setting.rows,
        z=setting.z,
        top_k=setting.top_k,
    )


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _check_shape(name: str, rows: tuple[Vector, ...], count: int, size: int) -> None:
    fits = len(rows) == count and all(len(row) == size for row in rows)
    _check(fits, f"{name}: must be {count} lists of {size} rational numbers")


def _check_direction(p: _Perturbed, q: Vector) -> None:
    """A direction is q, normalised, or the signs of q."""
    signs = tuple(Fraction((x > 0) - (x < 0)) for x in q)
    along = p.direction == q and p.scale == dot(q, q)
    _check(
        along or (p.direction == signs and p.scale == 1),
        "direction: must be q with scale ‖q‖², or the signs of q with scale 1",
    )


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
