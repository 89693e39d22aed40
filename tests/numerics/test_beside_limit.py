"""Deep networks beside the certified limit of a two-layer network on the same images."""

import numpy as np
import pytest
import torch
from perturbproof.numerics.captured_training import certified_limit
from perturbproof.numerics.data.images import ImageChoice
from perturbproof.numerics.images.beside_limit import CertifiedLimit, beside_limit
from torch import Tensor

DATA = ImageChoice(name="digits", classes=(0, 1), train=40, test=40)


@pytest.fixture(scope="module")
def limit() -> CertifiedLimit:
    return certified_limit(DATA, None, 0.5, 0)


def labelled() -> tuple[Tensor, Tensor]:
    images = DATA.load()
    return torch.from_numpy(images.train_x).flatten(1), torch.from_numpy(images.train_y)


def test_the_limit_answers_by_its_normal(limit: CertifiedLimit) -> None:
    assert limit.captured, limit.reason
    images, (x, y) = DATA.load(), labelled()
    test = torch.from_numpy(images.test_x).flatten(1)
    # Every own pair is active, so the boundary is linear and its sign that of <q, z>.
    by_normal = ((test - x.mean(0)) @ limit.normal <= 0).long()
    assert torch.equal(limit.answers, by_normal)
    assert torch.equal(((x - x.mean(0)) @ limit.normal > 0).long(), 1 - y)
    assert (limit.answers == torch.from_numpy(images.test_y)).float().mean() > 0.85


def test_what_deep_networks_have_in_common_with_it(limit: CertifiedLimit) -> None:
    x, y = labelled()
    true = torch.from_numpy(DATA.load().test_y)
    aside = torch.randn(x.shape[1], generator=torch.Generator().manual_seed(0))
    aside -= (aside @ limit.normal) / (limit.normal @ limit.normal) * limit.normal
    aside *= limit.normal.norm() / aside.norm()
    # Perturbations along q and as much aside: an angle of 45 degrees.
    change = (1.0 - 2.0 * y)[:, None] * (limit.normal + aside)
    answered = torch.where(torch.arange(40) < 10, 1 - limit.answers, limit.answers)
    found = beside_limit(limit, (change, y), (x, y), (true, answered))
    assert found["cosine"] == pytest.approx(0.5**0.5, abs=1e-5)
    assert found["as_classifier"] == pytest.approx(0.75)
    means = [x[y == k].double().mean(0).numpy() for k in (0, 1)]
    q, apart = limit.normal.double().numpy(), means[0] - means[1]
    cosine = q @ apart / (np.linalg.norm(q) * np.linalg.norm(apart))
    assert found["natural"] == pytest.approx(cosine, abs=1e-5)


def test_a_limit_that_is_not_certified_says_why_and_nothing_else() -> None:
    nothing = torch.zeros(0)
    pair = (nothing, nothing)
    found = beside_limit(CertifiedLimit(False, "train on", 7, *pair), pair, pair, pair)
    assert found["captured"] is False
    assert (found["reason"], found["steps"]) == ("train on", 7)
    assert {found[name] for name in ("cosine", "natural", "right", "as_classifier")} == {None}
