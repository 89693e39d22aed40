"""Perturbed sets: base samples x'_n, target labels y^a_n, perturbed samples x_n with labels y^a_n.

A geometric perturbation moves every sample along one direction, x_n = x'_n + eps y^a_n dir; an
attack moves each for itself. What comes out is checked against what the perturbation promises.
Source: Kumano, Kera & Yamasaki (ICLR 2024); the control on unperturbed noise is the base itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pydantic

from ..configuration import Configuration, InputError
from ..data.files.reading import read_labels
from ..data.generated import Gaussian, Uniform
from ..data.sample import Sample
from ..enclose.ball_array import UNIT_ROUNDOFF, BallArray
from ..enclose.real_array import RealArray
from ..network import LeakyNetwork
from . import AnyPerturbation, Attack
from .base import check_promise
from .given import Given, MeanStep, chosen_arrays, mean_step, read_set


class PerturbedSetup(Configuration, frozen=True, extra="forbid"):
    """How a perturbed set is made.

    base: ``natural``, the natural samples; ``uniform`` on [-1, 1]^d or ``gaussian`` N(0, I), noise;
    ``file``, the base and the labels y^a that the user brings in the file at ``path`` (already
    resolved), and by the perturbation ``given``, which it then has by default, the perturbed
    samples. base_x, x, y: the names of these arrays in it; None takes the usual ones.
    samples: N_adv >= 2, needed for noise; of natural samples None takes all, a number so many of
    them at random. labels: ``random``, fair independent coins; ``flipped``, y^a = -y (natural base
    only); ``file``, those of ``label_file`` (.npy or .csv, already resolved).

    Raises InputError for a field that is missing, unknown or out of range, and for a clamp that
    cuts into the noise.
    """

    base: Literal["natural", "uniform", "gaussian", "file"]
    path: str | None = None
    base_x: str | None = None
    x: str | None = None
    y: str | None = None
    samples: Annotated[int, pydantic.Field(ge=2)] | None = None
    labels: Literal["random", "flipped", "file"] = "random"
    label_file: str | None = None
    perturbation: AnyPerturbation

    @classmethod
    def section(cls) -> str:
        return "perturbed set"

    @pydantic.model_validator(mode="before")
    @classmethod
    def _brought(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and fields.get("base") == "file":
            return {"labels": "file", "perturbation": {"kind": "given"}} | fields
        return fields

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> PerturbedSetup:
        brought = self.base == "file"
        if brought != (self.path is not None):
            raise InputError("path: give it with base = 'file', and only then")
        if brought and (self.labels != "file" or self.label_file or self.samples):
            raise InputError("base: from a file come its labels and all its samples")
        if not brought and (
            isinstance(self.perturbation, Given) or self.base_x or self.x or self.y
        ):
            raise InputError("base: a given perturbation and names of arrays need base = 'file'")
        if brought:
            return self
        if self.base != "natural" and self.samples is None:
            raise InputError(f"samples: the {self.base} base needs a number of samples")
        if self.labels == "flipped" and self.base != "natural":
            raise InputError(f"labels: 'flipped' needs the natural base, {self.base} has no labels")
        if (self.labels == "file") != (self.label_file is not None):
            raise InputError("label_file: give it with labels = 'file', and only then")
        clamp = self.perturbation.clamp
        if clamp is not None and self.base == "gaussian":
            raise InputError("perturbation.clamp: Gaussian noise has no range to clamp to")
        if clamp is not None and self.base == "uniform" and not clamp[0] <= -1 < 1 <= clamp[1]:
            raise InputError(
                f"perturbation.clamp: uniform noise fills [-1, 1], the clamp {list(clamp)} "
                "cuts into it"
            )
        return self

    def arrays(self, *, headers: bool = False) -> dict[str, str]:
        """The names of the arrays in the file that the user brings, as `chosen_arrays`."""
        chosen, given = {"base_x": self.base_x, "x": self.x, "y": self.y}, self.perturbation
        assert self.path is not None
        return chosen_arrays(self.path, chosen, perturbed=isinstance(given, Given), headers=headers)


@dataclass(frozen=True, eq=False)
class PerturbedSet:
    """A perturbed set.

    Attributes
    ----------
    base : the x'_n with the labels y^a_n, and for a natural base the rows of the natural source.
    perturbed : the x_n with the same labels.
    chosen : for a natural base the indices into the natural sample, int64 (N_adv,); else None.
    direction : dir, float64 (d,), which the perturbations share; None where they share none.
    eps : the size of the perturbation; None where it has none (pixel attack).
    clamped : whether the clamp changed an entry; never of an attack, whose part the clamp is.
    brought : of perturbed samples that the user brings, how far they are from one common step; it
        gives direction and eps where they share it.
    """

    base: Sample
    perturbed: Sample
    chosen: np.ndarray | None
    direction: np.ndarray | None
    eps: float | None
    clamped: bool
    brought: MeanStep | None = None

    @property
    def shares_direction(self) -> bool:
        """Whether x_n = x'_n + eps y^a_n dir for every n, up to rounding (see `unlike`)."""
        return not self.unlike

    @property
    def unlike(self) -> str:
        """Why the perturbations share no direction; empty where they do."""
        if self.clamped:
            return "the clamp cut some of them"
        if self.direction is not None:
            return ""
        if self.brought is None:
            return "its samples are attacked one by one"
        if not (eps := self.brought.eps):
            return "times their labels they are 0 on average"
        far = self.brought.apart.max() / eps
        return f"times their labels they lie up to {far:.2g} times their mean's length from it"


def draw_perturbed(
    natural: Sample,
    q: RealArray | None,
    network: LeakyNetwork | None,
    setup: PerturbedSetup,
    rng: np.random.Generator,
    *,
    device: str = "cpu",
) -> PerturbedSet:
    """Draw base and labels, perturb and check.

    q (d,) encloses the normal of the exact boundary of ``natural``, needed by geometric
    perturbations; ``network`` is the trained network, needed by attacks, which run on ``device``.
    ``rng`` serves first the base, then the labels, and never the perturbation: setups that differ
    in the perturbation alone share both. Random labels are drawn once: a draw of one class only is
    an error, for drawing again would make the coins depend on each other.

    Raises
    ------
    InputError
        The setup does not fit the data: too few samples, labels of one class, data outside the
        clamp, k > nnz q, an eps lost in rounding, a missing q or network.
    PerturbationFault
        The perturbed samples are not what the perturbation promises: an error of the code.
    """
    perturbation = setup.perturbation
    base, chosen, brought, unit = draw_base(natural, setup, rng)
    if brought is not None:
        step = mean_step(base, brought.x, unit)
        direction, eps = (step.direction, step.eps) if step.shared else (None, perturbation.size)
        return PerturbedSet(base, brought, None, direction, eps, False, step)
    source = f"{base.source}, perturbed ({perturbation.kind})"
    if isinstance(perturbation, Attack):
        if network is None:
            raise InputError(f"{perturbation.section()}: needs a trained network")
        promise = perturbation.promise(base.d)
        x = perturbation.perturbed(base.x, base.y, network, device)
        direction, clamped = None, False
    else:
        if q is None:
            raise InputError(f"{perturbation.section()}: needs the normal of the exact boundary")
        if q.shape != (natural.d,):
            raise InputError(f"the normal has shape {q.shape}, the data have dimension {natural.d}")
        # Coordinates that no natural sample uses are exactly 0, which rounding cannot show.
        used = natural.x.any(axis=0)
        q = BallArray(np.where(used, q.mid, 0.0), np.where(used, q.rad, 0.0))
        direction = perturbation.direction(q)
        promise = perturbation.promise(base.x, direction)
        x = perturbation.perturbed(base.x, base.y, direction)
        free = perturbation.model_copy(update={"clamp": None})
        clamped = bool((free.perturbed(base.x, base.y, direction) != x).any())
    perturbed = Sample(x, base.y, source, base.rows)
    check_promise(base.x, perturbed.x, promise)
    return PerturbedSet(base, perturbed, chosen, direction, perturbation.size, clamped)


def draw_base(
    natural: Sample, setup: PerturbedSetup, rng: np.random.Generator
) -> tuple[Sample, np.ndarray | None, Sample | None, float]:
    """x'_n with labels y^a_n, where they come from in the natural sample, the perturbed samples
    where the user brings them, and how these are rounded (see `read_set`).

    Arguments and InputError as for `draw_perturbed`.
    """
    chosen, perturbation = None, setup.perturbation
    if setup.path is not None:
        base, x, unit = read_set(setup.path, setup.arrays(), natural.label_names)
        if base.d != natural.d:
            raise InputError(
                f"{base.source}: samples of dimension {base.d}; the natural ones have {natural.d}"
            )
        if isinstance(perturbation, Given) and x is not None:
            perturbation.check(base, x)
            return base, None, Sample(x, base.y, f"{base.source}, perturbed", base.rows), unit
        perturbation.check_base(base.x, base.source)
        return base, None, None, unit
    if setup.samples is None or setup.base == "natural":
        chosen, wanted = np.arange(natural.n), setup.samples
        if wanted is not None and wanted > natural.n:
            raise InputError(
                f"perturbed set: samples: {wanted} were asked for, there are {natural.n} natural "
                "ones"
            )
        if wanted is not None:
            chosen = np.sort(rng.choice(natural.n, wanted, replace=False))
        x, rows, source = natural.x[chosen], natural.rows[chosen], natural.source
    else:
        noise = Uniform if setup.base == "uniform" else Gaussian
        description = noise(samples=setup.samples, dimension=natural.d)
        rows = np.arange(setup.samples)
        x = description.draw_inputs(rows, rng)
        source = f"{setup.base} noise ({setup.samples} samples in dimension {natural.d})"
    base = Sample(x, _draw_labels(natural, chosen, len(x), setup, rng), source, rows)
    perturbation.check_base(base.x, base.source)
    return base, chosen, None, UNIT_ROUNDOFF


def _draw_labels(
    natural: Sample,
    chosen: np.ndarray | None,
    count: int,
    setup: PerturbedSetup,
    rng: np.random.Generator,
) -> np.ndarray:
    if setup.label_file is not None:
        return read_labels(setup.label_file, count)
    if setup.labels == "flipped" and chosen is not None:
        return -natural.y[chosen]
    y = rng.integers(0, 2, count) * 2 - 1
    if (y == y[0]).all():
        raise InputError(
            f"perturbed set: labels: all {count} random labels came out {int(y[0]):+d}, both are "
            "needed; take more samples or another seed"
        )
    return y
