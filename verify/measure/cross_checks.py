"""Independent computations of one quantity. Where two exclude each other the code is at fault.

No check uses the Gram matrix where the quantity checked does, or the other way round. Those of the
random draws are in `chance`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import torch

from ...numerics.boundary.decomposition import alignment, perturbed_gram
from ...numerics.boundary.gram import exact_gram
from ...numerics.boundary.multipliers import limit_weights
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.real_array import RealArray
from ...numerics.network import output_weights
from ...numerics.perturb.geometric import L2, LinfRescaled
from ...numerics.train.convergence import CertifiedAngle, margins, preactivations
from ...numerics.train.recipes import loss_named
from ...theory.exact.interval import Interval
from ..values import CrossCheck
from .experiment import Experiment, measure, measured_symbols
from .learner import Learner
from .limit import limit_checks

_EXACT_BITS = 256
_POWER_STEPS = 12
# The log of the loss as training computed it is plain floating point.
_LOSS_ROUNDING = 1e-3

# A fault makes every symbol worthless that is not known to be independent of what is at fault, so
# that a new symbol is on the safe side.
_GIVEN = frozenset(
    {"gamma", "N", "d", "m", "N_adv", "eps", "delta", "top_k", "imbalance", "base_variance"}
    | {"tau_asked", "agreement_asked", "accuracy_asked", "chance_paper", "chance_half_aware"}
)
_OF_THE_GRAM = frozenset(
    {"R_min", "R_max", "p_max", "row_sum_max", "row_margin_min", "A_eigenvalue"}
    | {f"{form}{name}" for form in ("", "half_", "signed_") for name in ("witness_min", "row_gap")}
)
_GRAM = measured_symbols() - _GIVEN
_LIMIT = _GRAM - _OF_THE_GRAM


def cross_checks(experiment: Experiment) -> tuple[CrossCheck, ...]:
    """Every cross-check that applies to the scenario."""
    return tuple(_cross_checks(experiment))


def _cross_checks(experiment: Experiment) -> Iterator[CrossCheck]:
    yield from _gram_checks(experiment)
    yield from _margin_checks("", experiment, _LIMIT)
    yield from _learner_checks("f", experiment, _LIMIT)
    if (lam := experiment.limit_multipliers) is not None:
        yield _recovered_check(experiment, lam)
    yield from _distance_check("", experiment, _LIMIT)
    yield from limit_checks(experiment)
    if experiment.scenario.perturbed is None:
        return
    of_the_set = _of_the_set(experiment)
    for name in ("g", "control"):
        learner = experiment.networks[name]
        yield from _margin_checks(name, learner, of_the_set)
        yield from _distance_check(name, learner, of_the_set)
        yield from _learner_checks(name, learner, of_the_set)
    if experiment.perturbed.made.shares_direction:
        yield from _perturbed_checks(experiment, of_the_set)


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


def _least_agreeing(
    id: str, says: str, left: RealArray, right: RealArray, symbols: frozenset[str]
) -> CrossCheck:
    """The check at the entry where two arrays of enclosures, of one shape, are farthest apart."""
    apart = np.maximum(left.lower - right.upper, right.lower - left.upper)
    worst = tuple(map(int, np.unravel_index(int(apart.argmax()), apart.shape)))
    return CrossCheck(id, says, left.interval(*worst), right.interval(*worst), symbols)


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


def _learner_checks(name: str, learner: Learner, symbols: frozenset[str]) -> Iterator[CrossCheck]:
    """Those of f, g or the control; a fault spoils `symbols`."""
    multipliers = learner.multipliers
    lam, normal = multipliers.lam, learner.normal
    if lam is not None and normal is not None:
        assert multipliers.linear_margins is not None
        products = (BallArray.exact(learner.sample.x) @ normal) * learner.sample.y.astype("f8")
        yield _least_agreeing(
            f"normal-{name}",
            f"y_n <q, x_n> of {name} from q and the samples, against the same from the Gram matrix "
            "(the sample that agrees least)",
            products,
            multipliers.linear_margins,
            symbols,
        )
    if lam is not None and multipliers.activation_margins is not None:
        yield _least_agreeing(
            f"activations-{name}",
            f"least activation m y_n a_j <w_j, x_n> of the limit network of {name} from its "
            "weights, against the same from the Gram matrix (the sample that agrees least)",
            _activations(learner, lam),
            multipliers.activation_margins,
            symbols,
        )
    if (angle := learner.angle) is not None and math.isfinite(angle.tau.upper):
        assert lam is not None
        assert multipliers.linear_margins is not None
        yield CrossCheck(
            f"angle-{name}",
            f"sine of the certified angle of {name}, against what the distance is at least in one "
            "direction",
            angle.tau,
            Interval.between(_angle_at_least(learner, angle, lam).lower, math.inf),
            symbols,
        )
    if learner.scenario.training.dtype == "float64":
        yield _training_check(name, learner, symbols)


def _activations(learner: Learner, lam: RealArray) -> RealArray:
    """min_j m y_n a_j <w_j, x_n>, (N,), from the two neurons of a limit network of width 2."""
    sample = learner.sample
    neurons = limit_weights(sample.x, lam, sample.y, Fraction(learner.slope), 2)
    inputs = (BallArray.exact(sample.x) @ neurons.T) * sample.y.astype("f8")[:, None]
    return inputs[:, 0].minimum(-inputs[:, 1]) * Interval.exact(2).sqrt()


def _angle_at_least(learner: Learner, angle: CertifiedAngle, lam: RealArray) -> Interval:
    """tau from ‖(W/s - W*) v‖/‖v‖ <= Delta for one v, with W* v written out sample by sample.

    v comes from power iteration, so that little is lost. ‖q‖² = sum lambda_n y_n <q, x_n>.
    """
    sample, slope = learner.sample, learner.slope
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
    gamma, margins_of_q = Interval.exact(slope), learner.multipliers.linear_margins
    assert margins_of_q is not None
    length = (lam * margins_of_q).sum().interval().sqrt()
    return (2 * moved / (along.norm() * gamma * (1 + gamma) * length)).max(0)


def _training_check(name: str, learner: Learner, symbols: frozenset[str]) -> CrossCheck:
    """The loss again, from the final weights and the samples."""
    trained, sample = learner.training.network, learner.sample
    reached = margins(preactivations(trained.weights(), sample.x), sample.y, learner.slope)
    loss = loss_named(trained.recipe.loss)
    ends = [float(loss.log_mean(torch.tensor(end))) for end in (reached.upper, reached.lower)]
    low, high = (end + sign * _room(end) for end, sign in zip(ends, (-1, 1), strict=True))
    return CrossCheck(
        f"training-{name}",
        f"log of the loss of {name} from its weights and the samples, against what training "
        "computed, both to rounding",
        Interval.between(low, high),
        Interval.exact(trained.log_loss),
        symbols,
    )


def _room(value: float) -> float:
    return _LOSS_ROUNDING * (1 + abs(value))


def _recovered_check(experiment: Experiment, exact: RealArray) -> CrossCheck:
    recovered = experiment.recovered
    return CrossCheck(
        "multipliers",
        "largest difference between the exact multipliers and those read off the trained network, "
        "against what the network's KKT residuals allow",
        abs(exact - recovered.values).max_enclosure(),
        Interval.between(0, recovered.tolerance),
        _LIMIT,
    )


def _distance_check(name: str, learner: Learner, symbols: frozenset[str]) -> Iterator[CrossCheck]:
    """The trained network of f (no name), g or the control, where there is a limit."""
    if learner.angle is None:
        return
    yield CrossCheck(
        f"distance-{name}" if name else "distance",
        f"distance of the trained weights{name and f' of {name}'} to the exact limit, against the "
        "duality gap of the margin problem at these weights",
        learner.angle.frobenius_distance,
        Interval.between(0, learner.residuals.distance_bound.upper),
        symbols,
    )


def _of_the_set(experiment: Experiment) -> frozenset[str]:
    """The symbols that a fault in the perturbed set or its networks makes worthless."""
    return _GRAM - measured_symbols(experiment.scenario.model_copy(update={"perturbed": None}))


def _perturbed_checks(experiment: Experiment, of_the_set: frozenset[str]) -> Iterator[CrossCheck]:
    learner, made = experiment.perturbed, experiment.perturbed.made
    geometry = learner.geometry
    if geometry is None or made.eps is None:
        return
    direct = learner.gram.gram
    changed = perturbed_gram(geometry.gram, geometry.along, made.base.y, made.eps, geometry.dir_sq)
    yield _least_agreeing(
        "perturbed-gram",
        "inner products of the perturbed samples, against the base's plus a rank-two change (the "
        "pair that agrees least)",
        direct,
        changed,
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
    at_sets = [(one, one.values.T1_z + one.values.T2_z) for one in experiment.matching]
    if at_sets:
        checks = [
            _least_agreeing(
                "decomposition-points",
                f"<q^a, z> from the perturbed samples, against T1(z) + T2(z), at the point of all "
                f"test points that agrees least (one of the {one.points.name})",
                one.values.adv_q_z,
                parts,
                of_the_set,
            )
            for one, parts in at_sets
        ]
        yield max(checks, key=lambda check: _apart(check.left, check.right))


def _apart(left: Interval, right: Interval) -> float:
    return max(left.lower - right.upper, right.lower - left.upper)


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
