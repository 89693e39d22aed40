"""The greedy pixel attack on a linear boundary, in closed form.

As `perturbations.pixel`, on f(x) = <q, x>: the gradient is q at every sample, so all samples take
the same coordinates, those of the largest |q_i| in order, and a coordinate taken in step t of k is
moved k - t + 1 times by step_size |q_i|/max|q|. Source: attack of Kumano et al. (ICLR 2024; public
code); closed form this project.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .learning_setting import pixel_count

STEP_SIZE = 0.3
"""The published step."""


def greedy_pixels(
    normal: Tensor, fraction: float, step_size: float = STEP_SIZE
) -> tuple[Tensor, Tensor]:
    """Coordinates taken, int64 (k,), in order, and how far each is moved in all, signed (k,).

    normal : q (d,). Targets of label y move by y times that, before any clamp.
    """
    count = pixel_count(fraction, len(normal))
    taken = torch.sort(normal.abs(), descending=True, stable=True).indices[:count]
    chosen = normal[taken]
    turns = torch.arange(count, 0, -1, dtype=normal.dtype, device=normal.device)
    return taken, step_size * turns * chosen / chosen[0].abs()
