"""Perturbed sets: what is drawn, that it is checked, and which setups are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data import Sample
from perturbproof.numerics.data.files.reading import read_labels
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.network import LeakyNetwork
from perturbproof.numerics.perturb import PerturbationFault
from perturbproof.numerics.perturb.geometric import L2
from perturbproof.numerics.perturb.perturbed_set import PerturbedSetup, draw_perturbed

KINDS = [
    {"kind": "l2", "eps": 0.5},
    {"kind": "linf-sign", "eps": 0.1},
    {"kind": "linf-rescaled", "eps": 0.3},
    {"kind": "l0-value", "eps": 0.5, "k": 5},
    {"kind": "l0-sign", "eps": 0.2, "k": 5},
    {"kind": "gradient", "eps": 0.5},
    {"kind": "pgd", "eps": 0.5, "steps": 10},
    {"kind": "pixel", "fraction": 0.2},
]
GEOMETRIC = KINDS[:5]
IDS = [kind["kind"] for kind in KINDS]


def natural(samples=8, dimension=30) -> Sample:
    rng = np.random.default_rng(7)
    y = np.where(np.arange(samples) % 2, 1, -1)
    x = rng.uniform(-1, 1, (samples, dimension))
    return Sample(x, y, "toy data", 100 + np.arange(samples))


def draw(setup, seed=0, data=None, q=None, network=None):
    data = data or natural()
    q = q or BallArray.exact(data.y @ data.x)
    network = network or LeakyNetwork(np.stack([q.mid, -q.mid]), 0.5)
    return draw_perturbed(data, q, network, setup, np.random.default_rng(seed))


def setup(base="uniform", samples=20, perturbation=KINDS[0], **fields) -> PerturbedSetup:
    return PerturbedSetup(base=base, samples=samples, perturbation=perturbation, **fields)


@pytest.mark.parametrize("perturbation", KINDS, ids=IDS)
@pytest.mark.parametrize("base", ["natural", "uniform", "gaussian"])
def test_same_seed_same_set_and_base_and_labels_do_not_know_the_perturbation(base, perturbation):
    samples = None if base == "natural" else 20
    asked = setup(base, samples, perturbation)
    first, second, other = draw(asked), draw(asked), draw(asked, seed=1)
    plain = draw(setup(base, samples))
    assert first.perturbed.fingerprint() == second.perturbed.fingerprint()
    assert first.perturbed.fingerprint() != other.perturbed.fingerprint()
    assert first.base.fingerprint() == plain.base.fingerprint()
    assert np.array_equal(first.perturbed.y, first.base.y)
    assert first.shares_direction == (perturbation in GEOMETRIC)


@pytest.mark.parametrize("perturbation", GEOMETRIC, ids=IDS[:5])
def test_geometric_sets_move_along_one_direction(perturbation):
    result = draw(setup(perturbation=perturbation))
    eps = perturbation["eps"]
    step = eps * np.outer(result.base.y, result.direction)
    assert np.allclose(result.perturbed.x, result.base.x + step, rtol=0, atol=1e-15)
    assert result.eps == eps
    moved = result.perturbed.x - result.base.x
    order = 2 if perturbation["kind"] in ("l2", "l0-value") else np.inf
    assert np.linalg.norm(moved, order, axis=1) == pytest.approx(np.full(20, eps))


@pytest.mark.parametrize("base", ["uniform", "gaussian"])
def test_noise_is_the_noise_that_was_asked_for(base):
    result = draw(setup(base, 2000))
    x, y = result.base.x, result.base.y
    assert result.chosen is None
    assert x.shape == (2000, 30)
    assert x.std() == pytest.approx(1 if base == "gaussian" else 3**-0.5, abs=0.02)
    assert abs(x).max() > 1 or base == "uniform"
    assert abs(x).max() <= 1 or base == "gaussian"
    assert abs(y.mean()) < 0.1
    assert abs(x.T @ y).max() / 2000 < 0.15


def test_natural_base_keeps_samples_and_rows():
    data = natural()
    whole = draw(setup("natural", None, labels="flipped"), data=data)
    assert np.array_equal(whole.base.x, data.x)
    assert np.array_equal(whole.base.y, -data.y)
    part = draw(setup("natural", 5, labels="flipped"), data=data)
    assert len(set(part.chosen)) == 5
    assert np.array_equal(part.base.x, data.x[part.chosen])
    assert np.array_equal(part.base.y, -data.y[part.chosen])
    assert np.array_equal(part.base.rows, 100 + part.chosen)


def test_coordinates_no_sample_uses_stay_unused():
    x = natural().x.copy()
    x[:, 3] = 0
    data = Sample(x, natural().y, "toy data", np.arange(8))
    q = data.y @ BallArray.exact(x)
    assert q.rad[3] > 0
    direction = draw(setup(perturbation={"kind": "linf-sign", "eps": 0.1}), data=data, q=q)
    assert direction.direction[3] == 0
    assert np.count_nonzero(direction.direction) == 29


class TestClamp:
    @pytest.mark.parametrize("perturbation", KINDS, ids=IDS)
    def test_holds(self, perturbation):
        large = {**perturbation, "clamp": [-1, 1]} | (
            {"eps": 5.0} if "eps" in perturbation else {"fraction": 1.0, "step_size": 2.0}
        )
        result = draw(setup(perturbation=large))
        assert abs(result.perturbed.x).max() <= 1
        assert not result.shares_direction
        assert result.clamped or perturbation not in GEOMETRIC

    def test_that_cuts_nothing_leaves_the_direction_shared(self):
        result = draw(setup(perturbation={"kind": "l2", "eps": 0.5, "clamp": [-9, 9]}))
        assert not result.clamped
        assert result.shares_direction

    def test_must_fit_the_base(self):
        clamped = {"kind": "l2", "eps": 0.5, "clamp": [0, 1]}
        with pytest.raises(InputError, match=r"uniform noise fills \[-1, 1\]"):
            setup(perturbation=clamped)
        with pytest.raises(InputError, match="Gaussian noise has no range"):
            setup("gaussian", perturbation=clamped)
        with pytest.raises(InputError, match=r"toy data reaches from -0.99\d* to .*, outside"):
            draw(setup("natural", None, perturbation=clamped))


class TestRefusedSetups:
    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"samples": None}, "samples: the uniform base needs a number of samples"),
            ({"samples": 1}, "samples: must be at least 2, found 1"),
            ({"labels": "flipped"}, "labels: 'flipped' needs the natural base"),
            ({"labels": "file"}, "label_file: give it with labels = 'file'"),
            ({"label_file": "y.csv"}, "label_file: give it with labels = 'file'"),
            ({"base": "noise"}, "base: must be 'natural', 'uniform', 'gaussian' or 'file'"),
            ({"perturbation": {"kind": "l3", "eps": 1}}, "perturbation: .*'l3'"),
            ({"perturbation": {"kind": "l2", "eps": 0}}, "l2 perturbation: eps: .*greater than 0"),
            ({"perturbation": {"kind": "l2"}}, "l2 perturbation: eps is missing"),
            ({"seed": 3}, "seed: extra inputs are not permitted"),
        ],
    )
    def test_one_line_names_the_field(self, fields, message):
        with pytest.raises(InputError, match="^perturbed set: " + message) as error:
            setup(**fields)
        assert "\n" not in str(error.value)

    def test_too_many_natural_samples(self):
        with pytest.raises(InputError, match="9 were asked for, there are 8"):
            draw(setup("natural", 9))

    def test_too_many_coordinates(self):
        with pytest.raises(InputError, match="31 coordinates were asked for, the data have 30"):
            draw(setup(perturbation={"kind": "l0-sign", "eps": 1, "k": 31}))

    def test_missing_normal_or_network(self):
        rng = np.random.default_rng(0)
        with pytest.raises(InputError, match="needs the normal"):
            draw_perturbed(natural(), None, None, setup(), rng)
        with pytest.raises(InputError, match="pgd perturbation: needs a trained network"):
            draw_perturbed(natural(), None, None, setup(perturbation=KINDS[6]), rng)

    def test_a_normal_of_another_dimension(self):
        with pytest.raises(
            InputError, match=r"normal has shape \(3,\), the data have dimension 30"
        ):
            draw(setup(), q=BallArray.exact(np.ones(3)), network=LeakyNetwork(np.ones((2, 30)), 1))

    def test_an_overflowing_eps(self):
        q = BallArray.exact(np.ones(30))
        data = Sample(natural().x * 1.7e308, natural().y, "huge data", np.arange(8))
        with pytest.raises(InputError, match="must be finite"):
            draw(setup("natural", None, {"kind": "linf-sign", "eps": 1.7e308}), data=data, q=q)

    @pytest.mark.parametrize("eps", [1e-170, 1e170])
    def test_sizes_whose_squares_leave_the_floating_point_numbers_are_none(self, eps):
        data = Sample(natural().x * eps, natural().y, "scaled data", np.arange(8))
        result = draw(setup("natural", None, {"kind": "l2", "eps": eps}), data=data)
        moved = (result.perturbed.x - result.base.x) / eps
        assert np.linalg.norm(moved, axis=1) == pytest.approx(np.ones(8))


@given(st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_coins_of_one_side_are_refused_not_thrown_again(seed):
    rng = np.random.default_rng(seed)
    rng.uniform(-1, 1, (3, 30))
    coins = rng.integers(0, 2, 3) * 2 - 1
    if (coins == coins[0]).all():
        with pytest.raises(InputError, match="all 3 random labels came out"):
            draw(setup(samples=3), seed=seed)
    else:
        assert np.array_equal(draw(setup(samples=3), seed=seed).base.y, coins)


@pytest.mark.parametrize("error", [1e-3, 1e-11])
def test_a_wrong_perturbation_is_an_error_of_the_code(monkeypatch, error):
    honest = L2.perturbed
    monkeypatch.setattr(L2, "perturbed", lambda *a: honest(*a) * (1 + error))
    with pytest.raises(PerturbationFault, match=r"perturbed rows? .*: the L2 norm must be 0.5"):
        draw(setup())


class TestLabelFile:
    @pytest.mark.parametrize("text", ["1\n-1\n-1\n", "y\n+1.0\n\n-1\r\n-1"])
    def test_csv(self, tmp_path, text):
        (tmp_path / "y.csv").write_text(text)
        assert read_labels(str(tmp_path / "y.csv"), 3).tolist() == [1, -1, -1]

    @pytest.mark.parametrize("array", [np.array([1, -1, -1]), np.array([[1.0], [-1.0], [-1.0]])])
    def test_npy_into_a_set(self, tmp_path, array):
        np.save(tmp_path / "y.npy", array)
        asked = setup(samples=3, labels="file", label_file=str(tmp_path / "y.npy"))
        assert draw(asked).perturbed.y.tolist() == [1, -1, -1]

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("y.xls", b"1\n", "is not read: it is a spreadsheet"),
            ("y.csv", b"1\n-1\n", r"3 labels are needed, .* found an array of shape \(2,\)"),
            ("y.csv", b"1\n0\n-1\n", r"label 1 \(counted from 0\) is 0.0; labels must be"),
            ("y.csv", b"1\nnan\n-1\n", "label 1 .* is nan"),
            ("y.csv", b"1\nx\n-1\n", "line 2: 'x' is not a label"),
            ("y.csv", b"\xff\xfe\x00", "not a readable .csv"),
            ("y.csv", b"", r"shape \(0,\)"),
            ("y.npy", b"", "not a readable .npy"),
            ("y.npy", b"\x80\x04N.", "not a readable .npy"),
        ],
    )
    def test_faults_are_named(self, tmp_path, name, content, message):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=message) as error:
            read_labels(str(tmp_path / name), 3)
        assert name in str(error.value)

    def test_npy_files_that_lie(self, tmp_path):
        path = tmp_path / "y.npy"
        np.save(path, np.array([1, "a", None], dtype=object))
        with pytest.raises(InputError, match="holds Python objects, which are never unpickled"):
            read_labels(str(path), 3)
        np.save(path, np.array(["1", "-1", "1"]))
        with pytest.raises(InputError, match="labels must be numbers, -1 or"):
            read_labels(str(path), 3)
        np.save(path, np.ones(10**4))
        path.write_bytes(path.read_bytes()[:200])
        with pytest.raises(InputError, match="does not fit the size of the file"):
            read_labels(str(path), 10**4)

    def test_missing_files(self, tmp_path):
        with pytest.raises(InputError, match="no such file"):
            read_labels(str(tmp_path / "y.csv"), 3)
        (tmp_path / "y.npy").mkdir()
        with pytest.raises(InputError, match="is a folder"):
            read_labels(str(tmp_path / "y.npy"), 3)
