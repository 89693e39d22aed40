"""One experiment on learning from perturbations of images, for one seed: f, perturbations, arms.

All arms learn from scratch with the labels t, from the same initial weights in the same order:
``perturbed`` images x + eta; and, as controls, x with the same perturbations permuted over the
images (``shuffle``), with Gaussian noise of each perturbation's L2 norm (``random``), with
perturbations of a network that was not trained (``untrained``), and x itself (``none``). What is
moved beyond [0, 1] is clamped. Source: Kumano et al., ICLR 2024; the controls are this project's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data.images import ImageChoice, Images
from ..device import check_memory
from .attack import perturbed
from .beside_limit import CertifiedLimit, beside_limit
from .features import class_means, features
from .networks import built, bytes_per_image, seeded, written
from .setting import Arm, ImageSetting
from .training import CHUNK, answers, repeatable, train

_SHOWN = 6
"""Examples whose pictures are kept."""


@dataclass(frozen=True)
class Learned:
    """What a learner of an arm answers on the natural test images.

    confusion : images of true class i that it calls j, K x K. highest : the most right of any epoch
    where that was asked for, which is optimistic: it is chosen on the test images. as_limit : how
    many it answers as the certified limit does, where there is one.
    """

    right: int
    total: int
    confusion: tuple[tuple[int, ...], ...]
    highest: int | None = None
    as_limit: int | None = None


@dataclass(frozen=True, eq=False)
class ImageExperiment:
    """The experiment of one setting and seed on a device; what is asked for is computed.

    root : the folder with the files of the images, None where the system keeps them.
    watch : called with what is trained, the epoch, and how many there are. limit : what stands
    beside the networks, where that is asked for.
    """

    setting: ImageSetting
    seed: int
    device: str
    root: Path | None = None
    watch: Callable[[str, int, int], None] = lambda *_: None
    limit: CertifiedLimit | None = None

    @cached_property
    def images(self) -> Images:
        return loaded(self.setting.data, self.root)

    def learned(self, arm: Arm, every_epoch: bool = False) -> Learned:
        """Train the learner of an arm, and count its answers on the natural test images."""
        x = self._given(arm)
        network = built(self.setting.network, self.images, self.seed, "g", self.device)
        test = self._on_device(self.images.test_x)
        y = torch.from_numpy(self.images.test_y)
        right: list[int] = []

        def after(epoch: int, trained: nn.Module) -> None:
            self.watch(f"learner of {arm}", epoch, self.setting.recipe.epochs)
            if every_epoch:
                right.append(int((answers(trained, test).cpu() == y).sum()))

        with repeatable():
            train(network, x, self.targets, self.setting.recipe, self.seed, "g", after)
            found = answers(network, test).cpu()
        classes = len(self.images.classes)
        confusion = (classes * y + found).bincount(minlength=classes**2).view(classes, classes)
        return Learned(
            right=int(confusion.trace()),
            total=len(y),
            confusion=tuple(map(tuple, confusion.tolist())),
            highest=max(right, default=None),
            as_limit=int((self.limit.answers == found).sum())
            if self.limit is not None and self.limit.captured
            else None,
        )

    def perturbations(self, permutations: int) -> dict[str, Any]:
        """What the perturbations of f are, as plain data: their features, sizes and pictures.

        accuracy : of f on the natural test images. fooled : the share of perturbed images that f
        calls by their target. sizes : mean L2, Linf and L0 size.
        """
        classes = len(self.images.classes)
        change = (self._moved - self.base).flatten(1).cpu()
        natural = torch.from_numpy(self.images.train_x).flatten(1)
        labelled = natural, torch.from_numpy(self.images.train_y)
        test = torch.from_numpy(self.images.test_x), torch.from_numpy(self.images.test_y)
        key = int.from_bytes(b"permutations", "little")
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(key,)))
        targets = self.targets.cpu()
        found = features(
            change, targets, labelled, (test[0].flatten(1), test[1]), classes, permutations, rng
        )
        with repeatable():
            answered = answers(self.classifier, self._on_device(self.images.test_x)).cpu()
            fooled = answers(self.classifier, self._moved) == self.targets
        sizes = (change.norm(dim=1), change.abs().amax(1), (change != 0).sum(1).float())
        return {
            **vars(found),
            "cosines": list(found.cosines),
            "accuracy": float((answered == test[1]).float().mean()),
            "fooled": float(fooled.float().mean()),
            "sizes": [float(size.mean()) for size in sizes],
            "limit": None
            if self.limit is None
            else beside_limit(self.limit, (change, targets), labelled, (test[1], answered)),
            "examples": self._examples(),
            "means": [
                _plain(class_means(*each, classes).view(classes, *self.images.shape))
                for each in (labelled, (change, targets))
            ],
        }

    @cached_property
    def classifier(self) -> nn.Module:
        """f, trained on the natural training images."""
        chosen = self.setting
        which = (chosen.network, written(chosen.network), chosen.recipe)
        at = (chosen.data, self.root, *which, self.seed, self.device)
        if at not in _last_classifier:
            _last_classifier.clear()
            network = built(chosen.network, self.images, self.seed, "f", self.device)

            def after(epoch: int, _: nn.Module) -> None:
                self.watch("classifier of natural images", epoch, chosen.recipe.epochs)

            x, y = self._on_device(self.images.train_x), self._on_device(self.images.train_y)
            with repeatable():
                train(network, x, y, chosen.recipe, self.seed, "f", after)
            _last_classifier[at] = network
        return _last_classifier[at]

    @cached_property
    def base(self) -> Tensor:
        """The images before they are perturbed, (N, channels, rows, columns)."""
        if self.setting.base == "natural":
            return self._on_device(self.images.train_x)
        with seeded(self.seed, "noise") as generator:
            noise = torch.rand(self.setting.samples, *self.images.shape, generator=generator)
        return noise.to(self.device)

    @cached_property
    def targets(self) -> Tensor:
        """t, int64 (N,)."""
        classes = len(self.images.classes)
        own = torch.from_numpy(self.images.train_y)
        with seeded(self.seed, "targets") as generator:
            if self.setting.base == "noise":
                t = torch.randint(classes, (self.setting.samples,), generator=generator)
            elif self.setting.labels == "D":
                t = (own + 1) % classes
            else:
                t = (own + torch.randint(1, classes, own.shape, generator=generator)) % classes
        return t.to(self.device)

    @cached_property
    def _moved(self) -> Tensor:
        return self._attacked(self.classifier)

    def _attacked(self, network: nn.Module) -> Tensor:
        chosen = self.setting
        with repeatable():
            size = (chosen.norm, chosen.eps, chosen.steps)
            return perturbed(network, self.base, self.targets, *size)

    def _given(self, arm: Arm) -> Tensor:
        """The images that an arm learns from."""
        x = self.base
        if arm == "none":
            return x
        if arm == "perturbed":
            return self._moved
        if arm == "untrained":
            return self._attacked(
                built(self.setting.network, self.images, self.seed, "untrained", self.device)
            )
        change = self._moved - x
        with seeded(self.seed, arm) as generator:
            if arm == "shuffle":
                change = change[torch.randperm(len(x), generator=generator).to(self.device)]
            else:
                noise = torch.randn(x.shape, generator=generator).to(self.device)
                scale = change.flatten(1).norm(dim=1) / noise.flatten(1).norm(dim=1)
                change = scale[:, None, None, None] * noise
        return (x + change).clamp(0, 1)

    def _examples(self) -> list[dict[str, Any]]:
        """Original, perturbation and perturbed image, with the class told and the true one (None
        for noise): the first images of classes, and with targets, that none before them has."""
        targets = self.targets.tolist()
        natural = self.setting.base == "natural"
        own = self.images.train_y.tolist() if natural else targets
        firsts: list[int] = []
        for n, (y, t) in enumerate(zip(own, targets, strict=True)):
            if all(y != own[k] and t != targets[k] for k in firsts):
                firsts.append(n)
        return [
            {
                "original": _plain(self.base[n]),
                "change": _plain(self._moved[n] - self.base[n]),
                "perturbed": _plain(self._moved[n]),
                "told": self.images.classes[targets[n]],
                "true": self.images.classes[self.images.train_y[n]] if natural else None,
            }
            for n in firsts[:_SHOWN]
        ]

    def _on_device(self, x: np.ndarray) -> Tensor:
        return torch.from_numpy(x).to(self.device)


def _plain(values: Tensor) -> Any:
    """Numbers to three digits, enough for a picture."""
    return np.round(values.cpu().numpy().astype(float), 3).tolist()


@lru_cache(maxsize=1)
def loaded(data: ImageChoice, root: Path | None) -> Images:
    """The images, read once for all experiments that follow each other."""
    return data.load(root)


# Experiments of one seed that follow each other attack the same network.
_last_classifier: dict[tuple[object, ...], nn.Module] = {}


def check_needs(setting: ImageSetting, device: str, processes: int, root: Path | None) -> None:
    """InputError where a network cannot be built, or what ``processes`` keep does not fit.

    Of each image: the pixels of six sets (natural, base, perturbed, of an arm, its change, and a
    copy). Of a network: weights, gradient and momentum, of f, g and an untrained one; and what
    autograd keeps of a batch.
    """
    images = loaded(setting.data, root)
    network = built(setting.network, images, 0, "f", device)
    weights = sum(p.nbytes for p in network.parameters())
    step = bytes_per_image(network, images.shape, device) * max(CHUNK, setting.recipe.batch)
    pixels = 4 * int(np.prod(images.shape))
    count = setting.samples if setting.base == "noise" else len(images.train_x)

    def needed(n: int) -> int:
        return processes * (6 * pixels * n + 5 * weights + 2 * step)

    what = f"{processes} processes with {setting.network}" if processes > 1 else setting.network
    check_memory(what, needed, count, "images", device)
