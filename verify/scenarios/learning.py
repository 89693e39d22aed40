"""The scenario of `perturbproof learn`: what a network learns from perturbations alone."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Literal

from ...numerics.configuration import InputError
from ...numerics.data import LabelledDataset
from ...numerics.perturb.perturbed_set import PerturbedSetup
from .scenario import Network, Scenario, Tolerance, Training

Base = Literal["uniform", "gaussian", "natural"]


def named_after(data: LabelledDataset, told: str) -> str:
    """A name for a scenario on the data at a place."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(data.place).name.split(".")[0]).strip("-._")
    return f"{stem[:50] or 'data'}-{told}".replace("+", "")


def learning_scenario(
    data: LabelledDataset,
    *,
    eps: float,
    base: Base = "uniform",
    noise: int = 100,
    slope: float = 0.5,
    held_out: float | None = 0.25,
    seed: int = 0,
) -> Scenario:
    """Three networks until they are captured: f on the data, g on `noise` base samples moved by
    `eps` (in L2, above 0) along f's direction towards random labels, and a control on the same base
    and labels as they are. Of natural samples as `base` all are taken. The share `held_out` of each
    class is kept out of training.

    Raises:
        InputError: a size is out of range.
    """
    if not (math.isfinite(eps) and eps > 0):
        raise InputError(f"eps: must be above 0, found {eps}")
    if not (math.isfinite(slope) and 0 < slope <= 1):
        raise InputError(f"slope: must lie in (0, 1], found {slope}")
    if held_out is not None and not 0 < held_out < 1:
        raise InputError(f"held_out: must lie in (0, 1), found {held_out}")
    perturbed = {"base": base, "perturbation": {"kind": "l2", "eps": eps}}
    if base != "natural":
        perturbed["samples"] = noise
    return Scenario(
        name=named_after(data, f"eps-{eps:g}"),
        description=f"What is learnt from perturbations of {base} samples by {eps:g} (L2).",
        theorems=("linear-limit", "capture", "captured-limit", "captured-learning"),
        data=data,
        held_out=held_out,
        perturbed=PerturbedSetup.model_validate(perturbed),
        network=Network(slope=slope, initial_scale=1e-6),
        training=Training(until="captured", steps=2000),
        tolerance=Tolerance(angle=0.5),
        seed=seed,
    )
