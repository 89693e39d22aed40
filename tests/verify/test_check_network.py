"""`check --network`: what it says of a network of the user's own, against plain NumPy."""

import numpy as np
import pytest
import torch
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.given_network import read_network
from perturbproof.numerics.network import OutputWeights, initial_weights
from perturbproof.numerics.train.recipes import normalised_recipe
from perturbproof.numerics.train.training import train
from perturbproof.verify import check
from safetensors.numpy import save_file

SLOPE = 0.5


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    x = np.linalg.qr(rng.standard_normal((12, 12)))[0][:6]
    return x, np.array([1, -1, 1, -1, 1, -1])


@pytest.fixture(scope="module")
def layers(data):
    """W (m, d), b (m,) and a (m,), trained until captured; a has any sizes and signs."""
    rng, (x, y) = np.random.default_rng(2), data
    sample = Sample(np.column_stack([x, np.ones(len(x))]), y, "drawn", np.arange(len(x)))
    a = np.array([0.5, -1.5, 1.0, 0.7, -0.6])
    start = initial_weights(len(a), 13, rng, scale=1e-6)
    output = OutputWeights.given(a)
    found = train(sample, start, SLOPE, normalised_recipe(600), output=output).weights()
    return found[:, :-1], found[:, -1], a


def state(layers) -> dict[str, np.ndarray]:
    """As a torch.nn.Sequential of two linear layers saves them."""
    w, b, a = layers
    return {"0.weight": w, "0.bias": b, "2.weight": a[None], "2.bias": np.zeros(1)}


def saved(tmp_path, tensors, suffix="safetensors") -> str:
    path = tmp_path / f"net.{suffix}"
    if suffix == "safetensors":
        save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, path)
    else:
        torch.save({name: torch.tensor(value) for name, value in tensors.items()}, path)
    return str(path)


def checked(path, data, **options):
    return check(*data, network=path, slopes=[SLOPE], **options).slopes[0]


def test_captured_at_every_name_and_in_every_file(tmp_path, data, layers):
    w, b, a = layers
    named = {"weights": w, "biases": b, "output_weights": a}
    files = [
        saved(tmp_path, named),
        saved(tmp_path, state(layers), "pt"),
    ]
    networks = [read_network(path) for path in files]
    for network in networks:
        assert network.has_bias
        assert np.array_equal(network.weights, np.column_stack([w, b]))
        assert np.array_equal(network.output.values, a)
    one = checked(files[0], data)
    found = one.network
    assert found is not None
    assert [(each.loss, each.theorem, each.holds) for each in found.captures] == [
        ("exponential", "capture", "yes"),
        ("logistic", "capture", "yes"),
    ]
    assert (found.right, found.wrong, found.inactive_pairs) == (6, 0, 0)
    assert (found.groups, found.own_pairs, found.width) == (2, 15, 5)
    assert one.applies == "yes"


def test_an_untrained_one_is_linear_only_where_it_certainly_is(tmp_path):
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((60, 3)), np.where(np.arange(60) % 2, 1, -1)
    w, a = rng.standard_normal((7, 3)) + 0.5, rng.standard_normal(7)
    path = saved(tmp_path, {"weights": w, "output_weights": a})
    found = checked(path, (x, y)).network
    h = x @ w.T
    answer, lean = np.where(h > 0, h, SLOPE * h) @ a, h @ a
    sizes, sums = (
        np.stack([(part * (a < 0)).sum(axis=1), (part * (a > 0)).sum(axis=1)])
        for part in (abs(a * h), a * h)
    )
    gap = np.where(lean > 0, *(sizes - abs(sums)))
    outside = SLOPE * abs(lean) > (1 - SLOPE) / 2 * gap
    assert 0 < outside.sum() < 60
    assert found.linear_rows == tuple(np.flatnonzero(outside))
    assert found.linear.value == "PASS"
    assert found.right == (answer * y > 0).sum()
    assert found.right + found.wrong == 60
    own = np.equal.outer(y > 0, a > 0)
    assert found.inactive_pairs == ((h < 0) & own).sum()
    assert found.groups == len(
        {(row[0], *row[1:]) for row in np.vstack([a > 0, (h > 0) & own]).T.tolist()}
    )
    assert {each.holds for each in found.captures} == {"unknown"}


def test_the_check_tells_it(tmp_path, data, layers):
    result = check(*data, network=saved(tmp_path, state(layers)), slopes=[SLOPE])
    assert "the network given, which is captured" in result.words[0]
    assert '"groups": 2' in result.to_json()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"0.bias": None, "0.weight": np.zeros((5, 0))}, "is needed; found shapes"),
        ({"2.weight": np.array([[1.0, -1, 0, 1, 1]])}, "not 0"),
        ({"2.weight": np.ones((1, 5))}, "at least one of each sign"),
        ({"2.weight": np.ones((2, 5))}, "is needed; found shapes"),
        ({"2.bias": np.array([0.1])}, "the output has a bias, 0.1"),
        ({"0.bias": np.ones(4)}, "5 hidden neurons need as many biases"),
        ({"0.weight": np.full((5, 12), np.nan)}, "'0.weight' holds numbers that are not finite"),
        ({"4.weight": np.ones((1, 1))}, "is needed; found 0.bias, 0.weight"),
        ({"0.weight": np.ones((5, 9))}, "takes 9 features, the samples have 12"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_tensors(tmp_path, data, layers, change, said):
    tensors = {k: v for k, v in {**state(layers), **change}.items() if v is not None}
    with pytest.raises(InputError, match=f"net.safetensors: .*{said}"):
        checked(saved(tmp_path, tensors), data)


def test_bad_files(tmp_path, data):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "whole.pt")
    (tmp_path / "text.safetensors").write_bytes(b"8 7 6")
    for name, said in (
        ("whole.pt", "nothing was run; .*d.state_dict"),
        ("text.safetensors", "not a readable .safetensors"),
        ("none.pt", "no such file"),
        ("mine.npz", "a .safetensors, .pt or .pth file of tensors is needed"),
    ):
        with pytest.raises(InputError, match=said):
            checked(str(tmp_path / name), data)
    with pytest.raises(InputError, match="the slope of its leaky ReLU is needed"):
        check(*data, network=str(tmp_path / "whole.pt"))
