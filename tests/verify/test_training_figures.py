"""The figures of what happens along training, against the report's own values and raw vectors."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp
from perturbproof.numerics.network import LeakyNetwork
from perturbproof.numerics.train.training import train
from perturbproof.reports.figures import draw
from perturbproof.reports.schema import FigureRecord
from perturbproof.theory.statement import Theorem
from perturbproof.theory.symbols import tau, tau_asked
from perturbproof.theory.theorems import theorem
from perturbproof.verify.judge import judge
from perturbproof.verify.measure import measure
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.measure.figures import slack
from perturbproof.verify.measure.figures.limit import capture_figure, plane_figure
from perturbproof.verify.measure.figures.scenario import figures
from perturbproof.verify.measure.figures.slack import ALONG, slack_figure
from perturbproof.verify.measure.figures.waypoints import Waypoint, waypoints

from .small_scenarios import FAR_OUTSIDE, PROVED, scenario

ABOUT = tuple(map(theorem, ("capture", "captured-limit", "linear-outside", "supporting-samples")))
GAUSSIAN = {"kind": "gaussian", "samples": 12, "dimension": 60}
UNEVEN: dict[str, Any] = {
    "data": {"kind": "gaussian", "samples": 10, "dimension": 40},
    "network": {"slope": 0.1, "width": 10, "initial_scale": 0.1},
    "training": {"steps": 800, "until": "captured"},
}


@cache
def captured(angle: float = 0.5, steps: int = 600) -> Experiment:
    training = {"steps": steps, "until": "captured"}
    return Experiment(scenario(data=GAUSSIAN, training=training, tolerance={"angle": angle}))


@cache
def way_of(angle: float = 0.5, steps: int = 600) -> tuple[Waypoint, ...]:
    return waypoints(captured(angle, steps))


def lines(one: Experiment, way: tuple[Waypoint, ...], about: tuple[Theorem, ...]) -> dict[str, Any]:
    made = slack_figure(one, way, about)
    assert made is not None
    return {line["name"]: line for line in made["data"]["lines"]}


def test_the_way_leads_through_the_trained_network_and_on() -> None:
    one, way = captured(), way_of()
    steps = [point.step for point in way]
    end = steps.index(one.training.network.steps)
    assert steps == sorted(set(steps))
    assert [point.further for point in way] == [k > end for k in range(len(way))]
    assert len(way) - end > 3
    np.testing.assert_array_equal(way[end].weights, one.training.network.weights())
    recipe = replace(one.training.network.recipe, steps=steps[3])
    again = train(one.sample, one.training.network.initial, one.slope, recipe)
    np.testing.assert_allclose(way[3].weights, again.weights(), rtol=1e-9, atol=1e-12)
    assert steps[-1] == 4 * steps[end]


def test_training_goes_on_within_the_steps_of_the_scenario_and_only_when_captured() -> None:
    end = captured().training.network.steps
    assert way_of(steps=end + 20)[-1].step == end + 20
    few = way_of(steps=10)
    assert not any(point.further for point in few)
    assert few[-1].step == 10
    assert capture_figure(captured(steps=10), few) is None


def test_what_is_certified_of_a_point_for_ever_holds_later() -> None:
    one = captured()
    made = capture_figure(one, way_of())
    assert made is not None
    data, points = made["data"], one.limit_points
    assert data["captured"] is not None
    assert data["natural"] == sorted(data["natural"])
    assert data["isotropic"][0] == 0 < data["isotropic"][-1]
    limit = one.captured_limit
    assert limit is not None
    q = limit.normal.mid
    cosines = abs(points @ q) / np.linalg.norm(points, axis=1) / np.linalg.norm(q)
    later = [LeakyNetwork(point.weights, one.slope).output(points) for point in way_of()]
    for k, (step, found) in enumerate((p.step, p.found) for p in way_of() if p.found):
        if found is None or not found.captured or found.certified is None:
            continue
        assert found.certified.angle is not None
        certain = cosines > found.certified.angle.upper
        at = data["steps"].index(step)
        assert data["natural"][at] == pytest.approx(certain[: one.sample.n].mean())
        assert data["isotropic"][at] == pytest.approx(certain[one.sample.n :].mean())
        for answer in later[k - len(way_of()) :]:
            assert (np.sign(answer) == np.sign(points @ q))[certain].all()


def test_slack_at_the_trained_network_is_that_of_the_report() -> None:
    one, way = captured(), way_of()
    at = [point.further for point in way].index(True) - 1
    found = lines(one, way, ABOUT)
    for about in ABOUT:
        values = measure(one, [symbol.name for symbol in about.measured_symbols])
        for judged in judge(about, PROVED[about.id], values).claims:
            line = found.pop(f"{about.id}: {judged.claim.id}", None)
            value = judged.value
            if line is None:
                names = {symbol.name for symbol in judged.claim.relation.free_symbols}
                assert value is None or not names & set(ALONG)
                continue
            assert value is not None
            assert value.slack is not None
            assert line["holds"][at] is value.holds
            if judged.claim.id in ("kept", "distance"):
                # What is seen later is seen by other steps.
                assert line["slack"][at] == pytest.approx(value.slack.upper, rel=0.2)
            else:
                assert -1e-9 < line["slack"][at] - value.slack.lower < value.slack.width + 1e-9
    assert not found


def test_slack_of_an_uncaptured_network_is_left_out_and_a_wider_angle_is_met_earlier() -> None:
    for angle in (0.1, 0.5):
        one, way = captured(angle), way_of(angle)
        line = lines(one, way, ABOUT)["capture: boundary"]
        for point, value, holds in zip(way, line["slack"], line["holds"], strict=True):
            is_captured = point.found is not None and point.found.captured
            assert (value is None) is (holds is None) is (not is_captured)
            assert holds in (None, value is not None and value >= 0)
        ended = one.training.network.steps
        first = next(p.step for p, holds in zip(way, line["holds"], strict=True) if holds)
        assert first == ended


def test_one_line_of_a_claim_that_several_theorems_make() -> None:
    one = Experiment(scenario(training={"steps": 200}))
    about = tuple(map(theorem, ("standard-boundary", "half-aware")))
    found = lines(one, waypoints(one), about)
    assert list(found) == ["standard-boundary: trained (+1)"]
    (line,) = found.values()
    curve = {point.step: point.angle.tau for point in one.training.curve}
    steps = [point.step for point in waypoints(one)]
    assert line["left"] == pytest.approx([curve[step] for step in steps])
    assert line["right"] == [0.01] * len(steps)
    assert line["slack"] == pytest.approx([0.01 - curve[step] for step in steps])
    assert line["holds"] == [curve[step] <= 0.01 for step in steps]


def test_an_and_is_a_line_for_each_inequality_and_an_equation_none() -> None:
    parts = list(slack._inequalities(sp.And(tau < tau_asked, tau > 0)))
    assert set(parts) == {tau < tau_asked, tau > 0}
    assert not list(slack._inequalities(sp.Eq(tau, tau_asked)))


def test_no_claim_about_the_trained_network_no_figure() -> None:
    one = Experiment(scenario(data=FAR_OUTSIDE, training={"steps": 20}))
    assert slack_figure(one, waypoints(one), (theorem("exact-multipliers"),)) is None
    # tau is not known without a limit; a count of exceptions that stays 0 shows nothing.
    about = tuple(map(theorem, ("standard-boundary", "linear-outside")))
    assert slack_figure(one, waypoints(one), about) is None
    assert "slack" not in {made["kind"] for made in figures(one)}


def test_the_plane_keeps_what_the_limit_says_of_every_sample() -> None:
    one = captured()
    made = plane_figure(one, ABOUT)
    assert made is not None
    assert "the captured network" in made["caption"]
    limit, data = one.captured_limit, made["data"]
    assert limit is not None
    shown = np.array(data["samples"])
    place = {arrow["name"]: np.array([arrow["x"], arrow["y"]]) for arrow in data["arrows"]}
    by_half = dict(zip(limit.pattern.halves.tolist(), limit.directions.mid, strict=True))
    for name, vector in (("v", by_half[1]), ("u", by_half[-1]), ("q", limit.normal.mid)):
        np.testing.assert_allclose(shown[:, :2] @ place[name], one.sample.x @ vector, atol=1e-9)
    assert place["q"][1] == pytest.approx(0, abs=1e-9)
    np.testing.assert_array_equal(shown[:, 3] > 0, limit.multipliers > 0)
    # At a kink the other half's activation vanishes.
    other = np.where(shown[:, 2] > 0, shown[:, :2] @ place["u"], shown[:, :2] @ place["v"])
    assert (shown[:, 3] == 2).any()
    np.testing.assert_array_equal(shown[:, 3] == 2, (abs(other) < 1e-9) & (shown[:, 3] > 0))
    squares = (one.sample.x**2).sum()
    basis = np.linalg.qr(np.stack([by_half[1], by_half[-1]]).T)[0]
    assert data["part"] == pytest.approx(((one.sample.x @ basis) ** 2).sum() / squares)


def test_a_plane_only_where_a_theorem_is_about_a_linear_limit() -> None:
    one = Experiment(scenario(**UNEVEN))
    assert one.captured.captured
    assert one.captured_limit is None
    made = plane_figure(one, ABOUT)
    assert made is None or "need not be this network's" in made["caption"]
    assert plane_figure(one, (theorem("standard-boundary"),)) is None
    shares = capture_figure(one, waypoints(one))
    assert shares is not None
    assert shares["data"]["natural"] is shares["data"]["isotropic"] is None
    assert "isotropic" not in shares["caption"]


def test_an_anchor_certifies_points_where_the_boundary_need_not_be_linear() -> None:
    one = Experiment(scenario(**UNEVEN, theorems=["capture-general", "capture-anchored"]))
    way = waypoints(one)
    made = capture_figure(one, way)
    assert made is not None
    assert "by the anchor" in made["caption"]
    share = dict(zip(made["data"]["steps"], made["data"]["natural"], strict=True))
    assert share[way[-1].step] > 0.5
    later = [np.sign(LeakyNetwork(point.weights, one.slope).output(one.sample.x)) for point in way]
    for k, point in enumerate(way):
        if point.anchored is not None:
            signs = point.anchored.settled(one.sample.x)
            assert share[point.step] == np.mean(signs != 0)
            assert all((np.where(signs, other, 0) == signs).all() for other in later[k:])
    found = lines(one, way, (theorem("capture-general"), theorem("capture-anchored")))
    assert set(found) == {
        "capture-general: kept",
        "capture-general: distance",
        "capture-anchored: kept",
    }
    assert all(holds is not False for line in found.values() for holds in line["holds"])


def test_the_figures_of_a_captured_scenario_are_drawn() -> None:
    one, way = captured(), way_of()
    found = (
        capture_figure(one, way),
        plane_figure(one, ABOUT),
        slack_figure(one, way, ABOUT),
    )
    for made in found:
        assert draw(FigureRecord.model_validate(made)).csv
    kinds = [made["kind"] for made in figures(one, ABOUT)]
    assert kinds == ["multipliers", "capture", "limit-plane", "slack", "decision-map"]


@pytest.mark.filterwarnings("ignore:Attempting to set identical")  # a curve of one value
def test_a_network_that_classifies_nothing_has_an_angle_without_end() -> None:
    """Its least margin is not positive, so that tau is in [0, inf]: no figure is refused."""
    data = {"kind": "orthogonal", "samples": 8, "dimension": 20}
    network = {"slope": 0.5, "width": 10}
    training = {"recipe": "paper", "steps": 20}
    early = Experiment(scenario(data=data, network=network, training=training))
    assert early.angle is not None
    assert early.angle.tau.upper == np.inf
    half = theorem("half-aware")
    names = [symbol.name for symbol in half.measured_symbols]
    claims = judge(half, PROVED["half-aware"], measure(early, names)).claims
    assert any("for nothing bounds tau yet: longer training" in one.settle for one in claims)
    for figure in figures(early, (*ABOUT, half)):
        draw(FigureRecord.model_validate(figure), "here")
