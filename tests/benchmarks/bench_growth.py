"""Measured cost against N, d and width, fitted exponents beside the predicted ones."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import torch
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.boundary.margin_program import linear_kkt_point
from perturbproof.numerics.boundary.streaming_gram import stream_gram
from perturbproof.numerics.data.generated import Orthogonal, Uniform
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.network import initial_weights
from perturbproof.numerics.train.descent import GramDescent
from perturbproof.numerics.train.recipes import normalised_recipe, paper_recipe
from timing import Section, best, exponent, product_rate

TRILLION = 1e12


def uniform(samples: int, dimension: int) -> Sample:
    return Uniform(samples=samples, dimension=dimension).draw(np.random.default_rng(0))


def step(samples: int, dimension: int, width: int) -> float:
    """Seconds of one training step at full width, float32."""
    sample = uniform(samples, dimension)
    start = initial_weights(width, dimension, np.random.default_rng(1))
    state = GramDescent(sample, start, 0.01, paper_recipe(1), dtype="float32")
    return best(state.step, 5, calls=4)


def settled_step(width: int) -> float:
    """Seconds of one training step once the patterns have settled, float32, N = 500."""
    sample = Orthogonal(samples=500, dimension=1000).draw(np.random.default_rng(0))
    start = initial_weights(width, 1000, np.random.default_rng(1), scale=1e-4)
    state = GramDescent(sample, start, 0.5, normalised_recipe(1), dtype="float32")
    for _ in range(400):
        state.step()
    if not state.collapsed:
        raise RuntimeError("the patterns have not settled")
    return best(state.step, 5, calls=20)


def solution(samples: int) -> float:
    """Seconds of the verified exact solution from the Gram matrix on, slope 1/2."""
    sample = uniform(samples, 10 * samples)
    gram = gram_statistics(sample.x)
    return best(lambda: linear_kkt_point(gram, sample.y, Fraction(1, 2)), 2)


def section(repeats: int) -> Section:
    lines: list[str] = []

    def grown(
        what: str, name: str, sizes: list[int], work: Callable[[int], float], predicted: float
    ) -> None:
        times = [work(size) for size in sizes]
        shown = ", ".join(
            f"{size}: {time * 1e3:.3g} ms" for size, time in zip(sizes, times, strict=True)
        )
        lines.append(
            f"{what:34s} {name}^{exponent(sizes, times):.2f} (predicted {name}^{predicted:g})   "
            f"{shown}"
        )

    def gram_of(samples: int, dimension: int) -> float:
        x = uniform(samples, dimension).x
        return best(lambda: gram_statistics(x), 2)

    def streamed(samples: int) -> float:
        x = np.random.default_rng(0).standard_normal((samples, 1000), dtype=np.float32)
        return best(lambda: stream_gram(x), 2)

    grown("Gram matrix, enclosed, d=4000", "N", [500, 1000, 2000], lambda n: gram_of(n, 4000), 2)
    grown("Gram matrix, enclosed, N=1000", "d", [2000, 4000, 8000], lambda d: gram_of(1000, d), 1)
    grown("Gram statistics, streamed, d=1000", "N", [4000, 8000, 16000], streamed, 2)
    grown("exact solution, verified", "N", [250, 500, 1000, 2000], solution, 3)
    grown("training step, m=1000", "N", [500, 1000, 2000], lambda n: step(n, 2000, 1000), 2)
    grown("training step, N=1000", "m", [250, 500, 1000, 2000], lambda m: step(1000, 2000, m), 1)
    grown("training step, N=500, m=500", "d", [1000, 4000, 16000], lambda d: step(500, d, 500), 0)
    grown("settled training step, N=500", "m", [100, 400, 1600], settled_step, 0)
    lines += ["", *_million(product_rate(), _bandwidth())]
    return Section(
        "Growth",
        "Cost of the main operations against N, d and the width m, with exponents fitted by least "
        "squares. Overheads of small sizes pull exponents down. Below: what N = 10^6 would need, "
        "by calculation from the rates measured here.",
        tuple(lines),
    )


def _bandwidth() -> float:
    """Bytes/s of a matrix-vector product with a float32 matrix that no cache holds."""
    matrix, vector = torch.randn(8192, 8192), torch.randn(8192)
    return matrix.numel() * 4 / best(lambda: torch.mv(matrix, vector), 5)


def _million(rate: float, bandwidth: float) -> list[str]:
    """What a run at N = 10^6, d = 3072 takes: memory, time, machines."""
    n, d, m = 10**6, 3072, 1000
    flops = n**2 * d
    held = 4 * n**2
    hour = 3600
    step_flops = 2 * n**2 * m
    return [
        f"N = 10^6, d = {d}, this machine ({rate / 1e9:.0f} GFLOP/s, {bandwidth / 1e9:.0f} GB/s):",
        f"  streamed statistics: {flops / TRILLION:.0f} TFLOP, {flops / rate / hour:.1f} h here; "
        f"data {4 * n * d / 2**30:.0f} GiB, no more memory than blocks",
        f"  the Gram matrix held in float32: {held / 2**40:.1f} TiB; over machines of 256 GiB "
        f"that is {-(-held // (200 * 2**30))} of them (200 GiB each for the matrix)",
        f"  one pass over it (a step of the program over multipliers, or a settled training step): "
        f"{held / bandwidth / 60:.0f} min on one such machine's memory bandwidth, divided by the "
        "number of machines; 100 passes for an exact solution",
        f"  a full-width training step, m = {m}: {step_flops / TRILLION:.0f} TFLOP, "
        f"{step_flops / rate / hour:.1f} h here",
        "  a verified solution (two products and an inverse, about 6 N^3 flop): "
        f"{6 * n**3 / TRILLION:.0f} TFLOP, {6 * n**3 / rate / hour / 24:.0f} days here: not "
        "reachable on this machine; report it as numeric",
    ]
