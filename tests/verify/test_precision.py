"""`precision` in a scenario, in `check`, and on the command line."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.enclose.precise_array import MOST_ENTRIES, PreciseArray
from perturbproof.theory import catalog
from perturbproof.verify.api import check
from perturbproof.verify.command_line.cli import main
from perturbproof.verify.measure import measure, measured_symbols
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.run.run import run_scenario
from perturbproof.verify.values import ClaimVerdict, Rigor, Verdict

from .small_scenarios import ORTHOGONAL, PROVED, scenario


def edge_data(tmp_path, nudge: float, labels: tuple[int, int] = (1, -1)):
    """Two samples exactly on the paper's condition at slope 1/2, one entry moved by `nudge`."""
    x = np.ones((2, 96))
    x[1, :47] = -1
    x[0, -1] += nudge
    path = tmp_path / "edge.npz"
    np.savez(path, x=x, y=np.array(labels))
    return {"kind": "file", "path": str(path)}


@pytest.mark.parametrize(
    ("nudge", "verdict"),
    [(0.0, Verdict.VACUOUS), (-(2.0**-50), Verdict.PASS), (2.0**-50, Verdict.VACUOUS)],
)
def test_the_edge_is_decided_at_more_bits(tmp_path, proofs, theorems, nudge, verdict) -> None:
    data = edge_data(tmp_path, nudge)
    for bits, possible in ((None, {verdict, Verdict.INCONCLUSIVE}), (60, {verdict})):
        one = scenario(data=data, precision=bits, training={"steps": 2000})
        (judgement,) = run_scenario(one, proofs, theorems=theorems).judgements
        assert judgement.verdict in possible, judgement.reason


def test_equalities_on_orthogonal_data_are_decided(proofs, theorems) -> None:
    """Bounds that are attained: float64 balls leave them open."""
    names = ["exact-multipliers", "row-wise", "half-aware-row-wise", "signed-row-wise"]
    data = {**ORTHOGONAL, "radius": 2.0}
    for bits, wanted in ((None, Verdict.INCONCLUSIVE), (80, Verdict.PASS)):
        one = scenario(data=data, theorems=names, precision=bits)
        found = run_scenario(one, proofs, theorems=theorems).judgements
        assert [judgement.verdict for judgement in found] == [wanted] * 4


# Of the trained network, or of the convex limit, which the duality gap encloses in float64 balls.
FLOAT64 = {"tau", "own_activation", "seed_slack", "trained_activation"}


@pytest.mark.parametrize("kind", ["gaussian", "near"])
def test_more_bits_stay_inside_fewer(kind: str) -> None:
    """What 54 and 300 bits say is compatible with float64 balls, and far narrower."""
    gaussian = {"data": {"kind": "gaussian", "samples": 6, "dimension": 60}}
    changes = gaussian if kind == "gaussian" else {}
    fine, plain = (Experiment(scenario(precision=bits, **changes)) for bits in (300, None))
    names = sorted(measured_symbols(plain.scenario) - FLOAT64)
    found, before = measure(fine, names), measure(plain, names)
    assert isinstance(fine.gram.gram, PreciseArray)
    for name in names:
        value, wide = found[name].value, before[name].value
        if value is None or wide is None:
            continue
        assert value.intersects(wide), name
        if found[name].rigor is Rigor.ENCLOSED and wide.is_finite:
            assert value.exact_value is not None or value.width < 1e-30, name
    tau = [measure(one, ["tau"])["tau"] for one in (fine, plain)]
    if tau[0].value is not None and tau[1].value is not None:
        assert tau[0].value.intersects(tau[1].value)
        assert "operator norm in float64" in tau[0].how


def test_data_over_the_limit_say_that_the_precision_was_not_applied() -> None:
    data = {"kind": "orthogonal", "samples": 201, "dimension": 201}
    found = measure(Experiment(scenario(data=data, precision=200)), ["p_max", "gamma"])
    assert "not at 200 bits: 201 samples" in found["p_max"].how
    assert "bits" not in found["gamma"].how


def test_check_decides_the_edge(tmp_path) -> None:
    path = edge_data(tmp_path, 2.0**-52)["path"]
    rungs = check(path, slopes=[0.5], precision=100).slopes[0].certificates
    paper = next(rung for rung in rungs if rung.name == "paper")
    assert paper.holds == "no"
    assert paper.left is not None
    assert paper.left.exact_value is not None
    exact = paper.left.exact_value.rational
    assert exact == Fraction(2) + Fraction(2.0**-52)


def test_check_says_what_is_over_the_limit() -> None:
    x, y = np.eye(4, MOST_ENTRIES // 4 + 1), np.array([1, -1, 1, -1])
    assert "not at 100 bits" in check(x, y, slopes=[0.9], precision=100).not_precise
    assert check(x, y, slopes=[0.9]).not_precise == ""


@pytest.mark.parametrize("bits", [0, 53, 2**17])
def test_a_precision_out_of_range_is_refused(bits: int) -> None:
    with pytest.raises(InputError, match="from 54 to 65536"):
        check(np.eye(2), np.array([1, -1]), precision=bits)


def test_claims_at_attained_bounds_pass(proofs, theorems) -> None:
    one = scenario(data={**ORTHOGONAL, "radius": 2.0}, theorems=["row-wise"], precision=64)
    (judgement,) = run_scenario(one, proofs, theorems=theorems).judgements
    verdicts = {claim.claim.id: claim.verdict for claim in judgement.claims}
    assert verdicts["upper"] is ClaimVerdict.PASS


def test_rounding_the_direction_is_no_refutation() -> None:
    """Bounds that are attained for steps exactly along q, on data where q is not a float64 vector.

    The stored direction is rounded, which rational arithmetic would take for a violation.
    """
    data = {**ORTHOGONAL, "radius": 3.0}
    made = {"base": "natural", "labels": "flipped", "perturbation": {"kind": "l2", "eps": 0.7}}
    ids = ["matching-flipped-labels", "matching-flipped-orthogonal", "perturbed-boundary"]
    point = {"kind": "training", "index": 2}
    known = tuple(t for t in catalog() if t.id in ids)
    ready = {t.id: PROVED[t.id] for t in known}
    for bits in (None, 200):
        one = scenario(data=data, perturbed=made, point=point, precision=bits, theorems=ids)
        outcome = run_scenario(one, ready, theorems=known)
        assert outcome.error is None
        assert all(check.agree for check in outcome.cross_checks)
        for judgement in outcome.judgements:
            assert judgement.verdict not in (Verdict.FAIL, Verdict.ERROR), judgement.reason


def test_perturbed_sets_are_measured_exactly() -> None:
    """The decomposition, without any rounding: T1 + T2 is <q^a, z>."""
    data = {"kind": "near-orthogonal", "samples": 4, "dimension": 40, "coherence": 0.01}
    step = {"kind": "linf-sign", "eps": 0.01}
    made = {"base": "natural", "labels": "flipped", "perturbation": step}
    experiment = Experiment(scenario(data=data, perturbed=made, precision=100))
    found = measure(experiment, ["T1_z", "T2_z", "adv_q_z", "kappa", "dir_sq", "adv_lambda_min"])
    exact = {}
    for name, measured in found.items():
        if measured.value is not None:
            assert measured.value.exact_value is not None, name
            exact[name] = measured.value.exact_value.rational
    assert exact["dir_sq"] == 40
    assert exact["T1_z"] + exact["T2_z"] == exact["adv_q_z"]


def test_the_command_line_passes_it_on(tmp_path, capsys, monkeypatch) -> None:
    path = edge_data(tmp_path, -(2.0**-51))["path"]
    for bits, code in (("100", 0), ("53", 2), ("many", 2)):
        command = ["perturbproof", "check", path, "--slope", "0.5", "--precision", bits, "--json"]
        monkeypatch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as done:
            main()
        assert done.value.code == code
    text = capsys.readouterr()
    assert "from 54 to 65536 bits, found 53" in text.err
    rungs = json.loads(text.out)["slopes"][0]["certificates"]
    assert next(rung for rung in rungs if rung["name"] == "paper")["holds"] == "yes"
