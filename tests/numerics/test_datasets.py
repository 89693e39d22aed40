"""Datasets: the properties each promises, and what each refuses."""

from pathlib import Path

import numpy as np
import pydantic
import pytest
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data import DATASETS, AnyDataset, Sample
from perturbproof.numerics.data.digits import Digits
from perturbproof.numerics.data.file import FromFile
from perturbproof.numerics.data.generated import (
    Gaussian,
    NearOrthogonal,
    Orthogonal,
    ShiftedGaussian,
    Uniform,
)
from perturbproof.numerics.data.named_images import NAMED_SETS
from perturbproof.numerics.data.sample import centred, row_list
from sklearn.datasets import load_digits

EXAMPLES = {
    "orthogonal": Orthogonal(samples=6, dimension=20, radius=3.0),
    "near-orthogonal": NearOrthogonal(samples=6, dimension=20, coherence=0.1),
    "uniform": Uniform(samples=6, dimension=20),
    "gaussian": Gaussian(samples=6, dimension=20),
    "shifted-gaussian": ShiftedGaussian(samples=6, dimension=20),
    "digits": Digits(samples=6),
}


def test_every_kind_is_listed_once_and_has_an_example_here_or_its_own_tests():
    kinds = [dataset.model_fields["kind"].default for dataset in DATASETS]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) == EXAMPLES.keys() | {"file"} | NAMED_SETS.keys()


@pytest.mark.parametrize("dataset", EXAMPLES.values(), ids=EXAMPLES.keys())
class TestEveryDataset:
    def test_draws_balanced_labels_and_float64(self, dataset):
        sample = dataset.draw(np.random.default_rng(1))
        assert sample.x.shape == (6, sample.d)
        assert sample.x.dtype == np.float64
        assert sorted(sample.y) == [-1, -1, -1, 1, 1, 1]
        assert sample.source

    def test_same_generator_same_sample(self, dataset):
        first, second = (dataset.draw(np.random.default_rng(5)) for _ in range(2))
        other = dataset.draw(np.random.default_rng(6))
        assert first.fingerprint() == second.fingerprint() != other.fingerprint()

    def test_leaves_global_random_state_alone(self, dataset):
        before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state not to be touched
        dataset.draw(np.random.default_rng(1))
        assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002

    def test_unknown_field_is_named(self, dataset):
        with pytest.raises(InputError, match=r"radios: extra inputs are not permitted") as error:
            type(dataset)(**dataset.model_dump(), radios=1)
        assert "\n" not in str(error.value)

    def test_is_found_by_its_kind(self, dataset):
        parsed = pydantic.TypeAdapter(AnyDataset).validate_python(dataset.model_dump())
        assert parsed == dataset


def test_orthogonal_rows_have_the_radius_and_no_inner_products():
    x = Orthogonal(samples=30, dimension=50, radius=2.5).draw(np.random.default_rng(0)).x
    assert np.allclose(x @ x.T, 2.5**2 * np.eye(30), atol=1e-13)


@pytest.mark.parametrize("coherence", [0.0, 0.01, 0.0499])
@pytest.mark.parametrize("signs", ["random", "adverse"])
def test_near_orthogonal_inner_products_have_the_asked_size(coherence, signs):
    dataset = NearOrthogonal(samples=20, dimension=40, coherence=coherence, radius=2, signs=signs)
    sample = dataset.draw(np.random.default_rng(0))
    gram = sample.x @ sample.x.T
    off_diagonal = gram[~np.eye(20, dtype=bool)]
    assert np.allclose(np.diag(gram), 4.0)
    assert np.allclose(abs(off_diagonal), 4 * coherence, atol=1e-12)
    assert (abs(off_diagonal) <= 4 * max(coherence, 1e-15)).all()
    if signs == "adverse" and coherence > 0:
        assert (np.outer(sample.y, sample.y)[~np.eye(20, dtype=bool)] * off_diagonal < 0).all()


def test_uniform_fills_the_cube_and_gaussian_has_unit_variance():
    x = Uniform(samples=100, dimension=1000).draw(np.random.default_rng(0)).x
    assert abs(x).max() <= 1
    assert x.var() == pytest.approx(1 / 3, rel=0.02)
    assert Gaussian(samples=100, dimension=1000).draw(
        np.random.default_rng(0)
    ).x.var() == pytest.approx(1, rel=0.02)


def test_random_labels_always_have_both_classes():
    dataset = Gaussian(samples=2, dimension=3, labels="random")
    rng = np.random.default_rng(0)
    seen = {tuple(dataset.draw(rng).y.tolist()) for _ in range(40)}
    assert seen == {(1, -1), (-1, 1)}


def test_digits_are_the_rows_of_scikit_learn_with_the_first_class_positive():
    from sklearn.datasets import load_digits

    images, digit = load_digits(return_X_y=True)
    sample = Digits(classes=(8, 3), centred=False).draw(np.random.default_rng(0))
    assert np.array_equal(sample.x * 16, images[sample.rows])
    assert np.array_equal(sample.y == 1, digit[sample.rows] == 8)
    assert sample.n == np.isin(digit, (3, 8)).sum()


def test_every_digit_there_is_can_be_asked_for_and_no_more():
    _, digit = load_digits(return_X_y=True)
    for first in range(10):
        second = (first + 1) % 10
        there = min((digit == first).sum(), (digit == second).sum())
        most = Digits(classes=(first, second), samples=2 * there)
        assert most.draw(np.random.default_rng(0)).n == 2 * there
        with pytest.raises(InputError, match=f"there are {there}"):
            Digits(classes=(first, second), samples=2 * there + 2).check()


def test_digits_centring_and_cap():
    sample = Digits(samples=11).draw(np.random.default_rng(0))
    assert abs(sample.x.mean(axis=0)).max() < 1e-15
    assert (sample.y == 1).sum() == 6
    assert len(set(sample.rows)) == 11
    with pytest.raises(InputError, match="samples: 2000 needs 1000 of digit 0, there are 178"):
        Digits(samples=2000).draw(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Orthogonal(samples=5, dimension=4), "samples: 5 orthogonal samples do not fit"),
        (lambda: Orthogonal(samples=1, dimension=4), "orthogonal dataset: samples: .*, found 1"),
        (lambda: Uniform(samples=3, dimension=0), "uniform dataset: dimension: .*, found 0"),
        (lambda: Uniform(samples=3, dimension=-7), "dimension: .*, found -7"),
        (lambda: Uniform(samples=3), "dimension is missing"),
        (lambda: Uniform(samples=10**7, dimension=10**9), "samples x dimension: .* GiB"),
        (lambda: Orthogonal(samples=2, dimension=4, radius=0), "radius: .*, found 0"),
        (lambda: Orthogonal(samples=2, dimension=4, radius=float("inf")), "radius: .*finite"),
        (lambda: NearOrthogonal(samples=5, dimension=9, coherence=0.25), "coherence: 0.25 is not"),
        (lambda: NearOrthogonal(samples=5, dimension=4, coherence=0.1), "samples: 5 independent"),
        (lambda: NearOrthogonal(samples=5, dimension=9, coherence=-0.1), "coherence: "),
        (lambda: Digits(classes=(3, 3)), "classes: two different digits"),
        (lambda: Digits(classes=(3, 10)), r"classes.1: .*, found 10"),
    ],
)
def test_impossible_parameters_are_one_line(make, message):
    with pytest.raises(InputError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


def test_nested_in_another_model_the_line_survives():
    class Outer(pydantic.BaseModel):
        data: AnyDataset

    with pytest.raises(pydantic.ValidationError, match="5 orthogonal samples do not fit"):
        Outer.model_validate({"data": {"kind": "orthogonal", "samples": 5, "dimension": 4}})


def sample_of(x, y, rows=None):
    return Sample(np.array(x), np.array(y), "here", np.arange(len(x)) if rows is None else rows)


class TestSample:
    def test_copies_and_freezes(self):
        x = np.array([[1.0, 2.0], [3.0, 4.0]])
        sample = Sample(x, np.array([1, -1]), "here", np.arange(2))
        x[0, 0] = 9.0
        assert sample.x[0, 0] == 1.0
        with pytest.raises(ValueError, match="read-only"):
            sample.x[0, 0] = 9.0

    def test_take_keeps_original_rows(self):
        taken = sample_of(np.eye(4), [1, -1, 1, -1], np.array([10, 11, 12, 13])).take([3, 0])
        assert taken.rows.tolist() == [13, 10]
        assert taken.y.tolist() == [-1, 1]
        assert np.array_equal(taken.x, np.eye(4)[[3, 0]])

    def test_fingerprint_tells_shape_inputs_and_labels(self):
        base = sample_of([[1.0, 2.0], [3.0, 4.0]], [1, -1])
        assert base.fingerprint() == sample_of([[1, 2], [3, 4]], [1, -1]).fingerprint()
        assert base.fingerprint() != sample_of([[1.0, 2.0], [3.0, 5.0]], [1, -1]).fingerprint()
        assert base.fingerprint() != sample_of([[1.0, 2.0], [3.0, 4.0]], [-1, 1]).fingerprint()
        assert len(base.fingerprint()) == 64

    @pytest.mark.parametrize(
        ("x", "y", "message"),
        [
            ([1.0, 2.0], [1, -1], r"matrix \(N, d\), found shape \(2,\)"),
            ([[1.0]], [1], "at least 2 samples are needed, found 1"),
            ([[1.0], [2.0]], [1, 1], r"all 2 samples have the label \+1"),
            ([[1.0], [2.0]], [1, 0], "labels must be -1 or"),
            ([[1.0], [2.0]], [1, -1, 1], r"found \(3,\)"),
            ([[1.0, 1.0], [1.0, np.nan]], [1, -1], "row 1, column 1 .* is nan"),
            ([[-np.inf, 1.0], [1.0, 2.0]], [1, -1], "row 0, column 0 .* is -inf"),
            ([[1.0], [0.0], [-0.0]], [1, -1, 1], "rows 1 and 2 .* zero throughout"),
            ([[1j], [2j]], [1, -1], "real numbers, found complex128"),
        ],
    )
    def test_refuses(self, x, y, message):
        with pytest.raises(InputError, match=f"^here: .*{message}") as error:
            sample_of(x, y)
        assert "\n" not in str(error.value)

    def test_large_finite_values_are_no_infinities(self):
        assert sample_of([[1.5e308], [1.5e308]], [1, -1]).n == 2


def test_centring_names_rows_equal_to_the_mean():
    x = np.array([[1.0, 0.0], [3.0, 0.0], [2.0, 0.0]])
    with pytest.raises(InputError, match=r"row 7 .* zero throughout after centring"):
        centred(x, np.array([5, 6, 7]), "here")


def test_row_lists_read_well():
    assert row_list([4]) == "row 4"
    assert row_list([1, 2, 3]) == "rows 1, 2 and 3"
    assert row_list(range(9)) == "rows 0, 1, 2, 3, 4 and 4 more"


@pytest.mark.parametrize(("kind", "variance"), [(Uniform, 1 / 3), (Gaussian, 1.0)])
def test_fresh_samples_are_further_draws(kind, variance: float) -> None:
    data = kind(samples=4, dimension=3000)
    drawn = data.draw(np.random.default_rng(1))
    fresh = data.fresh(np.random.default_rng(2), 7, drawn)
    assert fresh is not None
    assert fresh.shape == (7, 3000)
    assert not np.isin(fresh, drawn.x).any()
    assert np.var(fresh) == pytest.approx(variance, rel=0.03)


def test_fresh_digits_are_those_left_over_shifted_alike() -> None:
    data = Digits(classes=(3, 8), samples=100)
    drawn = data.draw(np.random.default_rng(1))
    fresh = data.fresh(np.random.default_rng(2), 10_000, drawn)
    pixels, digit = load_digits(return_X_y=True)
    left = np.setdiff1d(np.flatnonzero((digit == 3) | (digit == 8)), drawn.rows)
    expected = pixels[left] / 16 - pixels[drawn.rows].mean(axis=0) / 16
    assert fresh is not None
    assert len(fresh) == len(left)
    np.testing.assert_allclose(np.sort(fresh, axis=0), np.sort(expected, axis=0), atol=1e-12)


def test_what_has_no_further_samples_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "all.npz", x=rng.standard_normal((4, 3)), y=[0, 1, 0, 1])
    for data in (
        Orthogonal(samples=4, dimension=9),
        NearOrthogonal(samples=4, dimension=9, coherence=0.1),
        FromFile(path=str(tmp_path / "all.npz")),
        Digits(),
    ):
        assert data.fresh(rng, 3, data.draw(rng)) is None
