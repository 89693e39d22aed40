"""Time a training step: the Gram-space trainer against a plain PyTorch full-batch loop.

    python tests/benchmarks/bench_training.py

Both sides run in turn in one process, in float32, and are checked to have reached the same weights.
"full width" is the paper's recipe and start (slope 0.01, weights uniform on +-1/sqrt(d)), where
activation patterns never settle; "settled" a start at 1e-4 and slope 0.5, where they do and the
width drops out (timed after settling, on the Gram side with loss-normalised steps, which cost one
matrix-vector product more). The floor is what the step's matrix product takes at the
rate measured for that very product.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from perturbproof.numerics.datasets.base import Sample
from perturbproof.numerics.datasets.orthogonal import Orthogonal
from perturbproof.numerics.datasets.uniform import Uniform
from perturbproof.numerics.descent import GramDescent
from perturbproof.numerics.network import initial_weights, output_weights
from perturbproof.numerics.recipes import Recipe, normalised_recipe, paper_recipe
from perturbproof.numerics.training import fitting_threads

_SETTLING_STEPS = 400

_PAGE = """# Performance

Written by `python tests/benchmarks/bench_training.py --markdown docs/performance.md`.

A training step in the span of the samples, against a plain PyTorch full-batch loop with the paper's
recipe that makes the same iterates. Both run in turn in one process. The plain loop takes four
products of N x d by d x m numbers a step; in Gram space one of N x N by N x m is left, and d drops
out. Once activation patterns settle, neurons of equal pattern share their update and the width
drops out as well. "floor" is what the remaining product alone takes at the rate measured for it.
"""


@dataclass(frozen=True)
class Case:
    name: str
    samples: int
    dimension: int
    width: int
    settled: bool
    target: float


CASES = (
    Case("full width, N=100", 100, 10_000, 1000, settled=False, target=100),
    Case("full width, N=1000", 1000, 10_000, 1000, settled=False, target=15),
    Case("settled, N=100", 100, 10_000, 1000, settled=True, target=100),
    Case("settled, N=1000", 1000, 10_000, 1000, settled=True, target=150),
)


class PlainLoop:
    """What one would write without this project: autograd and torch.optim.SGD on W."""

    def __init__(self, sample: Sample, initial: np.ndarray, slope: float, recipe: Recipe) -> None:
        self.x = torch.tensor(sample.x, dtype=torch.float32)
        self.y = torch.tensor(sample.y, dtype=torch.float32)
        self.a = torch.tensor(output_weights(len(initial)), dtype=torch.float32)
        self.weights = torch.nn.Parameter(torch.tensor(initial, dtype=torch.float32))
        self.slope = slope
        self.optimiser = torch.optim.SGD(
            [self.weights], lr=recipe.learning_rate, momentum=recipe.momentum
        )

    def step(self) -> None:
        self.optimiser.zero_grad()
        hidden = torch.nn.functional.leaky_relu(self.x @ self.weights.T, self.slope)
        loss = torch.exp(-self.y * (hidden @ self.a)).mean()
        loss.backward()
        self.optimiser.step()


def seconds_per_step(step: Callable[[], None], steps: int) -> float:
    started = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - started) / steps


def product_seconds(case: Case, columns: int) -> float:
    gram = torch.randn(case.samples, case.samples)
    right = torch.randn(case.samples, columns)
    out = torch.empty(case.samples, columns)
    return min(seconds_per_step(lambda: torch.mm(gram, right, out=out), 5) for _ in range(10))


def relative_difference(plain: PlainLoop, trainer: GramDescent, initial: np.ndarray) -> float:
    change = plain.weights.detach().double().numpy() - initial
    ours = trainer.coefficients().T @ plain.x.double().numpy()
    return float(np.linalg.norm(ours - change) / np.linalg.norm(change))


def run(case: Case, repeats: int) -> tuple[str, bool]:
    rng = np.random.default_rng(0)
    kind = Orthogonal if case.settled else Uniform
    sample = kind(samples=case.samples, dimension=case.dimension).draw(rng)
    slope = 0.5 if case.settled else 0.01
    scale = 1e-4 if case.settled else None
    initial = initial_weights(case.width, case.dimension, rng, scale=scale)
    recipe = paper_recipe(steps=1)
    trainer = GramDescent(sample, initial, slope, recipe, dtype="float32")
    plain = PlainLoop(sample, initial, slope, recipe)
    plain_steps, gram_steps = 4, max(4, 4000 // case.samples)
    difference = float("nan")
    if not case.settled:
        for _ in range(plain_steps):
            plain.step()
            trainer.step()
        difference = relative_difference(plain, trainer, initial)
    else:
        settling = normalised_recipe(steps=1)
        trainer = GramDescent(sample, initial, slope, settling, dtype="float32")
        seconds_per_step(trainer.step, _SETTLING_STEPS)
        seconds_per_step(plain.step, 2)
    ours, theirs = [], []
    for _ in range(repeats):
        theirs.append(seconds_per_step(plain.step, plain_steps))
        # As `train` runs it: one thread where a step is too small to share.
        with fitting_threads(case.samples**2 * case.width):
            ours.append(seconds_per_step(trainer.step, gram_steps))
    ratios = sorted(slow / fast for slow, fast in zip(theirs, ours, strict=True))
    middle = statistics.median(ratios)
    floor = product_seconds(case, 2 if trainer.collapsed else case.width)
    flops = 2 * case.samples**2 * (2 if trainer.collapsed else case.width)
    if trainer.collapsed != case.settled:
        raise RuntimeError(f"{case.name}: collapsed is {trainer.collapsed}")
    line = (
        f"{case.name:20s} plain {statistics.median(theirs) * 1e3:9.3f} ms   "
        f"Gram {statistics.median(ours) * 1e3:8.3f} ms   "
        f"ratio {ratios[0]:.0f} / {middle:.0f} / {ratios[-1]:.0f}   "
        f"target {case.target:.0f} {'met' if middle >= case.target else 'MISSED'}\n"
        f"{'':20s} floor {floor * 1e3:.3f} ms ({flops / 1e9:.3f} GFLOP at "
        f"{flops / floor / 1e9:.0f} GFLOP/s), {floor / statistics.median(ours):.0%} of the step"
    )
    if not case.settled:
        line += f"; weights differ by {difference:.1e} after {plain_steps} steps"
    return line, middle >= case.target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, help="torch threads of both sides (default: all)")
    parser.add_argument("--markdown", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    repeats = options.repeats
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    lines = [
        f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__} with "
        f"{torch.get_num_threads()} threads, load {os.getloadavg()[0]:.1f}; ratio min / median / "
        f"max of {repeats} repeats, width 1000, d = 10000, float32"
    ]
    print(lines[0])
    met = []
    for case in CASES:
        line, reached = run(case, repeats)
        print(line, flush=True)
        lines.append(line)
        met.append(reached)
    lines.append(
        f"load at the end {os.getloadavg()[0]:.1f}; other work on the cores spoils the ratios"
    )
    print(lines[-1])
    if options.markdown is not None:
        figures = "\n".join(lines)
        options.markdown.write_text(f"{_PAGE}\n```\n{figures}\n```\n", encoding="utf-8")
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
