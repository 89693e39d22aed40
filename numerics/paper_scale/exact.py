"""Learning from perturbed noise at the size of the published experiments, in plain floating point.

A pool of draws is shared by many points. For each: the exact solution for the natural samples, its
normal q, noise perturbed along it, the exact solution for that, and its accuracy on the natural
training samples. The control learns the same noise and labels without perturbations. What is learnt
by training instead is in `trained`. Nothing here is certain; every solve reports how well
its KKT conditions hold. Source: Kumano et al. (ICLR 2024), experiments; methods this project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..device import check_memory, full_float32
from ..perturb.base import PerturbationFault
from .perturbed_noise import (
    AlongDirections,
    InCoordinates,
    MarginProduct,
    PerturbedNoise,
    SampleGram,
    gram_of,
    margin_matrix,
    needs_base_gram,
    unchanged,
)
from .pixels import StoredSamples
from .pool import NoisePool
from .program import Solved, solve_margin_program
from .setting import LearningSetting, greedy_pixels, pixel_count

CHECKED_ROWS = 256
"""Of so many perturbed samples the sizes are checked."""
# Sizes in float32, against entries of about 1.
_SIZE_ERROR = 1e-3


@dataclass(frozen=True)
class ExactLearning:
    """The exact solution of a point.

    accuracy : share of natural training samples with y_n <q_adv, x_n> > 0; None where the margins
    of the natural or of the perturbed set cannot all be met with the linear pattern. natural,
    perturbed : the two solves; perturbed is None where the first has no solution. size : mean L2
    norm of the perturbations, in [0, inf).
    """

    accuracy: float | None
    natural: Solved
    perturbed: Solved | None
    size: float | None


def pixel_bytes(samples: int, pixels: int) -> int:
    """Bytes that noise perturbed in so many coordinates takes at most, beyond the noise.

    Four arrays (n, k): the values, those before, and both as the factor of the Gram matrix, whose
    middle is (2k, 2k).
    """
    return 4 * (4 * samples * pixels + 4 * pixels**2)


Boundary = tuple[Tensor, Solved]
"""A normal (d,), float32, and how it was found."""


class NoiseLearning:
    """Points of one pool, at one slope gamma; what they share is computed once and kept."""

    def __init__(self, pool: NoisePool, slope: float) -> None:
        self.pool, self.slope = pool, slope
        self._natural: dict[tuple[int, int], Boundary] = {}
        self._controls: dict[tuple[int, int], Boundary] = {}
        self._margin: tuple[tuple[int, int], Tensor] | None = None

    @full_float32()
    @torch.inference_mode()
    def exact(self, setting: LearningSetting) -> ExactLearning:
        """The exact solution. InputError when the pool is too small for the setting.

        PerturbationFault when the perturbed noise is not what the setting says.
        """
        normal, natural = self.natural(setting)
        if not natural.bounded:
            return ExactLearning(None, natural, None, None)
        noise = self.perturbed(setting, normal)
        size = checked_size(noise, setting, self.clamp, normal)
        boundary = self._solve_noise(noise, setting)
        return ExactLearning(self._accuracy(boundary, setting), natural, boundary[1], size)

    @full_float32()
    @torch.inference_mode()
    def control(self, setting: LearningSetting) -> tuple[float | None, Solved]:
        """Accuracy of the exact solution on unperturbed noise, same labels, and its solve."""
        key = (setting.noise_samples, setting.dimension)
        if key not in self._controls:
            base, _ = self.pool.drawn("noise", *key)
            nothing = base.new_zeros(len(base), 0)
            still = AlongDirections(base, nothing, base.new_zeros(0, setting.dimension))
            self._controls[key] = self._solve_noise(still, setting)
        return self._accuracy(self._controls[key], setting), self._controls[key][1]

    @full_float32()
    @torch.inference_mode()
    def natural(self, setting: LearningSetting) -> Boundary:
        """The exact boundary of the natural samples."""
        key = (setting.samples, setting.dimension)
        if key not in self._natural:
            x, y = self.pool.drawn("natural", *key)
            if needs_base_gram(*key):
                device = self.pool.device
                check_memory(
                    "Gram and margin matrix", lambda n: 8 * n**2, len(x), "natural samples", device
                )
                gram = x @ x.T
                product = MarginProduct(
                    unchanged(gram), y, self.slope, margin_matrix(gram, y, self.slope)
                )
            else:
                product = MarginProduct(SampleGram(x), y, self.slope)
            multipliers, solved = self._solve(
                product, float(x.square().sum()) / len(x), key[1], lambda: x
            )
            self._natural[key] = x.T @ (multipliers * y), solved
        return self._natural[key]

    def perturbed(self, setting: LearningSetting, normal: Tensor) -> PerturbedNoise:
        """The noise of a setting, perturbed as the boundary with that normal (d,) has it."""
        base, labels = self.pool.drawn("noise", setting.noise_samples, setting.dimension)
        if setting.perturbation == "l0-greedy":
            pixels = pixel_count(setting.eps, setting.dimension)
            check_memory(
                f"noise perturbed in {pixels} pixels",
                lambda n: pixel_bytes(n, pixels),
                *(setting.noise_samples, "samples", self.pool.device),
            )
            taken, moves = greedy_pixels(normal, setting.eps)
            values = base[:, taken] + labels[:, None] * moves
            if self.clamp is not None:
                values.clamp_(*self.clamp)
            return InCoordinates(base, taken, values)
        unit = normal.norm() if setting.perturbation == "l2" else normal.abs().max()
        return AlongDirections(base, setting.eps * labels[:, None], (normal / unit)[None, :])

    def base_gram(self, setting: LearningSetting) -> Tensor | None:
        """K' of the noise, where products with it are cheaper than those with the samples."""
        if not needs_base_gram(setting.noise_samples, setting.dimension):
            return None
        return self.pool.noise_gram(setting.noise_samples, setting.dimension)

    @property
    def clamp(self) -> tuple[float, float] | None:
        """The range in which samples stay that pixels are changed of; None for Gaussian data."""
        return (-1.0, 1.0) if self.pool.kind == "uniform" else None

    def _solve_noise(self, noise: PerturbedNoise, setting: LearningSetting) -> Boundary:
        _, labels = self.pool.drawn("noise", setting.noise_samples, setting.dimension)
        base = self.base_gram(setting)
        matrix = None if base is None else self._margin_matrix(base, labels, setting.dimension)
        product = MarginProduct(gram_of(noise, base), labels, self.slope, matrix)
        rows = noise.rows(slice(CHECKED_ROWS))
        square = float(rows.square().sum()) / len(rows)
        multipliers, solved = self._solve(
            product, square, setting.dimension, lambda: noise.rows(slice(None))
        )
        return noise.combined((multipliers * labels)[:, None])[:, 0], solved

    def _margin_matrix(self, base: Tensor, labels: Tensor, dimension: int) -> Tensor:
        key = (len(base), dimension)
        if self._margin is not None:
            known, matrix = self._margin
            if known[1] == key[1] and known[0] >= key[0]:
                return matrix[: key[0], : key[0]]
        self._margin = None  # before the next is made: each is as large as the Gram matrix
        check_memory(
            "margin matrix of the noise", lambda n: 4 * n**2, key[0], "samples", self.pool.device
        )
        self._margin = (key, margin_matrix(base, labels, self.slope))
        return self._margin[1]

    def _solve(
        self,
        product: MarginProduct,
        square: float,
        dimension: int,
        samples: Callable[[], Tensor],
    ) -> tuple[Tensor, Solved]:
        """Multipliers, float32, of ``samples`` whose squared norm is ``square`` on average."""

        def precise() -> MarginProduct:
            check_memory(
                f"samples of dimension {dimension} in float64",
                lambda n: 12 * n * dimension,
                *(len(product.labels), "samples", self.pool.device),
            )
            return MarginProduct(
                SampleGram(samples().double()), product.labels.double(), self.slope
            )

        diagonal = square * (1 + self.slope**2) / 2
        found, solved = solve_margin_program(product, product.labels, diagonal, precise=precise)
        multipliers = found.to(product.labels.dtype)
        outside = int((product.activation_margins(multipliers) <= 0).sum())
        return multipliers, replace(solved, outside=outside)

    def _accuracy(self, boundary: Boundary, setting: LearningSetting) -> float | None:
        normal, solved = boundary
        x, y = self.pool.drawn("natural", setting.samples, setting.dimension)
        return float((y * (x @ normal) > 0).double().mean()) if solved.bounded else None


def checked_size(
    noise: PerturbedNoise | StoredSamples,
    setting: LearningSetting,
    clamp: tuple[float, float] | None,
    normal: Tensor | None = None,
) -> float:
    """Mean L2 norm of the perturbations, over at most 256 samples, if they are as the setting says.

    ``normal`` is given where all perturbations are to lie along it. Raises PerturbationFault.
    """
    part = slice(CHECKED_ROWS)
    after, before = noise.rows(part), noise.base[part]
    change = after - before
    norms = change.norm(dim=1)
    if setting.perturbation == "l0-greedy":
        most = pixel_count(setting.eps, setting.dimension)
        changed = int((change != 0).sum(1).max())
        if changed > most:
            raise PerturbationFault(f"{changed} coordinates were changed, at most {most} may be")
        low, high = float(after.min()), float(after.max())
        if clamp is not None and not (clamp[0] <= low and high <= clamp[1]):
            raise PerturbationFault(f"samples reach from {low} to {high}, outside {clamp}")
    else:
        sizes = norms if setting.perturbation == "l2" else change.abs().amax(1)
        off = float((sizes - setting.eps).abs().max())
        # Adding to entries of about 1 rounds each, and sqrt(d) of these errors make one of a norm.
        if off > _SIZE_ERROR * max(setting.eps, float(before.abs().max()) / 100):
            raise PerturbationFault(f"sizes differ from eps = {setting.eps:g} by {off:g}")
        if normal is not None:
            along = (change @ normal).abs() / (norms * normal.norm())
            if float(along.min()) < 1 - _SIZE_ERROR:
                raise PerturbationFault(
                    f"perturbations leave the normal: cosine {float(along.min())}"
                )
    return float(norms.mean())
