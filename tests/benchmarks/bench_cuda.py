"""What share of a CUDA device's matrix-product rate the work on it reaches.

The rate is measured on the device itself, in float32 without TF32. Nothing is timed where there is
no CUDA device; `lines` takes any device, so that the code can be tried on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from perturbproof.numerics.data.generated import Uniform
from perturbproof.numerics.device import full_float32, resolve_device
from perturbproof.numerics.network import initial_weights
from perturbproof.numerics.paper_scale.exact import NoiseLearning
from perturbproof.numerics.paper_scale.pool import NoisePool
from perturbproof.numerics.paper_scale.setting import LearningSetting
from perturbproof.numerics.paper_scale.trained import TrainedNetworks
from perturbproof.numerics.train.descent import BatchDescent, GramDescent
from perturbproof.numerics.train.recipes import paper_recipe
from timing import Section, seconds


@dataclass(frozen=True)
class Sizes:
    """How large the work is: samples N, noise samples, dimension d, width m, networks in a batch.

    product : rows of the square matrices that the rate is measured with.
    """

    product: int = 16_384
    samples: int = 10_000
    width: int = 1000
    batch: int = 4096
    batch_samples: int = 64
    batch_width: int = 100
    noise: int = 10_000
    dimension: int = 10_000
    study_width: int = 32


def timed(work: Callable[[], object], device: str, repeats: int, calls: int = 1) -> float:
    """The least seconds a call takes, with the device's work done."""

    def several() -> None:
        for _ in range(calls):
            work()

    once(several, device)
    return min(once(several, device) for _ in range(repeats)) / calls


def once(work: Callable[[], object], device: str) -> float:
    """Seconds that work takes which cannot be repeated, for its result is kept."""

    def complete() -> None:
        work()
        if device.startswith("cuda"):
            torch.cuda.synchronize(device)

    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return seconds(complete)


def lines(device: str, sizes: Sizes, repeats: int) -> tuple[str, ...]:
    """The rate, and for each piece of work the seconds, its flops, and the share it reaches."""
    with full_float32():
        return tuple(_lines(device, sizes, repeats))


def _lines(device: str, sizes: Sizes, repeats: int) -> list[str]:
    rate = product_rate(device, sizes.product, repeats)

    def shown(what: str, flops: float, seconds: float) -> str:
        return (
            f"{what:44s} {seconds * 1e3:10.3f} ms   {flops / 1e9:10.3f} GFLOP   "
            f"{flops / seconds / rate:6.1%} of the rate"
        )

    found = [f"matrix products, float32: {rate / 1e12:.2f} TFLOP/s at {sizes.product}"]
    n, m = sizes.samples, sizes.width
    found.append(
        shown(f"descent step, N={n}, m={m}", 2 * n * n * m, _descent(device, sizes, repeats))
    )
    b, n, m = sizes.batch, sizes.batch_samples, sizes.batch_width
    what = f"step of a batch of {b}, N={n}, m={m}"
    found.append(shown(what, 2 * b * n * n * m, _batch(device, sizes, repeats)))
    return found + _study(device, sizes, shown)


def product_rate(device: str, size: int, repeats: int) -> float:
    """Flop/s of a product of two square matrices on the device."""
    square = torch.rand(size, size, device=device)
    out = torch.empty_like(square)
    return 2 * size**3 / timed(lambda: torch.mm(square, square, out=out), device, repeats)


def _descent(device: str, sizes: Sizes, repeats: int) -> float:
    sample = Uniform(samples=sizes.samples, dimension=1000).draw(np.random.default_rng(0))
    start = initial_weights(sizes.width, 1000, np.random.default_rng(1))
    state = GramDescent(sample, start, 0.01, paper_recipe(1), dtype="float32", device=device)
    return timed(state.step, device, repeats, calls=10)


def _batch(device: str, sizes: Sizes, repeats: int) -> float:
    shape = Uniform(samples=sizes.batch_samples, dimension=2 * sizes.batch_samples)
    rngs = [np.random.default_rng(k) for k in range(sizes.batch)]
    samples = [shape.draw(rng) for rng in rngs]
    starts = [
        initial_weights(sizes.batch_width, s.d, r) for s, r in zip(samples, rngs, strict=True)
    ]
    state = BatchDescent(samples, starts, 0.01, paper_recipe(1), dtype="float32", device=device)
    return timed(state.step, device, repeats, calls=10)


def _study(device: str, sizes: Sizes, shown: Callable[[str, float, float], str]) -> list[str]:
    """The noise's Gram matrix, and one point of a study: exact, then by trained networks."""
    n, d, m = sizes.noise, sizes.dimension, sizes.study_width
    point = LearningSetting(
        perturbation="l2", dimension=d, samples=n // 10, noise_samples=n, eps=0.078 * d**0.5
    )
    pool = NoisePool("uniform", n // 10, n, d, 0, device)
    pool.drawn("noise", n, d)[0]
    pool.drawn("natural", n // 10, d)[0]
    gram = once(lambda: pool.noise_gram(n, d), device)
    found = [shown(f"Gram matrix of the noise, N={n}, d={d}", 2 * n * n * d, gram)]
    learning = NoiseLearning(pool, 0.01)
    networks = TrainedNetworks(learning, m)
    solved, trained = [], []
    exact = once(lambda: solved.append(learning.exact(point)), device)
    flow = once(lambda: trained.append(networks.learn(point)), device)
    natural, perturbed = solved[0].natural, solved[0].perturbed
    flops = 2 * (n // 10) ** 2 * natural.products
    flops += 2 * n * n * perturbed.products if perturbed is not None else 0
    found.append(shown("point, exact solution (vectors only)", flops, exact))
    # A step takes a product with m columns, and a few with one.
    flops = 2 * m * (n * n * trained[0].steps + (n // 10) ** 2 * trained[0].natural_steps)
    found.append(shown(f"point, networks trained, m={m}", flops, flow))
    return found


def section(repeats: int) -> Section:
    if torch.cuda.is_available():
        device = resolve_device("cuda")
        found = (torch.cuda.get_device_name(device), *lines(device, Sizes(), repeats))
    else:
        found = ("no CUDA device here",)
    return Section(
        "CUDA",
        "Work on a CUDA device beside the matrix-product rate measured on it, float32 without "
        "TF32. Many small networks train as one batch. An exact solution multiplies the Gram "
        "matrix with single vectors, which memory and not arithmetic limits.",
        found,
    )
