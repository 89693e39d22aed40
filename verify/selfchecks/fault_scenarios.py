"""The small scenarios that faults are planted in: a fraction of a second to a second each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..scenario import Scenario

_NETWORK = {"slope": 0.5, "width": 4, "initial_scale": 1e-4}
_TRAINING = {"steps": 600}
SCENARIOS: Mapping[str, dict[str, Any]] = {
    "natural": {
        "theorems": ["standard-boundary", "exact-multipliers", "perturbation-features"],
        "data": {
            "kind": "near-orthogonal",
            "samples": 8,
            "dimension": 60,
            "coherence": 0.004,
            "radius": 1.25,
        },
        "network": _NETWORK,
        "training": _TRAINING,
    },
    "uneven": {
        "theorems": ["standard-boundary", "half-aware"],
        "data": {"kind": "gaussian", "samples": 4, "dimension": 20_000},
        "network": {**_NETWORK, "slope": 0.9},
        "training": _TRAINING,
    },
    "flipped": {
        "theorems": ["standard-boundary", "matching-flipped-orthogonal", "agreement-law"],
        "data": {"kind": "orthogonal", "frame": "axes", "samples": 16, "dimension": 40},
        "perturbed": {
            "base": "natural",
            "labels": "flipped",
            "perturbation": {"kind": "l2", "eps": 0.5},
        },
        "network": _NETWORK,
        "training": _TRAINING,
    },
    "noise": {
        "seed": 1,
        "theorems": [
            "concentration-half-aware",
            "matching-random-labels",
            "matching-deterministic",
            "agreement-law",
        ],
        "data": {"kind": "uniform", "samples": 2, "dimension": 3000},
        "perturbed": {
            "base": "uniform",
            "samples": 4,
            "labels": "random",
            "perturbation": {"kind": "l2", "eps": 4.0},
        },
        "chance": {"delta": 0.1, "draws": 100},
        "network": {**_NETWORK, "slope": 1.0},
        "training": _TRAINING,
    },
}
"""Small scenarios in which every theorem passes as long as no fault is planted."""


def scenario(name: str, fault: str = "no-fault") -> Scenario:
    """The small scenario of that name, its own name telling which fault it runs under."""
    return Scenario.model_validate({"name": f"{name}-{fault}", **SCENARIOS[name]})
