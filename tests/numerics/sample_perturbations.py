"""One perturbation of each kind, and samples and a network to try them on."""

import numpy as np
from perturbproof.numerics.network import LeakyNetwork
from perturbproof.numerics.perturb.attacks import Gradient, ProjectedGradient
from perturbproof.numerics.perturb.geometric import L2, L0Sign, L0Value, LinfRescaled, LinfSign
from perturbproof.numerics.perturb.pixel_attack import PixelAttack

GEOMETRIC = {
    "l2": L2(eps=0.5),
    "linf-sign": LinfSign(eps=0.5),
    "linf-rescaled": LinfRescaled(eps=0.5),
    "l0-value": L0Value(eps=0.5, k=4),
    "l0-sign": L0Sign(eps=0.5, k=4),
}
ATTACKS = {
    "gradient": Gradient(eps=0.5),
    "pgd": ProjectedGradient(eps=0.5, steps=20),
    "pixel": PixelAttack(fraction=0.25),
}
SIZED = [p for p in (GEOMETRIC | ATTACKS).values() if p.size is not None]


def setting(samples=12, dimension=40, width=10, slope=0.3, seed=0):
    """Base samples in the cube, labels, and a network whose neurons all see most of them."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (samples, dimension))
    y = np.where(np.arange(samples) % 2, 1, -1).astype(np.int8)
    return x, y, LeakyNetwork(rng.standard_normal((width, dimension)), slope)


def length(change, norm):
    return np.linalg.norm(change, ord=2 if norm == "l2" else np.inf, axis=-1)
