"""Independent computations of one quantity. Where two exclude each other the code is at fault."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from ..numerics.convergence import CertifiedAngle, margins
from ..numerics.decomposition import perturbed_gram
from ..numerics.enclosure import Interval
from ..numerics.gram import exact_gram
from ..numerics.multipliers import limit_weights
from ..numerics.rounding import BallArray
from .experiment import Experiment
from .measured import CrossCheck
from .measurements import measured_symbols

# A fault makes every symbol worthless that is not known to be independent of what is at fault, so
# that a new symbol is on the safe side.
_GIVEN = frozenset(
    {"gamma", "N", "d", "m", "N_adv", "eps", "delta", "top_k", "imbalance", "base_variance"}
    | {"tau_asked", "agreement_asked", "accuracy_asked", "chance_paper", "chance_half_aware"}
)
_OF_THE_GRAM = frozenset(
    {"R_min", "R_max", "p_max", "A_eigenvalue"}
    | {f"{form}{name}" for form in ("", "half_", "signed_") for name in ("witness_min", "row_gap")}
)
_GRAM = measured_symbols() - _GIVEN
_LIMIT = _GRAM - _OF_THE_GRAM
_EXACT_BITS = 256


def cross_checks(experiment: Experiment) -> tuple[CrossCheck, ...]:
    """Every cross-check that applies to the scenario."""
    found: list[CrossCheck] = list(_gram_checks(experiment))
    exact, angle = experiment.limit_multipliers, experiment.angle
    if exact is not None and angle is not None:
        found += _solution_checks(experiment, exact, angle)
    if experiment.scenario.perturbed is not None and experiment.perturbed.made.shares_direction:
        found += _perturbed_checks(experiment)
    return tuple(found)


def _gram_checks(experiment: Experiment) -> Iterator[CrossCheck]:
    """The extreme entries of the Gram matrix again, in ball arithmetic from the samples."""
    statistics = experiment.gram
    squares = statistics.gram.diagonal().mid
    shortest, longest = int(squares.argmin()), int(squares.argmax())
    n, k = statistics.worst_pair or (0, 1)
    chosen = [shortest, longest, n, k]
    again = exact_gram(experiment.sample.x[chosen], _EXACT_BITS)
    for id, what, left, right in (
        ("shortest", "smallest norm", statistics.R_min, Interval.around(again[0, 0]).sqrt()),
        ("longest", "largest norm", statistics.R_max, Interval.around(again[1, 1]).sqrt()),
        ("pair", "largest inner product", statistics.p_max, abs(Interval.around(again[2, 3]))),
    ):
        says = f"{what} of the samples, against the same entry in {_EXACT_BITS}-bit arithmetic"
        yield CrossCheck(id, says, left, right, _GRAM)


def _solution_checks(
    experiment: Experiment, exact: BallArray, angle: CertifiedAngle
) -> Iterator[CrossCheck]:
    residuals, recovered = experiment.residuals, experiment.recovered
    apart = abs(exact - recovered.values).max_enclosure()
    yield CrossCheck(
        "margins",
        "how far the margins of the limit network, computed from the samples and not from their "
        "Gram matrix, miss 1 where the multiplier is positive, or fall below 1 elsewhere",
        _margin_fault(experiment, exact),
        Interval.exact(0),
        _LIMIT,
    )
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


def _margin_fault(experiment: Experiment, exact: BallArray) -> Interval:
    """By how much the limit network of these multipliers misses its margins; 0 if it may not."""
    sample, slope = experiment.sample, experiment.slope
    neurons = limit_weights(sample.x, exact, sample.y, Fraction(slope), 2)
    missing = 1 - margins(BallArray.exact(sample.x) @ neurons.T, sample.y, slope)
    support = np.flatnonzero(exact.upper > 0)
    return missing.max_enclosure().max(0).max(abs(missing[support]).max_enclosure())


def _perturbed_checks(experiment: Experiment) -> Iterator[CrossCheck]:
    learner, made = experiment.perturbed, experiment.perturbed.made
    geometry = learner.geometry
    if geometry is None or made.eps is None:
        return
    natural = experiment.scenario.model_copy(update={"perturbed": None})
    of_the_set = _GRAM - measured_symbols(natural)
    direct = learner.gram.gram
    changed = perturbed_gram(geometry.gram, geometry.along, made.base.y, made.eps, geometry.dir_sq)
    apart = np.maximum(direct.lower - changed.upper, changed.lower - direct.upper)
    worst = np.unravel_index(int(apart.argmax()), apart.shape)
    yield CrossCheck(
        "perturbed-gram",
        "inner products of the perturbed samples, against the base's plus a rank-two change (the "
        "pair that agrees least)",
        direct.interval(*map(int, worst)),
        changed.interval(*map(int, worst)),
        of_the_set,
    )
    if (values := experiment.at_point) is not None:
        yield CrossCheck(
            "decomposition",
            "<q^a, z> from the perturbed samples, against T1(z) + T2(z)",
            values.adv_q_z.interval(0),
            (values.T1_z + values.T2_z).interval(0),
            of_the_set,
        )
