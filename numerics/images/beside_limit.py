"""The limit that is certified for a two-layer network on the same images, beside the deep network.

A two-layer network of the theorems is trained on the training images of two classes, less their
mean, until it is captured: its limit, and the limit's answers at every image, are then certain. The
deep network is of no theorem. That its perturbations point along the limit's normal q, and that it
answers as the limit does, is an observation.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from .features import class_means


@dataclass(frozen=True, eq=False)
class CertifiedLimit:
    """The limit at a slope, of a network started from a seed.

    captured : whether it is certified; else everything but ``reason`` and ``steps`` is of no use.
    normal : q (d,), float32, towards class 0. answers : class 0 or 1 of each test image, int64
    (M,), 2 where the enclosed sign of f* is not certain. steps : of training.
    """

    captured: bool
    reason: str
    steps: int
    normal: Tensor
    answers: Tensor


@dataclass(frozen=True)
class BesideLimit:
    """What a deep network has in common with the certified limit.

    cosine : of q and the mean perturbation aimed at class 0 less that aimed at class 1. natural :
    of q and the difference of the means of the two classes. right : share of test images that the
    limit answers right. as_classifier : share that it answers as f does. steps : until captured.
    """

    captured: bool
    reason: str
    steps: int
    cosine: float | None = None
    natural: float | None = None
    right: float | None = None
    as_classifier: float | None = None


def beside_limit(
    limit: CertifiedLimit,
    change: tuple[Tensor, Tensor],
    natural: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
) -> dict[str, Any]:
    """As plain data.

    change, natural : perturbations and training images (N, d), with targets and classes. test : the
    true classes of the test images, and those that f answers.
    """
    if not limit.captured:
        return asdict(BesideLimit(False, limit.reason, limit.steps))
    q = limit.normal / limit.normal.norm()
    first, second = ((m := class_means(*each, 2))[0] - m[1] for each in (change, natural))
    true, answered = test
    return asdict(
        BesideLimit(
            captured=True,
            reason=limit.reason,
            steps=limit.steps,
            cosine=float(q @ first / first.norm()),
            natural=float(q @ second / second.norm()),
            right=float((limit.answers == true).float().mean()),
            as_classifier=float((limit.answers == answered).float().mean()),
        )
    )
