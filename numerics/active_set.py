"""Minimise 1/2 lambdaᵀ A lambda - 1ᵀ lambda over lambda >= 0, in plain floating point.

A is positive semidefinite and may be singular, so that a minimiser may not exist. Two stages:

* block principal pivoting (Portugal, Judice & Vicente, Mathematics of Computation 63, 1994) on A
  plus a small multiple of its diagonal: a few factorisations whatever the size of the support;
* from there an active-set method on A itself (Lawson & Hanson, Solving Least Squares Problems,
  1974, chapter 23, in the Gram form), which keeps the columns of the support independent.

What comes out is a guess, to be verified by whoever needs certainty.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve, qr

from .roundoff import FloatArray

# Relative to a unit diagonal. Both only steer the search.
_RIDGE = 1e-9
_FLAT = 1e-12
_DEPENDENT = 1e-8
_TOLERANCE = 1e-11
# Block exchanges without progress after which the active-set method takes over.
_PATIENCE = 5


def minimiser_support(matrix: FloatArray) -> NDArray[np.intp]:
    """Increasing indices of the positive entries of a minimiser, as far as floating point can tell.

    `matrix` is A, float64 (N, N), symmetric with a positive diagonal. Where there is no minimiser,
    or rounding hides it, these are the indices at which the search gave up.
    """
    scale = 1 / np.sqrt(matrix.diagonal())
    unit = matrix * scale[:, None] * scale
    # In the variables lambda/scale; the length of the right-hand side does not touch the support.
    rhs = scale / scale.max()
    start = _independent(unit, _block_pivoting(unit, rhs))
    return np.sort(_active_set(unit, rhs, start))


def _block_pivoting(matrix: FloatArray, rhs: FloatArray) -> NDArray[np.intp]:
    """The support for matrix + ridge, or the set that came nearest to it."""
    ridged = matrix + _RIDGE * np.eye(len(rhs))
    inside = np.ones(len(rhs), dtype=bool)
    best, fewest, patience = inside, len(rhs) + 1, _PATIENCE
    while patience:
        members = np.flatnonzero(inside)
        value = _solved(ridged[np.ix_(members, members)], rhs[members])
        slack = ridged[:, members] @ value - rhs
        slack[members] = value
        wrong = slack < np.where(inside, 0.0, -_TOLERANCE * rhs)
        count = int(wrong.sum())
        if count < fewest:
            best, fewest, patience = inside, count, _PATIENCE
        if not count:
            break
        inside = inside ^ wrong
        patience -= 1
    return np.flatnonzero(best)


def _independent(matrix: FloatArray, members: NDArray[np.intp]) -> NDArray[np.intp]:
    """A largest part of `members` whose columns are numerically independent."""
    if not len(members):
        return members
    factors = qr(matrix[np.ix_(members, members)], mode="r", pivoting=True)
    size = abs(np.diagonal(np.asarray(factors[0])))
    return members[np.asarray(factors[-1])[size > _DEPENDENT * size[0]]]


def _active_set(matrix: FloatArray, rhs: FloatArray, start: NDArray[np.intp]) -> NDArray[np.intp]:
    """From independent columns to the support of a minimiser."""
    members, value = start, _solved(matrix[np.ix_(start, start)], rhs[start])
    while (value <= 0).any():
        members = members[value > 0]
        value = _solved(matrix[np.ix_(members, members)], rhs[members])
    for _ in range(3 * len(rhs)):
        columns = matrix[:, members]
        gain = rhs - columns @ value
        gain[members] = 0.0
        rounding = _TOLERANCE * (rhs + abs(columns) @ value)
        entering = int(np.argmax(gain / rounding))
        if gain[entering] <= rounding[entering]:
            break
        row = matrix[members, entering]
        direction = -_solved(matrix[np.ix_(members, members)], row)
        curvature = float(matrix[entering, entering] + row @ direction)
        shrinking = np.flatnonzero(direction < -_FLAT)
        steps = value[shrinking] / -direction[shrinking]
        reach = float(steps.min(initial=np.inf))
        flat = curvature <= _FLAT * (1 + abs(direction).sum()) ** 2
        wanted = np.inf if curvature <= 0 else float(gain[entering]) / curvature
        if flat and np.isinf(reach):
            break  # the objective falls for ever in this direction
        step = min(wanted, reach)
        value = np.append(value + step * direction, step)
        members = np.append(members, entering)
        if reach <= wanted:
            value[shrinking[steps <= reach]] = 0.0
        members, value = _descended(matrix, rhs, members[value > 0], value[value > 0])
    return members


def _descended(
    matrix: FloatArray, rhs: FloatArray, members: NDArray[np.intp], value: FloatArray
) -> tuple[NDArray[np.intp], FloatArray]:
    """From `value` >= 0 to the minimiser on `members`, dropping those that reach zero."""
    while len(members):
        target = _solved(matrix[np.ix_(members, members)], rhs[members])
        falling = np.flatnonzero(target <= 0)
        if not len(falling):
            return members, target
        steps = value[falling] / (value[falling] - target[falling] + np.finfo(float).tiny)
        value = value + float(steps.min()) * (target - value)
        value[falling[steps <= steps.min()]] = 0.0
        members, value = members[value > 0], value[value > 0]
    return members, value


def _solved(matrix: FloatArray, rhs: FloatArray) -> FloatArray:
    """M^-1 b for a positive definite M; by least squares where rounding has made it indefinite."""
    if not len(rhs):
        return np.zeros(0)
    try:
        return np.asarray(cho_solve(cho_factor(matrix, lower=True), rhs))
    except LinAlgError:
        return np.asarray(np.linalg.lstsq(matrix, rhs, rcond=None)[0], dtype=np.float64)
