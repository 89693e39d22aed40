"""Learning from perturbed noise with trained networks, at the size of the published experiments.

f is trained on the natural samples, every noise sample is moved along f's input gradient there, g
is trained on the result. Both follow the gradient flow (`follow_flow`) to the time that the
published recipe covers. That f's gradients are used and not the exact normal q matters: where the
linear pattern fails they differ from sample to sample. One gradient stands for the published 100
steps of projected gradient descent; pixels are taken one by one as there (`pixels`).

The flow is that of the mean exponential loss in the span of the samples. Plain descent with a small
learning rate follows it, and needs a hundred thousand steps to the time that the published networks
reach, because it slows down as the loss falls. Here each step is as long as the curvature allows:
the gradient is divided by the loss, the time that has passed is summed up, and training ends at the
time asked for. Where the samples can be fitted, a hundred steps do. As in `train.descent`,
W(t) = W(0) + C(t)ᵀ X, so the samples enter by their Gram matrix only, and here it is only
multiplied with. Source: Kumano et al. (ICLR 2024), experiments; method this project.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..device import check_memory, fitting, full_float32
from ..network import output_weights
from ..perturb.attacks import AttackedNetwork
from .exact import CHECKED_ROWS, NoiseLearning, checked_size
from .perturbed_noise import AlongDirections, Gram, SampleGram, gram_of, needs_base_gram, unchanged
from .pixels import StoredSamples, attacked_pixels
from .projected_gradients import largest_eigenvalue
from .setting import LearningSetting, pixel_count

# Rounds of the power method a step; it starts from where the last step's ended.
_POWER_STEPS = 2
_FIRST_POWER_STEPS = 12


@dataclass(frozen=True, eq=False)
class Flow:
    """Where the flow has come.

    coefficients : C (n, m). preactivations : Z = Z(0) + K C (n, m). steps : steps taken.
    time : flow time reached; less than asked for when the steps ran out. log_loss : of the mean
    loss.
    """

    coefficients: Tensor
    preactivations: Tensor
    steps: int
    time: float
    log_loss: float


def flow_bytes(samples: int, width: int, itemsize: int) -> int:
    """Bytes that ``follow_flow`` takes at most, beyond what it is given.

    Six arrays (n, m): C, Z and what is active (a byte each), the pull of a step, and while Z is
    made anew the product, which may be a sum of two.
    """
    return 6 * itemsize * samples * width


@full_float32()
@torch.inference_mode()
def follow_flow(
    product: Callable[[Tensor], Tensor],
    labels: Tensor,
    start: Tensor,
    slope: float,
    time: float,
    *,
    step: float = 1.0,
    most: int = 20_000,
    progress: Callable[[float], None] | None = None,
) -> Flow:
    """Follow the flow from pre-activations ``start`` (n, m) until ``time``, explicit Euler.

    product maps V (n, c) to K V, K the Gram matrix; labels (n,) of +-1. ``step`` is the length of a
    step over the inverse of the largest curvature of the logarithm of the loss: below 2 for
    stability; at most ``most`` steps. ``progress`` is called with the share of the
    time that has passed.

    Raises InputError when it does not fit into the memory of the device that ``start`` is on.
    """
    check_memory(
        f"gradient flow of {len(labels)} samples",
        lambda width: flow_bytes(len(labels), width, start.itemsize),
        *(start.shape[1], "neurons", str(start.device)),
    )
    output = torch.tensor(output_weights(start.shape[1]), dtype=start.dtype, device=start.device)
    coefficients, preactivations = torch.zeros_like(start), start.clone()
    now, steps, count = 0.0, 0, len(labels)
    curved = torch.ones_like(labels)
    log_count = math.log(count)
    while True:
        active = preactivations > 0
        margins = labels * (torch.where(active, preactivations, slope * preactivations) @ output)
        log_total = float(torch.logsumexp(-margins, 0))
        if now >= time or steps >= most:
            break
        shares = torch.exp(-margins - log_total)
        rounds = _POWER_STEPS if steps else _FIRST_POWER_STEPS
        roots = shares.sqrt()
        # The network's kernel is K times a correlation of activations between 0 and 1, so that the
        # largest eigenvalue of diag(roots) K diag(roots) bounds the curvature.
        curvature, curved = largest_eigenvalue(
            lambda vector, roots=roots: roots * product((roots * vector)[:, None])[:, 0],
            curved,
            rounds,
        )
        # d(time) of the mean loss: its gradient is exp(log_total)/n times that of the shares.
        length = step / (1.02 * curvature)
        passed = length * math.exp(log_count - log_total)
        if now + passed >= time:
            length *= (time - now) / passed
            passed, now = time - now, time
        else:
            now += passed
        pull = (length * shares * labels)[:, None] * output
        coefficients.add_(pull.where(active, slope * pull))
        preactivations = start + product(coefficients)
        steps += 1
        if progress is not None:
            progress(now / time)
    return Flow(coefficients, preactivations, steps, now, log_total - log_count)


PUBLISHED_TIME = 100_000 * 0.01 / (1 - 0.9)
"""Flow time that the published training covers: steps eta/(1 - mu)."""

_ROWS = 1000
_CHECKED = slice(CHECKED_ROWS)


def learning_bytes(samples: int, width: int, dimension: int) -> int:
    """Bytes that ``TrainedNetworks.learn`` takes at most, beyond the pool, f and a Gram matrix.

    Ten arrays (n, m): how f's weights are added to the noise, the factor of the Gram matrix that
    comes of it (two), Z(0), and six of `flow_bytes`. Five (m, d): W(0), and what is
    summed up to W. Four (m, m) of the factor's middle. Four (n', d) of the samples that are
    checked.
    """
    checked = 4 * min(samples, CHECKED_ROWS) * dimension
    return 4 * (width * (10 * samples + 5 * dimension + 4 * width) + checked)


@dataclass(frozen=True)
class TrainedLearning:
    """What a trained pair of networks f, g did.

    accuracy : share of natural training samples with y_n g(x_n) > 0. fitted : the same for f.
    steps, time : of g's training at its end; natural_* of f's. size : mean L2 norm of the
    perturbations. alignment : mean over the noise of cos(grad f(x'_n), q), q the exact normal of
    the natural samples; None where there is none. changed : mean number of coordinates changed,
    where pixels were taken.
    """

    accuracy: float
    fitted: float
    steps: int
    time: float
    natural_steps: int
    natural_time: float
    size: float
    alignment: float | None
    changed: float | None = None


class TrainedNetworks:
    """Trains the networks of the points of one pool; f is kept for all points that share it.

    ``half``: the greedy pixel attack is run in float16, as published.
    """

    def __init__(
        self,
        learning: NoiseLearning,
        width: int,
        time: float = PUBLISHED_TIME,
        *,
        half: bool = False,
    ) -> None:
        self.learning, self.width, self.time, self.half = learning, width, time, half
        self._natural: dict[tuple[int, int], tuple[AttackedNetwork, Flow]] = {}

    @full_float32()
    @torch.inference_mode()
    def learn(
        self, setting: LearningSetting, progress: Callable[[str, float], None] = lambda *_: None
    ) -> TrainedLearning:
        """Train f where it is not known yet, perturb, train g. progress: network and share done."""
        slope, pool = self.learning.slope, self.learning.pool
        count, dimension = setting.noise_samples, setting.dimension
        check_memory(
            f"networks for {count} samples in dimension {dimension}",
            lambda width: learning_bytes(count, width, dimension),
            *(self.width, "neurons", pool.device),
        )
        f, natural = self._natural_network(setting, lambda share: progress("f", share))
        noise = self._attacked(setting, f)
        size = checked_size(noise, setting, self.learning.clamp)
        _, labels = pool.drawn("noise", count, dimension)
        gram: Gram
        if isinstance(noise, StoredSamples):
            gram, changed = SampleGram(noise.samples), noise.changed
        else:
            gram, changed = gram_of(noise, self.learning.base_gram(setting)), None
        start = pool.initial_weights("g", self.width, dimension)
        flow = follow_flow(
            gram.product,
            labels,
            noise.scores(start),
            slope,
            self.time,
            progress=lambda share: progress("g", share),
        )
        weights = start + noise.combined(flow.coefficients).T
        x, y = pool.drawn("natural", setting.samples, dimension)

        def accuracy(network: AttackedNetwork) -> float:
            values = network.values(network.preactivations(x))[:, 0]
            return float((y * values > 0).double().mean())

        return TrainedLearning(
            accuracy=accuracy(AttackedNetwork(weights, f.output, slope)),
            fitted=accuracy(f),
            steps=flow.steps,
            time=flow.time,
            natural_steps=natural.steps,
            natural_time=natural.time,
            size=size,
            alignment=self._alignment(setting, noise),
            changed=changed,
        )

    def _natural_network(
        self, setting: LearningSetting, progress: Callable[[float], None]
    ) -> tuple[AttackedNetwork, Flow]:
        key = (setting.samples, setting.dimension)
        if key not in self._natural:
            pool, slope = self.learning.pool, self.learning.slope
            x, y = pool.drawn("natural", *key)
            gram: Gram = unchanged(x @ x.T) if needs_base_gram(*key) else SampleGram(x)
            start = pool.initial_weights("f", self.width, setting.dimension)
            flow = follow_flow(gram.product, y, x @ start.T, slope, self.time, progress=progress)
            output = torch.tensor(output_weights(self.width), dtype=x.dtype, device=x.device)
            weights = start + flow.coefficients.T @ x
            self._natural[key] = AttackedNetwork(weights, output, slope), flow
        return self._natural[key]

    def _attacked(
        self, setting: LearningSetting, f: AttackedNetwork
    ) -> AlongDirections | StoredSamples:
        """The noise, each sample moved by eps towards its label along f's gradient there."""
        pool, clamp = self.learning.pool, self.learning.clamp
        base, labels = pool.drawn("noise", setting.noise_samples, setting.dimension)
        if setting.perturbation == "l0-greedy":
            count = pixel_count(setting.eps, setting.dimension)
            return attacked_pixels(f, base, labels, count, clamp, half=self.half)
        gradient = f.derivatives(f.preactivations(base))
        if setting.perturbation == "l2":
            square = f.weights @ f.weights.T
            sizes = ((gradient @ square) * gradient).sum(1).sqrt()
        else:
            # A block of gradients, and their sizes.
            rows = fitting(lambda n: 8 * n * setting.dimension, _ROWS, pool.device)
            parts = gradient.split(max(1, rows))
            sizes = torch.cat([(part @ f.weights).abs().amax(1) for part in parts])
        coefficients = gradient * (setting.eps * labels / sizes)[:, None]
        return AlongDirections(base, coefficients, f.weights)

    def _alignment(
        self, setting: LearningSetting, noise: AlongDirections | StoredSamples
    ) -> float | None:
        q, solved = self.learning.natural(setting)
        if not solved.bounded:
            return None
        _, labels = self.learning.pool.drawn("noise", setting.noise_samples, setting.dimension)
        if isinstance(noise, StoredSamples):
            change = noise.rows(_CHECKED) - noise.base[_CHECKED]
            norms, along = change.norm(dim=1), (change @ q) * labels[_CHECKED]
        else:
            square = noise.directions @ noise.directions.T
            norms = ((noise.coefficients @ square) * noise.coefficients).sum(1).sqrt()
            along = (noise.coefficients @ (noise.directions @ q)) * labels
        moved = norms > 0
        return float((along[moved] / (norms[moved] * q.norm())).double().mean())
