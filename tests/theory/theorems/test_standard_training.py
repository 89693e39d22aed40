"""The theorems on standard training, held against networks built from raw vectors.

Nothing here uses the formulas of the proofs: gradients of the network are written out neuron by
neuron, multipliers solve the tight margins, and the solution is run forward to see that it is a KKT
point. The compiled relations of every theorem must then hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import sympy as sp
from perturbproof.numerics.compiler import compile_expression
from perturbproof.theory import Theorem, prove, theorem
from perturbproof.theory.symbols import N, R_max, R_min, gamma, p_max, symbols_of

INSTANCES = 1000
WIDTH = 4
CLOSED_FORM = (
    "standard-boundary",
    "exact-chain",
    "half-aware",
    "exact-multipliers",
    "refined-multipliers",
    "certificate-ladder",
)


@dataclass(frozen=True)
class KktPoint:
    """A data set with its KKT point, all from raw vectors."""

    values: dict[str, float]
    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    slope: float
    lam: np.ndarray


def network(weights: np.ndarray, x: np.ndarray, slope: float) -> np.ndarray:
    a = np.repeat([1.0, -1.0], WIDTH // 2) / np.sqrt(WIDTH)
    t = x @ weights.T
    return np.where(t > 0, t, slope * t) @ a


def kkt_point(x: np.ndarray, y: np.ndarray, slope: float) -> KktPoint:
    size = len(x)
    a = np.repeat([1.0, -1.0], WIDTH // 2) / np.sqrt(WIDTH)
    # y_n times the gradient of f at x_n when every sample activates its own half.
    features = np.stack(
        [y[n] * (a * np.where(y[n] * a > 0, 1.0, slope))[:, None] * x[n] for n in range(size)]
    )
    inner = np.einsum("njd,kjd->nk", features, features)
    lam = np.linalg.solve(inner, np.ones(size))
    weights = np.einsum("n,njd->jd", lam, features)
    own = WIDTH * y[:, None] * a * (x @ weights.T)
    gram = x @ x.T
    norms = np.sqrt(np.diag(gram))
    off = np.abs(gram - np.diag(np.diag(gram)))
    values = {
        "gamma": slope,
        "N": size,
        "R_min": norms.min(),
        "R_max": norms.max(),
        "p_max": off.max(),
        "lambda_min": lam.min(),
        "lambda_max": lam.max(),
        "activation_margin": own.min(),
        "A_eigenvalue": np.linalg.eigvalsh(inner)[0],
    }
    return KktPoint(values, x, y, weights, slope, lam)


def instance(rng: np.random.Generator, condition: sp.Basic) -> KktPoint:
    """Random data that meet a closed-form condition, up to 0.1 % from its edge."""
    slope = float(rng.choice([1.0, 0.9, 0.5, 0.1, 0.01, rng.uniform(0.02, 1)]))
    size = int(rng.integers(2, 6))
    norms = rng.uniform(1, rng.choice([1.0001, 1.3, 3]), size)
    symbols = (gamma, N, R_min, R_max, p_max)
    small, large = norms.min(), norms.max()
    # The condition's left side is linear in p_max: find the p_max at its edge.
    left = compile_expression(condition.lhs, symbols)
    right = compile_expression(condition.rhs, symbols)
    edge = right(slope, size, small, large, 1.0) / left(slope, size, small, large, 1.0)
    p = edge * rng.choice([0.999, rng.uniform(0, 0.999)])
    off = rng.choice([rng.uniform(-1, 1, (size, size)), rng.choice([-1.0, 1.0], (size, size))])
    off = np.triu(off, 1)
    gram = np.diag(norms**2) + p * (off + off.T)
    x = np.linalg.cholesky(gram)
    return kkt_point(x, rng.choice([-1.0, 1.0], size), slope)


def holds(relation: sp.Basic, values: dict[str, float]) -> bool:
    """A relation in floating point, with room for rounding on the side of holding."""
    if isinstance(relation, (sp.And, sp.Or)):
        parts = [holds(part, values) for part in relation.args]
        return all(parts) if isinstance(relation, sp.And) else any(parts)
    symbols = symbols_of(relation)
    at = [values[s.name] for s in symbols]
    left, right = (float(compile_expression(side, symbols)(*at)) for side in relation.args)
    room = 1e-9 * (abs(left) + abs(right))
    if isinstance(relation, (sp.StrictLessThan, sp.LessThan)):
        return left <= right + room
    return left >= right - room


@pytest.mark.parametrize("id", CLOSED_FORM)
def test_claims_hold_on_random_admissible_data(id: str) -> None:
    entry = theorem(id)
    rng = np.random.default_rng([7, len(id)])
    for _ in range(INSTANCES):
        point = instance(rng, entry.assumptions[0].relation)
        assert holds(entry.assumptions[0].relation, point.values)
        assert np.allclose(point.y * network(point.weights, point.x, point.slope), 1)
        for claim in entry.claims:
            if not claim.limit:
                assert holds(claim.relation, point.values), (claim.id, point.values)


def test_boundary_is_the_hyperplane_at_random_points() -> None:
    entry = theorem("half-aware")
    rng = np.random.default_rng(11)
    for _ in range(200):
        point = instance(rng, entry.assumptions[0].relation)
        q = (point.lam * point.y) @ point.x
        z = rng.standard_normal((50, point.x.shape[1]))
        outputs, linear = network(point.weights, z, point.slope), z @ q
        clear = np.abs(linear) > 1e-9 * np.linalg.norm(q)
        assert (np.sign(outputs[clear]) == np.sign(linear[clear])).all()


def test_distance_bounds_the_sign_changes() -> None:
    """Step 7 on perturbed weights: no sign differs outside the cone of sine tau."""
    entry = theorem("half-aware")
    rng = np.random.default_rng(13)
    for _ in range(200):
        point = instance(rng, entry.assumptions[0].relation)
        q = (point.lam * point.y) @ point.x
        moved = point.weights + 0.05 * rng.uniform() * rng.standard_normal(point.weights.shape)
        delta = np.linalg.norm(moved - point.weights, 2)
        tau = 2 * delta / (point.slope * (1 + point.slope) * np.linalg.norm(q))
        z = rng.standard_normal((50, point.x.shape[1]))
        cosine = z @ q / np.linalg.norm(z, axis=1) / np.linalg.norm(q)
        outside = np.abs(cosine) > tau
        outputs = network(moved, z, point.slope)
        assert (np.sign(outputs[outside]) == np.sign(cosine[outside])).all()


def with_constant(entry: Theorem, constant: int) -> Theorem:
    """The paper's theorem with another constant in place of 3."""
    old = entry.assumptions[0]
    relation = p_max < gamma**3 * R_min**4 / (constant * N * R_max**2)
    return replace(entry, assumptions=(replace(old, relation=relation),))


def test_constant_two_is_a_gap_with_numbers() -> None:
    proof = prove(with_constant(theorem("standard-boundary"), 2))
    assert proof.verdict == "gap"
    step = proof.open_steps[0]
    assert step.id == "4-bounds"
    assert step.countermodel is not None
    assert {"gamma", "p_max", "R_min", "R_max", "N"} <= set(step.countermodel)


def test_constant_two_is_refuted_by_a_data_set() -> None:
    """gamma = 1, four unit vectors with inner products -0.12 and one label: lambda = 1.5625."""
    gram = np.full((4, 4), -0.12)
    np.fill_diagonal(gram, 1)
    point = kkt_point(np.linalg.cholesky(gram), np.ones(4), 1.0)
    assert point.values["lambda_max"] == pytest.approx(1.5625)
    weaker = with_constant(theorem("standard-boundary"), 2)
    assert holds(weaker.assumptions[0].relation, point.values)
    upper = next(c for c in weaker.claims if c.id == "multipliers-upper")
    assert not holds(upper.relation, point.values)
    assert not holds(theorem("standard-boundary").assumptions[0].relation, point.values)


@pytest.mark.parametrize(("slope", "times"), [(0.9, 1.28), (0.5, 5.5), (0.1, 246), (0.01, 29_400)])
def test_half_aware_is_weaker_by_the_published_factors(slope: float, times: float) -> None:
    symbols = (gamma, N, R_min, R_max, p_max)

    def edge(id: str, size: float) -> float:
        relation = theorem(id).assumptions[0].relation
        right = compile_expression(relation.rhs, symbols)(slope, size, 1.0, 1.0, 1.0)
        left = compile_expression(relation.lhs, symbols)(slope, size, 1.0, 1.0, 1.0)
        return float(right / left)

    ratio = edge("half-aware", 1e9) / edge("standard-boundary", 1e9)
    assert ratio == pytest.approx(times, rel=0.01)


@pytest.mark.parametrize("dropped", ["regime", "4-bounds", "cross", "kkt"])
def test_a_step_that_forgets_a_fact_is_a_gap(dropped: str) -> None:
    entry = theorem("standard-boundary")
    steps = tuple(
        replace(s, by=" ".join(u for u in s.rests_on if u != dropped)) for s in entry.proof
    )
    assert prove(replace(entry, proof=steps)).verdict == "gap"


def row_certificate(point: KktPoint, form: str) -> tuple[np.ndarray, np.ndarray, float]:
    """t, L and the smallest gap of a row-wise form, from its definition."""
    g, gram = point.slope, point.x @ point.x.T
    D = np.diag(gram)
    signed = np.outer(point.y, point.y) * gram
    np.fill_diagonal(signed, 0)
    minus, plus = np.maximum(-signed, 0), np.maximum(signed, 0)
    if form != "signed-row-wise":
        minus = plus = np.abs(signed)
    if form == "row-wise":
        t = 2 * g / (1 + g * g) * np.linalg.solve(g * np.diag(D) - minus, np.ones(len(D)))
    else:
        system = (1 + g * g) * np.diag(D) - (1 + g) * minus
        t = 2 * np.linalg.solve(system, np.ones(len(D)))
    low = (2 - (1 + g) * plus @ t) / ((1 + g * g) * D)
    gap = g * D * low - minus @ t
    if form == "signed-row-wise":
        gap = np.minimum.reduce(
            [g * (D * low + plus @ low) - minus @ t, g * D * t - minus @ t, g * D * low]
        )
    return t, low, float(gap.min())


def rows_instance(rng: np.random.Generator) -> KktPoint:
    """Random data whose rows differ much: outside the closed forms, at times inside row-wise."""
    size = int(rng.integers(2, 6))
    slope = float(rng.choice([1.0, 0.9, 0.5, 0.2]))
    norms = rng.uniform(0.5, 3, size)
    scale = rng.uniform(0, 0.6) * np.outer(norms, norms) / size
    off = np.triu(rng.uniform(-1, 1, (size, size)) ** 3 * scale, 1)
    x = np.linalg.cholesky(np.diag(norms**2) + off + off.T)
    return kkt_point(x, rng.choice([-1.0, 1.0], size), slope)


@pytest.mark.parametrize("id", ["row-wise", "half-aware-row-wise", "signed-row-wise"])
def test_row_wise_certificates_bound_the_multipliers(id: str) -> None:
    rng = np.random.default_rng([17, len(id)])
    certified = 0
    while certified < INSTANCES:
        point = rows_instance(rng)
        t, low, gap = row_certificate(point, id)
        if not (t > 0).all() or gap <= 0:
            continue
        certified += 1
        assert point.values["activation_margin"] > 0
        assert np.allclose(point.y * network(point.weights, point.x, point.slope), 1)
        assert (point.lam <= t * (1 + 1e-9)).all()
        assert (point.lam >= low - 1e-9).all()


def test_half_aware_row_wise_contains_the_half_aware_condition() -> None:
    rng = np.random.default_rng(19)
    condition = theorem("half-aware").assumptions[0].relation
    for _ in range(INSTANCES):
        point = instance(rng, condition)
        t, _, gap = row_certificate(point, "half-aware-row-wise")
        assert (t > 0).all()
        assert gap > -1e-12


def test_row_wise_does_not_contain_the_half_aware_condition() -> None:
    """gamma = 1/2, three unit vectors, all inner products 0.11."""
    gram = np.full((3, 3), 0.11)
    np.fill_diagonal(gram, 1)
    point = kkt_point(np.linalg.cholesky(gram), np.array([1.0, -1.0, 1.0]), 0.5)
    assert holds(theorem("half-aware").assumptions[0].relation, point.values)
    assert row_certificate(point, "row-wise")[2] < 0
    assert row_certificate(point, "half-aware-row-wise")[2] > 0
