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
from .experiment import Experiment
from .test_points import Matching

# The numbers behind the figure of three boundaries in one plane.
#
# The networks have no bias, so f(t z) = t f(z) for t > 0: in a plane through the origin a network
# is known by its signs on a circle, and its boundary is a set of rays.

_ANGLES = 7200
_BISECTIONS = 40
# Outputs this small, relative to the weights, are rounding.
_ROUNDING = 1e-13
_SAMPLES = 400
# Directions closer than this (sine) span no plane worth drawing.
_PARALLEL = 1e-3


def boundary_figure(experiment: Experiment) -> dict[str, Any] | None:
    """Boundaries of f, g and the control; None where there is no q, or nothing to span a plane."""
    found = _boundary_plane(experiment)
    if found is None or experiment.normal is None:
        return None
    axes, second = found
    sample = experiment.sample
    points = (sample.x[:_SAMPLES] @ axes.T).tolist()
    shown = f" (the first {_SAMPLES})" if sample.n > _SAMPLES else ""
    return {
        "id": "boundaries",
        "kind": "boundaries",
        "title": f"Boundaries of {experiment.scenario.name}",
        "caption": (
            f"The plane of q and {second}. Broad lines: where the trained networks change sign: f "
            "on the natural samples, g on the perturbed ones, the control on the base samples "
            "without perturbations. Networks without bias are homogeneous, so boundaries are rays "
            "and the circle shows all. Thin lines: the boundaries of q and q^a of the exact "
            f"solutions. Points: the natural samples{shown}, projected."
        ),
        "data": {
            "networks": [
                {
                    "name": name,
                    "positive": positive_arcs(
                        LeakyNetwork(learner.network.weights @ axes.T, experiment.slope)
                    ),
                }
                for name, learner in experiment.networks.items()
            ],
            "normals": [
                {"name": name, "angle": float(np.arctan2(*(axes @ learner.normal.mid)[::-1]))}
                for name, learner in (("q", experiment), ("q^a", experiment.perturbed))
                if learner.normal is not None
            ],
            "samples": [
                [*row, int(label)] for row, label in zip(points, sample.y[:_SAMPLES], strict=True)
            ],
            "axes": ["along q", f"rest of {second}"],
        },
    }


def positive_arcs(network: LeakyNetwork) -> list[list[float]]:
    """Where a network of two inputs is positive on the circle: arcs [from, to] in radians.

    Counter-clockwise, from in [0, 2 pi), to > from; the whole circle is [0, 2 pi].
    """
    angles = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    positive = _positive(network, angles)
    turns = np.flatnonzero(positive != np.roll(positive, -1))
    if not len(turns):
        return [[0.0, float(2 * np.pi)]] if positive[0] else []
    ends = _refined(network, angles[turns], positive[turns])
    # A rise is where the sign turns positive; the next turn, going round, is a fall.
    rises = [k for k, turn in enumerate(turns) if not positive[turn]]
    arcs = []
    for k in rises:
        start, end = float(ends[k]), float(ends[(k + 1) % len(ends)])
        arcs.append([start, end if end > start else end + float(2 * np.pi)])
    return arcs


def _refined(network: LeakyNetwork, low: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """The sign changes that follow the angles `low`, where the network is positive if `sign`."""
    high = low + 2 * np.pi / _ANGLES
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        same = _positive(network, middle) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2


def _positive(network: LeakyNetwork, angles: np.ndarray) -> np.ndarray:
    outputs = network.output(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    return outputs > _ROUNDING * np.linalg.norm(network.weights)


def _boundary_plane(experiment: Experiment) -> tuple[np.ndarray, str] | None:
    """Orthonormal axes (2, d), the first along q, and the name of what the second comes from."""
    if experiment.normal is None:
        return None
    first = experiment.normal.mid / np.linalg.norm(experiment.normal.mid)
    for name, vector in _seconds(experiment):
        rest = vector - (vector @ first) * first
        # Once more: what rounding left along the first axis.
        rest -= (rest @ first) * first
        length = float(np.linalg.norm(rest))
        if length > _PARALLEL * float(np.linalg.norm(vector)):
            return np.stack([first, rest / length]), name
    return None


def _seconds(experiment: Experiment) -> Iterator[tuple[str, np.ndarray]]:
    for name, learner in (
        ("q^a", experiment.perturbed),
        ("the control's normal", experiment.control),
    ):
        if learner.normal is not None:
            yield name, learner.normal.mid
    yield "the first natural sample", experiment.sample.x[0]


# The numbers behind the figures of T1 and T2: over the test points, and against N_adv.

_SIZES = 10
_FEWEST = 2
# Subsets beyond this take longer than the figure is worth.
_LARGEST = 2000
# With fewer samples than this a slope is hardly one.
_ENOUGH = 30


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
