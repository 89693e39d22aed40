"""What was seen of each network: its exact solution, its training, and the natural samples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sympy as sp
from scipy.special import ndtr

from ...numerics.compiler import compile_expression, compile_relation
from ...numerics.decomposition import sample_alignments
from ...numerics.enclosure import Interval
from ...numerics.gram import GramStatistics
from ...numerics.real_array import RealArray
from ...numerics.rounding import BallArray
from ...theory import symbols
from ...theory.theorems import half_aware, perturbation_alignment
from ..experiment import Experiment
from ..learner import Learner
from ..measured import Observation
from ..measurements import measure
from ..verdict import Rigor
from .matching_points import in_balls

# Deviation of one coordinate of the noise.
_DEVIATIONS = {"uniform": np.sqrt(1 / 3), "gaussian": 1.0}
# The claim of perturbation-alignment that speaks of each perturbation.
_BOUNDS = {"linf-sign": "sign", "l0-value": "value", "l0-sign": "top-sign"}
_PARALLEL = ("l2", "linf-rescaled")
# A cosine of 1 is met up to the rounding of the perturbed samples and the enclosure of q.
_ROUNDING = 1e-6


def of_the_training(name: str, learner: Learner) -> Iterator[Observation]:
    """How a trained network does on its own data, and how nearly it is a KKT point."""
    sample = learner.sample
    right = int(np.sum(learner.network.output(sample.x) * sample.y > 0))
    yield Observation(
        f"training samples that {name} classifies correctly, of {sample.n}",
        Interval.exact(right),
        Rigor.NUMERIC,
        sample.n,
    )
    yield Observation(
        f"stationarity residual of {name}, relative to its norm",
        learner.residuals.relative_stationarity,
        Rigor.ENCLOSED,
    )


def of_the_solution(name: str, learner: Learner) -> Iterator[Observation]:
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


def on_natural_samples(experiment: Experiment) -> Iterator[Observation]:
    """How many natural samples g and the control classify as labelled, and the prediction."""
    sample = experiment.sample
    for name in ("g", "control"):
        learner = experiment.networks[name]
        if learner.normal is not None:
            yield Observation(
                f"natural samples that the exact solution of {name} classifies correctly, of "
                f"{sample.n}",
                classified(experiment, learner.normal),
                Rigor.ENCLOSED,
                sample.n,
            )
        right = int(np.sum(learner.network.output(sample.x) * sample.y > 0))
        yield Observation(
            f"natural samples that trained {name} classifies correctly, of {sample.n}",
            Interval.exact(right),
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


def classified(experiment: Experiment, normal: RealArray) -> Interval:
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


def orthogonality(experiment: Experiment) -> Iterator[Observation]:
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


def alignments(experiment: Experiment) -> Iterator[Observation]:
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
        bound = _alignment_bound(experiment, _BOUNDS[kind])
        what = f"{bound.upper:.4g}"
    else:
        return
    yield Observation(
        f"perturbations whose cosine with q certainly meets its bound ({what}), of {len(cosines)}",
        Interval.exact(int((cosines.lower >= bound.upper).sum())),
        Rigor.ENCLOSED,
        len(cosines),
    )


def _alignment_bound(experiment: Experiment, claim: str) -> Interval:
    (found,) = [c for c in perturbation_alignment.THEOREM.claims if c.id == claim]
    side = found.relation.args[1]
    assert isinstance(side, sp.Expr)
    names = symbols.symbols_of(side)
    values = measure(experiment, [s.name for s in names])
    return compile_expression(side, names, "interval")(*(values[s.name].value for s in names))
