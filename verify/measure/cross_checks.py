"""Independent computations of one quantity. Where two exclude each other the code is at fault."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

import numpy as np
import torch

from ...numerics.boundary.decomposition import alignment, perturbed_gram
from ...numerics.boundary.gram import exact_gram
from ...numerics.boundary.multipliers import limit_weights
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.binomial import binomial_interval
from ...numerics.enclose.real_array import RealArray
from ...numerics.network import output_weights
from ...numerics.perturb.geometric import L2, LinfRescaled
from ...numerics.train.convergence import CertifiedAngle, margins, preactivations
from ...numerics.train.recipes import loss_named
from ...theory.exact.interval import Interval
from ..values import CrossCheck, Measured
from . import measure, measured_symbols
from .chance import fresh_draws
from .experiment import Experiment
from .labels import fresh_labels
from .learner import Learner
from .normals import POINTS, isotropic_points
from .test_points import Matching

# Cross-checks of one learner: its exact solution and its trained network, each computed again.
#
# Nothing here uses the Gram matrix where the quantity checked does, or the other way round.

_POWER_STEPS = 12
# The log of the loss as training computed it is plain floating point.
_LOSS_ROUNDING = 1e-3


def learner_checks(name: str, learner: Learner, symbols: frozenset[str]) -> Iterator[CrossCheck]:
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


def _least_agreeing(
    id: str, says: str, left: RealArray, right: RealArray, symbols: frozenset[str]
) -> CrossCheck:
    """The check at the entry (N,) where the two enclosures are farthest apart."""
    apart = np.maximum(left.lower - right.upper, right.lower - left.upper)
    worst = int(apart.argmax())
    return CrossCheck(id, says, left.interval(worst), right.interval(worst), symbols)


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


# Cross-checks of what random numbers rest on: coins are fair, points isotropic, noise uniform.
#
# Each is a count of events that have probability 1/2 if the sampler is right, among the very
# numbers that a measurement uses. The exact binomial interval of so small an error that a right
# sampler never fails in practice must contain 1/2.

FALSE_ALARM = 1e-12
"""Chance that one check fails though the sampler is right."""

_ENOUGH = 2**18
_DISAGREEMENT = frozenset({"agreement", "disagreement_cos"})
_MISMATCH = frozenset({"mismatch_chance", "excess_chance"})


def sampler_checks(
    experiment: Experiment, measured: Mapping[str, Measured]
) -> Iterator[CrossCheck]:
    """Those of the draws behind the symbols measured, and of how many there were."""
    symbols = {name for name, value in measured.items() if value.value is not None}
    draws = experiment.scenario.chance.draws
    for name, value in measured.items():
        if value.trials is not None:
            yield CrossCheck(
                f"trials of {name}",
                f"number of trials behind {name}, against the draws asked for",
                Interval.exact(value.trials.trials),
                Interval.exact(POINTS if name in _DISAGREEMENT else draws),
                frozenset({name}),
            )
    if symbols & _DISAGREEMENT:
        inside, _ = isotropic_points(experiment)
        for what, events in _isotropy(inside):
            yield _check(f"isotropic points: {what}", events, _DISAGREEMENT)
    if symbols & _MISMATCH:
        labels = fresh_labels(experiment)
        yield _check("fresh labels: a label is +1", labels > 0, _MISMATCH)
        yield _check("fresh labels: two successive labels agree", _pairs(labels) > 0, _MISMATCH)
    for stream, spoilt in (
        ("fresh data", frozenset({"chance_paper", "chance_half_aware"})),
        ("fresh noise", frozenset({"noise_chance"})),
    ):
        if symbols & spoilt:
            entries = _first_entries(experiment, stream)
            for what, events in _uniformity(entries):
                yield _check(f"{stream}: {what}", events, spoilt)


def _isotropy(points: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Events of probability 1/2 for independent standard normal coordinates (n, 2)."""
    first, second = points.T
    yield "the first coordinate is positive", first > 0
    yield "the second coordinate is positive", second > 0
    yield "both coordinates have one sign", first * second > 0
    yield "the first coordinate is the larger one", abs(first) > abs(second)
    yield "the radius is beyond its median", first**2 + second**2 > 2 * np.log(2)


def _uniformity(entries: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Events of probability 1/2 for independent entries uniform on [-1, 1]."""
    yield "an entry is positive", entries > 0
    yield "an entry is beyond 1/2 in size", abs(entries) > 0.5
    yield "two successive entries have one sign", _pairs(entries) > 0


def _pairs(values: np.ndarray) -> np.ndarray:
    """Products of the first with the second, the third with the fourth, and so on."""
    flat = values.reshape(-1)
    even = flat[: len(flat) // 2 * 2].reshape(-1, 2)
    return even[:, 0] * even[:, 1]


def _first_entries(experiment: Experiment, stream: str) -> np.ndarray:
    """The first draws of a stream, at least one and about as many numbers as are enough."""
    found, count = [], 0
    for draw in fresh_draws(experiment, stream):
        found.append(draw.reshape(-1))
        count += draw.size
        if count >= _ENOUGH:
            break
    return np.concatenate(found)


def _check(what: str, events: np.ndarray, spoilt: frozenset[str]) -> CrossCheck:
    happened, trials = int(events.sum()), events.size
    return CrossCheck(
        f"sampler, {what}",
        f"share of {what}: {happened} of {trials}, exact binomial interval of error "
        f"{FALSE_ALARM:g}, against 1/2",
        binomial_interval(happened, trials, FALSE_ALARM),
        Interval.exact(0.5),
        spoilt,
    )


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
