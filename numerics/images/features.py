"""Whether perturbations hold the features of the classes that they aim at.

With M_k the mean of the perturbations aimed at class k less the mean of all, and C_k the mean of
the natural training images of class k less the mean of all, A = mean_k cos(M_k, C_k). Under the
null, that perturbations have nothing to do with the classes that they are said to aim at, the
targets may be permuted over them; p = (1 + #{permuted A >= A})/(1 + permutations) is then at most e
with probability at most e. Source: this project.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize


@dataclass(frozen=True)
class Features:
    """What perturbations show of the classes.

    alignment : A. largest : the largest of the permuted. p : of the permutation test. cosines :
    cos(M_k, C_k) for each class. matched : the share of classes k with argmax_j cos(M_k, C_j) = k.
    probe : accuracy on natural test images of argmax_k <x - mean, M_k/‖M_k‖>, which trains nothing.
    """

    alignment: float
    largest: float
    p: float
    cosines: tuple[float, ...]
    matched: float
    probe: float


def class_means(x: Tensor, y: Tensor, classes: int) -> Tensor:
    """The mean of the rows of each class less the mean of all, float32 (K, d); 0 of a class without
    any. x : (N, d); y : int64 (N,)."""
    sums = x.new_zeros(classes, x.shape[1]).index_add_(0, y, x)
    count = y.bincount(minlength=classes)[:, None]
    return torch.where(count > 0, sums / count.clamp_min(1) - x.mean(0), 0.0)


def features(
    change: Tensor,
    targets: Tensor,
    natural: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
    classes: int,
    permutations: int,
    rng: np.random.Generator,
) -> Features:
    """The features in perturbations (N, d) with targets int64 (N,).

    natural, test : images (N, d), each with classes int64 (N,). All on the CPU.
    """
    ours, theirs = (class_means(*each, classes) for each in ((change, targets), natural))
    directions = normalize(theirs)
    cosines = normalize(ours) @ directions.T
    own = cosines.diagonal()
    alignment = float(own.mean())
    order = targets.numpy()
    drawn = (torch.from_numpy(rng.permutation(order)) for _ in range(permutations))
    null = [
        float((normalize(class_means(change, t, classes)) * directions).sum(1).mean())
        for t in drawn
    ]
    x, y = test
    probed = ((x - natural[0].mean(0)) @ normalize(ours).T).argmax(1)
    return Features(
        alignment=alignment,
        largest=max(null),
        p=(1 + sum(one >= alignment for one in null)) / (1 + permutations),
        cosines=tuple(own.tolist()),
        matched=float((cosines.argmax(1) == torch.arange(classes)).float().mean()),
        probe=float((probed == y).float().mean()),
    )
