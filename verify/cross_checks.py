"""Independent computations of one quantity. Where two exclude each other the code is at fault."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..numerics.convergence import CertifiedAngle
from ..numerics.decomposition import perturbed_gram
from ..numerics.enclosure import Interval
from ..numerics.rounding import BallArray
from .experiment import Experiment
from .measured import CrossCheck

_PERTURBED = frozenset(
    {"adv_R_min", "adv_R_max", "adv_p_max", "adv_lambda_min", "adv_lambda_max", "adv_q_z", "T1_z"}
    | {"adv_activation_margin", "rho", "agreement", "flip_margin_min", "flip_margin_max"}
)
_LIMIT = frozenset({"lambda_min", "lambda_max", "activation_margin", "tau"})


def cross_checks(experiment: Experiment) -> tuple[CrossCheck, ...]:
    """Every cross-check that applies to the scenario."""
    found: list[CrossCheck] = []
    exact, angle = experiment.limit_multipliers, experiment.angle
    if exact is not None and angle is not None:
        found += _solution_checks(experiment, exact, angle)
    if experiment.scenario.perturbed is not None and experiment.perturbed.made.shares_direction:
        found += _perturbed_checks(experiment)
    return tuple(found)


def _solution_checks(
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


def _perturbed_checks(experiment: Experiment) -> Iterator[CrossCheck]:
    learner, made = experiment.perturbed, experiment.perturbed.made
    geometry = learner.geometry
    if geometry is None or made.eps is None:
        return
    direct = learner.gram.gram
    changed = perturbed_gram(geometry.gram, geometry.along, made.base.y, made.eps, geometry.dir_sq)
    apart = np.maximum(direct.lower - changed.upper, changed.lower - direct.upper)
    worst = np.unravel_index(int(apart.argmax()), apart.shape)
    yield CrossCheck(
        "perturbed-gram",
        "inner products of the perturbed samples, against the base's plus a rank-two change (the "
        "pair that agrees least)",
        direct.interval(*worst),
        changed.interval(*worst),
        _PERTURBED,
    )
    if (values := experiment.at_point) is not None:
        yield CrossCheck(
            "decomposition",
            "<q^a, z> from the perturbed samples, against T1(z) + T2(z)",
            values.adv_q_z.interval(0),
            (values.T1_z + values.T2_z).interval(0),
            _PERTURBED,
        )
