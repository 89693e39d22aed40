"""Time a training step: the Gram-space trainer against a plain PyTorch full-batch loop.

Both sides run in turn in one process, in float32, and are checked to have reached the same weights.
"full width" is the paper's recipe and start (slope 0.01, weights uniform on +-1/sqrt(d)), where
activation patterns never settle; "settled" a start at 1e-4 and slope 0.5, where they do and the
width drops out (timed after settling, on the Gram side with loss-normalised steps, which cost one
matrix-vector product more). The floor is what the step's matrix product takes at the
rate measured for that very product.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import numpy as np
import torch
from perturbproof.numerics.data.generated import Orthogonal, Uniform
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.network import initial_weights, output_weights
from perturbproof.numerics.train.descent import BatchDescent, GramDescent
from perturbproof.numerics.train.recipes import Recipe, normalised_recipe, paper_recipe
from perturbproof.numerics.train.training import fitting_threads
from timing import Section, best, in_turn, seconds, verdict

_SETTLING_STEPS = 400


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


def product_seconds(case: Case, columns: int) -> float:
    gram = torch.randn(case.samples, case.samples)
    right = torch.randn(case.samples, columns)
    out = torch.empty(case.samples, columns)
    return best(lambda: torch.mm(gram, right, out=out), 10, calls=5)


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
        seconds(trainer.step, _SETTLING_STEPS)
        seconds(plain.step, 2)
    ours, theirs = [], []
    for _ in range(repeats):
        theirs.append(seconds(plain.step, plain_steps))
        # As `train` runs it: one thread where a step is too small to share.
        with fitting_threads(case.samples**2 * case.width):
            ours.append(seconds(trainer.step, gram_steps))
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
        f"target {case.target:.0f} {verdict(middle >= case.target)}\n"
        f"{'':20s} floor {floor * 1e3:.3f} ms ({flops / 1e9:.3f} GFLOP at "
        f"{flops / floor / 1e9:.0f} GFLOP/s), {floor / statistics.median(ours):.0%} of the step"
    )
    if not case.settled:
        line += f"; weights differ by {difference:.1e} after {plain_steps} steps"
    return line, middle >= case.target


def batch(count: int, samples: int, width: int, repeats: int) -> str:
    """Many small networks as one batch against one after the other."""
    drawn = [
        Orthogonal(samples=samples, dimension=2 * samples).draw(np.random.default_rng(k))
        for k in range(count)
    ]
    starts = [
        initial_weights(width, 2 * samples, np.random.default_rng(k), scale=1e-2)
        for k in range(count)
    ]
    recipe = paper_recipe(steps=1)
    alone = [
        GramDescent(sample, start, 0.01, recipe, dtype="float32")
        for sample, start in zip(drawn, starts, strict=True)
    ]
    together = BatchDescent(drawn, starts, 0.01, recipe, dtype="float32")

    def one_by_one() -> None:
        for _ in range(20):
            for state in alone:
                state.step()

    def as_a_batch() -> None:
        for _ in range(20):
            together.step()

    with fitting_threads(count * samples**2 * width):
        ratio = in_turn(one_by_one, as_a_batch, repeats)
    return (
        f"{count} networks, N={samples}, m={width}: one by one {ratio.slow / 20 * 1e3:.3f} ms a "
        f"step of all, as a batch {ratio.fast / 20 * 1e3:.3f} ms, {ratio}"
    )


def section(repeats: int) -> Section:
    lines, met = ["ratio min / median / max; width 1000, d = 10000, float32"], []
    for case in CASES:
        line, reached = run(case, repeats)
        lines.append(line)
        met.append(reached)
    lines += [batch(64, 16, 20, repeats), batch(16, 64, 100, repeats)]
    return Section(
        "Training",
        "A training step in the span of the samples, against a plain PyTorch full-batch loop with "
        "the paper's recipe that makes the same iterates. Both run in turn in one process. The "
        "plain loop takes four products of N x d by d x m numbers a step; in Gram space one of "
        "N x N by N x m is left, and d drops out. Once activation patterns settle, neurons of "
        'equal pattern share their update and the width drops out as well. "floor" is what the '
        "remaining product alone takes at the rate measured for it. Many small networks train as "
        "one batch.",
        tuple(lines),
        all(met),
    )
