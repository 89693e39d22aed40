"""f, g and the control, and what is observed of them, against computations from raw vectors."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.theory import prove, theorem
from perturbproof.theory.theorems.perturbation import perturbation_alignment
from perturbproof.verify.measure import learner as learners
from perturbproof.verify.measure import measure, test_points
from perturbproof.verify.measure.cross_checks import cross_checks
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.measure.learner import Learner
from perturbproof.verify.measure.measuring import notes
from perturbproof.verify.measure.observations import observations
from perturbproof.verify.run.run import run_scenario
from perturbproof.verify.values import Observation, Rigor, Verdict
from scipy.optimize import nnls
from scipy.stats import beta

from .perturbed_scenarios import CROWDED, EVERY, FEW, FLIPPED, NOISE, WIDE, learning


@cache
def shared(kind: str) -> Experiment:
    """The experiment of that kind, for tests that change nothing of it."""
    return learning(**WIDE) if kind == "wide" else learning(EVERY[kind])


@cache
def observed(kind: str) -> dict[str, Observation]:
    found = observations(shared(kind))
    assert len({o.says for o in found}) == len(found)
    return {o.says: o for o in found}


@pytest.fixture(scope="module", params=EVERY)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def learnt(kind: str) -> Experiment:
    return shared(kind)


@pytest.fixture(scope="module")
def seen(kind: str) -> dict[str, Observation]:
    return observed(kind)


def the(seen: dict[str, Observation], start: str) -> Observation:
    (found,) = [o for says, o in seen.items() if says.startswith(start)]
    return found


def multipliers(x: np.ndarray, y: np.ndarray, slope: float) -> np.ndarray:
    """min ½‖W‖² under margins >= 1 of the linear pattern, as a non-negative least-squares problem.

    The dual is least squares on the features with one more row that asks their weights to add up.
    """
    plus, minus = (np.where(y == s, 1.0, slope)[:, None] * y[:, None] * x for s in (1, -1))
    features = np.hstack([plus, -minus]) / math.sqrt(2)
    scale = 1e-3
    stacked = np.vstack([scale * features.T, np.ones(len(y))])
    weights, _ = nnls(stacked, np.append(np.zeros(stacked.shape[0] - 1), 1.0), maxiter=10_000)
    return weights / (features @ (weights @ features))[weights > 0].mean()


def normal(learner: Learner) -> np.ndarray:
    x, y = learner.sample.x, learner.sample.y
    return (multipliers(x, y, learner.slope) * y) @ x


# ---------------------------------------------------------------- the three networks


def test_g_and_the_control_differ_in_their_data_only(learnt: Experiment) -> None:
    g, control = learnt.perturbed, learnt.control
    np.testing.assert_array_equal(g.training.network.initial, control.training.network.initial)
    assert (learnt.training.network.initial != control.training.network.initial).any()
    np.testing.assert_array_equal(g.sample.y, control.sample.y)
    assert (g.sample.x != control.sample.x).any(axis=1).all()
    assert g.training.network.recipe == control.training.network.recipe


def test_the_control_of_a_natural_base_has_natural_samples_with_other_labels() -> None:
    one = shared("flipped")
    np.testing.assert_array_equal(one.control.sample.x, one.sample.x)
    np.testing.assert_array_equal(one.control.sample.y, -one.sample.y)


def test_every_exact_solution_solves_the_quadratic_program(learnt: Experiment) -> None:
    for learner in learnt.networks.values():
        lam = learner.multipliers.lam
        assert lam is not None
        expected = multipliers(learner.sample.x, learner.sample.y, learner.slope)
        np.testing.assert_allclose(lam.mid, expected, rtol=1e-5, atol=1e-6 * expected.max())


def test_certificates_say_what_was_verified(tmp_path) -> None:
    assert "all margins are tight" in shared("noise").perturbed.multipliers.reason
    crowded = shared("crowded").perturbed
    support = crowded.multipliers.support
    assert support is not None
    assert 0 < len(support) < 60
    assert f"{len(support)} of 60 multipliers are positive" in crowded.multipliers.reason
    np.savez(tmp_path / "twins.npz", x=np.ones((2, 3)), y=[0, 1])
    data = {"kind": "file", "path": str(tmp_path / "twins.npz")}
    twins = learning(NOISE, data=data, network={"slope": 1.0, "width": 4})
    assert twins.multipliers.lam is None
    assert twins.multipliers.reason == twins.why_no_limit != ""


def test_kkt_conditions_of_all_three_are_checked(learnt: Experiment) -> None:
    checks = {check.id: check for check in cross_checks(learnt)}
    for id in ("margins", "margins-g", "margins-control"):
        assert checks[id].agree, checks[id]
        assert checks[id].left.upper < 1e-6
    assert all(check.agree for check in checks.values())


@pytest.mark.parametrize("perturbed", [NOISE, CROWDED], ids=["tight", "not tight"])
@pytest.mark.parametrize("name", ["f", "g", "control"])
def test_a_wrong_exact_solution_of_any_of_them_is_noticed(monkeypatch, perturbed, name) -> None:
    one = learning(perturbed)
    labels = one.networks[name].sample
    right = learners.linear_kkt_point

    def wrong(statistics, y, slope, **rest):
        found = right(statistics, y, slope, **rest)
        if statistics.x is labels.x or np.array_equal(statistics.x, labels.x):
            return replace(found, lam=found.lam * 1.01)
        return found

    monkeypatch.setattr(learners, "linear_kkt_point", wrong)
    id = "margins" if name == "f" else f"margins-{name}"
    found = {check.id: check.agree for check in cross_checks(learning(perturbed))}
    assert found[id] is False


# ---------------------------------------------------------------- observations


def test_natural_samples_are_counted(learnt: Experiment, seen: dict[str, Observation]) -> None:
    x, y = learnt.sample.x, learnt.sample.y
    for name in ("g", "control"):
        expected = int(((x @ normal(learnt.networks[name])) * y > 0).sum())
        share = the(seen, f"natural samples that the exact solution of {name} classifies")
        assert share.value is not None
        assert share.value.contains(expected)
        assert share.count == len(y)
        w = learnt.networks[name].training.network.weights()
        z, half = x @ w.T, len(w) // 2
        hidden = np.where(z > 0, z, learnt.slope * z)
        right = ((hidden[:, :half].sum(1) - hidden[:, half:].sum(1)) * y > 0).sum()
        trained = the(seen, f"natural samples that trained {name} classifies")
        assert trained.value is not None
        assert trained.value.contains(int(right))


@pytest.mark.parametrize(
    ("perturbed", "deviation"), [("noise", 3**-0.5), ("signs", 1.0), ("few pixels", 3**-0.5)]
)
def test_the_predicted_accuracy_is_the_mean_of_normal_scores(perturbed, deviation) -> None:
    one = shared(perturbed)
    made = one.perturbed.made
    scores = []
    for x, y in zip(one.sample.x, one.sample.y, strict=True):
        strength = made.eps * math.sqrt(9) * y * float(x @ made.direction)
        scores.append(math.erf(strength / (deviation * math.dist(x, 0 * x)) / math.sqrt(2)))
    found = the(observed(perturbed), "predicted share")
    assert found.value is not None
    assert found.value.lower == pytest.approx(0.5 + sum(scores) / 12)
    assert "heuristic" in found.says


@pytest.mark.parametrize("perturbed", ["flipped", "attack"])
def test_without_noise_or_direction_nothing_is_predicted(perturbed) -> None:
    assert not any("predicted share" in says for says in observed(perturbed))


def test_shares_of_agreement(learnt: Experiment, seen: dict[str, Observation]) -> None:
    """Of natural samples counted, of drawn points the exact binomial interval of the same draws."""
    q = normal(learnt)
    for name in ("g", "control"):
        other = normal(learnt.networks[name])
        natural = the(seen, f"share where exact f and {name} agree in sign on natural samples")
        agree = int((np.sign(learnt.sample.x @ q) == np.sign(learnt.sample.x @ other)).sum())
        assert natural.value is not None
        assert natural.value.lower == pytest.approx(agree / learnt.sample.n)
        assert natural.rigor is Rigor.ENCLOSED
        fresh = the(seen, f"share where exact f and {name} agree in sign on fresh samples")
        z = next(p.z for p in learnt.test_points if p.name == "fresh samples")
        agree = int((np.sign(z @ q) == np.sign(z @ other)).sum())
        assert f"{agree} of 200" in fresh.says
        assert fresh.value is not None
        low = beta.ppf(0.005, agree, 201 - agree) if agree else 0.0
        high = beta.ppf(0.995, agree + 1, 200 - agree) if agree < 200 else 1.0
        assert fresh.value.lower == pytest.approx(low)
        assert fresh.value.upper == pytest.approx(high)


def test_the_agreement_law_is_met_by_a_simulation_in_all_dimensions(
    learnt: Experiment, seen: dict[str, Observation]
) -> None:
    rng = np.random.default_rng(3)
    z = rng.standard_normal((20_000, learnt.sample.d))
    for name in ("g", "control"):
        share = np.mean((z @ normal(learnt) > 0) == (z @ normal(learnt.networks[name]) > 0))
        law = the(seen, f"the agreement law for exact f and {name}").value
        observed = the(seen, f"share where exact f and {name} agree in sign on isotropic")
        assert law is not None
        assert observed.value is not None
        # Five standard deviations of each simulation.
        assert law.lower == pytest.approx(share, abs=5 * 0.5 / math.sqrt(20_000))
        middle = (observed.value.lower + observed.value.upper) / 2
        assert middle == pytest.approx(law.lower, abs=5 * 0.5 / math.sqrt(4000))
        assert observed.count == 4000


def test_every_perturbation_is_held_to_its_bound(
    learnt: Experiment, seen: dict[str, Observation]
) -> None:
    made, q = learnt.perturbed.made, normal(learnt)
    moved = (made.perturbed.x - made.base.x) * made.base.y[:, None]
    cosines = moved @ q / np.linalg.norm(moved, axis=1) / np.linalg.norm(q)
    smallest = the(seen, "smallest cosine of a perturbation").value
    assert smallest is not None
    assert smallest.lower - 1e-6 <= cosines.min() <= smallest.upper + 1e-6
    met = [o for says, o in seen.items() if says.startswith("perturbations whose cosine")]
    kind = learnt.scenario.perturbed and learnt.scenario.perturbed.perturbation.kind
    # Those along q have cosine 1 by construction, and a gradient has no bound.
    assert len(met) == (kind not in ("gradient", "l2", "linf-rescaled"))
    for one in met:
        assert one.value is not None
        assert one.value.lower == one.count == len(cosines)


def test_a_bound_on_alignment_is_the_theorems_relation(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a claim that asks for more than there is, no perturbation meets it."""
    true = perturbation_alignment.THEOREM
    claims = tuple(
        replace(c, relation=c.relation.args[0] > 2 + c.relation.args[1]) for c in true.claims
    )
    false = SimpleNamespace(claims=claims)
    monkeypatch.setattr(perturbation_alignment, "THEOREM", false)
    for kind in ("signs", "few pixels"):
        told = {one.says: one for one in observations(shared(kind))}
        (met,) = (o for says, o in told.items() if says.startswith("perturbations whose cosine"))
        assert met.value is not None
        assert met.value.upper == 0


def test_orthogonality_before_and_after(learnt: Experiment, seen: dict[str, Observation]) -> None:
    gamma = learnt.slope
    for what, sample in (
        ("base samples", learnt.perturbed.made.base),
        ("perturbed samples", learnt.perturbed.made.perturbed),
    ):
        norms = np.linalg.norm(sample.x, axis=1)
        off = max(abs(float(sample.x[n] @ sample.x[k])) for n in range(sample.n) for k in range(n))
        r, big = norms.min() ** 2, norms.max() ** 2
        bound = gamma * (1 + gamma**2) * r**2
        bound /= (1 + gamma**2) * big + 2 * gamma * (1 + gamma) * r
        for start, expected in (
            ("smallest norm", norms.min()),
            ("largest norm", norms.max()),
            ("largest inner product", off),
            ("load of the half-aware condition", (sample.n - 1) * off / bound),
        ):
            (found,) = [
                o for says, o in seen.items() if says.startswith(start) and says.endswith(what)
            ]
            assert found.value is not None
            assert found.value.lower == pytest.approx(expected, rel=1e-9)


def test_without_a_shared_direction_there_are_no_parts() -> None:
    one = shared("attack")
    assert one.matching == ()
    assert measure(one, ["disagreement_load"])["disagreement_load"].value is None
    assert not any("|T2(z)|" in says for says in observed("attack"))


# ---------------------------------------------------------------- points that are covered


@pytest.mark.parametrize("given", ["wide", "noise", "flipped", "signs", "few pixels"])
def test_the_load_of_disagreement_from_raw_vectors(given) -> None:
    one = shared(given)
    made, q, q_a = one.perturbed.made, normal(one), normal(one.perturbed)
    lam = multipliers(made.perturbed.x, made.perturbed.y, one.slope)
    loads, covered = [0.0], 0
    for points in one.test_points:
        for z in points.z:
            along = float(made.direction @ z)
            load = made.eps * len(lam) * lam.min() * abs(along)
            load /= lam.max() * abs(made.base.x @ z).sum()
            if along * (q @ z) > 0:
                covered += load > 1
                loads += [load] if (q @ z) * (q_a @ z) <= 0 else []
    measured = measure(one, ["disagreement_load"])["disagreement_load"]
    assert measured.value is not None
    assert measured.value.lower == pytest.approx(max(loads), rel=1e-4)
    assert f"{covered} of {sum(len(p.z) for p in one.test_points)} points" in measured.how
    assert f"{covered} of these certainly agree" in measured.how
    assert measured.value.upper <= 1


def test_some_points_are_covered_and_some_are_not() -> None:
    covered = np.concatenate([one.covered for one in shared("wide").matching])
    assert covered.any()
    assert not covered.all()


def test_a_covered_point_that_disagrees_never_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The learnt boundary turned round: the theorem cannot hold, and a cross-check says why."""
    right = test_points.point_values

    def turned(*given):
        values = right(*given)
        return replace(values, adv_q_z=-values.adv_q_z)

    scenario = learning(**WIDE).scenario
    proofs = {"matching-covered": prove(theorem("matching-covered"))}
    (judgement,) = run_scenario(scenario, proofs).judgements
    assert judgement.verdict is Verdict.PASS
    monkeypatch.setattr(test_points, "point_values", turned)
    (judgement,) = run_scenario(scenario, proofs).judgements
    assert judgement.verdict is Verdict.ERROR
    monkeypatch.setattr("perturbproof.verify.measure.measuring.cross_checks", lambda experiment: ())
    (judgement,) = run_scenario(scenario, proofs).judgements
    assert judgement.verdict is Verdict.FAIL


def test_an_uncertain_sign_counts_as_possible_disagreement() -> None:
    one = shared("wide").matching[-1]
    index = int(np.flatnonzero(one.covered)[0])
    wide = one.values.adv_q_z
    rad = np.where(np.arange(len(wide.mid)) == index, 1e9, wide.rad)
    blurred = replace(one, values=replace(one.values, adv_q_z=BallArray(wide.mid, rad)))
    experiment = learning(**WIDE)
    vars(experiment)["matching"] = (blurred,)
    measured = measure(experiment, ["disagreement_load"])["disagreement_load"]
    assert measured.value is not None
    assert measured.value.lower <= 1 < measured.value.upper


def test_points_do_not_depend_on_the_perturbation_but_those_towards_it() -> None:
    first, second = (
        shared("noise").test_points,
        learning({**NOISE, "perturbation": FEW["perturbation"]}).test_points,
    )
    for a, b in zip(first, second, strict=True):
        assert a.name == b.name
        assert (a.name == "points towards dir") == (not np.array_equal(a.z, b.z))
    natural, fresh, *_ = first
    assert not natural.drawn
    assert fresh.drawn
    assert not np.isin(fresh.z[:, 0], natural.z[:, 0]).any()


# ---------------------------------------------------------------- findings


def test_findings_are_sentences_about_g_and_the_control(learnt: Experiment) -> None:
    found = tuple(notes(learnt))
    assert all(one.endswith(".") and one[0].isupper() for one in found)
    assert any("the control" in one for one in found)


def test_findings_on_flipped_labels_say_which_way_the_boundary_turns() -> None:
    weak, strong = ({**FLIPPED, "perturbation": {"kind": "l2", "eps": e}} for e in (0.05, 60.0))
    assert any("turned away" in one for one in notes(learning(weak)))
    assert not any("turned away" in one for one in notes(learning(strong)))
