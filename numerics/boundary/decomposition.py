"""What the theorems on learning from perturbations read off a perturbed set, enclosed.

All perturbations share one direction: x_n = x'_n + eps y^a_n dir. Hence for any multipliers

    <q^a, z> = T1(z) + T2(z),  T1(z) = sum_n lambda^a_n y^a_n <x'_n, z>,  T2(z) = eps S_a <dir, z>,

and the Gram matrix is a rank-two change of the base's (this project, after Kumano et al., ICLR
2024). The x_n are stored rounded. Every enclosure here covers the base both as drawn and as what
makes the stored x_n exact, x_n - eps y^a_n dir: the two differ by that rounding, which is bounded.
In rational arithmetic it is the second one alone.

The directions read off the normal q have cosines with it that are enclosed without rounding one:

    sgn q        ‖q‖₁ / (sqrt(nnz q) ‖q‖)          q/‖q‖_inf    1
    M_k q        ‖M_k q‖ / ‖q‖                      sgn(M_k q)   ‖M_k q‖₁ / (sqrt(k) ‖q‖)

M_k keeps the k entries that are largest in size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...theory.exact.interval import Interval
from ..configuration import InputError
from ..enclose.ball_array import SMALLEST, UNIT_ROUNDOFF, BallArray, add_up, multiply_up, round_up
from ..enclose.precise_array import PreciseArray
from ..enclose.real_array import RealArray
from ..perturb.perturbed_set import PerturbedSet
from .gram import extremes, gram_statistics, norms_above
from .multipliers import linear_normal


def count_nonzero(q: RealArray) -> Interval:
    """nnz q: how many entries of q (d,) are not zero."""
    certain = int((q.positive | q.negative).sum())
    zero = int((q.nonnegative & q.nonpositive).sum())
    return Interval.between(certain, len(q) - zero)


def sign_cosine(q: RealArray) -> Interval:
    """The cosine of q and sgn q."""
    return _clipped(abs(q).sum().interval() / (count_nonzero(q).sqrt() * q.norm()))


def parallel_cosine(q: RealArray) -> Interval:
    """The cosine of q and q/‖q‖_inf: 1, unless q may be zero."""
    return _clipped((q @ q).interval() / q.norm() ** 2)


def largest_cosine(q: RealArray, k: int) -> Interval:
    """The cosine of q and M_k q; InputError if q certainly has fewer than k nonzero entries."""
    return _clipped(_largest_sum(q * q, q, k).nonnegative().sqrt() / q.norm())


def largest_sign_cosine(q: RealArray, k: int) -> Interval:
    """The cosine of q and sgn(M_k q); InputError as for `largest_cosine`."""
    return _clipped(_largest_sum(abs(q), q, k) / (Interval.exact(k).sqrt() * q.norm()))


def _largest_sum(values: RealArray, q: RealArray, k: int) -> Interval:
    """The sum of the k largest of the values, (d,), all at or above zero."""
    possible = int(count_nonzero(q).upper)
    if not 0 < k <= possible:
        raise InputError(f"k: {k} coordinates of q are asked for, at most {possible} are not zero")
    chosen = values.descending()[:k]
    found = values[chosen].sum().interval()
    others = np.setdiff1d(np.arange(len(values)), chosen)
    if len(others):
        least, beaten = values[chosen].min_enclosure(), values[others].max_enclosure()
        if not beaten.certainly_at_most(least):
            # Each entry exchanged may add what the best of the others has above the least of these.
            found = found.hull(found + (beaten - least).max(0) * k)
    return found


# Points z are taken in blocks so that their inner products with the base stay this few.
_BLOCK_ENTRIES = 2**23


@dataclass(frozen=True, slots=True, eq=False)
class BaseGeometry:
    """The base samples of a perturbed set, as the bounds on the perturbed set use them.

    Attributes:
        gram: encloses <x'_n, x'_k>, (N, N).
        along: b_n = <x'_n, dir>, (N,).
        kappa: largest |<x'_n, dir>|.
        dir_sq: ‖dir‖².
        base_R_min, base_R_max: smallest and largest ‖x'_n‖.
        base_p_max: largest |<x'_n, x'_k>| over n != k.
    """

    gram: RealArray
    along: RealArray
    kappa: Interval
    dir_sq: Interval
    base_R_min: Interval
    base_R_max: Interval
    base_p_max: Interval


def base_geometry(perturbed_set: PerturbedSet, *, precise: bool = False) -> BaseGeometry:
    """Measure the base; ``precise`` takes rational arithmetic, for small sets.

    Raises:
        InputError: the perturbed samples share no direction.
    """
    direction, eps = _shared(perturbed_set)
    if precise:
        implied, exact = implied_base(perturbed_set), PreciseArray.exact(direction)
        gram, along = implied @ implied.T, implied @ exact
        ends = extremes(gram)
    else:
        base, exact = perturbed_set.base.x, BallArray.exact(direction)
        statistics = gram_statistics(base)
        rounding = float(_rounding(perturbed_set, eps, direction).max())
        along = _products(base, direction[:, None], np.full(len(base), rounding))[:, 0]
        error = Interval.exact(rounding)
        spread = Interval.between(-rounding, rounding)
        # |<x + e, x' + e'> - <x, x'>| <= 2 R_max e + e² for errors of norm at most e.
        inner = ((2 * statistics.R_max + error) * error).upper
        gram = BallArray(statistics.gram.mid, round_up(statistics.gram.rad + inner))
        largest = (statistics.p_max + Interval.between(-inner, inner)).max(0)
        norms = (statistics.R_min, statistics.R_max)
        ends = (*((norm + spread).max(0) for norm in norms), largest)
    kappa = abs(along).max_enclosure().nonnegative()
    dir_sq = (exact * exact).sum().interval().nonnegative()
    return BaseGeometry(gram, along, kappa, dir_sq, *ends)


def implied_base(perturbed_set: PerturbedSet) -> PreciseArray:
    """x_n - eps y^a_n dir, (N, d), exactly, for the stored x_n."""
    direction, eps = _shared(perturbed_set)
    step = PreciseArray.exact(direction) * eps
    signs = perturbed_set.base.y.astype(np.float64)
    return PreciseArray.exact(perturbed_set.perturbed.x) - step[None, :] * signs[:, None]


def perturbed_gram(
    base_gram: RealArray, along: RealArray, y: np.ndarray, eps: float, dir_sq: Interval
) -> RealArray:
    """K^a = K' + eps (b yᵀ + y bᵀ) + eps² ‖dir‖² y yᵀ, (N, N).

    base_gram (N, N) encloses K', along (N,) b_n = <x'_n, dir>; y (N,) in {-1, +1}; eps is exact.
    """
    signs = y.astype(np.float64)
    both = np.multiply.outer(signs, signs)
    # y_n y_k b_n y_n = b_n y_k: the two terms of a pair, without a product of rank one.
    scaled = along * signs * Interval.exact(eps)
    pairs = scaled[:, None] + scaled[None, :]
    return base_gram + (pairs + dir_sq * Interval.exact(eps) ** 2) * both


def cosine(first: RealArray | np.ndarray, second: RealArray) -> Interval:
    """Cosine of two vectors (d,), the first perhaps exact; the whole of [-1, 1] if unknown."""
    if isinstance(first, np.ndarray):
        first = type(second).exact(first)
    return _clipped((first @ second).interval() / (first.norm() * second.norm()))


def sample_alignments(perturbed_set: PerturbedSet, q: RealArray) -> RealArray:
    """Cosines of y^a_n (x_n - x'_n) and q, (N,), for any perturbation; [-1, 1] where unknown."""
    before, after = perturbed_set.base, perturbed_set.perturbed
    rows = max(1, _BLOCK_ENTRIES // before.d)
    parts = []
    length = q.norm()
    for start in range(0, before.n, rows):
        block = slice(start, start + rows)
        moved = BallArray.exact(after.x[block]) - before.x[block]
        norms = (moved * moved).sum(axis=1).sqrt() * length
        parts.append((moved @ q) * before.y[block].astype(np.float64) / norms)
    cosines = BallArray.stacked(parts)
    return BallArray.between(np.clip(cosines.lower, -1, 1), np.clip(cosines.upper, -1, 1))


@dataclass(frozen=True, slots=True, eq=False)
class PointValues:
    """Values at test points z, each of shape (B,).

    Attributes:
        dir_z: <dir, z>.
        q_z: <q, z>, the natural boundary.
        T1_z, T2_z: the parts of the base and of the perturbations.
        adv_q_z: <q^a, z> from the perturbed samples themselves, without the decomposition.
        base_l1_z, base_l2_z: sum_n |<x'_n, z>| and (sum_n <x'_n, z>²)^(1/2).
    """

    dir_z: RealArray
    q_z: RealArray
    T1_z: RealArray
    T2_z: RealArray
    adv_q_z: RealArray
    base_l1_z: RealArray
    base_l2_z: RealArray


def point_values(
    perturbed_set: PerturbedSet, lam: RealArray, q: RealArray, z: np.ndarray
) -> PointValues:
    """Measure the points z, float64 (B, d), taken as exact.

    lam (N,) encloses the multipliers lambda^a of the perturbed set, q (d,) the natural normal. With
    multipliers held precisely the values are computed so.

    Raises:
        InputError: the perturbed samples share no direction, or z is no matrix (B, d), B >= 1.
    """
    base, y = perturbed_set.base.x, perturbed_set.base.y
    direction, eps = _shared(perturbed_set)
    if z.ndim != 2 or len(z) == 0 or z.shape[1] != base.shape[1]:
        raise InputError(f"points must have shape (points, {base.shape[1]}), found {z.shape}")
    rounding = _rounding(perturbed_set, eps, direction)
    implied = implied_base(perturbed_set) if isinstance(lam, PreciseArray) else None
    weights = lam * y.astype(np.float64)
    first, l1, l2 = [], [], []
    columns = max(1, _BLOCK_ENTRIES // len(base))
    for start in range(0, len(z), columns):
        part = z[start : start + columns].T
        b = _products(base, part, rounding) if implied is None else implied @ part
        first.append(weights @ b)
        l1.append(abs(b).sum(axis=0))
        l2.append((b * b).sum(axis=0).sqrt())
    points, joined = type(lam).exact(z), type(lam).stacked
    dir_z = points @ direction
    return PointValues(
        dir_z=dir_z,
        q_z=points @ q,
        T1_z=joined(first),
        T2_z=dir_z * (lam.sum().interval() * Interval.exact(eps)),
        adv_q_z=points @ linear_normal(perturbed_set.perturbed.x, lam, y),
        base_l1_z=joined(l1),
        base_l2_z=joined(l2),
    )


def _shared(perturbed_set: PerturbedSet) -> tuple[np.ndarray, float]:
    """dir and eps."""
    direction, eps = perturbed_set.direction, perturbed_set.eps
    if direction is None or eps is None or not perturbed_set.shares_direction:
        raise InputError(
            f"perturbed set: no shared direction, {perturbed_set.unlike}; it has no decomposition"
        )
    return direction, eps


def _rounding(perturbed_set: PerturbedSet, eps: float, direction: np.ndarray) -> np.ndarray:
    """Upper bounds, (N,), of ‖x_n - x'_n - eps y^a_n dir‖ for the stored x_n."""
    if perturbed_set.brought is not None:
        return perturbed_set.brought.apart
    x = perturbed_set.perturbed.x
    # Per entry: one rounded product eps dir_i, one rounded sum x_i.
    step = float(_up_norms((eps * direction)[None, :])[0])
    bound = round_up(UNIT_ROUNDOFF * round_up(_up_norms(x) + step))
    return round_up(round_up(bound * (1 + 2**-40)) + x.shape[1] * SMALLEST)


def _up_norms(rows: np.ndarray) -> np.ndarray:
    """Upper bounds of the norms of rows (N, d)."""
    with np.errstate(over="ignore"):
        return norms_above(np.einsum("nd,nd->n", rows, rows), rows.shape[1])


def _products(base: np.ndarray, z: np.ndarray, rounding: np.ndarray) -> RealArray:
    """<x'_n, z_b> for base (N, d), known up to errors of norm ``rounding`` (N,), and z (d, B)."""
    exact = BallArray.exact(base) @ z
    slack = multiply_up(rounding[:, None], _up_norms(z.T)[None, :])
    return BallArray(exact.mid, add_up(exact.rad, slack))


def _clipped(cosine: Interval) -> Interval:
    return cosine.max(-1).min(1)
