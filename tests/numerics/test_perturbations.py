"""Perturbations: their schema, the geometric ones by definition, and the check of promises."""

import numpy as np
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.perturb import PERTURBATIONS, AnyPerturbation, PerturbationFault, Promise
from perturbproof.numerics.perturb.base import check_promise
from perturbproof.numerics.perturb.geometric import L2, L0Sign, L0Value, LinfRescaled, LinfSign

from .sample_perturbations import ATTACKS, GEOMETRIC, SIZED, length, setting


def test_every_kind_is_listed_once_and_has_an_example_here():
    kinds = [kind.model_fields["kind"].default for kind in PERTURBATIONS]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) == GEOMETRIC.keys() | ATTACKS.keys() | {"given"}  # see test_given_set.py


@pytest.mark.parametrize("perturbation", (GEOMETRIC | ATTACKS).values(), ids=lambda p: p.kind)
class TestEveryPerturbation:
    def test_is_found_by_its_kind(self, perturbation):
        parsed = pydantic.TypeAdapter(AnyPerturbation).validate_python(perturbation.model_dump())
        assert parsed == perturbation

    def test_unknown_field_is_named(self, perturbation):
        with pytest.raises(
            InputError, match=rf"{perturbation.kind} perturbation: epz: extra inputs"
        ) as error:
            type(perturbation)(**perturbation.model_dump(), epz=1)
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize("clamp", [(1, 1), (2, -2), (0, float("inf")), (float("nan"), 1)])
    def test_clamp_must_be_a_range(self, perturbation, clamp):
        with pytest.raises(InputError, match="clamp: must be two numbers low < high"):
            type(perturbation)(**{**perturbation.model_dump(), "clamp": clamp})

    def test_data_outside_the_clamp_are_refused(self, perturbation):
        clamped = perturbation.model_copy(update={"clamp": (0.0, 1.0)})
        with pytest.raises(InputError, match=r"clamp: scans reaches from -0.5 to 1, outside"):
            clamped.check_base(np.array([[-0.5, 1.0]]), "scans")
        clamped.check_base(np.array([[0.0, 1.0]]), "scans")
        perturbation.check_base(np.array([[-9.0, 1.0]]), "scans")


@pytest.mark.parametrize("perturbation", SIZED, ids=lambda p: p.kind)
@pytest.mark.parametrize("eps", [0, -1, float("inf"), float("nan")])
def test_size_must_be_positive_and_finite(perturbation, eps):
    with pytest.raises(InputError, match=f"{perturbation.kind} perturbation: eps"):
        type(perturbation)(**{**perturbation.model_dump(), "eps": eps})


class TestDirections:
    Q = BallArray.exact(np.array([3.0, 0.0, -4.0, 0.5, 0.25]))

    @pytest.mark.parametrize(
        ("perturbation", "direction", "unit", "nonzero"),
        [
            (L2(eps=1), np.array([3, 0, -4, 0.5, 0.25]) / np.sqrt(25.3125), "l2", 4),
            (LinfSign(eps=1), [1, 0, -1, 1, 1], "linf", 4),
            (LinfRescaled(eps=1), [0.75, 0, -1, 0.125, 0.0625], "linf", 4),
            (L0Value(eps=1, k=2), [0.6, 0, -0.8, 0, 0], "l2", 2),
            (L0Sign(eps=1, k=3), [1, 0, -1, 1, 0], "linf", 3),
        ],
        ids=lambda value: getattr(value, "kind", None),
    )
    def test_are_as_defined(self, perturbation, direction, unit, nonzero):
        found = perturbation.direction(self.Q)
        assert np.allclose(found, direction, rtol=1e-15, atol=0)
        assert (perturbation.unit, np.count_nonzero(found)) == (unit, nonzero)

    @pytest.mark.parametrize("perturbation", GEOMETRIC.values(), ids=GEOMETRIC)
    @given(st.integers(0, 10**6), st.sampled_from([1e-200, 1.0, 1e200]))
    @settings(max_examples=20, deadline=None)
    def test_have_unit_size_point_along_q_and_ignore_its_scale(self, perturbation, seed, scale):
        q = np.random.default_rng(seed).standard_normal(9)
        found = perturbation.direction(BallArray.exact(q * scale))
        assert length(found, perturbation.unit) == pytest.approx(1, rel=1e-15)
        assert (found * q >= 0).all()
        assert np.allclose(found, perturbation.direction(BallArray.exact(q)), rtol=1e-14)

    @given(st.integers(0, 10**6), st.integers(1, 9))
    @settings(max_examples=30, deadline=None)
    def test_keep_the_k_largest_and_at_least_their_share_of_q(self, seed, k):
        q = np.random.default_rng(seed).standard_normal(9)
        kept = L0Value(eps=1, k=k).direction(BallArray.exact(q))
        sizes = np.sort(abs(q))
        assert np.array_equal(kept != 0, abs(q) >= sizes[-k])
        assert np.array_equal(L0Sign(eps=1, k=k).direction(BallArray.exact(q)), np.sign(kept))
        assert kept @ q / np.linalg.norm(q) >= np.sqrt(k / 9) * (1 - 1e-12)

    def test_ties_go_to_the_smaller_index(self):
        q = BallArray.exact(np.array([1.0, -2.0, 2.0, -2.0]))
        assert L0Sign(eps=1, k=2).direction(q).tolist() == [0, -1, 1, 0]

    @pytest.mark.parametrize("kind", [L0Value, L0Sign])
    def test_k_has_limits(self, kind):
        with pytest.raises(InputError, match=r"k: must be at least 1"):
            kind(eps=1, k=0)
        with pytest.raises(InputError, match=r"k: 6 coordinates were asked for, the data have 5"):
            kind(eps=1, k=6).direction(self.Q)
        with pytest.raises(InputError, match=r"the normal q has only 4 that are not zero"):
            kind(eps=1, k=5).direction(self.Q)

    @pytest.mark.parametrize("perturbation", GEOMETRIC.values(), ids=GEOMETRIC)
    @pytest.mark.parametrize("radius", [0.0, np.inf])
    def test_no_normal_no_direction(self, perturbation, radius):
        q = BallArray(np.zeros(9), np.full(9, radius))
        with pytest.raises(InputError, match="zero or unknown"):
            perturbation.direction(q)


@pytest.mark.parametrize("perturbation", GEOMETRIC.values(), ids=GEOMETRIC)
def test_an_eps_lost_in_rounding_is_refused(perturbation):
    x, _, _ = setting()
    direction = perturbation.direction(BallArray.exact(x[0]))
    tiny = perturbation.model_copy(update={"eps": 1e-16})
    with pytest.raises(InputError, match="lost in rounding"):
        tiny.promise(x, direction)


class TestPromises:
    X = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]])
    MOVED = X + np.array([[0.3, 0.0, 0.4], [0.0, 0.5, 0.0]])

    @pytest.mark.parametrize("entries", [2**22, 1])
    def test_kept(self, entries, monkeypatch):
        monkeypatch.setattr("perturbproof.numerics.perturb.base._CHECKED_ENTRIES", entries)
        kept = Promise(l2=(0.5, 0.5), linf=(0.4, 0.5), changed=(1, 2), within=(-0.5, 3.4))
        check_promise(self.X, self.MOVED, kept)
        with pytest.raises(PerturbationFault, match=r"row 1: the largest change must be 0.4"):
            check_promise(self.X, self.MOVED, Promise(linf=(0.4, 0.4)))

    @pytest.mark.parametrize(
        ("promise", "fault"),
        [
            (Promise(l2=(0.0, 0.4)), r"rows 0 and 1: the L2 norm must be between 0 and 0.4"),
            (Promise(l2=(0.500001, 1)), r"L2 norm must be between"),
            (Promise(linf=(0.5, 0.5)), r"row 0: the largest change must be 0.5, found 0.4"),
            (Promise(changed=(2, 2)), r"row 1: the number of changed coordinates must be 2"),
            (Promise(within=(-1, 3)), r"row 0: an entry lies outside \[-1, 3\]"),
        ],
    )
    def test_a_broken_promise_is_a_fault_of_the_code(self, promise, fault):
        with pytest.raises(PerturbationFault, match=fault):
            check_promise(self.X, self.MOVED, promise)

    def test_a_fault_is_no_input_error(self):
        assert issubclass(PerturbationFault, AssertionError)
        assert not issubclass(PerturbationFault, InputError)

    def test_nan_breaks_every_promise(self):
        with pytest.raises(PerturbationFault):
            check_promise(self.X, self.MOVED * np.nan, Promise(within=(-9, 9)))
