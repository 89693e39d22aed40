"""Exact data sets of refutations as plain data, every rational as "p/q", and back.

What is read is checked for shape and for what makes it a data set of the theory: whether it refutes
anything is for `theory.refutation` to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ...theory.evaluators import ExactData, ExactPerturbation, Setting
from ...theory.kkt_solver import KktPoint, Vector, gram_matrix
from ...theory.perturbed_values import combination, dot

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
