"""The numbers behind the figures of T1 and T2: over the test points, and against N_adv."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from ...numerics.gram import gram_statistics
from ...numerics.margin_program import linear_kkt_point
from ..experiment import Experiment
from .matching_points import Matching

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
        lam = _multipliers(experiment, size)
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


def _multipliers(experiment: Experiment, size: int) -> np.ndarray | None:
    """lambda^a (size,) of the first perturbed samples; None where no solution is certified."""
    learner = experiment.perturbed
    if size == learner.sample.n:
        lam = learner.multipliers.lam
    else:
        statistics = gram_statistics(learner.sample.x[:size])
        lam = linear_kkt_point(statistics, learner.sample.y[:size], Fraction(learner.slope)).lam
    return None if lam is None else lam.mid
