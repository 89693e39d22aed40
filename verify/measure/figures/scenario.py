"""The figures of a scenario: solution, training, decision map, T1 and T2."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from ....numerics.boundary.gram import gram_statistics
from ....numerics.boundary.margin_program import linear_kkt_point
from ....numerics.compiler import compile_expression
from ....numerics.network import LeakyNetwork, output_weights
from ....theory.statement import Claim, Theorem
from ....theory.symbols import N, R_max, R_min, gamma, p_max
from ....theory.theorems.boundary import refined_multipliers, standard_boundary
from ...values import finite
from ..experiment import Experiment
from .boundaries import boundary_figure, figure, plane
from .limit import capture_figure, plane_figure
from .slack import slack_figure
from .waypoints import waypoints

_GRID = 81
_LARGEST_SAMPLE = 2000
_SIZES = 10
_FEWEST = 2
# Subsets beyond this take longer than the figure is worth.
_LARGEST = 2000
# With fewer samples than this a slope is hardly one.
_ENOUGH = 30


def figures(
    experiment: Experiment, theorems: tuple[Theorem, ...] = ()
) -> tuple[dict[str, Any], ...]:
    """The figures that this scenario can show, of these theorems' claims too."""
    way = waypoints(experiment)
    made = [_multipliers(experiment), _convergence(experiment), capture_figure(experiment, way)]
    made += [plane_figure(experiment, theorems), slack_figure(experiment, way, theorems)]
    made.append(_decision_map(experiment))
    if experiment.scenario.perturbed is not None:
        made += [make(experiment) for make in (boundary_figure, parts_figure, growth_figure)]
    return tuple(one for one in made if one is not None)


def _multipliers(experiment: Experiment) -> dict[str, Any] | None:
    """Those of every sample; None without a solution, or with too many."""
    lam = experiment.multipliers.lam
    if lam is None or experiment.sample.n > _LARGEST_SAMPLE:
        return None
    symbols = (gamma, N, R_min, R_max, p_max)
    found = [getattr(experiment.gram, name) for name in ("R_min", "R_max", "p_max")]
    middles = [(value.lower + value.upper) / 2 for value in found]

    def bound(claim: Claim) -> float | None:
        compiled = compile_expression(claim.relation.args[1], symbols)
        return finite(float(compiled(experiment.slope, experiment.sample.n, *middles)))

    refined = {claim.id: claim for claim in refined_multipliers.THEOREM.claims}
    trained = None
    if experiment.has_limit:
        recovered = experiment.recovered.values
        trained = recovered.tolist() if np.isfinite(recovered).all() else None
    return figure(
        experiment,
        "multipliers",
        "Multipliers",
        "Exact multipliers of every sample (verified solution of A λ = 1), between the paper's "
        "bounds and the refined ones, and those read off the trained network."
        if experiment.has_limit
        else f"{_solution(experiment)} The bounds need not apply.",
        {
            "lower": lam.lower.tolist(),
            "upper": lam.upper.tolist(),
            "label": experiment.sample.y.tolist(),
            "bounds": [
                {"name": name, "lower": bound(lower), "upper": bound(upper)}
                for name, lower, upper in (
                    ("paper", standard_boundary.LOWER, standard_boundary.UPPER),
                    ("refined", refined["lower"], refined["upper"]),
                )
            ],
            "trained": trained,
        },
    )


def _solution(experiment: Experiment) -> str:
    """What the multipliers solve, and whether that is a KKT point of the network."""
    found = experiment.multipliers
    solves = "A λ = 1 for every sample" if found.support is None else "the quadratic program"
    kkt = "certainly not" if found.consistent is False else "not certainly"
    return f"Solution of {solves}; {kkt} a KKT point of the network."


def _convergence(experiment: Experiment) -> dict[str, Any] | None:
    """The way to the limit; None where there is none to follow."""
    curve, angle = experiment.training.curve, experiment.angle
    trained = experiment.training.network
    if not curve:
        return None
    return figure(
        experiment,
        "convergence",
        "Convergence",
        "Sine of the certified angle and relative distance to the exact limit against training "
        "steps. The curve is plain floating point; the last point is enclosed.",
        {
            "steps": [point.step for point in curve],
            "tau": [finite(point.angle.tau) for point in curve],
            "relative_distance": [finite(point.angle.relative_distance) for point in curve],
            "loss": [_exp(point.log_loss) for point in curve],
            "certified": (
                angle and angle.tau.is_finite and {"step": trained.steps, "tau": angle.tau.upper}
            )
            or None,
            "asked": experiment.scenario.tolerance.angle,
        },
    )


def _exp(value: float) -> float | None:
    try:
        return math.exp(value)
    except OverflowError:
        return None


def _decision_map(experiment: Experiment) -> dict[str, Any]:
    sample = experiment.sample
    weights = experiment.training.network.weights()
    plus = output_weights(len(weights), experiment.output) > 0
    axes = plane(weights[plus].mean(axis=0), weights[~plus].mean(axis=0))
    points = sample.x @ axes.T
    reach = 1.25 * float(np.abs(points).max()) or 1.0
    ticks = np.linspace(-reach, reach, _GRID)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    # In the plane the network is one of two inputs: d numbers a grid point are never needed.
    values = LeakyNetwork(weights @ axes.T, experiment.slope, experiment.output).output(grid)
    # That of the limit with active own pairs, where there is one: the paper's is a special case.
    limit = experiment.limit
    linear_limit = limit.feasible and limit.own_activation.lower > 0
    normal = limit.normal if linear_limit else experiment.normal
    linear = [] if normal is None else [[*(axes @ normal.mid).tolist(), 0.0]]
    angle = experiment.angle
    return figure(
        experiment,
        "decision-map",
        "Decision map",
        "Output of the trained network in the plane of its two mean neuron directions, with the "
        "training samples projected onto it and the predicted boundary <q, z> = 0 on top.",
        {
            "extent": [-reach, reach, -reach, reach],
            "values": values.reshape(_GRID, _GRID).tolist(),
            "linear": linear,
            "samples": [
                [*row, int(label)] for row, label in zip(points.tolist(), sample.y, strict=True)
            ],
            "cone": math.asin(angle.tau.upper) if angle and angle.tau.upper < 1 else None,
            "axes": ["mean neuron direction of the positive half", "rest of the negative half's"],
        },
    )


# T1 and T2: over the test points, and against N_adv.


def parts_figure(experiment: Experiment) -> dict[str, Any] | None:
    """|T2| against |T1| at every test point; None without the decomposition."""
    if not experiment.matching:
        return None
    return figure(
        experiment,
        "parts",
        "T1 and T2",
        "What the perturbations teach about a test point, |T2(z)|, against what the base samples "
        "teach, |T1(z)|. Above the line the perturbations decide the sign. Filled: the "
        "deterministic matching theorem covers the point. Crossed out: q and q^a disagree about "
        "it. The table holds every value.",
        {
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
    )


def growth_figure(experiment: Experiment) -> dict[str, Any] | None:
    """|T1| and |T2| against N_adv; None without the decomposition or with too few samples."""
    setup, made = experiment.scenario.perturbed, experiment.perturbed.made
    # Of a natural base, which the natural samples are part of, isotropic points.
    name = "isotropic points" if setup and setup.base == "natural" else "natural samples"
    points = next((one.points for one in experiment.matching if one.points.name == name), None)
    if points is None or setup is None:
        return None
    direction, eps = experiment.perturbed.step
    sizes = np.unique(np.geomspace(_FEWEST, min(made.base.n, _LARGEST), _SIZES).astype(int))
    base, along = made.base.x @ points.z.T, direction @ points.z.T
    kept, t1, t2 = [], [], []
    for done, size in enumerate(sizes.tolist()):
        experiment.progress("growth of T1 and T2", done, len(sizes))
        lam = _growth_multipliers(experiment, size)
        if lam is None:
            continue
        kept.append(size)
        t1.append(abs((lam * made.base.y[:size]) @ base[:size]))
        t2.append(eps * lam.sum() * abs(along))
    if len(kept) < 3:
        return None
    random = setup.labels == "random"
    predicted = (
        ", and in brackets those of the theorem on growth, drawn dashed through the last median: "
        "1/2 for T1 (random labels cancel) and 1 for T2 while the multipliers stay alike."
        if random
        else "; in brackets 1 for T2, while the multipliers stay alike, drawn dashed. No slope is "
        "predicted for T1: the labels are not random."
    )
    return figure(
        experiment,
        "growth",
        "Growth of T1 and T2",
        f"|T1(z)| and |T2(z)| on the {len(points.z)} {name} against the number of perturbed "
        "samples: nested subsets of the set, the exact solution of each. Lines: medians; bands: "
        f"the middle half. Slopes: least squares through the medians{predicted}"
        + (" So few samples make the fitted slopes rough." if kept[-1] < _ENOUGH else ""),
        {
            "sizes": kept,
            "parts": [
                _part("T1", kept, t1, 0.5 if random else None),
                _part("T2", kept, t2, 1.0),
            ],
        },
    )


def _part(
    name: str, sizes: list[int], values: list[np.ndarray], predicted: float | None
) -> dict[str, Any]:
    low, median, high = np.quantile(np.stack(values), (0.25, 0.5, 0.75), axis=1).tolist()
    fitted = fitted_slope(sizes, [float(np.median(row)) for row in values])
    spread = {"low": low, "median": median, "high": high}
    return {"name": name, **spread, "fitted": fitted, "predicted": predicted}


def fitted_slope(sizes: list[int], medians: list[float]) -> float | None:
    """The least-squares slope in logarithms; None where a median vanishes."""
    if min(medians) <= 0:
        return None
    return float(np.polyfit(np.log(sizes), np.log(medians), 1)[0])


def _growth_multipliers(experiment: Experiment, size: int) -> np.ndarray | None:
    """lambda^a (size,) of the first perturbed samples; None where no solution is certified."""
    learner = experiment.perturbed
    if size == learner.sample.n:
        lam = learner.multipliers.lam
    else:
        statistics = gram_statistics(learner.sample.x[:size])
        lam = linear_kkt_point(statistics, learner.sample.y[:size], Fraction(learner.slope)).lam
    return None if lam is None else lam.mid
