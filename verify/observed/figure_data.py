"""The numbers behind a scenario's figures. `reports` draws them; nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...numerics.compiler import compile_expression
from ...numerics.multipliers import linear_normal
from ...numerics.network import LeakyNetwork
from ...theory.symbols import N, R_max, R_min, gamma, p_max
from ...theory.theorems import refined_multipliers, standard_boundary
from ..experiment import Experiment
from .boundary_data import boundary_figure
from .growth_data import growth_figure, parts_figure

_GRID = 81
_LARGEST_SAMPLE = 2000


def figures(experiment: Experiment) -> tuple[dict[str, Any], ...]:
    """The figures that this scenario can show."""
    return tuple(_figures(experiment))


def _figures(experiment: Experiment) -> Iterator[dict[str, Any]]:
    name = experiment.scenario.name
    if experiment.multipliers.lam is not None and experiment.sample.n <= _LARGEST_SAMPLE:
        yield {
            "id": "multipliers",
            "kind": "multipliers",
            "title": f"Multipliers of {name}",
            "caption": (
                "Exact multipliers of every sample (verified solution of A λ = 1), between the "
                "paper's bounds and the refined ones, and those read off the trained network."
                if experiment.has_limit
                else "Solution of A λ = 1 for every sample. It is not certainly a KKT point, so "
                "the bounds need not apply."
            ),
            "data": _multipliers(experiment),
        }
    if experiment.training.curve:
        yield {
            "id": "convergence",
            "kind": "convergence",
            "title": f"Convergence of {name}",
            "caption": (
                "Sine of the certified angle and relative distance to the exact limit against "
                "training steps. The curve is plain floating point; the last point is enclosed."
            ),
            "data": _convergence(experiment),
        }
    yield {
        "id": "decision-map",
        "kind": "decision-map",
        "title": f"Decision map of {name}",
        "caption": (
            "Output of the trained network in the plane of its two mean neuron directions, with "
            "the training samples projected onto it and the predicted boundary <q, z> = 0 on top."
        ),
        "data": _decision_map(experiment),
    }
    if experiment.scenario.perturbed is not None:
        for make in (boundary_figure, parts_figure, growth_figure):
            if (figure := make(experiment)) is not None:
                yield figure


def _multipliers(experiment: Experiment) -> dict[str, Any]:
    lam = experiment.multipliers.lam
    assert lam is not None
    values = [
        experiment.slope,
        experiment.sample.n,
        *(
            (i.lower + i.upper) / 2
            for i in (experiment.gram.R_min, experiment.gram.R_max, experiment.gram.p_max)
        ),
    ]
    symbols = (gamma, N, R_min, R_max, p_max)

    def bound(claim) -> float | None:
        value = float(compile_expression(claim.relation.rhs, symbols, "numpy")(*values))
        return value if math.isfinite(value) else None

    refined = {claim.id: claim for claim in refined_multipliers.THEOREM.claims}
    trained = None
    if experiment.has_limit:
        recovered = experiment.recovered.values
        trained = recovered.tolist() if np.isfinite(recovered).all() else None
    return {
        "lower": lam.lower.tolist(),
        "upper": lam.upper.tolist(),
        "label": experiment.sample.y.tolist(),
        "bounds": [
            {
                "name": "paper",
                "lower": bound(standard_boundary.LOWER),
                "upper": bound(standard_boundary.UPPER),
            },
            {
                "name": "refined",
                "lower": bound(refined["lower"]),
                "upper": bound(refined["upper"]),
            },
        ],
        "trained": trained,
    }


def _convergence(experiment: Experiment) -> dict[str, Any]:
    curve = experiment.training.curve
    angle = experiment.angle
    return {
        "steps": [point.step for point in curve],
        "tau": [_finite(point.angle.tau) for point in curve],
        "relative_distance": [_finite(point.angle.relative_distance) for point in curve],
        "loss": [_exp(point.log_loss) for point in curve],
        "certified": {"step": curve[-1].step, "tau": _finite(angle.tau.upper)} if angle else None,
        "asked": experiment.scenario.tolerance.angle,
    }


def _exp(value: float) -> float | None:
    try:
        return math.exp(value)
    except OverflowError:
        return None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _decision_map(experiment: Experiment) -> dict[str, Any]:
    sample = experiment.sample
    weights = experiment.training.network.weights()
    half = len(weights) // 2
    axes = _plane(weights[:half].mean(axis=0), weights[half:].mean(axis=0))
    points = sample.x @ axes.T
    reach = 1.25 * float(np.abs(points).max()) or 1.0
    ticks = np.linspace(-reach, reach, _GRID)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    # In the plane the network is one of two inputs: d numbers a grid point are never needed.
    values = LeakyNetwork(weights @ axes.T, experiment.slope).output(grid)
    lam = experiment.multipliers.lam
    linear = []
    if lam is not None:
        normal = axes @ linear_normal(sample.x, lam, sample.y).mid
        linear = [[float(normal[0]), float(normal[1]), 0.0]]
    angle = experiment.angle
    certain = angle is not None and angle.tau.upper < 1
    return {
        "extent": [-reach, reach, -reach, reach],
        "values": values.reshape(_GRID, _GRID).tolist(),
        "linear": linear,
        "samples": [
            [*row, int(label)] for row, label in zip(points.tolist(), sample.y, strict=True)
        ],
        "cone": math.asin(angle.tau.upper) if angle is not None and certain else None,
        "axes": ["mean neuron direction of the positive half", "rest of the negative half's"],
    }


def _plane(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Orthonormal basis (2, d) of the plane of two vectors; any second axis if parallel."""
    given = np.stack([first, second])
    basis = np.linalg.qr(given.T)[0].T
    # QR leaves the sign open: point the first axis along the positive half's direction.
    return (
        basis * np.where(np.sum(basis * np.stack([first, second]), axis=1) < 0, -1.0, 1.0)[:, None]
    )
