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
from typing import Any

from ...numerics.configuration import InputError
from ...theory.notation import formula
from ...theory.prover.engine import ProofReport, StepReport, prove
from ...theory.refute.kkt_points import KktPoint, Vector, gram_matrix
from ...theory.refute.search import Refutation, refute, search
from ...theory.refute.setting import ExactData, ExactPerturbation, Setting, combination, dot
from ...theory.statement import Theorem
from ..reporting import write_atomic
from .witness import folder_name

# Exact data sets of refutations as plain data, every rational as "p/q", and back.
#
# What is read is checked for shape and for what makes it a data set of the theory: whether it
# refutes anything is for `theory.refutation` to say.

_RATIONAL = re.compile(r"-?[0-9]{1,1000}(/[0-9]{1,1000})?")
_MOST = 64
"""Samples, and dimensions: the search makes at most five of either."""


def setting_to_plain(setting: Setting) -> dict[str, Any]:
    """The data set and its KKT point; for a perturbed set also that one, and the test point z."""
    data, p = setting.data, setting.perturbation
    plain: dict[str, Any] = {
        "slope": str(data.slope),
        "labels": list(data.labels),
        "gram": _rows_text(data.gram),
        "point": _point_text(setting.point),
    }
    if p is not None:
        plain["perturbed"] = {
            "base": _rows_text(p.base),
            "labels": list(p.labels),
            "direction": _texts(p.direction),
            "step": str(p.step),
            "scale": str(p.scale),
            "point": _point_text(setting.adv_point),
        }
    if setting.rows is not None:
        plain["rows"] = _rows_text(setting.rows)
    if setting.z is not None:
        plain |= {"z": _texts(setting.z), "top_k": setting.top_k}
    return plain


def setting_from_plain(plain: Any) -> Setting:
    """The setting that `setting_to_plain` made this of.

    Raises:
        ValueError: it is not of that form, or no data set with a perturbed set of the theory.
    """
    slope = _rational(_entry(plain, "slope"))
    if not 0 < slope <= 1:
        raise ValueError(f"slope: must lie in (0, 1], found {slope}")
    labels = _labels(_entry(plain, "labels"))
    n = len(labels)
    gram = _rows(_entry(plain, "gram"), "gram", n, n)
    if any(gram[i][k] != gram[k][i] for i in range(n) for k in range(i)):
        raise ValueError("gram: must be symmetric")
    point = _point(_entry(plain, "point"), n)
    rows = z = perturbation = adv_point = None
    if "rows" in plain:
        rows = _rows(plain["rows"], "rows", n)
        if gram_matrix(rows) != gram:
            raise ValueError("rows: their inner products are not those of 'gram'")
    d = len(rows[0]) if rows is not None else None
    if "perturbed" in plain:
        if rows is None or point is None or d is None:
            raise ValueError("perturbed: needs 'rows' and 'point'")
        perturbation, adv_point = _perturbation(plain["perturbed"], slope, d)
        _check_direction(perturbation, combination(_signed(point, labels), rows))
    if "z" in plain:
        z = _vector(plain["z"], "z", d)
    return Setting(
        ExactData(gram, labels, slope),
        point,
        perturbation,
        adv_point,
        rows,
        z,
        _whole(plain.get("top_k", 1), "top_k", 1, _MOST),
    )


def _perturbation(plain: Any, slope: Fraction, d: int) -> tuple[ExactPerturbation, KktPoint | None]:
    labels = _labels(_entry(plain, "labels"))
    made = ExactPerturbation(
        _rows(_entry(plain, "base"), "base", len(labels), d),
        labels,
        _vector(_entry(plain, "direction"), "direction", d),
        _rational(_entry(plain, "step")),
        _rational(_entry(plain, "scale")),
        slope,
    )
    if made.scale <= 0 or made.step <= 0:
        raise ValueError("step, scale: must be positive")
    return made, _point(_entry(plain, "point"), len(labels))


def _check_direction(p: ExactPerturbation, q: Vector) -> None:
    """A direction is q, normalised, or the signs of q."""
    signs = tuple(Fraction((x > 0) - (x < 0)) for x in q)
    if not (p.direction == q and p.scale == dot(q, q)) and not (
        p.direction == signs and p.scale == 1
    ):
        raise ValueError("direction: must be q with scale ‖q‖², or the signs of q with scale 1")


def _signed(point: KktPoint, labels: Sequence[int]) -> Vector:
    return tuple(a * y for a, y in zip(point.multipliers, labels, strict=True))


def _point_text(point: KktPoint | None) -> dict[str, Any] | None:
    if point is None:
        return None
    return {
        "multipliers": _texts(point.multipliers),
        "margins": _texts(point.margins),
        "states": [list(half) for half in point.states],
        "slopes": _rows_text(point.slopes),
        "preactivations": _rows_text(point.preactivations),
    }


def _point(plain: Any, n: int) -> KktPoint | None:
    if plain is None:
        return None
    states = _entry(plain, "states")
    if not isinstance(states, list) or len(states) != 2:
        raise ValueError("states: must be two lists, one for each half of the neurons")
    plus, minus = (_states(half, n) for half in states)
    slopes = _rows(_entry(plain, "slopes"), "slopes", 2, n)
    inner = _rows(_entry(plain, "preactivations"), "preactivations", 2, n)
    return KktPoint(
        _vector(_entry(plain, "multipliers"), "multipliers", n),
        _vector(_entry(plain, "margins"), "margins", n),
        (plus, minus),
        (slopes[0], slopes[1]),
        (inner[0], inner[1]),
    )


def _states(plain: Any, n: int) -> tuple[int, ...]:
    if not isinstance(plain, list) or len(plain) != n:
        raise ValueError(f"states: must be lists of {n}")
    return tuple(_whole(entry, "states", -1, 1) for entry in plain)


def _entry(plain: Any, name: str) -> Any:
    if not isinstance(plain, dict) or name not in plain:
        raise ValueError(f"{name}: is missing")
    return plain[name]


def _labels(plain: Any) -> tuple[int, ...]:
    if not isinstance(plain, list) or not 1 <= len(plain) <= _MOST:
        raise ValueError(f"labels: must be a list of 1 to {_MOST}")
    found = tuple(_whole(entry, "labels", -1, 1) for entry in plain)
    if 0 in found:
        raise ValueError("labels: must be -1 or 1, found 0")
    return found


def _whole(plain: Any, name: str, low: int, high: int) -> int:
    if not isinstance(plain, int) or isinstance(plain, bool) or not low <= plain <= high:
        raise ValueError(f"{name}: must be whole numbers from {low} to {high}, found {plain!r:.40}")
    return plain


def _rational(plain: Any) -> Fraction:
    if not isinstance(plain, str) or not _RATIONAL.fullmatch(plain):
        raise ValueError(f'a rational number is written "p/q", found {plain!r:.40}')
    numerator, _, denominator = plain.partition("/")
    if denominator and not int(denominator):
        raise ValueError(f"{plain:.40} divides by zero")
    return Fraction(int(numerator), int(denominator or 1))


def _vector(plain: Any, name: str, size: int | None) -> Vector:
    if not isinstance(plain, list) or not 1 <= len(plain) <= _MOST:
        raise ValueError(f"{name}: must be a list of 1 to {_MOST} rational numbers")
    if size is not None and len(plain) != size:
        raise ValueError(f"{name}: must be {size} rational numbers, found {len(plain)}")
    return tuple(map(_rational, plain))


def _rows(plain: Any, name: str, count: int, size: int | None = None) -> tuple[Vector, ...]:
    if not isinstance(plain, list) or len(plain) != count:
        raise ValueError(f"{name}: must be {count} lists of rational numbers")
    first = _vector(plain[0], name, size)
    return tuple(_vector(row, name, len(first)) for row in plain)


def _texts(values: Sequence[Fraction]) -> list[str]:
    return [str(value) for value in values]


def _rows_text(rows: Sequence[Sequence[Fraction]]) -> list[list[str]]:
    return [_texts(row) for row in rows]


_SCHEMA = 1
_FILE = "witness.json"
_LARGEST_FILE = 2**22


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
                "data": setting_to_plain(found.setting),
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
    id = content.get("theorem")
    if not isinstance(id, str) or id not in known:
        raise InputError(f"{path}: no theorem {id!r:.80}; give its file with --theorem")
    theorem = known[id]
    steps = content.get("open_steps")
    if not isinstance(steps, list) or not all(isinstance(s, dict) for s in steps):
        raise InputError(f"{path}: not a witness: open_steps: must be a list of steps")
    proof = prove(theorem)
    named = [step.get("id") for step in steps]
    still = tuple(step for step in proof.open_steps if step.id in named)
    refutation = None
    if (found := content.get("refutation")) is not None:
        try:
            data = found.get("data") if isinstance(found, dict) else None
            refutation = refute(theorem, setting_from_plain(data))
        except ValueError as error:
            raise InputError(f"{path}: not a witness: refutation.data: {error}") from None
        if refutation is not None and not refutation.recheck():
            raise InputError(f"{path}: not a witness: the point given is no KKT point of its data")
    left = {step.id for step in still}
    closed = tuple(str(name) for name in named if name not in left)
    return Replayed(theorem, proof, still, refutation, closed)


def _read(path: Path) -> dict[str, Any]:
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
    return content
