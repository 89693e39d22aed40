"""For every measured symbol of one trained network: whether an interval encloses its true value."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from perturbproof.theory.exact.interval import Interval
from scipy.optimize import nnls

from .exact_network import Exact, Matrix, positive_definite

Oracle = Callable[[Exact, Interval], bool]


def _root_of(squares: Callable[[Exact], Fraction]) -> Oracle:
    def encloses(exact: Exact, found: Interval) -> bool:
        square = squares(exact)
        return Fraction(found.lower) ** 2 <= square <= Fraction(found.upper) ** 2

    return encloses


def _limit(value: Callable[[Exact], Fraction]) -> Oracle:
    return lambda exact, found: exact.consistent and found.contains(value(exact))


def _eigenvalue(exact: Exact, found: Interval) -> bool:
    def shifted(by: float) -> Matrix:
        return [
            [value - (Fraction(by) if n == k else 0) for k, value in enumerate(row)]
            for n, row in enumerate(exact.margin_matrix)
        ]

    tiny = 2.0**-60
    below, above = found.lower - tiny, found.upper + tiny
    return positive_definite(shifted(below)) and not positive_definite(shifted(above))


def _witness(prefix: str) -> Oracle:
    def encloses(exact: Exact, found: Interval) -> bool:
        system = exact.row_system(prefix)
        return found.contains(0 if system is None else min(system[0]))

    return encloses


def _gap(prefix: str) -> Oracle:
    def encloses(exact: Exact, found: Interval) -> bool:
        system = exact.row_system(prefix)
        # Without t there is no gap: nothing may be claimed of it.
        return not found.is_finite if system is None else found.contains(min(system[2]))

    return encloses


def _room(prefix: str, above: bool) -> Oracle:
    def encloses(exact: Exact, found: Interval) -> bool:
        system, lam = exact.row_system(prefix), exact.multipliers
        assert lam is not None
        if system is None:
            return not found.is_finite
        t, low, _ = system
        rooms = [t[n] - lam[n] if above else lam[n] - low[n] for n in exact.size]
        return found.contains(min(rooms))

    return encloses


def _tau(exact: Exact, found: Interval) -> bool:
    """In NumPy from W and lambda: the operator norm is an SVD of the whole difference."""
    experiment = exact.experiment
    w, x, y = experiment.training.network.weights(), experiment.sample.x, experiment.sample.y
    m, gamma = len(w), experiment.slope
    a = np.repeat([1.0, -1.0], m // 2) / np.sqrt(m)
    lam = np.array([float(v) for v in exact.multipliers or ()])
    slopes = np.where(np.sign(a)[:, None] == y[None, :], 1.0, gamma)
    limit = a[:, None] * ((slopes * lam * y) @ x)
    z = x @ w.T
    margins = y * (np.where(z > 0, z, gamma * z) @ a)
    delta = np.linalg.svd(w / margins.min() - limit, compute_uv=False)[0]
    value = 2 * delta / (gamma * (1 + gamma) * np.linalg.norm((lam * y) @ x))
    # NumPy's own rounding: the difference cancels all but about 1e-16 of the weights.
    room = 1e-6 * value + 1e-12
    return found.lower - room <= value <= found.upper + room


def _near(value: Callable[[Exact], float]) -> Oracle:
    """Within float64's own rounding of a value computed in NumPy."""

    def encloses(exact: Exact, found: Interval) -> bool:
        expected = float(value(exact))
        room = 1e-11 * (1 + abs(expected))
        return found.lower - room <= expected <= found.upper + room

    return encloses


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def _row_sums(exact: Exact) -> list[Fraction]:
    return [
        sum((abs(exact.gram[n][k]) for k in exact.size if k != n), Fraction(0)) for n in exact.size
    ]


def _kept(q: np.ndarray, k: int) -> np.ndarray:
    """M_k q."""
    return np.where(abs(q) >= np.sort(abs(q))[-k], q, 0.0)


def _gradient_cosines(exact: Exact) -> list[float]:
    return [_cosine(exact.input_gradient(n), exact.normal) for n in exact.size]


def _margins_of_normal(exact: Exact) -> np.ndarray:
    return np.array(exact.y) * (exact.experiment.sample.x @ exact.normal)


def limit_by_pieces(
    x: np.ndarray, y: np.ndarray, gamma: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """v and u of the convex limit with active own pairs, and its multipliers, from all 2 N pieces.

    Least-distance programming on the pieces themselves, with no Gram matrix and no working set.
    None where the samples cannot be separated.
    """
    plus = y > 0
    pieces = []
    for slope in (1.0, gamma):
        v, u = np.where(plus, 1.0, -slope), np.where(plus, -slope, 1.0)
        pieces.append(np.hstack([v[:, None] * x, u[:, None] * x]) / np.sqrt(2))
    system = np.vstack([np.vstack(pieces).T, np.ones(2 * len(x))])
    weights, missed = nnls(system, np.append(np.zeros(2 * x.shape[1]), 1.0))
    if missed < 1e-6:
        return None
    w = system[:-1] @ weights
    scale = (np.vstack(pieces) @ w).min()
    return w.reshape(2, -1) * np.sqrt(2) / scale, weights / scale


def _limit_by_pieces(exact: Exact) -> tuple[np.ndarray, np.ndarray] | None:
    return limit_by_pieces(exact.experiment.sample.x, np.array(exact.y), exact.experiment.slope)


def _own_activations(exact: Exact, found: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    x, y = exact.experiment.sample.x, np.array(exact.y)
    (v, u), _ = found
    return np.where(y > 0, x @ v, x @ u) / 2


def _own_activation(exact: Exact, found: Interval) -> bool:
    limit = _limit_by_pieces(exact)
    if limit is None:
        return found.contains(0)
    least = _own_activations(exact, limit).min()
    return found.lower - 1e-6 <= least <= found.upper + 1e-6


def _seed_slack(exact: Exact, found: Interval) -> bool:
    """The certificate at c W*, plainly, for the best of many weights of the margin."""
    limit = _limit_by_pieces(exact)
    if limit is None:
        return False
    (v, u), weights = limit
    x, y, gamma = exact.experiment.sample.x, np.array(exact.y), exact.experiment.slope
    lam = weights[: len(x)] + weights[len(x) :]
    total, share = lam.sum(), lam[lam > 0] / lam.sum()
    own = _own_activations(exact, limit)
    cross = np.where(y > 0, x @ u, x @ v) / 2
    margin = own - np.maximum(cross, gamma * cross)
    entropy = -(share * np.log(share)).sum()
    rho = entropy + 1024 * margin.min() - np.log(np.exp(1024 * (margin.min() - margin)).sum())
    reach = max(1024 * np.sqrt((v @ v + u @ u) / 2) / rho, np.sqrt(total))
    distance = np.sqrt(max(reach**2 - total, 0.0))
    norms, best = np.linalg.norm(x, axis=1), np.full(len(x), -np.inf)
    for beta in np.linspace(0, 1, 401):
        length = np.sqrt((1 - beta) ** 2 / 2 + beta**2 * gamma**2 / 2)
        near = (1 - beta) * own + beta * (1 - entropy / rho + gamma * cross)
        best = np.maximum(best, 2 * (near - length * norms * distance))
    return abs(best.min() - found.lower) <= 1e-3 * (1 + abs(found.lower))


def _trained(exact: Exact) -> tuple[np.ndarray, np.ndarray, float]:
    w = exact.experiment.training.network.weights()
    return w, np.repeat([1.0, -1.0], len(w) // 2), np.sqrt(len(w))


def _trained_activation(exact: Exact) -> float:
    w, half, root = _trained(exact)
    return float((np.outer(exact.y, half) * (exact.experiment.sample.x @ w.T) * root).min())


ORACLES: dict[str, Oracle] = {
    "own_activation": _own_activation,
    "seed_slack": _seed_slack,
    # Theorems: there are none.
    "contrary_points": lambda exact, found: found.contains(0),
    "outside_contrary": lambda exact, found: found.contains(0),
    "support_min": lambda exact, found: found.contains(
        min(exact.y[n] * exact.y[k] * exact.gram[n][k] for n in exact.size for k in exact.size)
    ),
    "trained_activation": _near(_trained_activation),
    "gamma": lambda exact, found: found.contains(exact.gamma),
    "N": lambda exact, found: found.contains(len(exact.y)),
    "d": lambda exact, found: found.contains(exact.experiment.sample.x.shape[1]),
    "m": lambda exact, found: found.contains(exact.experiment.scenario.network.width),
    "tau_asked": lambda e, f: f.contains(Fraction(e.experiment.scenario.tolerance.angle)),
    "R_min": _root_of(lambda exact: min(exact.gram[n][n] for n in exact.size)),
    "R_max": _root_of(lambda exact: max(exact.gram[n][n] for n in exact.size)),
    "p_max": lambda exact, found: found.contains(
        max(abs(exact.gram[n][k]) for n in exact.size for k in exact.size if n != k)
    ),
    "row_sum_max": lambda exact, found: found.contains(max(_row_sums(exact))),
    "row_margin_min": lambda exact, found: found.contains(
        min(
            (1 + exact.gamma**2) * exact.gram[n][n] - (1 + exact.gamma) * row
            for n, row in enumerate(_row_sums(exact))
        )
    ),
    "lambda_min": _limit(lambda exact: min(exact.multipliers or ())),
    "lambda_max": _limit(lambda exact: max(exact.multipliers or ())),
    # Known too where it is negative: then no KKT point has the linear pattern.
    "activation_margin": lambda exact, found: (
        exact.multipliers is not None and found.contains(min(exact.activations))
    ),
    "A_eigenvalue": _eigenvalue,
    "tau": _tau,
    "imbalance": lambda exact, found: found.contains(abs(sum(exact.y))),
    "top_k": lambda exact, found: found.contains(max(1, exact.experiment.sample.d // 20)),
    "nnz_q": lambda exact, found: found.contains(int(np.count_nonzero(exact.normal))),
    "norm_q": _near(lambda exact: np.linalg.norm(exact.normal)),
    "natural_kappa": _near(
        lambda exact: abs(_margins_of_normal(exact)).max() / np.linalg.norm(exact.normal)
    ),
    "q_margin_min": _near(lambda exact: _margins_of_normal(exact).min()),
    "q_margin_max": _near(lambda exact: _margins_of_normal(exact).max()),
    "class_cos": _near(lambda exact: _cosine(exact.part(1), exact.part(-1))),
    "gradient_cos_min": _near(lambda exact: min(_gradient_cosines(exact))),
    "gradient_cos_max": _near(lambda exact: max(_gradient_cosines(exact))),
    "cos_sign": _near(lambda exact: _cosine(np.sign(exact.normal), exact.normal)),
    "cos_rescaled": lambda exact, found: found.contains(1),
}
for _name, _map in (("cos_value", lambda q: q), ("cos_top_sign", np.sign)):
    ORACLES[_name] = _near(
        lambda exact, _map=_map: _cosine(
            _map(_kept(exact.normal, max(1, exact.experiment.sample.d // 20))), exact.normal
        )
    )
for _prefix in ("", "half_", "signed_"):
    ORACLES[f"{_prefix}witness_min"] = _witness(_prefix)
    ORACLES[f"{_prefix}row_gap"] = _gap(_prefix)
    ORACLES[f"{_prefix}headroom"] = _room(_prefix, above=True)
    ORACLES[f"{_prefix}footroom"] = _room(_prefix, above=False)
