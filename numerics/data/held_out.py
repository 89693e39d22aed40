"""Samples kept out of training: a share of each class, drawn at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..configuration import InputError
from .sample import Sample


def hold_out(
    sample: Sample, share: float, rng: np.random.Generator, *, centred: int
) -> tuple[Sample, np.ndarray]:
    """The sample, and which of its rows are held out, bool (N,).

    Of each class that part of its samples, rounded. The first ``centred`` coordinates of all are
    moved by their mean over what is not held out, which then owes nothing to the rest.

    Raises InputError where a class would be left with nothing on one of the two sides.
    """
    held = np.zeros(sample.n, dtype=bool)
    for label in (1, -1):
        rows = np.flatnonzero(sample.y == label)
        count = round(share * len(rows))
        if not 0 < count < len(rows):
            raise InputError(
                f"held_out: {share} of the {len(rows)} samples with the label {label:+d} are "
                f"{count}; each class needs samples on both sides"
            )
        held[rng.choice(rows, count, replace=False)] = True
    if centred:
        moved = sample.x.copy()
        moved[:, :centred] -= sample.x[~held, :centred].mean(axis=0)
        sample = replace(sample, x=moved)
    return sample, held
