"""Independent computations of one quantity. Where two exclude each other the code is at fault.

No check uses the Gram matrix where the quantity checked does, or the other way round. Those of the
random draws are in `chance`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain

import numpy as np
import torch

from ...numerics.boundary.decomposition import cosine, perturbed_gram
from ...numerics.boundary.gram import exact_gram
from ...numerics.boundary.multipliers import limit_weights
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.real_array import RealArray
from ...numerics.network import margins, output_weights, preactivations
from ...numerics.perturb.geometric import L2, LinfRescaled
from ...numerics.train.convergence import CertifiedAngle
from ...numerics.train.recipes import loss_named
from ...theory.exact.interval import Interval
from ..values import CrossCheck
from .anchored import anchor_checks
from .experiment import Experiment, measure, measured_symbols
from .learner import Learner
from .limit import limit_checks
from .normals import signed_products
from .one_set import GIVEN, OF_GRAM, PREFIX

_EXACT_BITS = 256
_POWER_STEPS = 12
# The log of the loss as training computed it is plain floating point.
_LOSS_ROUNDING = 1e-3

# A fault makes every symbol worthless that is not known to be independent of what is at fault, so
# that a new symbol is on the safe side.
_OF_THE_GRAM = {*OF_GRAM, "A_eigenvalue"} | {
    f"{form}{name}" for form in PREFIX.values() for name in ("witness_min", "row_gap")
}
_GRAM = measured_symbols() - GIVEN - {"chance_paper", "chance_half_aware"}
_LIMIT = _GRAM - _OF_THE_GRAM

_Check = tuple[str, str, Interval, Interval]
"""A cross-check but for the symbols that a fault spoils."""


def cross_checks(experiment: Experiment) -> tuple[CrossCheck, ...]:
    """Every cross-check that applies to the scenario."""
    checks = chain(
        _margin_check("", experiment),
        _learner_checks("f", experiment),
        _recovered_check(experiment),
        _distance_check("", experiment),
    )
    found: list[tuple[frozenset[str], Iterable[_Check]]] = [
        (_GRAM, _gram_checks(experiment)),
        (_LIMIT, checks),
    ]
    if experiment.scenario.perturbed is not None:
        # Symbols that the scenario has without the set are independent of it.
        natural = experiment.scenario.model_copy(update={"perturbed": None})
        of_the_set = _GRAM - measured_symbols(natural)
        for name in ("g", "control"):
            learner = experiment.networks[name]
            found.append((of_the_set, _margin_check(name, learner)))
            found.append((of_the_set, _distance_check(name, learner)))
            found.append((of_the_set, _learner_checks(name, learner)))
        found.append((of_the_set, _perturbed_checks(experiment)))
    made = (CrossCheck(*check, symbols) for symbols, checks in found for check in checks)
    return (*made, *limit_checks(experiment), *anchor_checks(experiment))


def _gram_checks(experiment: Experiment) -> Iterator[_Check]:
    """The extreme entries of the Gram matrix again, in ball arithmetic from the samples."""
    statistics = experiment.gram
    squares = statistics.gram.diagonal()
    n, k = _closest_pair(statistics.gram)
    chosen = [squares.argmin(), squares.argmax(), n, k]
    again = exact_gram(experiment.sample.x[chosen], _EXACT_BITS)
    for id, what, left, right in (
        ("shortest", "smallest norm", statistics.R_min, Interval.around(again[0, 0]).sqrt()),
        ("longest", "largest norm", statistics.R_max, Interval.around(again[1, 1]).sqrt()),
        ("pair", "largest inner product", statistics.p_max, abs(Interval.around(again[2, 3]))),
    ):
        says = f"{what} of the samples, against the same entry in {_EXACT_BITS}-bit arithmetic"
        yield id, says, left, right


def _closest_pair(gram: RealArray) -> tuple[int, int]:
    """Indices of the largest |<x_n, x_k>|, n != k, sought row by row."""
    found = (-1.0, 0, 1)
    for n in range(1, len(gram)):
        row = abs(gram[n, :n].mid)
        found = max(found, (float(row.max()), n, int(row.argmax())))
    return found[1], found[2]


def _least_agreeing(id: str, says: str, left: RealArray, right: RealArray) -> _Check:
    """The check at the entry where two arrays of enclosures, of one shape, are farthest apart."""
    apart = np.maximum(left.lower - right.upper, right.lower - left.upper)
    worst = tuple(map(int, np.unravel_index(int(apart.argmax()), apart.shape)))
    return id, says, left.interval(*worst), right.interval(*worst)


def _limit_inputs(learner: Learner, lam: RealArray) -> RealArray:
    """<v, x_n> and <u, x_n>, (N, 2), of the two neurons of a limit network of width 2."""
    sample = learner.sample
    neurons = limit_weights(sample.x, lam, sample.y, Fraction(learner.slope), 2)
    return BallArray.exact(sample.x) @ neurons.T


def _margin_check(name: str, learner: Learner) -> Iterator[_Check]:
    """The KKT conditions of the exact solution, where there is one.

    Where it is not known to be a KKT point of the network, the linear pattern is imposed: then
    these are the KKT conditions of the convex program that it solves.
    """
    if (lam := learner.multipliers.lam) is None:
        return
    inputs, y, slope = _limit_inputs(learner, lam), learner.sample.y, Fraction(learner.slope)
    imposed = margins if learner.has_limit else _imposed_margins
    missing = 1 - imposed(inputs, y, slope)
    support = np.flatnonzero(lam.upper > 0)
    yield (
        f"margins-{name}" if name else "margins",
        f"how far the margins of the exact solution{name and f' of {name}'}, computed from the "
        "samples and not from their Gram matrix, miss 1 where the multiplier is positive, or fall "
        "below 1 elsewhere",
        missing.max_enclosure().max(0).max(abs(missing[support]).max_enclosure()),
        Interval.exact(0),
    )


def _imposed_margins(inputs: RealArray, y: np.ndarray, slope: Fraction) -> RealArray:
    """y_n f(x_n), (N,), under the linear pattern, from <v, x_n> and <u, x_n>, (N, 2)."""
    rows, own = np.arange(len(y)), (y < 0).astype(np.intp)
    # The own label's neuron has y_n a = 1/sqrt(2), the other -1/sqrt(2).
    difference = inputs[rows, own] - inputs[rows, 1 - own] * Interval.exact(slope)
    return difference / Interval.exact(2).sqrt()


def _learner_checks(name: str, learner: Learner) -> Iterator[_Check]:
    """Those of f, g or the control."""
    solved, normal, sample = learner.multipliers, learner.normal, learner.sample
    if solved.linear_margins is not None and normal is not None:
        yield _least_agreeing(
            f"normal-{name}",
            f"y_n <q, x_n> of {name} from q and the samples, against the same from the Gram matrix "
            "(the sample that agrees least)",
            signed_products(sample, normal),
            solved.linear_margins,
        )
    if solved.lam is not None and solved.activation_margins is not None:
        inputs = _limit_inputs(learner, solved.lam) * sample.y.astype("f8")[:, None]
        yield _least_agreeing(
            f"activations-{name}",
            f"least activation m y_n a_j <w_j, x_n> of the limit network of {name} from its "
            "weights, against the same from the Gram matrix (the sample that agrees least)",
            inputs[:, 0].minimum(-inputs[:, 1]) * Interval.exact(2).sqrt(),
            solved.activation_margins,
        )
    if (angle := learner.angle) is not None and math.isfinite(angle.tau.upper):
        yield (
            f"angle-{name}",
            f"sine of the certified angle of {name}, against what the distance is at least in one "
            "direction",
            angle.tau,
            Interval.between(_angle_at_least(learner, angle).lower, math.inf),
        )
    if learner.scenario.training.dtype == "float64":
        yield _training_check(name, learner)


def _angle_at_least(learner: Learner, angle: CertifiedAngle) -> Interval:
    """tau from ‖(W/s - W*) v‖/‖v‖ <= Delta for one v, with W* v written out sample by sample.

    v comes from power iteration, so that little is lost. ‖q‖² = sum lambda_n y_n <q, x_n>.
    """
    sample, slope = learner.sample, learner.slope
    lam, margins_of_q = learner.exact_multipliers, learner.multipliers.linear_margins
    assert margins_of_q is not None
    weights = learner.training.network.weights()
    a = output_weights(len(weights))
    s = np.where(np.equal.outer(a > 0, sample.y > 0), 1.0, slope)
    coefficients = s * (a[:, None] * (lam.mid * sample.y))
    difference = weights / angle.scale - coefficients @ sample.x
    v = difference[np.linalg.norm(difference, axis=1).argmax()]
    for _ in range(_POWER_STEPS):
        length = float(np.linalg.norm(v))
        if not length > 0:
            return Interval.exact(0)
        v = difference.T @ (difference @ (v / length))
    along = BallArray.exact(v)
    projections = lam * (BallArray.exact(sample.x) @ along) * sample.y.astype("f8")
    limit = (BallArray.exact(s) @ projections) * np.sign(a) / Interval.exact(len(a)).sqrt()
    # s is known up to the rounding of its reciprocal.
    inverse = Interval.exact(1) / Interval.exact(angle.scale)
    inverse = inverse * Interval.between(1 - 2.0**-50, 1 + 2.0**-50)
    moved = ((BallArray.exact(weights) @ along) * inverse - limit).norm()
    gamma = Interval.exact(slope)
    length = (lam * margins_of_q).sum().interval().sqrt()
    return (2 * moved / (along.norm() * gamma * (1 + gamma) * length)).max(0)


def _training_check(name: str, learner: Learner) -> _Check:
    """The loss again, from the final weights and the samples."""
    trained, sample = learner.training.network, learner.sample
    inputs = preactivations(trained.weights(), sample.x)
    reached = margins(inputs, sample.y, learner.slope, learner.output)
    loss = loss_named(trained.recipe.loss)
    low, high = (float(loss.log_mean(torch.tensor(end))) for end in (reached.upper, reached.lower))
    room_low, room_high = (_LOSS_ROUNDING * (1 + abs(end)) for end in (low, high))
    return (
        f"training-{name}",
        f"log of the loss of {name} from its weights and the samples, against what training "
        "computed, both to rounding",
        Interval.between(low - room_low, high + room_high),
        Interval.exact(trained.log_loss),
    )


def _recovered_check(experiment: Experiment) -> Iterator[_Check]:
    if (exact := experiment.limit_multipliers) is not None:
        yield (
            "multipliers",
            "largest difference between the exact multipliers and those read off the trained "
            "network, against what the network's KKT residuals allow",
            abs(exact - experiment.recovered.values).max_enclosure(),
            Interval.between(0, experiment.recovered.tolerance),
        )


def _distance_check(name: str, learner: Learner) -> Iterator[_Check]:
    """The trained network of f (no name), g or the control, where there is a limit."""
    if learner.angle is not None:
        yield (
            f"distance-{name}" if name else "distance",
            f"distance of the trained weights{name and f' of {name}'} to the exact limit, against "
            "the duality gap of the margin problem at these weights",
            learner.angle.frobenius_distance,
            Interval.between(0, learner.residuals.distance_bound.upper),
        )


def _perturbed_checks(experiment: Experiment) -> Iterator[_Check]:
    """Those of perturbations that share a direction."""
    learner, made, q = experiment.perturbed, experiment.perturbed.made, experiment.form
    if (geometry := learner.geometry) is None:
        return
    direction, eps = learner.step
    yield _least_agreeing(
        "perturbed-gram",
        "inner products of the perturbed samples, against the base's plus a rank-two change (the "
        "pair that agrees least)",
        learner.gram.gram,
        perturbed_gram(geometry.gram, geometry.along, made.base.y, eps, geometry.dir_sq),
    )
    setup = experiment.scenario.perturbed
    if q is not None and setup and isinstance(setup.perturbation, L2 | LinfRescaled):
        yield (
            "direction",
            "cosine of the direction of the perturbations and q, against 1 up to one rounding",
            cosine(direction, q),
            Interval.between(1 - 2.0**-40, 1),
        )
    yield from _rho_check(experiment)
    if (values := experiment.at_point) is not None:
        yield (
            "decomposition",
            "<q^a, z> from the perturbed samples, against T1(z) + T2(z)",
            values.adv_q_z.interval(0),
            (values.T1_z + values.T2_z).interval(0),
        )
    checks = [
        _least_agreeing(
            "decomposition-points",
            "<q^a, z> from the perturbed samples, against T1(z) + T2(z), at the point of all "
            f"test points that agrees least (one of the {one.points.name})",
            one.values.adv_q_z,
            one.values.T1_z + one.values.T2_z,
        )
        for one in experiment.matching
    ]
    if checks:
        yield max(checks, key=lambda c: max(c[2].lower - c[3].upper, c[3].lower - c[2].upper))


def _rho_check(experiment: Experiment) -> Iterator[_Check]:
    """rho with <q, q^a> and both norms as sums over samples."""
    ours, learnt = experiment.multipliers, experiment.perturbed.multipliers
    normal, rho = experiment.perturbed.normal, measure(experiment, ["rho"])["rho"].value
    if ours.lam is None or learnt.lam is None or normal is None or rho is None:
        return
    assert ours.linear_margins is not None
    assert learnt.linear_margins is not None
    lengths = (ours.lam * ours.linear_margins).sum().interval().sqrt() * (
        learnt.lam * learnt.linear_margins
    ).sum().interval().sqrt()
    sides = (ours.lam * signed_products(experiment.sample, normal)).sum().interval()
    yield "rho", "cosine of q and q^a, against sums over the samples", rho, sides / lengths
