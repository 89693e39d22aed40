"""The numbers behind the figure of three boundaries in one plane.

The networks have no bias, so f(t z) = t f(z) for t > 0: in a plane through the origin a network is
known by its signs on a circle, and its boundary is a set of rays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ....numerics.network import LeakyNetwork
from ..experiment import Experiment

_ANGLES = 7200
_BISECTIONS = 40
# Outputs this small, relative to the weights, are rounding.
_ROUNDING = 1e-13
_SAMPLES = 400
# Directions closer than this (sine) span no plane worth drawing.
_PARALLEL = 1e-3


def figure(
    experiment: Experiment, kind: str, title: str, caption: str, data: dict[str, Any]
) -> dict[str, Any]:
    """A figure of a scenario, which has at most one of each kind."""
    title = f"{title} of {experiment.scenario.name}"
    return {"id": kind, "kind": kind, "title": title, "caption": caption, "data": data}


def plane(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Orthonormal basis (2, d) of the plane of two vectors; any second axis if parallel."""
    given = np.stack([first, second])
    basis = np.linalg.qr(given.T)[0].T
    # QR leaves the sign open: point the first axis along the positive half's direction.
    return basis * np.where(np.sum(basis * given, axis=1) < 0, -1.0, 1.0)[:, None]


def boundary_figure(experiment: Experiment) -> dict[str, Any] | None:
    """Boundaries of f, g and the control; None where there is no q, or nothing to span a plane."""
    found = _boundary_plane(experiment)
    if found is None:
        return None
    axes, second = found
    sample = experiment.sample
    points = (sample.x[:_SAMPLES] @ axes.T).tolist()
    shown = f" (the first {_SAMPLES})" if sample.n > _SAMPLES else ""
    networks = [
        {
            "name": name,
            "positive": positive_arcs(
                LeakyNetwork(learner.network.weights @ axes.T, experiment.slope)
            ),
        }
        for name, learner in experiment.networks.items()
    ]
    normals = [
        {"name": name, "angle": float(np.arctan2(*(axes @ learner.normal.mid)[::-1]))}
        for name, learner in (("q", experiment), ("q^a", experiment.perturbed))
        if learner.normal is not None
    ]
    return figure(
        experiment,
        "boundaries",
        "Boundaries",
        f"The plane of q and {second}. Broad lines: where the trained networks change sign: f on "
        "the natural samples, g on the perturbed ones, the control on the base samples without "
        "perturbations. Networks without bias are homogeneous, so boundaries are rays and the "
        "circle shows all. Thin lines: the boundaries of q and q^a of the exact solutions. Points: "
        f"the natural samples{shown}, projected.",
        {
            "networks": networks,
            "normals": normals,
            "samples": [
                [*row, int(label)] for row, label in zip(points, sample.y[:_SAMPLES], strict=True)
            ],
            "axes": ["along q", f"rest of {second}"],
        },
    )


def positive_arcs(network: LeakyNetwork) -> list[list[float]]:
    """Where a network of two inputs is positive on the circle: arcs [from, to] in radians.

    Counter-clockwise, from in [0, 2 pi), to > from; the whole circle is [0, 2 pi].
    """
    angles = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    positive = _positive(network, angles)
    turns = np.flatnonzero(positive != np.roll(positive, -1))
    if not len(turns):
        return [[0.0, float(2 * np.pi)]] if positive[0] else []
    ends = _refined(network, angles[turns], positive[turns])
    # A rise is where the sign turns positive; the next turn, going round, is a fall.
    rises = [k for k, turn in enumerate(turns) if not positive[turn]]
    arcs = []
    for k in rises:
        start, end = float(ends[k]), float(ends[(k + 1) % len(ends)])
        arcs.append([start, end if end > start else end + float(2 * np.pi)])
    return arcs


def _refined(network: LeakyNetwork, low: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """The sign changes that follow the angles `low`, where the network is positive if `sign`."""
    high = low + 2 * np.pi / _ANGLES
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        same = _positive(network, middle) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2


def _positive(network: LeakyNetwork, angles: np.ndarray) -> np.ndarray:
    outputs = network.output(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    return outputs > _ROUNDING * np.linalg.norm(network.weights)


def _boundary_plane(experiment: Experiment) -> tuple[np.ndarray, str] | None:
    """Orthonormal axes (2, d), the first along q, and the name of what the second comes from."""
    if experiment.normal is None:
        return None
    first = experiment.normal.mid / np.linalg.norm(experiment.normal.mid)
    others = {"q^a": experiment.perturbed.normal, "the control's normal": experiment.control.normal}
    seconds = {name: normal.mid for name, normal in others.items() if normal is not None}
    seconds["the first natural sample"] = experiment.sample.x[0]
    for name, vector in seconds.items():
        rest = vector - (vector @ first) * first
        # Once more: what rounding left along the first axis.
        rest -= (rest @ first) * first
        length = float(np.linalg.norm(rest))
        if length > _PARALLEL * float(np.linalg.norm(vector)):
            return np.stack([first, rest / length]), name
    return None
