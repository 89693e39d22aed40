"""Base samples, targets and perturbed samples that a user brings in a file."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data import Sample
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.perturb.perturbed_set import PerturbedSetup, draw_perturbed

RNG = np.random.default_rng(0)
NATURAL = Sample(RNG.normal(size=(4, 5)), np.array([-1, 1, -1, 1]), "natural", np.arange(4))
X, Y = RNG.normal(size=(6, 5)), np.array([1, -1, -1, 1, 1, -1])
MOVED = X + 0.1


def draw(path, natural=NATURAL, **fields):
    setup = PerturbedSetup(base="file", path=str(path), **fields)
    q = BallArray.exact(np.ones(5))
    return draw_perturbed(natural, q, None, setup, np.random.default_rng(0))


@pytest.mark.parametrize(
    "names",
    [
        ("base_x", "x", "y"),
        ("base_x", "perturbed_x", "base_y"),
        ("noise_data", "adv_data", "target_labels"),
        ("clean_inputs", "adv_inputs", "labels"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("suffix", ["npz", "pt"])
def test_the_set_as_brought(tmp_path, names, suffix):
    arrays, path = dict(zip(names, (X, MOVED, Y), strict=True)), tmp_path / f"own.{suffix}"
    if suffix == "npz":
        np.savez(path, **arrays)
    else:
        torch.save({name: torch.tensor(one) for name, one in arrays.items()}, path)
    made = draw(path)
    assert np.array_equal(made.base.x, X)
    assert np.array_equal(made.perturbed.x, MOVED)
    assert made.perturbed.y.tolist() == made.base.y.tolist() == Y.tolist()
    assert (made.direction, made.eps, made.chosen) == (None, None, None)
    assert names[0] in made.base.source


def one_step(dtype):
    """Base and perturbed samples in that type, one step times the labels apart."""
    return X.astype(dtype), (X + 0.3 * Y[:, None] * np.array([0.6, 0, -0.8, 0, 0])).astype(dtype)


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2"])
def test_one_step_of_all_is_found_and_how_far_each_is_from_it(tmp_path, dtype):
    base, moved = one_step(dtype)
    np.savez(tmp_path / "own.npz", base_x=base, x=moved, y=Y)
    made = draw(tmp_path / "own.npz")
    assert made.shares_direction
    near = 40 * float(np.finfo(dtype).eps)
    assert made.eps == pytest.approx(0.3, rel=near)
    assert made.direction == pytest.approx([0.6, 0, -0.8, 0, 0], abs=near)
    for n, bound in enumerate(made.brought.apart):
        step = [Fraction(made.eps) * int(Y[n]) * Fraction(e) for e in made.direction]
        rest = made.perturbed.x[n], made.base.x[n]
        off = [Fraction(a) - Fraction(b) - s for a, b, s in zip(*rest, step, strict=True)]
        assert sum(one**2 for one in off) <= Fraction(bound) ** 2


@pytest.mark.parametrize("moved", [1e-12, 1e-6, 0.1])
def test_one_sample_that_is_moved_otherwise_is_seen(tmp_path, moved):
    base, x = one_step("f8")
    x[4, 1] += moved
    np.savez(tmp_path / "own.npz", base_x=base, x=x, y=Y)
    made = draw(tmp_path / "own.npz")
    assert (made.direction, made.eps, made.shares_direction) == (None, None, False)
    far = moved * 5 / 6 / np.linalg.norm(Y @ (x - base) / 6)
    assert f"up to {far:.2g} times their mean's length" in made.unlike


def test_perturbations_that_cancel_give_no_direction(tmp_path):
    np.savez(tmp_path / "own.npz", base_x=np.eye(4), x=np.eye(4) + 0.5, y=[1, -1, 1, -1])
    natural = Sample(np.eye(4), NATURAL.y, "natural", NATURAL.rows)
    assert "0 on average" in draw(tmp_path / "own.npz", natural).unlike


def test_targets_by_the_natural_names(tmp_path):
    np.savez(tmp_path / "own.npz", base_x=X, x=MOVED, y=np.where(Y > 0, "dog", "cat"))
    natural = Sample(NATURAL.x, NATURAL.y, "natural", NATURAL.rows, ("cat", "dog"))
    assert draw(tmp_path / "own.npz", natural).base.y.tolist() == Y.tolist()
    with pytest.raises(InputError, match="target label 'cat' is neither -1 and"):
        draw(tmp_path / "own.npz")


def test_only_a_base_is_perturbed_here(tmp_path):
    np.savez(tmp_path / "own.npz", base_x=X, y=Y)
    made = draw(tmp_path / "own.npz", perturbation={"kind": "l2", "eps": 1.0})
    step = np.linalg.norm(made.perturbed.x - X, axis=1)
    assert np.allclose(step, 1)
    np.savez(tmp_path / "own.npz", base_x=X, y=Y, x=MOVED)
    with pytest.raises(InputError, match="holds perturbed samples, 'x', which perturbation"):
        draw(tmp_path / "own.npz", perturbation={"kind": "l2", "eps": 1.0})


def test_what_is_said_of_the_perturbations_is_held_against_them(tmp_path):
    np.savez(tmp_path / "own.npz", base_x=X, x=MOVED, y=Y)
    said = {"kind": "given", "norm": "linf"}
    assert draw(tmp_path / "own.npz", perturbation={**said, "eps": 0.11}).eps == 0.11
    with pytest.raises(InputError, match=r"own.npz .*the largest change must be between 0"):
        draw(tmp_path / "own.npz", perturbation={**said, "eps": 0.09})


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"base_x": X, "y": Y}, "none of the arrays perturbed_x, .*there are: no others; choose"),
        ({"base_x": X, "x": MOVED[:5], "y": Y}, r"'y' must have shape \(5,\)"),
        ({"base_x": X, "x": MOVED[:, :4], "y": Y}, r"'x' must have the shape \(6, 5\) of 'base_x'"),
        (
            {"base_x": X[:, :4], "x": MOVED[:, :4], "y": Y},
            "of dimension 4; the natural ones",
        ),
    ],
)
def test_what_does_not_match(tmp_path, arrays, message):
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(InputError, match=message):
        draw(tmp_path / "own.npz")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"base": "file"}, "path: give it with base = 'file'"),
        ({"base": "file", "path": "a.npz", "samples": 3}, "come its labels and all its samples"),
        ({"base": "natural", "perturbation": {"kind": "given"}}, "need base = 'file'"),
        (
            {"base": "file", "path": "a.npz", "perturbation": {"kind": "given", "eps": 1.0}},
            "eps: give it with norm",
        ),
    ],
)
def test_what_cannot_be_together(fields, message):
    with pytest.raises(InputError, match=message):
        PerturbedSetup(**fields)
