"""Independent computations of one quantity. Where two exclude each other the code is at fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np

from ...numerics.convergence import CertifiedAngle, margins
from ...numerics.decomposition import alignment, perturbed_gram
from ...numerics.enclosure import Interval
from ...numerics.gram import exact_gram
from ...numerics.multipliers import limit_weights
from ...numerics.perturbations.l2 import L2
from ...numerics.perturbations.linf_rescaled import LinfRescaled
from ...numerics.real_array import RealArray
from ...numerics.rounding import BallArray
from ..experiment import Experiment
from ..learner import Learner
from ..measured import CrossCheck
from ..measurements import measure, measured_symbols
from ..observed.matching_points import Matching
from .learner import learner_checks

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
    found += _margin_checks("", experiment, _LIMIT)
    found += learner_checks("f", experiment, _LIMIT)
    exact, angle = experiment.limit_multipliers, experiment.angle
    if exact is not None and angle is not None:
        found += _solution_checks(experiment, exact, angle)
    if experiment.scenario.perturbed is not None:
        of_the_set = _of_the_set(experiment)
        for name in ("g", "control"):
            found += _learnt_checks(name, experiment.networks[name], of_the_set)
            found += learner_checks(name, experiment.networks[name], of_the_set)
        if experiment.perturbed.made.shares_direction:
            found += _perturbed_checks(experiment, of_the_set)
    return tuple(found)


def _gram_checks(experiment: Experiment) -> Iterator[CrossCheck]:
    """The extreme entries of the Gram matrix again, in ball arithmetic from the samples."""
    statistics = experiment.gram
    squares = statistics.gram.diagonal()
    shortest, longest = squares.argmin(), squares.argmax()
    n, k = _closest_pair(statistics.gram)
    chosen = [shortest, longest, n, k]
    again = exact_gram(experiment.sample.x[chosen], _EXACT_BITS)
    for id, what, left, right in (
        ("shortest", "smallest norm", statistics.R_min, Interval.around(again[0, 0]).sqrt()),
        ("longest", "largest norm", statistics.R_max, Interval.around(again[1, 1]).sqrt()),
        ("pair", "largest inner product", statistics.p_max, abs(Interval.around(again[2, 3]))),
    ):
        says = f"{what} of the samples, against the same entry in {_EXACT_BITS}-bit arithmetic"
        yield CrossCheck(id, says, left, right, _GRAM)


def _closest_pair(gram: RealArray) -> tuple[int, int]:
    """Indices of the largest |<x_n, x_k>|, n != k, sought row by row."""
    found = (-1.0, 0, 1)
    for n in range(1, len(gram)):
        row = abs(gram[n, :n].mid)
        found = max(found, (float(row.max()), n, int(row.argmax())))
    return found[1], found[2]


def _solution_checks(
    experiment: Experiment, exact: RealArray, angle: CertifiedAngle
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


def _margin_checks(name: str, learner: Learner, symbols: frozenset[str]) -> Iterator[CrossCheck]:
    """The KKT conditions of the exact solution, where there is one."""
    if learner.multipliers.lam is None:
        return
    yield CrossCheck(
        f"margins-{name}" if name else "margins",
        f"how far the margins of the exact solution{name and f' of {name}'}, computed from the "
        "samples and not from their Gram matrix, miss 1 where the multiplier is positive, or fall "
        "below 1 elsewhere",
        _margin_fault(learner),
        Interval.exact(0),
        symbols,
    )


def _margin_fault(learner: Learner) -> Interval:
    """By how much the limit network of the multipliers misses its margins; 0 if it may not.

    Where the solution is not known to be a KKT point of the network, the linear pattern is imposed:
    then these are the KKT conditions of the convex program that it solves.
    """
    sample, slope, exact = learner.sample, Fraction(learner.slope), learner.multipliers.lam
    assert exact is not None
    neurons = limit_weights(sample.x, exact, sample.y, slope, 2)
    inputs = BallArray.exact(sample.x) @ neurons.T
    if learner.has_limit:
        reached = margins(inputs, sample.y, slope)
    else:
        reached = _imposed_margins(inputs, sample.y, slope)
    missing = 1 - reached
    support = np.flatnonzero(exact.upper > 0)
    return missing.max_enclosure().max(0).max(abs(missing[support]).max_enclosure())


def _imposed_margins(inputs: RealArray, y: np.ndarray, slope: Fraction) -> RealArray:
    """y_n f(x_n), (N,), under the linear pattern, from <v, x_n> and <u, x_n>, (N, 2)."""
    rows, own = np.arange(len(y)), (y < 0).astype(np.intp)
    # The own label's neuron has y_n a = 1/sqrt(2), the other -1/sqrt(2).
    difference = inputs[rows, own] - inputs[rows, 1 - own] * Interval.exact(slope)
    return difference / Interval.exact(2).sqrt()


def _of_the_set(experiment: Experiment) -> frozenset[str]:
    """The symbols that a fault in the perturbed set or its networks makes worthless."""
    return _GRAM - measured_symbols(experiment.scenario.model_copy(update={"perturbed": None}))


def _learnt_checks(name: str, learner: Learner, of_the_set: frozenset[str]) -> Iterator[CrossCheck]:
    """The exact solution of g or of the control, against its samples and its trained network."""
    yield from _margin_checks(name, learner, of_the_set)
    if learner.angle is not None:
        yield CrossCheck(
            f"distance-{name}",
            f"distance of the trained weights of {name} to the exact limit, against the duality "
            "gap of the margin problem at these weights",
            learner.angle.frobenius_distance,
            Interval.between(0, learner.residuals.distance_bound.upper),
            of_the_set,
        )


def _perturbed_checks(experiment: Experiment, of_the_set: frozenset[str]) -> Iterator[CrossCheck]:
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
        direct.interval(*map(int, worst)),
        changed.interval(*map(int, worst)),
        of_the_set,
    )
    if made.direction is not None and experiment.normal is not None and _along_q(experiment):
        yield CrossCheck(
            "direction",
            "cosine of the direction of the perturbations and q, against 1 up to one rounding",
            alignment(made.direction.dir, experiment.normal),
            Interval.between(1 - 2.0**-40, 1),
            of_the_set,
        )
    yield from _rho_check(experiment, of_the_set)
    if (values := experiment.at_point) is not None:
        yield CrossCheck(
            "decomposition",
            "<q^a, z> from the perturbed samples, against T1(z) + T2(z)",
            values.adv_q_z.interval(0),
            (values.T1_z + values.T2_z).interval(0),
            of_the_set,
        )
    if experiment.matching:
        yield _decomposition_check(experiment.matching, of_the_set)


def _rho_check(experiment: Experiment, of_the_set: frozenset[str]) -> Iterator[CrossCheck]:
    """rho with <q, q^a> and both norms as sums over samples."""
    lam, learner = experiment.multipliers, experiment.perturbed.multipliers
    learnt, rho = experiment.perturbed.normal, measure(experiment, ["rho"])["rho"].value
    if lam.lam is None or learner.lam is None or learnt is None or rho is None:
        return
    assert lam.linear_margins is not None
    assert learner.linear_margins is not None
    sides = (BallArray.exact(experiment.sample.x) @ learnt) * experiment.sample.y.astype("f8")
    squares = (
        (lam.lam * lam.linear_margins).sum().interval(),
        (learner.lam * learner.linear_margins).sum().interval(),
    )
    yield CrossCheck(
        "rho",
        "cosine of q and q^a, against sums over the samples",
        rho,
        (lam.lam * sides).sum().interval() / (squares[0].sqrt() * squares[1].sqrt()),
        of_the_set,
    )


def _along_q(experiment: Experiment) -> bool:
    setup = experiment.scenario.perturbed
    return setup is not None and isinstance(setup.perturbation, L2 | LinfRescaled)


def _decomposition_check(sets: Iterable[Matching], of_the_set: frozenset[str]) -> CrossCheck:
    """The same at all test points: the one where the two agree least."""

    def sides(one: Matching, index: int) -> tuple[Interval, Interval]:
        values = one.values
        return values.adv_q_z.interval(index), (values.T1_z + values.T2_z).interval(index)

    worst = []
    for one in sets:
        direct, parts = one.values.adv_q_z, one.values.T1_z + one.values.T2_z
        apart = np.maximum(direct.lower - parts.upper, parts.lower - direct.upper)
        index = int(apart.argmax())
        worst.append((float(apart[index]), one, index))
    _, one, index = max(worst, key=lambda found: found[0])
    return CrossCheck(
        "decomposition-points",
        f"<q^a, z> from the perturbed samples, against T1(z) + T2(z), at the point of all test "
        f"points that agrees least (one of the {one.points.name})",
        *sides(one, index),
        of_the_set,
    )
