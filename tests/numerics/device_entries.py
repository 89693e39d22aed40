"""Every way into numerics that takes a device or tensors, on inputs so small that all run at once.

Each entry computes something on a device and returns it: tensors, arrays, numbers, or dataclasses
and tuples of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from perturbproof.numerics.boundary.streaming_gram import stream_gram
from perturbproof.numerics.compiler import compile_expression, sides_along
from perturbproof.numerics.data.generated import Gaussian, Uniform
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.device import full_float32
from perturbproof.numerics.network import LeakyNetwork, initial_weights
from perturbproof.numerics.paper_scale.exact import NoiseLearning
from perturbproof.numerics.paper_scale.perturbed_noise import (
    AlongDirections,
    InCoordinates,
    MarginProduct,
    SampleGram,
    gram_of,
    margin_matrix,
    unchanged,
)
from perturbproof.numerics.paper_scale.pool import NoisePool
from perturbproof.numerics.paper_scale.program import solve_margin_program
from perturbproof.numerics.paper_scale.setting import LearningSetting, greedy_pixels
from perturbproof.numerics.paper_scale.trained import TrainedNetworks, follow_flow
from perturbproof.numerics.perturb.attacks import (
    AttackedNetwork,
    Gradient,
    ProjectedGradient,
    projected,
    steepest,
)
from perturbproof.numerics.perturb.perturbed_set import PerturbedSetup, draw_perturbed
from perturbproof.numerics.perturb.pixel_attack import PixelAttack
from perturbproof.numerics.train.collapse import group_neurons
from perturbproof.numerics.train.descent import BatchDescent, GramDescent
from perturbproof.numerics.train.recipes import LOSSES, Recipe, normalised_recipe, paper_recipe
from perturbproof.numerics.train.training import train, train_batch
from perturbproof.numerics.wide.kernel import kernel_on_device
from perturbproof.numerics.wide.setting import WideSetup, draw_start
from perturbproof.numerics.wide.training import train_wide

from .expression_bank import BANK, gamma, x, y
from .sample_perturbations import setting

ENTRIES: dict[str, Callable[[str], Any]] = {}
SLOPE = 0.3


def entry(make: Callable[[str], Any]) -> Callable[[str], Any]:
    ENTRIES[make.__name__.replace("_", " ")] = make
    return make


def uniform(seed: int = 0, samples: int = 8) -> Sample:
    return Uniform(samples=samples, dimension=20).draw(np.random.default_rng(seed))


def start(seed: int = 0, dimension: int = 20) -> np.ndarray:
    return initial_weights(6, dimension, np.random.default_rng(seed + 10), scale=0.1)


def tensor(shape: tuple[int, ...], device: str, kind: torch.dtype = torch.float32) -> torch.Tensor:
    numbers = np.random.default_rng(sum(shape)).uniform(-1, 1, shape)
    return torch.tensor(numbers, dtype=kind, device=device)


def labels(count: int, device: str) -> torch.Tensor:
    return torch.tensor([1.0, -1.0] * (count // 2), device=device)


@entry
def training(device: str) -> Any:
    ends = []
    for recipe in (paper_recipe(20), normalised_recipe(20, "logistic")):
        for dtype in ("float32", "float64"):
            seen: list[Any] = []
            end = train(
                *(uniform(), start(), SLOPE, recipe),
                dtype=dtype,
                device=device,
                checkpoints=(5,),
                on_checkpoint=seen.append,
            )
            ends.append((seen, end.coefficients, end.log_loss))
    return ends


@entry
def descent_that_settles_and_does_not(device: str) -> Any:
    rng = np.random.default_rng(3)
    sample = Gaussian(samples=12, dimension=20).draw(rng)
    # Few distinct neurons with distinct offsets: groups form at once and split again later.
    weights = np.repeat(initial_weights(4, 20, rng, scale=0.3), 16, axis=0)
    weights += 1e-3 * rng.standard_normal(weights.shape)
    recipe = Recipe("logistic", 0.02, 0.9, normalised=False, steps=300)
    state = GramDescent(sample, weights, SLOPE, recipe, device=device)
    settled = []
    for _ in range(recipe.steps):
        state.step()
        settled.append(int(state.collapsed))
    assert [0, 1] == sorted(set(settled))
    return settled, state.coefficients(), state.outputs(), state.margins(), state.log_loss()


@entry
def descent_as_a_batch(device: str) -> Any:
    samples, starts = [uniform(k) for k in range(3)], [start(k) for k in range(3)]
    state = BatchDescent(samples, starts, SLOPE, normalised_recipe(5), device=device)
    state.step()
    ends = train_batch(samples, starts, SLOPE, paper_recipe(10), dtype="float32", device=device)
    found = [(end.coefficients, end.log_loss) for end in ends]
    return found, state.margins(), state.log_loss(), state.coefficients()


@entry
def groups_of_neurons(device: str) -> Any:
    scores = tensor((2, 64), device)
    output = tensor((64,), device)
    groups, fewer = (group_neurons(scores, output, most) for most in (8, 2))
    assert groups is not None
    return groups.count, groups.active.to(torch.int64)[:, groups.index], fewer


@entry
def gradient_flow(device: str) -> Any:
    gram = SampleGram(tensor((8, 20), device))
    return follow_flow(gram.product, labels(8, device), tensor((8, 6), device), SLOPE, 30.0)


@entry
def wide_networks(device: str) -> Any:
    some, found = uniform(), []
    for loss in ("identity", "logistic"):
        start = draw_start(4, 20, np.random.default_rng(6))
        setup = WideSetup(loss=loss, steps=5, eps=0.5)
        end = train_wide(some.x, some.y, start, SLOPE, setup, device=device)
        found.append((end.network.weights, end.paths))
    x, z = (tensor((k, 20), device, torch.float64) for k in (5, 3))
    return found, kernel_on_device(x, z, SLOPE)


@entry
def losses(device: str) -> Any:
    margins = 30 * tensor((2, 5), device, torch.float64)
    return [
        (one.log_mean(margins), one.mean_weights(margins), one.normalised_weights(margins))
        for one in LOSSES
    ]


@entry
def attacks(device: str) -> Any:
    x, y, network = setting()
    some = [
        *(Gradient(eps=0.5, norm=norm) for norm in ("l2", "linf-sign", "linf-rescaled")),
        *(ProjectedGradient(eps=0.5, steps=9, norm=n) for n in ("l2", "linf-sign")),
        ProjectedGradient(eps=0.5, steps=9, norm="linf-rescaled", clamp=(-1.0, 1.0)),
        *(PixelAttack(fraction=0.25, clamp=clamp) for clamp in (None, (-1.0, 1.0))),
    ]
    return [attack.perturbed(x, y, network, device) for attack in some]


@entry
def parts_of_attacks(device: str) -> Any:
    _, _, network = setting()
    attacked, x = AttackedNetwork.of(network, device), tensor((5, 40), device, torch.float64)
    z = attacked.preactivations(x)
    return [
        attacked.values(z),
        *(steepest(attacked.gradients(z), norm) for norm in ("l2", "linf-sign", "linf-rescaled")),
        *(projected(x, norm, 0.2) for norm in ("l2", "linf-sign", "linf-rescaled")),
    ]


@entry
def perturbed_set(device: str) -> Any:
    network = LeakyNetwork(start(), SLOPE)
    perturbation = ProjectedGradient(eps=0.3, steps=5)
    setup = PerturbedSetup(base="uniform", samples=7, perturbation=perturbation)
    rng = np.random.default_rng(1)
    return draw_perturbed(uniform(), None, network, setup, rng, device=device).perturbed.x


def pool(device: str, kind: Any = "uniform") -> NoisePool:
    return NoisePool(kind, 20, 60, 120, 4, device)


@entry
def noise(device: str) -> Any:
    drawn = pool(device)
    return [
        *(drawn.noise_gram(60, d).clone() for d in (50, 120, 90)),
        *(drawn.drawn("natural", 9, 50)[0], drawn.drawn("natural", 9, 1)[1]),
        *(drawn.drawn("noise", 11, 40)[0], drawn.drawn("noise", 11, 1)[1]),
        *(drawn.initial_weights("f", 4, 30), pool(device, "gaussian").drawn("noise", 5, 7)[0]),
    ]


def points(**changes: Any) -> list[LearningSetting]:
    sizes: dict[str, Any] = {"dimension": 100, "samples": 20, "noise_samples": 40, "eps": 0.5}
    kinds: Any = ("l2", "linf-rescaled", "l0-greedy")
    return [LearningSetting(perturbation=kind, **sizes | changes) for kind in kinds]


FEW_DIMENSIONS = points(dimension=8, samples=4, noise_samples=60, eps=0.9)
"""No Gram matrix is made."""


@entry
def noise_learnt_exactly(device: str) -> Any:
    found = []
    for kind in ("uniform", "gaussian"):
        learning = NoiseLearning(pool(device, kind), 0.01)
        few = FEW_DIMENSIONS if kind == "uniform" else []
        some = [*points(), *few] if few else points()[:1]
        found += [learning.exact(point) for point in some]
        found += [learning.control(point) for point in (some[0], *few[:1])]
    return found


@entry
def noise_learnt_by_training(device: str) -> Any:
    learning = NoiseLearning(pool(device), 0.01)
    networks = TrainedNetworks(learning, width=4, time=8.0, half=True)
    return [networks.learn(point) for point in (*points(), *FEW_DIMENSIONS[:2])]


@entry
@full_float32()  # by whoever calls these parts: the entries of learning above
def perturbed_noise(device: str) -> Any:
    base, weights, columns = (
        tensor((8, 20), device),
        tensor((4, 20), device),
        tensor((8, 3), device),
    )
    along = AlongDirections(base, tensor((8, 2), device), tensor((2, 20), device))
    taken = torch.tensor([3, 1], device=device)
    few = InCoordinates(base, taken, tensor((8, 2), device))
    found = [along.scores(weights)]
    for one in (along, few):
        grams = gram_of(one, base @ base.T), gram_of(one, None)
        found += [one.rows(slice(2, 5)), one.combined(columns)]
        found += [gram.product(columns) for gram in grams]
    return found


@entry
def margin_programs(device: str) -> Any:
    found = []
    for dimension in (40, 9):
        x, y = tensor((8, dimension), device), labels(8, device)
        with full_float32():
            gram = x @ x.T
        matrix = margin_matrix(gram, y, SLOPE)
        for product in (
            MarginProduct(SampleGram(x), y, SLOPE),
            MarginProduct(unchanged(gram), y, SLOPE, matrix),
        ):
            diagonal = float(matrix.diagonal().mean())
            multipliers, solution = solve_margin_program(product, y, diagonal)
            with full_float32():
                margins = product.activation_margins(multipliers.to(y.dtype))
            found.append((multipliers, solution, margins))
    assert {solution.method for _, solution, _ in found} == {"linear solve", "quadratic program"}
    return found


@entry
def pixels(device: str) -> Any:
    return greedy_pixels(tensor((20,), device), 0.3)


@entry
def streamed_gram(device: str) -> Any:
    x = np.random.default_rng(0).standard_normal((30, 12)).astype(np.float32)
    found = stream_gram(x, block=8, device=device)
    return [float(value.upper) for value in (found.R_min, found.R_max, found.p_max)]


@entry
def formulas(device: str) -> Any:
    found = []
    for one in BANK:
        # Between 0 and 1 every one of them is defined.
        values = [abs(tensor((k, 5), device, torch.float64))[0] for k, _ in enumerate(one.point, 1)]
        found.append(compile_expression(one.expr, one.symbols, "torch")(*values))
    values = {"x": np.arange(1.0, 4.0), "y": np.arange(1.0, 4.0), "gamma": np.float64(0.5)}
    return found, sides_along(x + gamma < y**2, values, device)
