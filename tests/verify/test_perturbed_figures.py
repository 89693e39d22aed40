"""The numbers behind the figures of a perturbed scenario, against computations from raw vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.numerics.network import LeakyNetwork
from perturbproof.reports.figures import draw
from perturbproof.reports.schema import FigureRecord
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.measure.figures.boundaries import boundary_figure, positive_arcs
from perturbproof.verify.measure.figures.scenario import (
    figures,
    fitted_slope,
    growth_figure,
    parts_figure,
)

from .perturbed_scenarios import ATTACK, CROWDED, EVERY, FLIPPED, NOISE, learning
from .small_scenarios import FAR_OUTSIDE, scenario


def inside(arcs: list[list[float]], angle: float) -> bool:
    return any(start <= angle + turn < end for start, end in arcs for turn in (0, 2 * math.pi))


@given(seed=st.integers(0, 10_000), width=st.sampled_from([2, 4, 10]))
def test_arcs_are_where_the_network_is_positive(seed: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    network = LeakyNetwork(rng.standard_normal((width, 2)), float(rng.uniform(0.05, 1)))
    arcs = positive_arcs(network)
    assert all(0 <= start < 2 * math.pi and start < end for start, end in arcs)
    for angle in rng.uniform(0, 2 * math.pi, 100):
        value = network.output(np.array([[math.cos(angle), math.sin(angle)]]))[0]
        if abs(value) > 1e-3:
            assert inside(arcs, angle) == (value > 0)


@pytest.mark.parametrize(("weights", "expected"), [([[1, 0], [-1, 0]], 1), ([[1, 0], [1, 0]], 0)])
def test_arcs_of_a_half_plane_and_of_nothing(weights, expected) -> None:
    arcs = positive_arcs(LeakyNetwork(np.array(weights, dtype=float), 0.5))
    assert len(arcs) == expected
    for start, end in arcs:
        assert end - start == pytest.approx(math.pi, abs=1e-9)


def test_the_plane_of_the_boundaries_holds_both_normals() -> None:
    one = learning(NOISE)
    figure = boundary_figure(one)
    assert figure is not None
    assert "The plane of q and q^a" in figure["caption"]
    assert one.normal is not None
    assert one.perturbed.normal is not None
    q, q_a = one.normal.mid, one.perturbed.normal.mid
    first, second = (n["angle"] for n in figure["data"]["normals"])
    assert first == pytest.approx(0, abs=1e-9)
    assert math.cos(second) == pytest.approx(q @ q_a / math.sqrt((q @ q) * (q_a @ q_a)))
    for row, x in zip(figure["data"]["samples"], one.sample.x, strict=True):
        assert row[0] == pytest.approx(x @ q / np.linalg.norm(q))
        assert math.hypot(row[0], row[1]) <= np.linalg.norm(x) * (1 + 1e-12)
    assert [n["name"] for n in figure["data"]["networks"]] == ["f", "g", "control"]


def test_trained_boundaries_near_their_limit_follow_the_predicted_lines() -> None:
    one = learning(NOISE, training={"steps": 2000})
    assert one.has_limit
    assert one.perturbed.has_limit
    figure = boundary_figure(one)
    assert figure is not None
    for network, line in zip(figure["data"]["networks"], figure["data"]["normals"], strict=False):
        ((start, end),) = network["positive"]
        assert math.cos((start + end) / 2 - line["angle"]) > 1 - 1e-4
        assert end - start == pytest.approx(math.pi, abs=0.02)


def test_parallel_normals_span_the_plane_with_a_natural_sample() -> None:
    one = learning(FLIPPED, data={"kind": "orthogonal", "samples": 6, "dimension": 30})
    figure = boundary_figure(one)
    assert figure is not None
    assert "The plane of q and the first natural sample" in figure["caption"]


def test_parts_are_those_of_the_definition() -> None:
    one = learning(NOISE)
    figure, made = parts_figure(one), one.perturbed.made
    lam = one.perturbed.multipliers.lam
    assert figure is not None
    assert lam is not None
    assert made.direction is not None
    for shown, points in zip(figure["data"]["sets"], one.test_points, strict=True):
        assert shown["name"] == points.name
        for k, z in enumerate(points.z[:20]):
            t1 = sum(
                w * y * (x @ z) for w, y, x in zip(lam.mid, made.base.y, made.base.x, strict=True)
            )
            assert shown["t1"][k] == pytest.approx(t1, abs=1e-9)
            t2 = 1.5 * lam.mid.sum() * (made.direction @ z)
            assert shown["t2"][k] == pytest.approx(t2, abs=1e-9)


@pytest.mark.parametrize("perturbed", [NOISE, CROWDED], ids=["tight", "not tight"])
def test_growth_solves_nested_subsets(perturbed) -> None:
    one = learning(perturbed)
    figure, made = growth_figure(one), one.perturbed.made
    assert figure is not None
    data = figure["data"]
    assert data["sizes"][-1] == made.base.n
    natural = one.matching[0]
    for part, values in zip(data["parts"], (natural.values.T1_z, natural.values.T2_z), strict=True):
        assert part["median"][-1] == pytest.approx(float(np.median(abs(values.mid))))
        assert all(
            a <= b <= c for a, b, c in zip(part["low"], part["median"], part["high"], strict=True)
        )
    size = data["sizes"][0]
    x, y = made.perturbed.x[:size], made.base.y[:size].astype(float)
    c = np.where(np.outer(y, y) > 0, 1 + one.slope**2, 2 * one.slope)
    lam = np.linalg.solve(c * np.outer(y, y) * (x @ x.T) / 2, np.ones(size))
    t1 = abs((lam * y) @ made.base.x[:size] @ one.sample.x.T)
    assert data["parts"][0]["median"][0] == pytest.approx(float(np.median(t1)))
    assert [p["predicted"] for p in data["parts"]] == [0.5, 1.0]


def test_no_slope_is_predicted_for_labels_that_are_not_random() -> None:
    figure = growth_figure(learning(FLIPPED))
    assert figure is not None
    assert [p["predicted"] for p in figure["data"]["parts"]] == [None, 1.0]
    assert "No slope is predicted for T1" in figure["caption"]


@given(slope=st.floats(-2, 2), factor=st.floats(1e-3, 1e3))
def test_the_slope_of_a_power_law_is_its_exponent(slope: float, factor: float) -> None:
    sizes = [2, 5, 11, 40]
    medians = [factor * size**slope for size in sizes]
    assert fitted_slope(sizes, medians) == pytest.approx(slope, abs=1e-9)
    assert fitted_slope(sizes, [0.0, *medians[1:]]) is None


@pytest.mark.parametrize("kind", ["crowded", "attack"])
def test_every_figure_of_a_perturbed_scenario_is_drawn(kind: str) -> None:
    made = figures(learning(EVERY[kind]))
    kinds = {figure["kind"] for figure in made}
    assert "boundaries" in kinds
    assert ({"parts", "growth"} <= kinds) == (EVERY[kind] is not ATTACK)
    for figure in made:
        assert draw(FigureRecord.model_validate(figure)).csv


def test_a_scenario_without_a_perturbed_set_has_none_of_them() -> None:
    made = figures(Experiment(scenario(data=FAR_OUTSIDE, training={"steps": 20})))
    assert not {figure["kind"] for figure in made} & {"boundaries", "parts", "growth"}
