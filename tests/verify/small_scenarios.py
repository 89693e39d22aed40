"""Small scenarios that run in a fraction of a second, as values and as TOML."""

from typing import Any

import tomli_w
from perturbproof.theory import catalog
from perturbproof.theory.engine import ProofReport
from perturbproof.verify.scenarios.scenario import Scenario

BASE: dict[str, Any] = {
    "name": "small",
    "theorems": ["standard-boundary"],
    "data": {"kind": "near-orthogonal", "samples": 8, "dimension": 60, "coherence": 0.004},
    "network": {"slope": 0.5, "width": 4, "initial_scale": 1e-4},
    "training": {"steps": 600},
    "tolerance": {"angle": 0.01},
}
PROVED = {t.id: ProofReport(t.id, "proved", (), 0.0) for t in catalog()}
"""The catalog as proved without proving it, where numbers alone are the matter."""
ORTHOGONAL = {"kind": "orthogonal", "samples": 8, "dimension": 60}
OUTSIDE = {"kind": "near-orthogonal", "samples": 8, "dimension": 60, "coherence": 0.01}
"""Past the paper's condition: 0.01 > 0.5³/(3 · 8)."""
FAR_OUTSIDE = {"kind": "gaussian", "samples": 8, "dimension": 60}


def fields(**changes: Any) -> dict[str, Any]:
    """The base scenario with some fields replaced; a field set to None is left out."""
    return {key: value for key, value in {**BASE, **changes}.items() if value is not None}


def scenario(**changes: Any) -> Scenario:
    """The base scenario with some fields replaced."""
    return Scenario.model_validate(fields(**changes))


def toml(**changes: Any) -> str:
    """The same as the text of a scenario file."""
    return tomli_w.dumps(fields(**changes))
