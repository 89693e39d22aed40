"""Networks for images: those that ship, a factory of the user's, their start and their memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..configuration import InputError
from ..data.images import Images
from . import paper_conv, small_conv, wide_resnet

Factory = Callable[[tuple[int, int, int], int], nn.Module]
"""Of the shape of images (channels, rows, columns) and the number of classes."""

NETWORKS: dict[str, Factory] = {
    "small-conv": small_conv.build,
    "paper-conv": paper_conv.PaperConv,
    "wide-resnet": wide_resnet.build,
}
"""The architectures that ship, by name."""


@contextmanager
def seeded(seed: int, purpose: str) -> Iterator[torch.Generator]:
    """A stream of random numbers of its own, for each seed and purpose, inside the block.

    torch's global streams are the same stream meanwhile, for initial weights and dropout draw from
    them, and are afterwards as they were before.
    """
    key = int.from_bytes(purpose.encode(), "little")
    state = np.random.SeedSequence(seed, spawn_key=(key,)).generate_state(1, np.uint64)
    start = int(state[0]) >> 1
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(start)
        yield torch.Generator().manual_seed(start)


class Standardised(nn.Module):
    """A network whose images are moved and scaled first, channel by channel, by fixed numbers."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, network: nn.Module, images: Images) -> None:
        super().__init__()
        self.network = network
        for name, value in (
            ("mean", images.train_x.mean(axis=(0, 2, 3), dtype=np.float64)),
            ("deviation", images.train_x.std(axis=(0, 2, 3), dtype=np.float64)),
        ):
            per_channel = torch.tensor(value, dtype=torch.float32).clamp_min(1e-6)
            self.register_buffer(name, per_channel[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return self.network((x - self.mean) / self.deviation)


def built(name: str, images: Images, seed: int, purpose: str, device: str) -> nn.Module:
    """A network at its start, which depends on seed and purpose alone, on a device.

    Raises:
        InputError: `name` is a user's factory (``path.py:name``) that is not there or fails, or
            what it makes does not map images to one number a class.
    """
    factory = NETWORKS.get(name) or _own(name)
    classes = len(images.classes)
    with seeded(seed, f"weights of {purpose}"):
        try:
            network = factory(images.shape, classes)
            with torch.no_grad():
                found = tuple(network.eval()(torch.zeros(2, *images.shape)).shape)
        except Exception as error:  # whatever a user's code raises, or a network too deep for them
            first = (str(error).splitlines() or [""])[0]
            raise InputError(
                f"network {name}: fails on images of shape {images.shape}: "
                f"{type(error).__name__}: {first}"
            ) from None
    if found != (2, classes):
        raise InputError(
            f"network {name}: 2 images must give outputs of shape {(2, classes)}, gave {found}"
        )
    return Standardised(network, images).to(device)


def written(name: str) -> bytes:
    """The text of the user's file that a network's name names; empty for one that ships."""
    path, _, _ = name.rpartition(":")
    return Path(path).read_bytes() if path else b""


def _own(name: str) -> Factory:
    """The factory in a user's Python file, which is run."""
    path, _, attribute = name.rpartition(":")
    module = ModuleType(f"perturbproof_network_{Path(path).stem}")
    module.__file__ = path
    try:
        exec(compile(written(name), path, "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        raise InputError(f"module {path}: {type(error).__name__}: {error}") from None
    if not callable(getattr(module, attribute, None)):
        raise InputError(f"module {path}: has no function {attribute!r} that builds a network")
    return getattr(module, attribute)


def operations(name: str, images: Images) -> int:
    """Floating point operations of a network's products and convolutions, for one image."""
    network = built(name, images, 0, "f", "cpu")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, *images.shape))
    return counter.get_total_flops()


def bytes_per_image(network: nn.Module, shape: tuple[int, int, int], device: str) -> int:
    """Bytes that a step of training keeps for each image of a batch, until its gradient is known.

    Counted, not estimated: what autograd saves for two images less what it saves for one.
    """
    saved: list[int] = []

    def kept(value: Tensor) -> Tensor:
        saved[-1] += value.nbytes
        return value

    with torch.autograd.graph.saved_tensors_hooks(kept, lambda value: value):
        for count in (1, 2):
            saved.append(0)
            network(torch.zeros(count, *shape, device=device))
    return saved[1] - saved[0]
