"""Independent computations of one quantity. Where two exclude each other the code is at fault."""

from __future__ import annotations

from collections.abc import Iterator

from ..numerics.convergence import CertifiedAngle
from ..numerics.enclosure import Interval
from ..numerics.rounding import BallArray
from .experiment import Experiment
from .measured import CrossCheck

_LIMIT = frozenset({"lambda_min", "lambda_max", "activation_margin", "tau"})


def cross_checks(experiment: Experiment) -> tuple[CrossCheck, ...]:
    """Every cross-check that applies; none without an exact limit to hold against training."""
    exact, angle = experiment.limit_multipliers, experiment.angle
    if exact is None or angle is None:
        return ()
    return tuple(_checks(experiment, exact, angle))


def _checks(
    experiment: Experiment, exact: BallArray, angle: CertifiedAngle
) -> Iterator[CrossCheck]:
    residuals, recovered = experiment.residuals, experiment.recovered
    apart = abs(exact - recovered.values).max_enclosure()
    yield CrossCheck(
        "multipliers",
        "largest difference between the exact multipliers and those read off the trained network, "
        "against what the network's KKT residuals allow",
        apart,
        Interval.between(0, recovered.tolerance),
        _LIMIT,
    )
    yield CrossCheck(
        "distance",
        "distance of the trained weights to the exact limit, against the duality gap of the margin "
        "problem at these weights",
        angle.frobenius_distance,
        Interval.between(0, residuals.distance_bound.upper),
        _LIMIT,
    )
