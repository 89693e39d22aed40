"""The perturbed set as theorems about dir = q/‖q‖ have it: exactly along q, and not rounded.

What is stored and trained on has a direction of float64 numbers, rounded once more when it is added
to the base. Bounds that hold for the exact direction, and are attained, may be missed by that much.
Symbols of such theorems therefore enclose both values.
"""

from __future__ import annotations

from ...numerics.enclosure import Interval
from ...numerics.multipliers import linear_normal
from ...numerics.real_array import RealArray
from ..experiment import Experiment


def normal_along_q(experiment: Experiment) -> RealArray | None:
    """sum_n lambda^a_n y^a_n (x'_n + eps y^a_n q/‖q‖), (d,), for the base x'_n as drawn.

    None where the direction is not q/‖q‖, or multipliers or q are not known.
    """
    made, q = experiment.perturbed.made, experiment.normal
    lam = experiment.perturbed.multipliers.lam
    if not along_q(experiment) or lam is None or q is None or made.eps is None:
        return None
    strength = lam.sum().interval() * Interval.exact(made.eps) / q.norm()
    return linear_normal(made.base.x, lam, made.base.y) + q * strength


def along_q(experiment: Experiment) -> bool:
    """Whether the perturbations of the scenario are shared steps along q/‖q‖."""
    setup = experiment.scenario.perturbed
    return (
        setup is not None
        and setup.perturbation.kind == "l2"
        and experiment.perturbed.made.shares_direction
    )
