"""Sets that the user brings in a file: base samples, target labels, and the perturbed samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pydantic

from ..configuration import InputError
from ..data.files.kept import read_once
from ..data.files.reading import Wanted, names_in
from ..data.labelled import same_label
from ..data.sample import Sample
from ..enclose.ball_array import UNIT_ROUNDOFF, BallArray
from .base import Perturbation, PerturbationFault, Promise, check_promise

BASE = ("base_x", "base", "x_base", "clean_inputs", "noise_data", "clean")
PERTURBED = ("perturbed_x", "x_perturbed", "adv_x", "x_adv", "adv_inputs", "adv_data", "advs", "x")
TARGETS = ("target_labels", "targets", "base_y", "y", "labels")
"""Names of the arrays, the first of which that is there is taken unless one is chosen."""


class Given(Perturbation, frozen=True, extra="forbid"):
    """Perturbed samples that the user brings, in the file of the base.

    With ``norm`` and ``eps`` no perturbation may be larger than ``eps`` in that norm.
    """

    kind: Literal["given"] = "given"
    norm: Literal["l2", "linf"] | None = None
    eps: Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)] | None = None

    @pydantic.model_validator(mode="after")
    def _both(self) -> Given:
        if (self.norm is None) != (self.eps is None):
            raise InputError("eps: give it with norm, and only then")
        return self

    @property
    def size(self) -> float | None:
        return self.eps

    def check(self, base: Sample, perturbed: np.ndarray) -> None:
        """InputError unless the perturbed samples (N, d) are what is said of them."""
        at_most = None if self.eps is None else (0.0, self.eps)
        promise = Promise(
            l2=at_most if self.norm == "l2" else None,
            linf=at_most if self.norm == "linf" else None,
            within=self.clamp,
        )
        try:
            check_promise(base.x, perturbed, promise)
        except PerturbationFault as error:
            raise InputError(f"{base.source}: {error}") from None


@dataclass(frozen=True, eq=False)
class MeanStep:
    """The mean of y^a_n (x_n - x'_n), eps dir with ‖dir‖ = 1 up to rounding.

    direction : float64 (d,), and eps, at or above 0: taken as exact. apart : upper bounds, (N,), of
    ‖x_n - x'_n - eps y^a_n dir‖. shared : whether that is but the rounding of x_n and x'_n.
    """

    direction: np.ndarray
    eps: float
    apart: np.ndarray
    shared: bool


_ROUNDINGS = 4
"""Of each entry: of a sample, of what it is made from, and of their mean."""
_BLOCK_ENTRIES = 2**22


def mean_step(base: Sample, perturbed: np.ndarray, unit: float) -> MeanStep:
    """Whether perturbed samples (N, d) that a user brings are one step from the base, times their
    labels, where one rounding of the file's numbers is by ``unit`` of their size at most."""
    y = base.y.astype(np.float64)
    mean = y @ perturbed / base.n - y @ base.x / base.n
    eps = float(np.linalg.norm(mean))
    direction = mean / eps if eps > 0 else mean
    step = BallArray.exact(direction) * eps
    rows, apart = max(1, _BLOCK_ENTRIES // base.d), []
    for start in range(0, base.n, rows):
        block = slice(start, start + rows)
        moved = BallArray.exact(perturbed[block]) - base.x[block]
        apart.append(_norms(moved - step[None, :] * y[block, None]))
    bounds = np.concatenate(apart)
    sizes = np.linalg.norm(perturbed, axis=1) + np.linalg.norm(base.x, axis=1) + eps
    shared = eps > 0 and bool((bounds <= _ROUNDINGS * unit * sizes).all())
    return MeanStep(direction, eps, bounds, shared)


def _norms(rows: BallArray) -> np.ndarray:
    return (rows * rows).sum(axis=1).sqrt().upper


def chosen_arrays(
    path: str, chosen: Mapping[str, str | None], *, perturbed: bool, headers: bool = False
) -> dict[str, str]:
    """The names of the arrays, by "base_x", "y" and, if it has `perturbed` samples, "x".

    `chosen` are those that the user chose; for others the usual names are taken. Of `headers` alone
    none where only torch could tell.

    Raises InputError where one is not there, or perturbed samples that shall not be used are.
    """
    if not (there := names_in(path, headers=headers)):
        return {}
    found = {option: _name(path, there, chosen, option) for option in ("base_x", "y")}
    others = [name for name in there if name not in found.values()]
    if perturbed:
        return found | {"x": _name(path, others, chosen, "x")}
    if unused := [name for name in PERTURBED if name in others]:
        raise InputError(
            f"{path}: holds perturbed samples, {unused[0]!r}, which perturbation.kind = 'given' "
            "takes; another kind makes them anew: leave them out"
        )
    return found


def read_set(
    path: str, names: Mapping[str, str], label_names: tuple[str, str]
) -> tuple[Sample, np.ndarray | None, float]:
    """The base with its target labels, the perturbed samples (N, d) where they are named, and by
    how much of their size one rounding moves the numbers of both.

    Labels are -1 and +1, or `label_names`, as the natural data call them.

    Raises InputError for what cannot be read or does not match.
    """
    base, targets = names["base_x"], names["y"]
    read = read_once(path, Wanted(x=base, y=targets))
    y = _signs(path, read.y, label_names)
    sample = Sample(read.x, y, f"{path} ({base}, {targets})", np.arange(len(y)), label_names)
    if "x" not in names:
        return sample, None, UNIT_ROUNDOFF
    stored = read_once(path, Wanted(x=names["x"], y=targets)).x
    x = stored.astype(np.float64)
    if x.shape != sample.x.shape:
        raise InputError(
            f"{path}: {names['x']!r} must have the shape {sample.x.shape} of {base!r}, found "
            f"{x.shape}"
        )
    units = [np.finfo(one.dtype).eps / 2 for one in (read.x, stored) if one.dtype.kind == "f"]
    return sample, x, max([UNIT_ROUNDOFF, *units])


def _name(path: str, there: Sequence[str], chosen: Mapping[str, str | None], option: str) -> str:
    usual = {"base_x": BASE, "x": PERTURBED, "y": TARGETS}[option]
    if (name := chosen.get(option)) is not None and name in there:
        return name
    found = [] if name else [each for each in usual if each in there]
    if not found:
        what = f"no array {name!r}" if name else f"none of the arrays {', '.join(usual)}"
        raise InputError(
            f"{path}: {what}; there are: {', '.join(there)[:200] or 'no others'}; choose by the "
            f"option {option}"
        )
    return found[0]


def _signs(path: str, labels: np.ndarray, names: tuple[str, str]) -> np.ndarray:
    """The labels as -1 and +1."""
    there = np.unique(labels).tolist()
    if {*there} == {-1, 1}:
        return labels.astype(np.int8)
    signs = {label: -1 if same_label(label, names[0]) else 1 for label in there}
    for label in there:
        if not any(same_label(label, name) for name in names):
            raise InputError(
                f"{path}: the target label {label!r} is neither -1 and +1 nor one of the natural "
                f"data, {names[0]} and {names[1]}"
            )
    return np.array([signs[label] for label in labels.tolist()], dtype=np.int8)
