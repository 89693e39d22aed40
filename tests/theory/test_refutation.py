"""Refutations by datasets: a known example, rechecks, and true theorems that survive."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from perturbproof.theory import Theorem, catalog, theorem
from perturbproof.theory.exact.surd import exact_root
from perturbproof.theory.refute.families import perturbed_settings
from perturbproof.theory.refute.kkt_points import KktPoint, kkt_points, linear_pattern
from perturbproof.theory.refute.search import claims_on_data, refute, search, unsearchable
from perturbproof.theory.refute.setting import ExactData, Setting, combination
from perturbproof.theory.refute.values import EVALUATORS, OF_THE_PERTURBATION, Values, holds
from perturbproof.theory.symbols import N, R_max, R_min, gamma, lambda_max, p_max, symbols_of


def paper_with_constant(constant: int) -> Theorem:
    original = theorem("standard-boundary")
    (assumption,) = original.assumptions
    relation = p_max < gamma**3 * R_min**4 / (constant * N * R_max**2)
    return replace(original, assumptions=(replace(assumption, relation=relation),))


def searches_perturbed_sets(entry: Theorem) -> bool:
    relations = [part.relation for part in (*entry.assumptions, *claims_on_data(entry))]
    return bool({s.name for s in symbols_of(*relations)} & OF_THE_PERTURBATION)


def linear_point(gram: tuple, labels: tuple[int, ...]) -> KktPoint:
    return next(kkt_points(gram, labels, Fraction(1), only=(linear_pattern(labels),)))


def unit_gram(inner: Fraction, labels: tuple[int, ...]) -> tuple:
    """Unit vectors with y_n y_k <x_n, x_k> = inner for every pair."""
    return tuple(
        tuple(Fraction(1) if i == k else y * z * inner for k, z in enumerate(labels))
        for i, y in enumerate(labels)
    )


@pytest.mark.parametrize("labels", [(1, 1, 1, 1), (1, 1, -1, -1)], ids=["one class", "two classes"])
def test_constant_two_is_refuted_by_the_dataset_of_the_notes(labels: tuple[int, ...]) -> None:
    data = ExactData(unit_gram(Fraction(-12, 100), labels), labels, Fraction(1))
    point = linear_point(data.gram, labels)
    assert point.multipliers == (Fraction(25, 16),) * 4
    found = refute(paper_with_constant(2), Setting(data, point))
    assert found is not None
    assert found.claim.id == "multipliers-upper"
    assert found.claim.sides == ("25/16", "3/2")
    assert found.assumptions[0].sides == ("3/25", "1/8")
    assert found.recheck()
    # The paper's own constant excludes this dataset.
    assert refute(paper_with_constant(3), Setting(data, point)) is None


def test_search_finds_a_dataset_with_both_classes_for_constant_two() -> None:
    found = search(paper_with_constant(2)).refutation
    assert found is not None
    assert found.recheck()
    assert set(found.setting.data.labels) == {1, -1}
    assert search(paper_with_constant(2)).refutation == found


#: What takes seconds: of perturbed sets and of row-wise conditions one each, the rest when asked.
LONG = {t.id for t in catalog() if searches_perturbed_sets(t)} - {"perturbation-features"}
LONG |= {"row-sums", "half-aware-row-wise", "signed-row-wise", "exact-chain"}


@pytest.mark.parametrize(
    "entry",
    [pytest.param(t, marks=pytest.mark.slow if t.id in LONG else ()) for t in catalog()],
    ids=lambda t: t.id,
)
def test_no_dataset_refutes_a_theorem_of_the_catalog(entry: Theorem) -> None:
    result = search(entry)
    print(f"{entry.id}: {result.admissible} datasets {result.excluded}")
    assert result.refutation is None, str(result.refutation)
    assert (result.admissible > 0) == (unsearchable(entry) == "")


def test_dropping_the_hypothesis_is_refuted_by_a_bent_boundary() -> None:
    original = theorem("half-aware")
    boundary = tuple(c for c in original.claims if c.id == "boundary")
    (assumption,) = original.assumptions
    weak = replace(assumption, relation=sp.true)
    found = search(replace(original, assumptions=(weak,), claims=boundary)).refutation
    assert found is not None
    assert found.recheck()
    assert found.setting.point is not None
    assert found.setting.point.activation_margin <= 0


def test_recheck_refuses_a_changed_witness() -> None:
    found = search(paper_with_constant(2)).refutation
    assert found is not None
    setting = found.setting
    assert setting.point is not None
    larger = replace(setting.point, multipliers=tuple(2 * v for v in setting.point.multipliers))
    assert not replace(found, setting=replace(setting, point=larger)).recheck()
    # A matrix that no vectors have: the inner products are too large.
    impossible = ExactData(unit_gram(Fraction(-1, 2), (1,) * 4), (1,) * 4, Fraction(1))
    assert not replace(found, setting=replace(setting, data=impossible)).recheck()
    held = replace(found.claim, relation=sp.true)
    assert not replace(found, claim=held).recheck()
    missed = replace(found.assumptions[0], relation=p_max < 0)
    assert not replace(found, assumptions=(missed,)).recheck()


def test_scalars_without_vectors_refute_nothing() -> None:
    """Inner products -1/2 of four unit vectors satisfy the formulas but not geometry."""
    data = ExactData(unit_gram(Fraction(-1, 2), (1,) * 4), (1,) * 4, Fraction(1))
    everything = replace(paper_with_constant(1), assumptions=())
    broken = replace(everything, claims=(replace(everything.claims[0], relation=sp.false),))
    point = linear_point(unit_gram(Fraction(0), (1,) * 4), (1,) * 4)
    assert refute(broken, Setting(data, point)) is None
    good = ExactData(unit_gram(Fraction(0), (1,) * 4), (1,) * 4, Fraction(1))
    assert refute(broken, Setting(good, point)) is not None


def test_claims_about_networks_on_their_way_are_out_of_scope() -> None:
    original = theorem("standard-boundary")
    assert [c.id for c in original.claims if c not in claims_on_data(original)] == ["trained"]
    assert "trained" in search(original).excluded


def test_meaningless_formulas_are_neither_met_nor_broken() -> None:
    data = ExactData(((Fraction(1),),), (1,), Fraction(1))
    values = Values(Setting(data))
    assert holds(1 / (N - 1) > 0, values) is None
    assert holds(R_max > p_max, values) is True
    irrational = Values(Setting(ExactData(((Fraction(2),),), (1,), Fraction(1))))
    assert str(irrational["R_max"]) == str(exact_root(Fraction(2))) == "sqrt(2)"
    assert holds(R_max > sp.Rational(141, 100), irrational) is True
    assert holds(R_max < sp.Rational(141, 100), irrational) is False


def _random_data(rng: np.random.Generator) -> tuple[ExactData, np.ndarray]:
    n = int(rng.integers(2, 5))
    rows = 10 * np.eye(n, n + 1, dtype=int) + rng.integers(-2, 3, (n, n + 1))
    labels = tuple(int(v) for v in (1, -1, *rng.choice([-1, 1], n - 2)))
    gram = tuple(tuple(Fraction(int(v)) for v in row) for row in rows @ rows.T)
    slope = Fraction(int(rng.integers(2, 11)), 10)
    return ExactData(gram, labels, slope), rows.astype(float)


def test_symbols_of_the_data_agree_with_numpy() -> None:
    rng = np.random.default_rng(5)
    compared = 0
    for _ in range(40):
        data, x = _random_data(rng)
        point = next(iter(kkt_points(data.gram, data.labels, data.slope, changes=0)), None)
        if point is None:
            continue
        values = Values(Setting(data, point))
        y, g = np.array(data.labels), float(data.slope)
        lam = np.array([float(v) for v in point.multipliers])
        norms = np.linalg.norm(x, axis=1)
        inner = np.abs(x @ x.T) - np.diag(norms**2)
        c = np.where(np.equal.outer(y, y), 1 + g**2, 2 * g)
        q = (lam * y) @ x
        gradients = [(c[np.flatnonzero(y == s)[0]] * lam * y) @ x for s in (-1, 1)]
        cosines = [q @ v / np.linalg.norm(q) / np.linalg.norm(v) for v in gradients]
        halves = [(lam * y * (y == s)) @ x for s in (1, -1)]
        expected = {
            "R_max": norms.max(),
            "R_min": norms.min(),
            "p_max": inner.max(),
            "row_sum_max": inner.sum(axis=1).max(),
            "row_margin_min": ((1 + g**2) * norms**2 - (1 + g) * inner.sum(axis=1)).min(),
            "lambda_max": lam.max(),
            "A_eigenvalue": np.linalg.eigvalsh(c * np.outer(y, y) * (x @ x.T) / 2).min(),
            "norm_q": np.linalg.norm(q),
            "q_margin_min": (y * (x @ q)).min(),
            "q_margin_max": (y * (x @ q)).max(),
            "gradient_cos_min": min(cosines),
            "gradient_cos_max": max(cosines),
            "class_cos": halves[0] @ halves[1] / np.prod([np.linalg.norm(h) for h in halves]),
            "natural_kappa": np.abs(x @ q).max() / np.linalg.norm(q),
            "imbalance": abs(y.sum()),
        } | _row_wise(x, y, g, lam)
        for name, number in expected.items():
            assert values.double(name) == pytest.approx(number, rel=1e-8, abs=1e-12), name
        compared += 1
    assert compared >= 20


def _row_wise(x: np.ndarray, y: np.ndarray, g: float, lam: np.ndarray) -> dict[str, float]:
    signed = np.outer(y, y) * (x @ x.T)
    d = np.diag(signed).copy()
    np.fill_diagonal(signed, 0)
    expected = {}
    for form in ("", "half_", "signed_"):
        plus = np.maximum(signed, 0) if form == "signed_" else np.abs(signed)
        minus = np.maximum(-signed, 0) if form == "signed_" else np.abs(signed)
        if form:
            t = np.linalg.solve((1 + g**2) * np.diag(d) - (1 + g) * minus, 2 * np.ones(len(y)))
        else:
            t = np.linalg.solve(g * np.diag(d) - minus, np.full(len(y), 2 * g / (1 + g**2)))
        lower = (2 - (1 + g) * plus @ t) / ((1 + g**2) * d)
        gaps = [g * d * lower - minus @ t]
        if form == "signed_":
            gaps = [
                g * (d * lower + plus @ lower) - minus @ t,
                g * d * t - minus @ t,
                g * d * lower,
            ]
        expected[f"{form}witness_min"] = max(t.min(), 0)
        expected[f"{form}row_gap"] = np.min(gaps)
        expected[f"{form}headroom"] = (t - lam).min()
        expected[f"{form}footroom"] = (lam - lower).min()
    return expected


def test_symbols_of_perturbed_sets_agree_with_numpy() -> None:
    """Every 97th setting of the bank, from raw vectors."""
    compared = 0
    for values in perturbed_settings()[::97]:
        s = values.setting
        p, adv = s.perturbation, s.adv_point
        assert p is not None
        assert adv is not None
        assert s.rows is not None
        assert s.z is not None
        x, z = np.array(s.rows, float), np.array(s.z, float)
        y_adv = np.array(p.labels)
        lam, lam_adv = (
            np.array([float(v) for v in point.multipliers]) for point in (s.point, adv) if point
        )
        q = (lam * np.array(s.data.labels)) @ x
        unit = np.array(p.direction, float) / np.sqrt(float(p.scale))
        eps = values.double("eps")
        moved = np.array(p.base, float) + eps * np.outer(y_adv, unit)
        adv_q = (lam_adv * y_adv) @ moved
        sign, top = np.sign(q), np.zeros_like(q)
        order = np.argsort(-np.abs(q), kind="stable")[: s.top_k]
        top[order] = q[order]
        expected = {
            "dir_sq": unit @ unit,
            "kappa": np.abs(np.array(p.base, float) @ unit).max(),
            "adv_R_max": np.linalg.norm(moved, axis=1).max(),
            "adv_lambda_sum": lam_adv.sum(),
            "T1_z": (lam_adv * y_adv) @ np.array(p.base, float) @ z,
            "adv_q_z": adv_q @ z,
            "q_z": q @ z,
            "dir_z": unit @ z,
            "base_l1_z": np.abs(np.array(p.base, float) @ z).sum(),
            "alignment": unit @ q / np.linalg.norm(unit) / np.linalg.norm(q),
            "cos_sign": sign @ q / np.linalg.norm(sign) / np.linalg.norm(q),
            "cos_value": top @ q / np.linalg.norm(top) / np.linalg.norm(q),
        }
        for name, number in expected.items():
            assert values.double(name) == pytest.approx(number, rel=1e-8, abs=1e-9), name
        compared += 1
    assert compared >= 10


def test_flipped_weights_give_the_perturbed_normal() -> None:
    """q^a = sum c_n y_n x_n for the flipped L2 perturbation, by coordinates."""
    compared = 0
    for values in perturbed_settings():
        s = values.setting
        p = s.perturbation
        assert p is not None
        assert s.rows is not None
        assert s.adv_point is not None
        assert s.point is not None
        flipped = tuple(-y for y in s.data.labels)
        if p.labels != flipped or p.direction != s.q or p.scale == 1:
            continue
        total = sum(s.adv_point.multipliers)
        weights = tuple(
            (p.step * total * a - b) * y
            for a, b, y in zip(
                s.point.multipliers, s.adv_point.multipliers, s.data.labels, strict=True
            )
        )
        assert s.z is not None
        normal = combination(weights, s.rows)
        product = sum((a * b for a, b in zip(normal, s.z, strict=True)), Fraction(0))
        assert values["adv_q_z"] == product
        compared += 1
    assert compared >= 50


def test_every_evaluator_is_of_a_declared_symbol() -> None:
    from perturbproof.theory.symbols import quantity

    for name in EVALUATORS:
        assert quantity(name).meaning


@pytest.mark.parametrize(
    ("given", "claim"),
    [
        (p_max <= 0, lambda_max * R_min**2 <= sp.Rational(9, 10)),
        (N >= 6, lambda_max * R_max**2 <= sp.Rational(9, 10)),
        (100 * gamma <= 1, lambda_max * R_max**2 <= sp.Rational(9, 10)),
        (N >= 5, p_max > 0),
    ],
    ids=["orthogonal", "six samples", "slope .01", "five orthogonal ones"],
)
def test_the_families_reach_what_is_rare(given, claim) -> None:
    """Data sets of which there is none among pairs that are nearly orthogonal."""
    original = theorem("standard-boundary")
    (assumption,) = original.assumptions
    changed = replace(
        original,
        assumptions=(replace(assumption, relation=given),),
        claims=(replace(original.claims[0], relation=claim, formal=None, limit=False),),
    )
    found = search(changed).refutation
    assert found is not None
    assert found.recheck()
