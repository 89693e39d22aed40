"""min ½ muᵀ A mu - 1ᵀ mu over mu >= 0, from a guess of which mu are positive.

Block principal pivoting: solve with the multipliers taken to be positive, then exchange every one
whose sign or margin is wrong, and fewer at a time where that does not help. From a good guess a few
Cholesky factorisations do, where an active-set method adds one multiplier after the other. It need
not end; least-distance programming (`minimiser_support`) then does.

Source: Kim & Park, Fast nonnegative matrix factorization (2011), section 3.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from ..boundary.margin_program import minimiser_support
from ..enclose.real_array import BoolArray, FloatArray

# Singular blocks, as of samples that depend on one another, get a factor; one step of refinement
# takes the rest of the error away.
_RIDGE = 1e-12
_MARGIN = 1e-11
_TURNS = 60
_PATIENCE = 3


def minimiser(matrix: FloatArray, guess: BoolArray) -> FloatArray:
    """mu (P,) for A = ``matrix`` (P, P), symmetric, positive semidefinite.

    ``guess`` bool (P,). As far as floating point can tell; zero where no minimiser was found.
    """
    if not (matrix.diagonal() > 0).all():
        return np.zeros(len(matrix))  # of a ReLU: a sample that no weights of the pattern reach
    scale = 1 / np.sqrt(matrix.diagonal())
    unit = matrix * scale[:, None] * scale
    found = _pivoted(unit, scale, guess.copy())
    if found is None:
        found = np.zeros(len(unit))
        support = minimiser_support(matrix)
        inner = unit[np.ix_(support, support)]
        found[support] = np.linalg.lstsq(inner, scale[support], rcond=None)[0]
    return np.maximum(found, 0.0) * scale


def _pivoted(matrix: FloatArray, target: FloatArray, positive: BoolArray) -> FloatArray | None:
    fewest, patience = len(matrix) + 1, _PATIENCE
    for _ in range(_TURNS):
        values = _solved(matrix, target, positive)
        if values is None:
            return None
        short = matrix @ values < target * (1 - _MARGIN)
        wrong = np.flatnonzero(np.where(positive, values < 0, short))
        if not len(wrong):
            return values
        if len(wrong) < fewest:
            fewest, patience = len(wrong), _PATIENCE
        elif patience:
            patience -= 1
        else:
            wrong = wrong[-1:]
        positive[wrong] ^= True
    return None


def _solved(matrix: FloatArray, target: FloatArray, positive: BoolArray) -> FloatArray | None:
    inner = matrix[np.ix_(positive, positive)]
    values = np.zeros(len(matrix))
    try:
        factor = cho_factor(inner + _RIDGE * np.eye(len(inner)), check_finite=False)
    except np.linalg.LinAlgError:
        return None
    first = cho_solve(factor, target[positive], check_finite=False)
    rest = cho_solve(factor, target[positive] - inner @ first, check_finite=False)
    values[positive] = first + rest
    return values
