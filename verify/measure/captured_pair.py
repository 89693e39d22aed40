"""Symbols of learning between captured networks: the linear forms of f and g, and where they agree.

Both forms are those of the certificates' own weights, q = sum_j a_j w^l_j, whose multipliers are
floats: they are exact up to the rounding of the products, which is enclosed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...numerics.boundary.decomposition import cosine
from ...numerics.enclose.ball_array import BallArray
from ...numerics.limit.capture import Certified
from ...numerics.limit.convex_limit import ConvexLimit
from ...numerics.limit.linear_outside import linear_form
from ...theory.exact.interval import Interval
from ..scenarios.scenario import Scenario
from ..values import Measured
from .experiment import Experiment, Measurement, measures
from .learner import Learner, Missing
from .limit import active_slack, certified_angle, until_captured

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
