"""Cross-checks of one learner: its exact solution and its trained network, each computed again.

Nothing here uses the Gram matrix where the quantity checked does, or the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import torch

from ...numerics.convergence import CertifiedAngle, margins, preactivations
from ...numerics.enclosure import Interval
from ...numerics.losses import loss_named
from ...numerics.multipliers import limit_weights
from ...numerics.network import output_weights
from ...numerics.real_array import RealArray
from ...numerics.rounding import BallArray
from ..learner import Learner
from ..measured import CrossCheck

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
