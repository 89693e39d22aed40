"""What a wide network is predicted to answer, in plain floating point: a prediction, no theorem.

    f*(z) = f_0(z) + t mean_n y_n Phi(x_n, z) (<x_n, z> + 1)
    g*(z) = g_0(z) + t eps mean_n Phi(r_n, z) <D(x_n), z>/‖D(x_n)‖ + t mean_n y^a_n Phi(r_n, z)
            [+ t mean_n y^a_n Phi(r_n, z) <x_n, z> where g learns the perturbed samples]

with D(x) = mean_k y_k Phi(x_k, x) x_k, the direction that gradients take. The authors' formulas
leave out the starts and what the biases add, t mean_n y^a_n Phi(r_n, z) (Kumano, Kera & Yamasaki,
NeurIPS 2024).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..enclose.real_array import FloatArray
from .kernel import kernel
from .training import WideTrained


def directions(f: WideTrained) -> FloatArray:
    """D(x_n)/‖D(x_n)‖, (N, d)."""
    found = (kernel(f.x, f.x, f.network.slope) * f.y[:, None]).T @ f.x
    sizes = np.linalg.norm(found, axis=1, keepdims=True)
    return found / np.where(sizes > 0, sizes, 1.0)


def alignments(f: WideTrained) -> FloatArray:
    """abs of the cosines of grad f(x_n), so of the perturbation, and D(x_n), (N,)."""
    gradients = f.network.gradients(f.x)
    sizes = np.linalg.norm(gradients, axis=1)
    inner = (gradients * directions(f)).sum(axis=1)
    return abs(inner) / np.where(sizes > 0, sizes, np.inf)


@dataclass(frozen=True, eq=False)
class Predicted:
    """f*, g* and what the authors' formula gives for g, at points, (B,) each."""

    f: FloatArray
    g: FloatArray
    authors: FloatArray


def predicted(f: WideTrained, g: WideTrained, base: FloatArray | None, z: FloatArray) -> Predicted:
    """At points z (B, d). base : the samples (N, d) if g learnt them perturbed, else None."""
    slope = f.network.slope
    time, count = f.setup.path_time.upper, len(f.x)
    first = (kernel(z, f.x, slope) * (z @ f.x.T + 1)) @ f.y
    weights = kernel(z, g.x, slope)
    learnt = f.setup.eps * (weights * (z @ directions(f).T)).sum(axis=1)
    biased = weights @ g.y
    mislabelled = 0.0 if base is None else (weights * (z @ base.T)) @ g.y
    return Predicted(
        f.begun.output(z) + time / count * first,
        g.begun.output(z) + time / count * (learnt + biased + mislabelled),
        learnt + mislabelled,
    )
