"""Symbols of learning between captured networks: the linear forms of f and g, and where they agree.

Both forms are those of the certificates' own weights, q = sum_j a_j w^l_j, whose multipliers are
floats: they are exact up to the rounding of the products, which is enclosed. Observations about the
limits themselves take in their distance from these weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ...numerics.boundary.decomposition import cosine
from ...numerics.data import Sample
from ...numerics.enclose.ball_array import BallArray
from ...numerics.limit.capture import Certified
from ...numerics.limit.convex_limit import ConvexLimit
from ...numerics.limit.linear_outside import linear_form
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario
from ..values import Measured, Observation, Rigor
from .experiment import Experiment, Measurement, measures
from .learner import Learner, Missing
from .limit import active_slack, certified_angle, counted, until_captured

_DIRECTIONS = 2000
"""Random directions whose accuracy a control's is held against."""
_FORMS = "the forms of both certificates"


def both_captured(scenario: Scenario) -> bool:
    """A symbol of two networks, each trained until captured."""
    return scenario.perturbed is not None and until_captured(scenario)


@dataclass(frozen=True)
class _Forms:
    """q and q^a (d,), eps S, and B = q^a - eps S q/‖q‖ (d,)."""

    natural: BallArray
    learnt: BallArray
    step: Interval
    base: BallArray


def _linear(learner: Learner) -> tuple[ConvexLimit, Certified]:
    found = learner.captured
    if found.limit is None or found.certified is None or not found.captured:
        raise Missing(f"{learner.named}: {found.reason}" if learner.named else found.reason)
    if not found.limit.pattern.all_active:
        raise Missing("some own pairs are inactive: the limit need not be linear")
    return found.limit, found.certified


def _forms(experiment: Experiment) -> _Forms:
    limit, _ = _linear(experiment)
    learnt, _ = _linear(experiment.perturbed)
    _, eps = experiment.perturbed.step
    cross = np.where(learnt.pattern.own, 0.0, learnt.slopes).sum(axis=1)
    weights = BallArray.exact(learnt.multipliers)
    step = ((weights * cross + weights) * 0.5).sum().interval() * Interval.exact(eps)
    q, q_adv = limit.normal, learnt.normal
    return _Forms(q, q_adv, step, q_adv - q * (step / q.norm()))


def _form(symbol: str, read: Callable[[_Forms], Interval]) -> None:
    measures(symbol, both_captured)(lambda e: Measured(read(_forms(e)), _FORMS))


_form("limits_step", lambda forms: forms.step)
_form("limits_base", lambda forms: forms.base.norm())
_form("limits_cos", lambda forms: cosine(forms.natural, forms.learnt))


@measures("adv_capture_slack", both_captured)
def adv_capture_slack(experiment: Experiment) -> Measured:
    return active_slack(experiment.perturbed)


@measures("adv_tau_ever", both_captured)
def adv_tau_ever(experiment: Experiment) -> Measured:
    return certified_angle(experiment.perturbed)


def _limits(experiment: Experiment) -> tuple[np.ndarray, np.ndarray, int]:
    """Whether the perturbations certainly outweigh the base at each point, and the signs differ."""
    forms, z = _forms(experiment), BallArray.exact(experiment.limit_points)
    natural, learnt = z @ forms.natural, z @ forms.learnt
    pull = abs(natural) * (forms.step / forms.natural.norm())
    covered = (pull - abs(z @ forms.base)).positive
    return covered, (natural * learnt).negative, len(z)


def _networks(experiment: Experiment) -> tuple[np.ndarray, np.ndarray, int]:
    """Whether a point certainly lies outside both angles on one side, and the networks differ."""
    points, forms = experiment.limit_points, _forms(experiment)
    z = BallArray.exact(points)
    length = (z * z).sum(axis=1).sqrt()
    outside, leans, answers = np.ones(len(z), dtype=bool), [], []
    for learner, form in ((experiment, forms.natural), (experiment.perturbed, forms.learnt)):
        tau = certified_angle(learner).value
        assert tau is not None
        lean = z @ form
        outside &= (abs(lean) - length * (tau * form.norm())).positive
        leans.append(lean)
        answers.append(linear_form(learner.training.network.weights(), points, learner.slope))
    covered = outside & (leans[0] * leans[1]).positive
    return covered, (answers[0].answer * answers[1].answer).negative, len(z)


def _counted(
    found: Callable[[Experiment], tuple[np.ndarray, np.ndarray, int]], agreeing: bool
) -> Measurement:
    def count(experiment: Experiment) -> Measured:
        covered, differ, size = found(experiment)
        number = int((covered & ~differ).sum() if agreeing else covered.sum())
        return Measured(Interval.exact(number), f"counted over {size} test points")

    return count


for _name, _found in (("limits", _limits), ("networks", _networks)):
    measures(f"{_name}_covered", both_captured)(_counted(_found, False))
    measures(f"{_name}_agree", both_captured)(_counted(_found, True))


def _both(experiment: Experiment) -> tuple[ConvexLimit, ConvexLimit] | None:
    """The limits of f and g; None unless both networks are captured with active own pairs."""
    if not both_captured(experiment.scenario):
        return None
    try:
        return _linear(experiment)[0], _linear(experiment.perturbed)[0]
    except Missing:
        return None


def _products(
    experiment: Experiment, limits: tuple[ConvexLimit, ConvexLimit]
) -> dict[str, BallArray]:
    """f*(z) g*(z) at the real samples, (B,), by their name: positive where the limits agree."""
    found = {}
    for name, sample in experiment.natural_points.items():
        f, g = (limit.answers(sample.x)[0] for limit in limits)
        found[name] = f * g
    return found


def _lean(learner: Learner) -> BallArray:
    """sum_j a_j w_j of a trained network, (d,), up to a positive factor."""
    weights = BallArray.exact(learner.training.network.weights())
    half = len(weights) // 2
    return weights[:half].sum(axis=0) - weights[half:].sum(axis=0)


def _by_chance(experiment: Experiment, sample: Sample) -> tuple[float, float]:
    """Between which shares of a sample 80 % of all directions classify as labelled, nearly."""
    rng = experiment.scenario.generator("random directions")
    signed = sample.x @ rng.standard_normal((sample.d, _DIRECTIONS)) * sample.y[:, None]
    low, high = np.quantile((signed > 0).mean(axis=0), (0.1, 0.9))
    return float(low), float(high)


def pair_observations(experiment: Experiment) -> Iterator[Observation]:
    """Where the limits of f and g agree on real samples, and the control without perturbations.

    Empty unless both are captured with every own pair active.
    """
    if (limits := _both(experiment)) is None:
        return
    q, q_adv = (limit.normal for limit in limits)
    learnt, control = limits[1], experiment.control.limit
    yield Observation("cos(q, q^a), of the limits of f and g", cosine(q, q_adv), Rigor.ENCLOSED)
    says = "cos(q, Q), of the limit of f and Q = sum_j a_j w_j of the trained control"
    yield Observation(says, cosine(q, _lean(experiment.control)), Rigor.ENCLOSED)
    if control.feasible:
        says = "cos(q, q^c), of the limits of f and the control, all own pairs active"
        yield Observation(says, cosine(q, control.normal), Rigor.ENCLOSED)
    for name, product in _products(experiment, limits).items():
        yield counted(f"{name} about which the limits of f and g certainly agree", product)
    for name, sample in experiment.natural_points.items():
        y, classifies = sample.y.astype(np.float64), "certainly classifies as labelled"
        yield counted(f"{name} that the limit of g {classifies}", learnt.answers(sample.x)[0] * y)
        if control.feasible:
            answer = control.answers(sample.x)[0]
            yield counted(f"{name} that the limit of the control {classifies}", answer * y)
        says = (
            f"share of {name} that a random direction classifies as labelled: "
            f"10 % to 90 % quantile of {_DIRECTIONS}"
        )
        chance = Interval.between(*_by_chance(experiment, sample))
        yield Observation(says, chance, Rigor.NUMERIC, sample.n)


def pair_notes(experiment: Experiment) -> Iterator[str]:
    """What a reader should take from it, and what not from the accuracy of one control."""
    if (limits := _both(experiment)) is None:
        return
    q, q_adv = (limit.normal for limit in limits)
    counts = " and ".join(
        f"{int(product.positive.sum())} of {len(product)} {name}"
        for name, product in _products(experiment, limits).items()
    )
    yield (
        f"f and g are captured, and their limits certainly agree in sign about {counts}; "
        f"cos(q, q^a) = {cosine(q, q_adv).lower:.3f}."
    )
    turned = cosine(q, _lean(experiment.control))
    _, high = _by_chance(experiment, experiment.sample)
    yield (
        "The control, trained on the same base and labels without perturbations, has cos(q, Q) = "
        f"{turned.lower:.3f}, Q = sum_j a_j w_j. Its accuracy alone says little: where two classes "
        "lie far apart, a random direction is seldom near 50 % on them (here one in five is above "
        f"{high:.0%} or below {1 - high:.0%}). Compare cosines, over several draws of labels."
    )
