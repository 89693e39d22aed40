"""What was seen besides the claims: samples classified, signs agreeing, perturbations at work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np
from scipy.special import ndtr
from scipy.stats import binomtest

from ...numerics.boundary.decomposition import cosine, sample_alignments
from ...numerics.boundary.gram import GramStatistics
from ...numerics.compiler import compile_expression, compile_relation
from ...numerics.data import Sample
from ...numerics.enclose.ball_array import BallArray
from ...numerics.enclose.real_array import RealArray
from ...numerics.network import LeakyNetwork
from ...theory import symbols
from ...theory.exact.interval import Interval
from ...theory.theorems.boundary import half_aware
from ...theory.theorems.learning import agreement_law
from ...theory.theorems.perturbation import perturbation_alignment
from ..values import Observation, Rigor
from .experiment import Experiment, evaluated
from .learner import Learner
from .test_points import TestPoints, in_balls

LEVEL = 0.99
POINTS = 4000
_INTERVAL = f"exact {LEVEL:.0%} binomial interval of its own"
_OTHERS = ("g", "control")
# Deviation of one coordinate of the noise.
_DEVIATIONS = {"uniform": np.sqrt(1 / 3), "gaussian": 1.0}
# The claim of perturbation-alignment that speaks of each perturbation.
_BOUNDS = {"linf-sign": "sign", "l0-value": "value", "l0-sign": "top-sign"}
_PARALLEL = ("l2", "linf-rescaled")
# A cosine of 1 is met up to the rounding of the perturbed samples and the enclosure of q.
_ROUNDING = 1e-6


def observations(experiment: Experiment) -> tuple[Observation, ...]:
    """Plain facts about the trained networks and the perturbed set, for the report."""
    if experiment.scenario.perturbed is None:
        return (*_of_the_training("the trained network", experiment), *_signs_of_limit(experiment))
    return (
        *_of_every_network(experiment),
        *_signs_of_limit(experiment),
        *_on_natural_samples(experiment),
        *_agreements(experiment),
        *_parts(experiment),
        *_coverage(experiment),
        *_alignments(experiment),
        *_orthogonality(experiment),
    )


def _agreements(experiment: Experiment) -> Iterator[Observation]:
    """How often g and the control have the sign of f: counted, estimated, and as the law says.

    Exact boundaries are those of the normals q, trained ones those of the networks. The natural
    samples are what they are, so shares of them are counted; on points drawn independently of both
    boundaries a share is an estimate, with the exact binomial interval of its own.
    """
    whole = TestPoints("natural samples", experiment.sample.x, drawn=False)
    fresh = [points for points in experiment.test_points if points.name == "fresh samples"]
    for points in (whole, *fresh):
        for other in _OTHERS:
            yield from _on_points(experiment, other, points)
    isotropic = _isotropic(experiment)
    for other in _OTHERS:
        yield from isotropic[other]
        yield from _law(experiment, other)


def _estimated_share(count: int, trials: int) -> Interval:
    """The exact (Clopper-Pearson) interval of a probability, by itself at confidence `LEVEL`."""
    share = binomtest(count, trials).proportion_ci(LEVEL, "exact")
    return Interval.between(float(share.low), float(share.high))


def _on_points(experiment: Experiment, other: str, points: TestPoints) -> Iterator[Observation]:
    learner = experiment.networks[other]
    size = len(points.z)
    if experiment.normal is not None and learner.normal is not None:
        exact = BallArray.exact(points.z)
        both = _signs(exact @ in_balls(experiment.normal)) * _signs(
            exact @ in_balls(learner.normal)
        )
        yield _share(
            f"exact f and {other} agree in sign on {points.name}",
            int((both > 0).sum()),
            int((both >= 0).sum()),
            size,
            points.drawn,
            Rigor.ENCLOSED,
        )
    signs_f, signs_other = (
        np.sign(network.output(points.z)) for network in (experiment.network, learner.network)
    )
    agree = int((signs_f == signs_other).sum())
    yield _share(
        f"trained f and {other} agree in sign on {points.name}",
        agree,
        agree,
        size,
        points.drawn,
        Rigor.NUMERIC,
    )


def _signs(values: RealArray) -> np.ndarray:
    """1 or -1 where a sign is certain, else 0."""
    return np.where(values.positive, 1, np.where(values.negative, -1, 0))


def _share(
    says: str, certain: int, possible: int, size: int, drawn: bool, rigor: Rigor
) -> Observation:
    if not drawn:
        ends = (Interval.exact(Fraction(count, size)) for count in (certain, possible))
        share = next(ends).hull(next(ends))
        return Observation(f"share where {says} (counted)", share, rigor, size)
    low, high = _estimated_share(certain, size), _estimated_share(possible, size)
    says = f"share where {says}: {certain} of {size}, {_INTERVAL}"
    return Observation(says, low.hull(high), Rigor.STATISTICAL, size)


def _isotropic(experiment: Experiment) -> dict[str, list[Observation]]:
    """Agreement on isotropic Gaussian points, of exact and of trained boundaries."""
    trained, exact = _isotropic_signs(experiment, experiment.networks, "isotropic signs")
    found: dict[str, list[Observation]] = {}
    for other in _OTHERS:
        found[other] = []
        for what, seen in (("exact", exact), ("trained", trained)):
            if "f" not in seen or other not in seen:
                continue
            agree = int((seen["f"] == seen[other]).sum())
            says = f"{what} f and {other} agree in sign on isotropic points"
            found[other].append(_share(says, agree, agree, POINTS, True, Rigor.STATISTICAL))
    return found


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


def _law(experiment: Experiment, other: str) -> Iterator[Observation]:
    learner: Learner = experiment.networks[other]
    if experiment.normal is None or learner.normal is None:
        return
    law = compile_expression(agreement_law.LAW, (agreement_law.rho,), "interval")
    yield Observation(
        f"the agreement law for exact f and {other} on isotropic points, 1 - arccos(rho)/pi",
        law(cosine(experiment.normal, learner.normal)).max(0).min(1),
        Rigor.ENCLOSED,
    )


def _parts(experiment: Experiment) -> Iterator[Observation]:
    """T1 and T2 at each set of points; every single value is in the figure's table."""
    for one in experiment.matching:
        name, size = one.points.name, len(one.ratio)
        outweigh = abs(one.values.T2_z), abs(one.values.T1_z)
        yield Observation(
            f"median of |T2(z)|/|T1(z)| on {name}",
            Interval.exact(float(np.median(one.ratio))),
            Rigor.NUMERIC,
            size,
        )
        yield Observation(
            f"{name} where |T2(z)| > |T1(z)|, of {size}",
            Interval.between(
                int((outweigh[0].lower > outweigh[1].upper).sum()),
                int((outweigh[0].upper > outweigh[1].lower).sum()),
            ),
            Rigor.ENCLOSED,
            size,
        )


def _coverage(experiment: Experiment) -> Iterator[Observation]:
    """Which points the deterministic matching theorem covers, and that these agree."""
    covered = agreeing = 0
    for one in experiment.matching:
        count = int(one.covered.sum())
        covered += count
        agreeing += int((one.covered & (one.agreeing > 0)).sum())
        yield Observation(
            f"{one.points.name} that the deterministic matching theorem covers, of "
            f"{len(one.covered)}",
            Interval.exact(count),
            Rigor.ENCLOSED,
            len(one.covered),
        )
    if covered:
        yield Observation(
            f"covered points about which q and q^a certainly agree, of {covered}",
            Interval.exact(agreeing),
            Rigor.ENCLOSED,
            covered,
        )


def right(network: LeakyNetwork, sample: Sample) -> int:
    """How many samples a trained network classifies as labelled."""
    return int(np.sum(network.output(sample.x) * sample.y > 0))


def _of_the_training(name: str, learner: Learner) -> Iterator[Observation]:
    """How a trained network does on its own data, and how nearly it is a KKT point."""
    sample = learner.sample
    yield Observation(
        f"training samples that {name} classifies correctly, of {sample.n}",
        Interval.exact(right(learner.network, sample)),
        Rigor.NUMERIC,
        sample.n,
    )
    yield Observation(
        f"stationarity residual of {name}, relative to its norm",
        learner.residuals.relative_stationarity,
        Rigor.ENCLOSED,
    )


def _of_the_solution(name: str, learner: Learner) -> Iterator[Observation]:
    """The exact solution with its certificate, and how far the trained network is from it."""
    support = learner.multipliers.support
    if learner.multipliers.lam is None or support is None:
        yield Observation(f"exact solution of {name}: {learner.certificate}", None, Rigor.NONE)
        return
    yield Observation(
        f"exact solution of {name} ({learner.certificate}): positive multipliers, of "
        f"{learner.sample.n}",
        Interval.exact(len(support)),
        Rigor.ENCLOSED,
        learner.sample.n,
    )
    if learner.angle is not None:
        yield Observation(
            f"sine of the certified angle of trained {name} to its limit",
            learner.angle.tau,
            Rigor.ENCLOSED,
        )


def _on_natural_samples(experiment: Experiment) -> Iterator[Observation]:
    """How many natural samples g and the control classify as labelled, and the prediction."""
    sample = experiment.sample
    for name in ("g", "control"):
        learner = experiment.networks[name]
        if learner.normal is not None:
            yield Observation(
                f"natural samples that the exact solution of {name} classifies correctly, of "
                f"{sample.n}",
                _classified(experiment, learner.normal),
                Rigor.ENCLOSED,
                sample.n,
            )
        yield Observation(
            f"natural samples that trained {name} classifies correctly, of {sample.n}",
            Interval.exact(right(learner.network, sample)),
            Rigor.NUMERIC,
            sample.n,
        )
    if (share := predicted_accuracy(experiment)) is not None:
        yield Observation(
            "predicted share of natural samples that g classifies correctly (a heuristic for a "
            "base of independent noise of deviation s, not a theorem: the mean over n of "
            "Phi(eps sqrt(N_adv) y_n <dir, x_n>/(s ‖x_n‖)))",
            Interval.exact(share),
            Rigor.NUMERIC,
            sample.n,
        )


def _classified(experiment: Experiment, normal: RealArray) -> Interval:
    """How many natural samples lie on their label's side of a normal (d,)."""
    sample = experiment.sample
    sides = (BallArray.exact(sample.x) @ in_balls(normal)) * sample.y.astype(np.float64)
    return Interval.between(int((sides.lower > 0).sum()), int((sides.upper > 0).sum()))


def predicted_accuracy(experiment: Experiment) -> float | None:
    """The accuracy of g on natural samples that normal scores would give; None off noise."""
    setup, made = experiment.scenario.perturbed, experiment.perturbed.made
    if setup is None or setup.base not in _DEVIATIONS or not made.shares_direction:
        return None
    assert made.direction is not None
    assert made.eps is not None
    sample = experiment.sample
    along = sample.y * (sample.x @ made.direction.dir) / np.linalg.norm(sample.x, axis=1)
    scores = made.eps * np.sqrt(made.base.n) * along / _DEVIATIONS[setup.base]
    return float(ndtr(scores).mean())


def _orthogonality(experiment: Experiment) -> Iterator[Observation]:
    """Norms, inner products and the load of the half-aware condition, before and after."""
    for name, learner in (
        ("base samples", experiment.control),
        ("perturbed samples", experiment.perturbed),
    ):
        gram = learner.gram
        for what, value in (
            ("smallest norm", gram.R_min),
            ("largest norm", gram.R_max),
            ("largest inner product", gram.p_max),
            ("load of the half-aware condition (met below 1)", half_aware_load(learner, gram)),
        ):
            yield Observation(f"{what}, {name}", value, Rigor.ENCLOSED)


def half_aware_load(learner: Learner, gram: GramStatistics) -> Interval | None:
    """Left over right side of the half-aware condition: below 1 it holds."""
    values = {
        symbols.gamma.name: Interval.exact(learner.slope),
        symbols.N.name: Interval.exact(learner.sample.n),
        symbols.R_min.name: gram.R_min,
        symbols.R_max.name: gram.R_max,
        symbols.p_max.name: gram.p_max,
    }
    return compile_relation(half_aware.CONDITION).evaluate(values).load


def _alignments(experiment: Experiment) -> Iterator[Observation]:
    """The cosine of every single perturbation and q, against the bound of its kind."""
    setup = experiment.scenario.perturbed
    if experiment.normal is None or setup is None:
        return
    cosines = sample_alignments(experiment.perturbed.made, in_balls(experiment.normal))
    yield Observation(
        "smallest cosine of a perturbation, times its label, and q",
        cosines.min_enclosure(),
        Rigor.ENCLOSED,
        len(cosines),
    )
    kind = setup.perturbation.kind
    if not experiment.perturbed.made.shares_direction:
        return
    if kind in _PARALLEL:
        bound, what = Interval.exact(1) - _ROUNDING, f"1, up to {_ROUNDING:g}"
    elif kind in _BOUNDS:
        claims = perturbation_alignment.THEOREM.claims
        found = next(claim for claim in claims if claim.id == _BOUNDS[kind])
        bound = evaluated(experiment, found.relation.args[1])  # type: ignore[arg-type]
        what = f"{bound.upper:.4g}"
    else:
        return
    yield Observation(
        f"perturbations whose cosine with q certainly meets its bound ({what}), of {len(cosines)}",
        Interval.exact(int((cosines.lower >= bound.upper).sum())),
        Rigor.ENCLOSED,
        len(cosines),
    )


def _of_every_network(experiment: Experiment) -> Iterator[Observation]:
    for name, learner in experiment.networks.items():
        yield from _of_the_solution(name, learner)
        yield from _of_the_training(f"trained {name}", learner)


def _signs_of_limit(experiment: Experiment) -> Iterator[Observation]:
    """How often the trained network has the sign of its own linear-pattern solution."""
    if experiment.normal is None:
        return
    trained, exact = _isotropic_signs(experiment, {"f": experiment}, "points")
    agree = int((trained["f"] == exact["f"]).sum())
    yield Observation(
        "share of isotropic Gaussian points where the trained network has the sign of <q, z> "
        f"(q from A lambda = 1; exact {LEVEL:.0%} binomial interval)",
        _estimated_share(agree, POINTS),
        Rigor.STATISTICAL,
        POINTS,
    )
