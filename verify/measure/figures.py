"""The numbers behind a scenario's figures. `reports` draws them; nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ...numerics.boundary.gram import gram_statistics
from ...numerics.boundary.margin_program import linear_kkt_point
from ...numerics.boundary.multipliers import linear_normal
from ...numerics.compiler import compile_expression
from ...numerics.network import LeakyNetwork
from ...theory.symbols import N, R_max, R_min, gamma, p_max
from ...theory.theorems.boundary import refined_multipliers, standard_boundary
from ..values import finite
from .boundaries_figure import boundary_figure
from .experiment import Experiment
from .test_points import Matching

_GRID = 81
_LARGEST_SAMPLE = 2000
_SIZES = 10
_FEWEST = 2
# Subsets beyond this take longer than the figure is worth.
_LARGEST = 2000
# With fewer samples than this a slope is hardly one.
_ENOUGH = 30


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
    if any(found.certified for _, found in experiment.training.tries):
        yield {
            "id": "capture",
            "kind": "capture",
            "title": f"Capture of {name}",
            "caption": (
                "Own activations of the network on its way, the least of them, and what the "
                "certificate bounds it by for ever; below, the share of own pairs with a positive "
                "bound. From the step marked on, no own pair ever changes its sign."
            ),
            "data": _capture(experiment),
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
        "tau": [finite(point.angle.tau) for point in curve],
        "relative_distance": [finite(point.angle.relative_distance) for point in curve],
        "loss": [_exp(point.log_loss) for point in curve],
        "certified": {"step": experiment.training.network.steps, "tau": finite(angle.tau.upper)}
        if angle
        else None,
        "asked": experiment.scenario.tolerance.angle,
    }


def _capture(experiment: Experiment) -> dict[str, Any]:
    tries = [(step, found) for step, found in experiment.training.tries if found.certified]
    return {
        "steps": [step for step, _ in tries],
        "activation": [finite(found.certified.activation.lower) for _, found in tries],
        "bound": [finite(found.certified.slack.lower) for _, found in tries],
        "share": [found.share for _, found in tries],
        "captured": next((step for step, found in tries if found.captured), None),
    }


def _exp(value: float) -> float | None:
    try:
        return math.exp(value)
    except OverflowError:
        return None


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


# T1 and T2: over the test points, and against N_adv.


def parts_figure(experiment: Experiment) -> dict[str, Any] | None:
    """|T2| against |T1| at every test point; None without the decomposition."""
    if not experiment.matching:
        return None
    return {
        "id": "parts",
        "kind": "parts",
        "title": f"T1 and T2 of {experiment.scenario.name}",
        "caption": (
            "What the perturbations teach about a test point, |T2(z)|, against what the base "
            "samples teach, |T1(z)|. Above the line the perturbations decide the sign. Filled: the "
            "deterministic matching theorem covers the point. Crossed out: q and q^a disagree "
            "about it. The table holds every value."
        ),
        "data": {
            "sets": [
                {
                    "name": one.points.name,
                    "t1": one.values.T1_z.mid.tolist(),
                    "t2": one.values.T2_z.mid.tolist(),
                    "covered": one.covered.tolist(),
                    "agreeing": one.agreeing.tolist(),
                }
                for one in experiment.matching
            ]
        },
    }


def growth_figure(experiment: Experiment) -> dict[str, Any] | None:
    """|T1| and |T2| against N_adv; None without the decomposition or with too few samples."""
    points, made = _points(experiment), experiment.perturbed.made
    setup = experiment.scenario.perturbed
    if points is None or setup is None or made.direction is None or made.eps is None:
        return None
    sizes = np.unique(np.geomspace(_FEWEST, min(made.base.n, _LARGEST), _SIZES).astype(int))
    z = points.points.z
    base, along = made.base.x @ z.T, made.direction.dir @ z.T
    kept, t1, t2 = [], [], []
    for done, size in enumerate(sizes.tolist()):
        experiment.progress("growth of T1 and T2", done, len(sizes))
        lam = _growth_multipliers(experiment, size)
        if lam is None:
            continue
        kept.append(size)
        t1.append(abs((lam * made.base.y[:size]) @ base[:size]))
        t2.append(made.eps * lam.sum() * abs(along))
    if len(kept) < 3:
        return None
    random = setup.labels == "random"
    return {
        "id": "growth",
        "kind": "growth",
        "title": f"Growth of T1 and T2 of {experiment.scenario.name}",
        "caption": (
            f"|T1(z)| and |T2(z)| on the {len(z)} {points.points.name} against the number of "
            "perturbed samples: nested subsets of the set, the exact solution of each. Lines: "
            "medians; bands: the middle half. Slopes: least squares through the medians"
            + (
                ", and in brackets those of the theorem on growth, drawn dashed through the last "
                "median: 1/2 for T1 (random labels cancel) and 1 for T2 while the multipliers stay "
                "alike."
                if random
                else "; in brackets 1 for T2, while the multipliers stay alike, drawn dashed. No "
                "slope is predicted for T1: the labels are not random."
            )
            + (" So few samples make the fitted slopes rough." if kept[-1] < _ENOUGH else "")
        ),
        "data": {
            "sizes": kept,
            "parts": [
                {
                    "name": name,
                    **_spread(values),
                    "fitted": fitted_slope(kept, [float(np.median(row)) for row in values]),
                    "predicted": predicted,
                }
                for name, values, predicted in (
                    ("T1", t1, 0.5 if random else None),
                    ("T2", t2, 1.0),
                )
            ],
        },
    }


def fitted_slope(sizes: list[int], medians: list[float]) -> float | None:
    """The least-squares slope in logarithms; None where a median vanishes."""
    if min(medians) <= 0:
        return None
    return float(np.polyfit(np.log(sizes), np.log(medians), 1)[0])


def _spread(values: list[np.ndarray]) -> dict[str, list[float]]:
    low, median, high = np.quantile(np.stack(values), (0.25, 0.5, 0.75), axis=1)
    return {"low": low.tolist(), "median": median.tolist(), "high": high.tolist()}


def _points(experiment: Experiment) -> Matching | None:
    """The natural samples; of a natural base, which they are part of, isotropic points."""
    setup = experiment.scenario.perturbed
    natural = setup is not None and setup.base == "natural"
    wanted = "isotropic points" if natural else "natural samples"
    return next((one for one in experiment.matching if one.points.name == wanted), None)


def _growth_multipliers(experiment: Experiment, size: int) -> np.ndarray | None:
    """lambda^a (size,) of the first perturbed samples; None where no solution is certified."""
    learner = experiment.perturbed
    if size == learner.sample.n:
        lam = learner.multipliers.lam
    else:
        statistics = gram_statistics(learner.sample.x[:size])
        lam = linear_kkt_point(statistics, learner.sample.y[:size], Fraction(learner.slope)).lam
    return None if lam is None else lam.mid
