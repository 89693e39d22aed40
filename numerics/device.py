"""Which device arrays live on, what it has free, its cores, and the precision of its products.

Memory is asked for before it is taken. Who takes much says how many bytes, as a function of the
size that could be smaller, and derives that number where it is defined; tests hold it against what
is taken. Source: this project.
"""

from __future__ import annotations

import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .configuration import InputError


def check_device_name(name: str) -> None:
    """InputError unless it is `auto`, `cpu`, `cuda` or `cuda:INDEX`; torch is not loaded."""
    kind, colon, index = name.partition(":")
    named = name in ("auto", "cpu", "cuda") or (kind == "cuda" and colon and index.isdigit())
    if not named:
        raise InputError(f"device: must be auto, cpu, cuda or cuda:INDEX, found {name!r}")


def resolve_device(name: str) -> str:
    """`auto`, `cpu`, `cuda` or `cuda:INDEX` to the device that will be used.

    `auto` takes the first CUDA device where there is one.

    Raises:
        InputError: the name is none of these, or the device is not there.
    """
    check_device_name(name)
    if name == "cpu":
        return "cpu"
    import torch

    if name == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    index = name.partition(":")[2]
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if int(index or 0) >= count:
        there = f"{count} CUDA devices" if count else "no CUDA device"
        raise InputError(f"device: {name} is not available, this machine has {there}; use cpu")
    return f"cuda:{int(index or 0)}"


def cores() -> int:
    """How many cores this process may keep busy, at least 1.

    The least of its affinity, the quota of its cgroup (a container's limit), LOKY_MAX_CPU_COUNT and
    Slurm's SLURM_CPUS_PER_TASK: a batch system need not enforce what it grants, and whoever takes
    more slows down all on the node.
    """
    from joblib import cpu_count

    granted = os.environ.get("SLURM_CPUS_PER_TASK", "")
    return max(1, min(cpu_count(), int(granted) if granted.isdecimal() else sys.maxsize))


def free_memory(device: str) -> int:
    """Bytes that can still be allocated on a device, as far as its owner says.

    CUDA: what the driver calls free, and what torch keeps for itself and does not use. CPU: what
    the kernel could give without swapping; where it does not say, all physical memory.
    """
    if device.startswith("cuda"):
        import torch

        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused
    with suppress(OSError), open("/proc/meminfo", encoding="ascii") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) * 1024
    return physical_memory()


def physical_memory() -> int:
    """Bytes of memory of this machine; where the system does not tell, 64 GiB."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 2**36


def gibibytes(count: int) -> str:
    """A number of bytes, however large, as text."""
    # A count from a file may exceed every float.
    return f"{count / 2**30:.3g} GiB" if count < 2**100 else "more than 2^70 GiB"


@contextmanager
def full_float32() -> Iterator[None]:
    """float32 products and convolutions with all their 24 bits: no TF32 on CUDA, no bf16 on CPUs.

    Whatever the program around it had allowed is allowed again afterwards. Also a decorator.
    """
    import torch

    # Since torch 2.9 each backend has a setting of its own; when these were used, asking for the
    # common one raises.
    products: list[Any] = [
        torch.backends.cuda.matmul,
        getattr(torch.backends.mkldnn, "matmul", None),
    ]
    convolutions: list[Any] = [
        getattr(b, "conv", None) for b in (torch.backends.cudnn, torch.backends.mkldnn)
    ]
    own, convolving = (
        [(b, b.fp32_precision) for b in backends if hasattr(b, "fp32_precision")]
        for backends in (products, convolutions)
    )
    allowed = None
    with suppress(RuntimeError):
        allowed = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    before_29 = None if convolving else torch.backends.cudnn.allow_tf32
    if before_29 is not None:
        torch.backends.cudnn.allow_tf32 = False
    for backend, _ in convolving:
        backend.fp32_precision = "ieee"
    try:
        yield
    finally:
        if before_29 is not None:
            torch.backends.cudnn.allow_tf32 = before_29
        if allowed is not None:
            torch.set_float32_matmul_precision(allowed)
        for backend, precision in (*own, *convolving):
            backend.fp32_precision = precision


_USABLE = 0.9
"""The share of free memory that is counted on: kernels take some for themselves, and what is free
may be in pieces."""


def fitting(needed: Callable[[int], int], most: int, device: str) -> int:
    """The largest size in [0, most] that fits on ``device``.

    needed : bytes that a size takes; a larger size takes no less.
    """
    free = _USABLE * free_memory(device)
    return bisect_right(range(1, most + 1), free, key=needed)


def check_memory(
    what: str, needed: Callable[[int], int], size: int, unit: str, device: str
) -> None:
    """InputError when ``size`` does not fit, with what it takes, what is free, what would fit.

    needed as in `fitting`. The line begins with ``what``; ``unit`` names what is counted.
    """
    if needed(size) <= _USABLE * (free := free_memory(device)):
        return
    fits = fitting(needed, size, device)
    mend = f"at most {fits} {unit} would fit" if fits else f"no number of {unit} would fit"
    raise InputError(
        f"{what}: {size} {unit} take {gibibytes(needed(size))} of memory on {device}, "
        f"{gibibytes(free)} are free; {mend}"
    )
