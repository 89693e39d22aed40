"""Small scenarios with a perturbed set."""

from __future__ import annotations

from typing import Any

from perturbproof.verify.measure.experiment import Experiment

from .small_scenarios import scenario

_UNIFORM = {"kind": "uniform", "samples": 6, "dimension": 80, "labels": "random"}
_L2 = {"kind": "l2", "eps": 1.5}
NOISE = {"base": "uniform", "samples": 9, "labels": "random", "perturbation": _L2}
FLIPPED = {"base": "natural", "labels": "flipped", "perturbation": {"kind": "l2", "eps": 0.4}}
SIGNS = {**NOISE, "base": "gaussian", "perturbation": {"kind": "linf-sign", "eps": 0.2}}
FEW = {**NOISE, "perturbation": {"kind": "l0-value", "eps": 2.0, "k": 7}}
CROWDED = {**NOISE, "samples": 60}
"""Nearly as many samples as dimensions: some margins are not tight."""
ATTACK = {**NOISE, "perturbation": {"kind": "gradient", "eps": 1.5}}

EVERY: dict[str, dict[str, Any]] = {
    "noise": NOISE,
    "flipped": FLIPPED,
    "signs": SIGNS,
    "few pixels": FEW,
    "crowded": CROWDED,
    "attack": ATTACK,
}

WIDE: dict[str, Any] = {
    "perturbed": {**NOISE, "samples": 4, "perturbation": {"kind": "l2", "eps": 6.0}},
    "data": {"kind": "uniform", "samples": 4, "dimension": 400},
    "network": {"slope": 0.9, "width": 4, "initial_scale": 1e-4},
}
"""Dimensions enough for the deterministic theorem to cover some test points."""


def learning(perturbed: dict[str, Any], **changes: Any) -> Experiment:
    """The experiment of a small scenario with this perturbed set."""
    fields = {"data": _UNIFORM, "training": {"steps": 200}, "theorems": ["matching-covered"]}
    return Experiment(scenario(**{**fields, "perturbed": perturbed, **changes}))
