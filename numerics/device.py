"""Which device arrays live on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .input_error import InputError


def resolve_device(name: str) -> str:
    """`auto`, `cpu`, `cuda` or `cuda:INDEX` to the device that will be used.

    `auto` takes the first CUDA device where there is one.

    Raises:
        InputError: the name is none of these, or the device is not there.
    """
    import torch

    if name == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    if name == "cpu":
        return "cpu"
    kind, _, index = name.partition(":")
    if kind != "cuda" or (index and not index.isdigit()) or name.endswith(":"):
        raise InputError(f"device: must be auto, cpu, cuda or cuda:INDEX, found {name!r}")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if int(index or 0) >= count:
        there = f"{count} CUDA devices" if count else "no CUDA device"
        raise InputError(f"device: {name} is not available, this machine has {there}; use cpu")
    return f"cuda:{int(index or 0)}"


@contextmanager
def full_float32() -> Iterator[None]:
    """float32 products with all their 24 bits inside the block: no TF32 on CUDA, no bf16 on CPUs.

    Whatever the program around it had allowed is allowed again afterwards.
    """
    import torch

    allowed = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(allowed)
