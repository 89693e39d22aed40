"""Whatever of numerics takes a device runs on it, to the numbers of the CPU, in full precision."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
import torch
from perturbproof.numerics.train.descent import BatchDescent
from perturbproof.numerics.train.recipes import normalised_recipe

from .device_entries import ENTRIES, start, uniform
from .pretend_device import NAME, NUMERICS, Pretended, pretended

# float32 sums in another order, carried through a hundred steps.
CUDA_TOLERANCE = 1e-3
# On the CPU NumPy multiplies.
TOLERANCES = {"streamed gram": 1e-6}
NOT_ON_DEVICES = {
    # Drawn on the CPU, and copied.
    ("paper_scale.pool", "_uniform"),
    # Files are read to the CPU.
    ("data.files.tensors", "_array"),
    ("data.files.tensors", "of_tensor"),
    # Told the name of a device.
    ("boundary.gram_blocks", "OnDevice.__init__"),
    ("boundary.gram_blocks", "_block"),
    ("device", "free_memory"),
    ("device", "check_memory"),
    ("device", "fitting"),
    ("captured_training", "train_until_captured"),
}
entries = pytest.mark.parametrize("name", ENTRIES)


def plain(value: Any) -> Any:
    """The same as nested lists of arrays, numbers and texts."""
    if isinstance(value, torch.Tensor):
        return value.cpu().numpy()
    if is_dataclass(value):
        return [plain(getattr(value, field.name)) for field in fields(value)]
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def same(ours: Any, theirs: Any, tolerance: float = 0.0) -> None:
    """Raises AssertionError where numbers differ; with a tolerance, counts may."""
    if isinstance(theirs, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            same(one, other, tolerance)
    elif isinstance(theirs, np.ndarray | float):
        scale = float(np.abs(theirs).max(initial=0.0))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * scale)
    elif not (tolerance and isinstance(theirs, int)):
        assert ours == theirs


class Runs:
    """What the entries gave on the pretended device, and what happened there."""

    def __init__(self, device: Pretended) -> None:
        self.results: dict[str, Any] = {}
        self.precisions: dict[str, list[str]] = {}
        for name, run in ENTRIES.items():
            device.precisions = []
            self.results[name] = plain(run(NAME))
            self.precisions[name] = device.precisions
        self.functions = device.functions


@pytest.fixture(scope="module")
def lowered() -> Iterator[None]:
    """What a program around it may have allowed, and what must not matter."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    yield
    torch.set_float32_matmul_precision(before)


@pytest.fixture(scope="module")
def runs(lowered: None) -> Runs:
    with pretended() as device:
        return Runs(device)


@entries
def test_the_numbers_are_those_of_the_cpu(name: str, runs: Runs) -> None:
    same(runs.results[name], plain(ENTRIES[name]("cpu")), TOLERANCES.get(name, 0.0))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@entries
def test_cuda_gives_what_the_cpu_gives(name: str) -> None:
    same(plain(ENTRIES[name]("cuda:0")), plain(ENTRIES[name]("cpu")), CUDA_TOLERANCE)


DEVICES = [
    pytest.param(NAME, id="pretended"),
    pytest.param(
        "cuda:0",
        marks=[
            pytest.mark.gpu,
            pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
        ],
    ),
]


@pytest.fixture
def there(request: pytest.FixtureRequest) -> Iterator[torch.Tensor]:
    """Three numbers on a device."""
    with pretended() if request.param == NAME else nullcontext():
        yield torch.arange(3.0, device=request.param)


@pytest.mark.parametrize("there", DEVICES, indirect=True)
@pytest.mark.parametrize(
    "work",
    [
        lambda there: there + torch.ones(3),
        lambda there: torch.ones(()).add_(there[0]),
        lambda there: torch.cat([there, torch.ones(1)]),
        lambda there: torch.ones(3, 3) @ there,
        lambda there: torch.dot(there, torch.ones(3), out=torch.ones(())),
        lambda there: torch.ones(3)[there > 0],
        lambda there: np.asarray(there),
        lambda there: there.numpy(),
        lambda there: torch.rand(3, generator=torch.Generator(), device=there.device),
    ],
)
def test_what_cuda_refuses_is_refused(work: Callable[[torch.Tensor], Any], there) -> None:
    with pytest.raises((RuntimeError, TypeError)):
        work(there)


@pytest.mark.parametrize("there", DEVICES, indirect=True)
def test_what_cuda_takes_is_taken(there: torch.Tensor) -> None:
    assert there.tolist() == [0, 1, 2]
    assert (float(there.sum()), int(there[1]), bool((there > 1).any())) == (3, 1, True)
    assert (there * torch.tensor(2.0)).tolist() == [0, 2, 4]
    assert torch.maximum(torch.tensor(1.0), there).tolist() == [1, 1, 2]
    assert torch.empty(3).copy_(there).tolist() == there.cpu().numpy().tolist()
    there[1:].add_(there[:2].clone())
    there[there > 2] = torch.tensor(7.0)
    assert there.to("cpu").tolist() == [0, 1, 7]
    assert str(there.device.index) == "0"
    assert len(torch.unique(there)) == 3


def test_products_of_float32_have_all_their_bits(runs: Runs) -> None:
    assert {name for name, seen in runs.precisions.items() if "medium" in seen} == set()
    assert sum(len(seen) for seen in runs.precisions.values()) > 1000


def test_networks_of_a_batch_take_their_steps_together() -> None:
    def operations(count: int) -> int:
        samples, starts = [uniform(k) for k in range(count)], [start(k) for k in range(count)]
        state = BatchDescent(samples, starts, 0.3, normalised_recipe(1), device=NAME)
        before = device.operations
        state.step()
        return device.operations - before

    with pretended() as device:
        assert operations(1) == operations(9) < 60


def takes_a_device(function: ast.FunctionDef) -> bool:
    """Whether its signature has a tensor or a device, and it does something itself."""
    arguments = [*function.args.args, *function.args.kwonlyargs]
    written = [function.returns, *(argument.annotation for argument in arguments)]
    tensors = any("Tensor" in ast.unparse(one) for one in written if one is not None)
    last = function.body[-1]
    declared = isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant)
    return (tensors or any(one.arg == "device" for one in arguments)) and not declared


def functions_with_devices() -> Iterator[tuple[str, str]]:
    """(module, qualified name) of all in numerics, private ones too.

    Not of `images`: modules of torch.nn need random streams that the pretended device has not.
    """
    for path in sorted(set(NUMERICS.rglob("*.py")) - set((NUMERICS / "images").iterdir())):
        module = ".".join(path.relative_to(NUMERICS).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            inside = node.body if isinstance(node, ast.ClassDef) else [node]
            owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
            for one in inside:
                if isinstance(one, ast.FunctionDef) and takes_a_device(one):
                    yield module, owner + one.name


def test_all_that_takes_a_device_was_run_on_it(runs: Runs) -> None:
    everything = set(functions_with_devices())
    assert len(everything) > 60
    assert everything - runs.functions == NOT_ON_DEVICES
