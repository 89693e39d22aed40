"""A device that is none: what goes wrong on CUDA by where tensors are goes wrong on it too.

Tensors on it keep their numbers in the CPU's memory and say that they are on ``pretend:0``. As on
CUDA, an operation on tensors of both devices is refused (numbers of the CPU without dimensions may
enter elementwise operations; copies cross), and so are ``numpy()`` and a generator of the CPU.
Stricter than CUDA, it also refuses CPU indices. All arithmetic is the CPU's: equal results show
that the code asks for the same operations in the same order on a device, and that nothing is left
on the CPU. They show nothing of CUDA's kernels, their rounding, their speed, or which operations
it lacks; the same tests run on CUDA where there is one. Counted on the way: the memory that tensors
on the device hold, without what a kernel takes for itself.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

import perturbproof.numerics.device as devices
import pytest
import torch
from torch.utils import backend_registration
from torch.utils._mode_utils import no_dispatch
from torch.utils._python_dispatch import TorchDispatchMode

NAME = "pretend:0"
NUMERICS = Path(str(devices.__file__)).parent
_TESTS = str(Path(__file__).parents[1])
_REGISTER: Callable[[str], None] | None = getattr(
    backend_registration, "_setup_privateuseone_for_python_backend", None
)
_CROSSING = {"aten::copy_", "aten::_to_copy"}
# Elementwise in their numbers, so that CUDA takes a number of the CPU, but not tagged so.
_TAKES_NUMBERS = {"aten::index_put_", "aten::_index_put_impl_", "aten::fill_", "aten::masked_fill_"}
_PRODUCTS = {f"aten::{name}" for name in ("mm", "addmm", "addmm_", "bmm", "baddbmm", "mv", "addmv")}


class OnDevice(torch.Tensor):
    """A tensor that says it is on the device; ``numbers`` holds them."""

    numbers: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> OnDevice:
        made = torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=torch.device(NAME),
        )
        made.numbers = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise RuntimeError(f"{func}: a tensor of the pretended device outlived it")

    def numpy(self, **_: Any) -> Any:
        raise TypeError(f"can't convert {NAME} device type tensor to numpy; use Tensor.cpu() first")

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def __repr__(self, **_: Any) -> str:
        return f"{self.cpu()} on {NAME}"


def _mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """Arguments or results with everything in them changed."""
    if isinstance(value, dict):
        return {name: _mapped(change, one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([_mapped(change, one) for one in value])
    return change(value)


class Pretended(TorchDispatchMode):
    """The device while it is there, and what happened on it."""

    def __init__(self) -> None:
        super().__init__()
        self.precisions: list[str] = []
        """float32 precision in force at each product of float32 matrices, in order."""
        self.operations = 0
        """How many there were on the device."""
        self.held, self.peak = 0, 0
        """Bytes that tensors on the device hold now, and the most at one time."""
        self._holders: dict[int, int] = {}
        self._codes: set[CodeType] = set()

    @property
    def functions(self) -> set[tuple[str, str]]:
        """(module, qualified name) of the functions of numerics that operated on the device."""
        paths = {code: Path(code.co_filename) for code in self._codes}
        return {
            (".".join(path.relative_to(NUMERICS).with_suffix("").parts), code.co_qualname)
            for code, path in paths.items()
            if NUMERICS in path.parents
        }

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = dict(kwargs or {}), func._schema.name
        if torch.is_inference_mode_enabled():
            with self:  # elsewhere, what consists of other operations arrives in these parts
                if (parts := func.decompose(*args, **kwargs)) is not NotImplemented:
                    return parts
        given: list[Any] = []
        _mapped(given.append, (args, kwargs))
        here = [one for one in given if isinstance(one, OnDevice)]
        target = torch.device(kwargs["device"]) if kwargs.get("device") is not None else None
        made_here = bool(here) if target is None else target.type == "pretend"
        if here or made_here:
            self._refuse(func, name, given, made_here)
            self._note(name, here)
        if target is not None:
            kwargs["device"] = torch.device("cpu")
        inner_args, inner_kwargs = _mapped(
            lambda one: one.numbers if isinstance(one, OnDevice) else one, (args, kwargs)
        )
        known = {id(one.numbers): one for one in here}

        def returned(one: Any) -> Any:
            if not isinstance(one, torch.Tensor) or not made_here:
                return one
            # What is written to is returned itself.
            return known[id(one)] if id(one) in known else self._placed(one)

        out = func(*inner_args, **inner_kwargs)
        if torch.Tag.inplace_view in func.tags and here:
            with no_dispatch():  # another shape for the wrapper too
                func(*args, **kwargs)
        for one in here:
            if one.shape != one.numbers.shape:
                raise RuntimeError(f"{name} gave a tensor another shape in place")
        return args[0] if name == "aten::copy_" else _mapped(returned, out)

    def _refuse(self, func: Any, name: str, given: list[Any], made_here: bool) -> None:
        for one in given:
            if isinstance(one, torch.Generator) and made_here:
                raise RuntimeError(f"{name}: expected a generator of {NAME}, found one of the CPU")
            if not isinstance(one, torch.Tensor) or isinstance(one, OnDevice) or name in _CROSSING:
                continue
            pointwise = torch.Tag.pointwise in func.tags or name in _TAKES_NUMBERS
            if one.dim() or not pointwise or (func._schema.is_mutable and one is given[0]):
                raise RuntimeError(f"{name}: tensors on both cpu and {NAME}")

    def _note(self, name: str, here: list[OnDevice]) -> None:
        self.operations += 1
        if name in _PRODUCTS and here and here[0].dtype == torch.float32:
            self.precisions.append(torch.get_float32_matmul_precision())
        frame = sys._getframe(2)
        # Up to the test that called; what called the test is nothing of numerics. Between an
        # operation and the parts that it consists of stands this file.
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(_TESTS) and file != __file__:
                break
            self._codes.add(frame.f_code)
            frame = frame.f_back

    def _placed(self, inner: torch.Tensor) -> OnDevice:
        storage = inner.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        if self._holders.setdefault(place, 0) == 0:
            self.held += size
            self.peak = max(self.peak, self.held)
        self._holders[place] += 1
        with torch.inference_mode(False):  # where wrappers of views cannot be made
            made = OnDevice(inner)
        weakref.finalize(made, self._released, place, size)
        return made

    def _released(self, place: int, size: int) -> None:
        self._holders[place] -= 1
        if self._holders[place] == 0:
            self.held -= size


@contextmanager
def pretended() -> Iterator[Pretended]:
    """The device, known to ``resolve_device`` wherever it was imported; skips where torch lacks it.

    torch keeps the name for the rest of the process.
    """
    if _REGISTER is None:
        pytest.skip(f"torch {torch.__version__} cannot register a device from Python")
    if torch._C._get_privateuse1_backend_name() != "pretend":
        _REGISTER("pretend")
    real, named = devices.resolve_device, devices.check_device_name
    patch = pytest.MonkeyPatch()
    for module in list(sys.modules.values()):
        if getattr(module, "resolve_device", None) is real:
            patch.setattr(module, "resolve_device", lambda n: n if n == NAME else real(n))
        if getattr(module, "check_device_name", None) is named:
            patch.setattr(module, "check_device_name", lambda n: n == NAME or named(n))
    torch._C._set_only_lift_cpu_tensors(True)
    try:
        with Pretended() as device:
            yield device
    finally:
        torch._C._set_only_lift_cpu_tensors(False)
        patch.undo()
