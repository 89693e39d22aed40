"""A network trained from a small start until it is captured, on samples or on images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from .data.images import ImageChoice
from .data.sample import Sample
from .images.beside_limit import CertifiedLimit
from .limit.capture import Capture, CaptureWatch
from .network import initial_weights
from .train.recipes import normalised_recipe
from .train.training import Checkpoint, checkpoint_steps, train

WIDTH, STEPS, START = 100, 3000, 1e-6
"""Of the network; the start is relative to the largest norm of a sample."""
_TRIES = 64


@dataclass(frozen=True, eq=False)
class TrainedCapture:
    """What came of it: the last try of the certificate, the steps taken, the scale of the start."""

    capture: Capture
    steps: int
    start: float


def train_until_captured(
    sample: Sample,
    slope: float,
    rng: np.random.Generator,
    *,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> TrainedCapture:
    """Train a network of `WIDTH` neurons until it is captured, `STEPS` steps at most."""
    scale = START / float(np.linalg.norm(sample.x, axis=1).max())
    initial = initial_weights(WIDTH, sample.d, rng, scale=scale)
    watch, tries = CaptureWatch(sample, Fraction(slope)), list[Capture]()

    def at(point: Checkpoint) -> bool:
        if point.log_loss >= 0:
            return False
        tries.append(watch.at(initial + point.coefficients.T @ sample.x))
        return tries[-1].captured

    trained = train(
        sample,
        initial,
        slope,
        normalised_recipe(STEPS),
        device=device,
        checkpoints=checkpoint_steps(STEPS, _TRIES),
        on_checkpoint=at,
        progress=progress,
    )
    found = tries[-1] if tries and tries[-1].captured else watch.finally_at(trained.weights())
    return TrainedCapture(found, trained.steps, scale)


@lru_cache(maxsize=2)
def certified_limit(
    data: ImageChoice, root: Path | None, slope: float, seed: int
) -> CertifiedLimit:
    """Train on images of two classes, less their mean, certify, and answer the test images.

    Raises:
        InputError: the images cannot be read or are no two classes of vectors.
    """
    images = data.load(root)
    x, test = (
        each.reshape(len(each), -1).astype(np.float64) for each in (images.train_x, images.test_x)
    )
    mean = x.mean(axis=0)
    y = np.where(images.train_y == 0, 1, -1)
    sample = Sample(x - mean, y, images.source, np.arange(len(y)))
    trained = train_until_captured(sample, slope, np.random.default_rng(seed))
    found, limit = trained.capture, trained.capture.limit
    if limit is None:
        nothing = torch.zeros(0)
        return CertifiedLimit(False, found.reason, trained.steps, nothing, nothing)
    values, _ = limit.answers(test - mean)
    answered = np.where(values.positive, 0, np.where(values.negative, 1, 2))
    normal = torch.from_numpy(limit.normal.mid.astype(np.float32))
    certain = found.captured and limit.pattern.all_active
    reason = found.reason if certain or not found.captured else "own pairs are not all active"
    return CertifiedLimit(certain, reason, trained.steps, normal, torch.from_numpy(answered))
