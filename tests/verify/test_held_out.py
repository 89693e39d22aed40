"""Samples that no network is trained on, of which training knows nothing; and hidden biases."""

import numpy as np
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.held_out import hold_out
from perturbproof.numerics.data.sample import Sample
from perturbproof.verify import check
from perturbproof.verify.measure.experiment import Experiment

from .small_scenarios import scenario

DIGITS = {"kind": "digits", "classes": [0, 1]}


def drawn(n=23, d=4, seed=0):
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(n) % 3, 1, -1)
    return Sample(rng.normal(size=(n, d)), y.astype("i1"), "drawn", np.arange(n) + 100)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("centred", [0, 3, 4])
def test_a_share_of_each_class_is_held_out(share, centred):
    sample = drawn()
    moved, held = hold_out(sample, share, np.random.default_rng(1), centred=centred)
    for label in (-1, 1):
        of_class = sample.y == label
        assert held[of_class].sum() == round(share * of_class.sum())
    shift = np.where(np.arange(4) < centred, sample.x[~held].mean(axis=0), 0.0)
    assert np.allclose(moved.x, sample.x - shift)
    assert (moved.y == sample.y).all()
    assert (moved.rows == sample.rows).all()


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_a_class_cannot_be_left_with_nothing(share):
    with pytest.raises(InputError, match=r"held_out: .* each class needs samples on both sides"):
        hold_out(drawn(), share, np.random.default_rng(1), centred=0)


def test_training_knows_nothing_of_what_is_held_out():
    experiment = Experiment(scenario(data=DIGITS, held_out=0.25))
    train, out = experiment.natural_points.values()
    assert len(np.intersect1d(train.rows, out.rows)) == 0
    assert train.n + out.n == Experiment(scenario(data=DIGITS)).sample.n
    # The digits are multiples of 1/16: nothing but their own mean is taken from those trained on.
    raw = scenario(data=DIGITS | {"centred": False})
    x = Experiment(raw).sample.x
    rows = Experiment(raw).sample.rows
    mine = x[np.isin(rows, train.rows)]
    assert np.allclose(train.x, mine - mine.mean(axis=0), atol=1e-14)
    assert np.allclose(out.x, x[np.isin(rows, out.rows)] - mine.mean(axis=0), atol=1e-14)
    assert len(experiment.limit_points) == 2 * (train.n + out.n)


def test_the_data_in_a_file_are_split_alike(tmp_path):
    """What a witness stores is trained on in the same parts, bit by bit."""
    experiment = Experiment(scenario(data=DIGITS, held_out=0.25))
    whole, _ = experiment.whole
    np.savez(tmp_path / "data.npz", x=whole.x, y=whole.y)
    again = {"kind": "file", "path": str(tmp_path / "data.npz")}
    other = Experiment(scenario(data=again, held_out=0.25))
    assert other.sample.fingerprint() == experiment.sample.fingerprint()


def test_a_bias_is_a_coordinate_that_nothing_moves():
    biased = Experiment(scenario(data=DIGITS | {"bias": True}, held_out=0.25))
    plain = Experiment(scenario(data=DIGITS, held_out=0.25))
    pairs = zip(biased.natural_points.values(), plain.natural_points.values(), strict=True)
    for one, other in pairs:
        assert (one.x[:, -1] == 1).all()
        assert (one.x[:, :-1] == other.x).all()
    fresh = biased.scenario.data.fresh(np.random.default_rng(0), 5, biased.drawn)
    assert fresh is not None
    assert (fresh[:, -1] == 1).all()


def test_a_bias_separates_what_no_hyperplane_through_zero_does():
    x, y = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([-1, -1, 1, 1])
    without, with_it = (check((x, y), slopes=[0.5], bias=bias) for bias in (False, True))
    assert without.slopes[0].limit.holds == "no"
    assert with_it.slopes[0].limit.holds == "yes"
    centred = check((x, y), slopes=[0.5], bias=True, centred=True, scale=2.0)
    assert centred.sample.x[:, 1].tolist() == [1.0] * 4
    assert centred.sample.x[:, 0].tolist() == [-3.0, -1.0, 1.0, 3.0]


@pytest.mark.parametrize("option", ["standardised", "unit_norm"])
def test_what_is_held_out_takes_part_in_nothing(option: str) -> None:
    data = {"kind": "file", "path": "a.npz", option: True}
    assert scenario(data=data).held_out is None
    with pytest.raises(ValueError, match="what is held out would take part in it"):
        scenario(data=data, held_out=0.5)
