"""What was seen besides the claims: samples classified, signs agreeing, perturbations at work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

import numpy as np
from scipy.special import ndtr
from scipy.stats import binomtest

from ...numerics.boundary.decomposition import cosine, sample_alignments
from ...numerics.compiler import decide_relation, evaluate_relation
from ...numerics.data import Sample
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.real_array import RealArray
from ...numerics.network import LeakyNetwork
from ...theory.exact.evaluate import enclosure
from ...theory.exact.interval import Interval
from ...theory.symbols import symbols_of
from ...theory.theorems.boundary import half_aware
from ...theory.theorems.learning import agreement_law
from ...theory.theorems.perturbation import perturbation_alignment
from ..values import Observation, Rigor
from .anchored import anchor_observations
from .captured_pair import pair_observations
from .experiment import Experiment, evaluated, measure
from .learner import Learner
from .limit import LEVEL, limit_observations, until_captured
from .normals import VARIANCES, classified
from .test_points import TestPoints, coverage, in_balls

POINTS = 4000
_INTERVAL = f"exact {LEVEL:.0%} binomial interval of its own"
_OTHERS = ("g", "control")
# The claim of perturbation-alignment that speaks of each perturbation.
_BOUNDS = {"linf-sign": "sign", "l0-value": "value", "l0-sign": "top-sign"}


def observations(experiment: Experiment) -> tuple[Observation, ...]:
    """Plain facts about the trained networks and the perturbed set, for the report."""
    captured: tuple[Observation, ...] = ()
    if until_captured(experiment.scenario):
        captured = (*limit_observations(experiment), *anchor_observations(experiment))
    if experiment.scenario.perturbed is None:
        trained = _of_the_training("the trained network", experiment)
        return (*captured, *trained, *_signs_of_limit(experiment))
    return (
        *captured,
        *pair_observations(experiment),
        *_of_every_network(experiment),
        *_signs_of_limit(experiment),
        *_on_natural_samples(experiment),
        *_agreements(experiment),
        *_parts(experiment),
        *_coverage(experiment),
        *_alignments(experiment),
        *_orthogonality(experiment),
    )


def _seen(
    says: str, value: Interval | float, rigor: Rigor = Rigor.ENCLOSED, count: int | None = None
) -> Observation:
    """An observation, of a number known as it is where `value` is no enclosure."""
    known = value if isinstance(value, Interval) else Interval.exact(value)
    return Observation(says, known, rigor, count)


def _agreements(experiment: Experiment) -> Iterator[Observation]:
    """How often g and the control have the sign of f: counted, estimated, and as the law says.

    Exact boundaries are those of the normals q, trained ones those of the networks. The natural
    samples are what they are, so shares of them are counted; on points drawn independently of both
    boundaries a share is an estimate, with the exact binomial interval of its own.
    """
    natural = experiment.natural_points.items()
    real = [TestPoints(name, sample.x, drawn=False) for name, sample in natural]
    fresh = [points for points in experiment.test_points if points.name == "fresh samples"]
    for points in (*real, *fresh):
        for other in _OTHERS:
            yield from _on_points(experiment, other, points)
    trained, exact = _isotropic_signs(experiment, experiment.networks, "isotropic signs")
    for other in _OTHERS:
        for what, seen in (("exact", exact), ("trained", trained)):
            if "f" in seen and other in seen:
                says = f"{what} f and {other} agree in sign on isotropic points"
                same = np.where(seen["f"] == seen[other], 1, -1)
                yield _share(says, same, True, Rigor.STATISTICAL)
        learnt = experiment.networks[other].normal
        if experiment.normal is not None and learnt is not None:
            rho = cosine(experiment.normal, learnt)
            yield _seen(
                f"the agreement law for exact f and {other} on isotropic points, "
                "1 - arccos(rho)/pi",
                enclosure(agreement_law.LAW, {agreement_law.rho: rho}).max(0).min(1),
            )


def _estimated_share(count: int, trials: int) -> Interval:
    """The exact (Clopper-Pearson) interval of a probability, by itself at confidence `LEVEL`."""
    share = binomtest(count, trials).proportion_ci(LEVEL, "exact")
    return Interval.between(float(share.low), float(share.high))


def _on_points(experiment: Experiment, other: str, points: TestPoints) -> Iterator[Observation]:
    learner, z = experiment.networks[other], BallArray.exact(points.z)
    if experiment.normal is not None and learner.normal is not None:
        f, g = (_signs(z @ in_balls(normal)) for normal in (experiment.normal, learner.normal))
        says = f"exact f and {other} agree in sign on {points.name}"
        yield _share(says, f * g, points.drawn, Rigor.ENCLOSED)
    f, g = (np.sign(one.network.output(points.z)) for one in (experiment, learner))
    says = f"trained f and {other} agree in sign on {points.name}"
    yield _share(says, np.where(f == g, 1, -1), points.drawn, Rigor.NUMERIC)


def _signs(values: RealArray) -> np.ndarray:
    """1 or -1 where a sign is certain, else 0."""
    return np.where(values.positive, 1, np.where(values.negative, -1, 0))


def _share(says: str, agree: np.ndarray, drawn: bool, rigor: Rigor) -> Observation:
    """The share of points that agree (1), where some do not (-1) and some may (0)."""
    counts, size = (int((agree > 0).sum()), int((agree >= 0).sum())), len(agree)
    if not drawn:
        low, high = (Interval.exact(Fraction(count, size)) for count in counts)
        return Observation(f"share where {says} (counted)", low.hull(high), rigor, size)
    low, high = (_estimated_share(count, size) for count in counts)
    says = f"share where {says}: {counts[0]} of {size}, {_INTERVAL}"
    return Observation(says, low.hull(high), Rigor.STATISTICAL, size)


def _isotropic_signs(
    experiment: Experiment, learners: Mapping[str, Learner], stream: str
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Signs at isotropic Gaussian points of the trained networks, and of the normals there are.

    All depend on z only through its projection on the span of weights and normals, where an
    isotropic Gaussian is again one: a point costs few numbers, whatever d is.
    """
    weights = {name: learner.network.weights for name, learner in learners.items()}
    normals = {name: one.normal.mid for name, one in learners.items() if one.normal is not None}
    span = np.linalg.qr(np.vstack([*weights.values(), *normals.values()]).T)[0]
    z = experiment.scenario.generator(stream).standard_normal((POINTS, span.shape[1]))
    trained = {
        name: np.sign(LeakyNetwork(w @ span, experiment.slope).output(z))
        for name, w in weights.items()
    }
    return trained, {name: np.sign(z @ (span.T @ q)) for name, q in normals.items()}


def _parts(experiment: Experiment) -> Iterator[Observation]:
    """T1 and T2 at each set of points; every single value is in the figure's table."""
    for one in experiment.matching:
        name, size = one.points.name, len(one.ratio)
        T2, T1 = abs(one.values.T2_z), abs(one.values.T1_z)
        certain, possible = ((T2.lower > T1.upper).sum(), (T2.upper > T1.lower).sum())
        median = float(np.median(one.ratio))
        yield _seen(f"median of |T2(z)|/|T1(z)| on {name}", median, Rigor.NUMERIC, size)
        says = f"{name} where |T2(z)| > |T1(z)|, of {size}"
        yield _seen(says, Interval.between(int(certain), int(possible)), count=size)


def _coverage(experiment: Experiment) -> Iterator[Observation]:
    """Which points the deterministic matching theorem covers, and that these agree."""
    for one in experiment.matching:
        size = len(one.covered)
        says = f"{one.points.name} that the deterministic matching theorem covers, of {size}"
        yield _seen(says, int(one.covered.sum()), count=size)
    found = coverage(experiment.matching)
    if found.covered:
        says = f"covered points about which q and q^a certainly agree, of {found.covered}"
        yield _seen(says, found.both, count=found.covered)


def right(network: LeakyNetwork, sample: Sample) -> int:
    """How many samples a trained network classifies as labelled."""
    return int(np.sum(network.output(sample.x) * sample.y > 0))


def _of_the_training(name: str, learner: Learner) -> Iterator[Observation]:
    """How a trained network does on its own data, and how nearly it is a KKT point."""
    sample = learner.sample
    says = f"training samples that {name} classifies correctly, of {sample.n}"
    yield _seen(says, right(learner.network, sample), Rigor.NUMERIC, sample.n)
    says = f"stationarity residual of {name}, relative to its norm"
    yield _seen(says, learner.residuals.relative_stationarity)


def _of_every_network(experiment: Experiment) -> Iterator[Observation]:
    """The exact solution with its certificate, and how far the trained network is from it."""
    for name, learner in experiment.networks.items():
        solved, n, told = learner.multipliers, learner.sample.n, f"exact solution of {name}"
        if solved.lam is None or solved.support is None:
            says = f"{told}: no linear-pattern solution certified: {solved.reason}"
            yield Observation(says, None, Rigor.NONE)
        else:
            says = f"{told} (verified, {solved.reason}): positive multipliers, of {n}"
            yield _seen(says, len(solved.support), count=n)
            if learner.angle is not None:
                says = f"sine of the certified angle of trained {name} to its limit"
                yield _seen(says, learner.angle.tau)
        yield from _of_the_training(f"trained {name}", learner)


_CORRECT = "natural samples that trained {} classifies correctly"


def accuracies(observations: Iterable[Observation]) -> str:
    """How many natural samples g and the control get right, in few words; empty without them."""
    parts = []
    for seen in observations:
        for name in _OTHERS:
            if seen.says.startswith(_CORRECT.format(name)) and seen.value is not None:
                parts.append(f"{name} gets {int(seen.value.lower)} of {seen.count}")
    return f"{', '.join(parts)} natural samples right" if parts else ""


def _on_natural_samples(experiment: Experiment) -> Iterator[Observation]:
    """How many natural samples g and the control classify as labelled, and the prediction."""
    sample, n = experiment.sample, experiment.sample.n
    for name in _OTHERS:
        learner = experiment.networks[name]
        if learner.normal is not None:
            says = f"natural samples that the exact solution of {name} classifies correctly, of {n}"
            yield _seen(says, classified(sample, in_balls(learner.normal)), count=n)
        says = f"{_CORRECT.format(name)}, of {n}"
        yield _seen(says, right(learner.network, sample), Rigor.NUMERIC, n)
    if (share := predicted_accuracy(experiment)) is not None:
        yield _seen(
            "predicted share of natural samples that g classifies correctly (a heuristic for a "
            "base of independent noise of deviation s, not a theorem: the mean over n of "
            "Phi(eps sqrt(N_adv) y_n <dir, x_n>/(s ‖x_n‖)))",
            share,
            Rigor.NUMERIC,
            n,
        )


def predicted_accuracy(experiment: Experiment) -> float | None:
    """The accuracy of g on natural samples that normal scores would give; None off noise."""
    setup, made = experiment.scenario.perturbed, experiment.perturbed.made
    if setup is None or setup.base not in VARIANCES or not made.shares_direction:
        return None
    sample, (direction, eps) = experiment.sample, experiment.perturbed.step
    along = sample.y * (sample.x @ direction) / np.linalg.norm(sample.x, axis=1)
    deviation = np.sqrt(float(Fraction(VARIANCES[setup.base])))
    return float(ndtr(eps * np.sqrt(made.base.n) * along / deviation).mean())


def _orthogonality(experiment: Experiment) -> Iterator[Observation]:
    """Norms, inner products and the load of the half-aware condition, before and after."""
    for name, learner in (
        ("base samples", experiment.control),
        ("perturbed samples", experiment.perturbed),
    ):
        for what, value in (
            ("smallest norm", learner.gram.R_min),
            ("largest norm", learner.gram.R_max),
            ("largest inner product", learner.gram.p_max),
            ("load of the half-aware condition (met below 1)", half_aware_load(learner)),
        ):
            yield Observation(f"{what}, {name}", value, Rigor.ENCLOSED)


def half_aware_load(learner: Learner) -> Interval | None:
    """Left over right side of the half-aware condition: below 1 it holds."""
    values = {"gamma": Interval.exact(learner.slope), "N": Interval.exact(learner.sample.n)}
    values |= {name: getattr(learner.gram, name) for name in ("R_min", "R_max", "p_max")}
    return evaluate_relation(half_aware.CONDITION, values).load


def _alignments(experiment: Experiment) -> Iterator[Observation]:
    """The cosine of every single perturbation and q, held to the claim about its kind."""
    setup = experiment.scenario.perturbed
    if experiment.normal is None or setup is None:
        return
    kind = setup.perturbation.kind
    # What follows q follows that of the limit where the network is captured; bounds speak of the
    # linear-pattern solution.
    followed = None if kind in _BOUNDS else experiment.form
    normal = experiment.normal if followed is None else followed
    cosines = sample_alignments(experiment.perturbed.made, in_balls(normal))
    size = len(cosines)
    says = "smallest cosine of a perturbation, times its label, and q"
    yield _seen(says, cosines.min_enclosure(), count=size)
    # Those along q have cosine 1 by construction: no bound to hold them to.
    if kind not in _BOUNDS or not experiment.perturbed.made.shares_direction:
        return
    claims = {claim.id: claim for claim in perturbation_alignment.THEOREM.claims}
    claim = claims[_BOUNDS[kind]]
    what = f"{evaluated(experiment, claim).upper:.4g}"
    names = [symbol.name for symbol in symbols_of(claim.relation)]
    found = measure(experiment, names).items()
    known = {name: one.value for name, one in found if one.value is not None}
    (ours,) = symbols_of(claim.relation.args[0])
    each = ({**known, ours.name: cosines.interval(n)} for n in range(size))
    met = sum(decide_relation(claim.relation, values) is True for values in each)
    says = f"perturbations whose cosine with q certainly meets its bound ({what}), of {size}"
    yield _seen(says, met, count=size)


def _signs_of_limit(experiment: Experiment) -> Iterator[Observation]:
    """How often the trained network has the sign of its own linear-pattern solution."""
    if experiment.normal is None:
        return
    trained, exact = _isotropic_signs(experiment, {"f": experiment}, "points")
    yield _seen(
        "share of isotropic Gaussian points where the trained network has the sign of <q, z> "
        f"(q of the solution with the linear pattern; exact {LEVEL:.0%} binomial interval)",
        _estimated_share(int((trained["f"] == exact["f"]).sum()), POINTS),
        Rigor.STATISTICAL,
        POINTS,
    )
