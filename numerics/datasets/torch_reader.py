"""Reading tensors from ``.pt``, ``.pth`` and ``.safetensors`` files. No code in them is run."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..input_error import InputError
from .arrays import checked_pair, refuse_oversize
from .pt_archive import check_archive

if TYPE_CHECKING:
    import torch


def read_pt(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples and labels from a file of ``torch.save``: a dict with x and y, or a pair (x, y).

    The file is mapped and only tensors and plain containers are accepted; anything else in its
    pickle is refused by torch's restricted unpickler without being run.

    Raises InputError when it holds anything else, or tensors that do not match.
    """
    import torch

    try:
        check_archive(path)
        with warnings.catch_warnings(action="ignore"):  # what is wrong is said below, in one line
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except OSError:
        raise
    except Exception:  # a damaged stream makes the restricted unpickler fail in any way
        raise InputError(
            f"{path}: not a file of plain tensors (torch.save of a dict with x and y, in the "
            "current format); anything else in it is not loaded, and nothing was run"
        ) from None
    x = y = None
    if isinstance(content, Mapping):
        x, y = content.get("x"), content.get("y")
        found = ", ".join(map(_named, list(content)[:8])) or "none"
    else:
        found = f"a {type(content).__name__}"
        if isinstance(content, list | tuple) and len(content) == 2:
            x, y = content
    if not (isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor)):
        raise InputError(
            f"{path}: a dict with the tensors x and y, or a pair of tensors, is needed; "
            f"found: {found}"
        )
    return _arrays(path, x, y)


def read_safetensors(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples and labels from the tensors ``x`` and ``y`` of a ``.safetensors`` file.

    Raises InputError when the file is damaged (its header is checked against its size before
    anything is allocated), or lacks a tensor.
    """
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            if missing := [name for name in ("x", "y") if name not in names]:
                raise InputError(
                    f"{path}: no tensor '{missing[0]}' (tensors x and y are needed; found: "
                    f"{', '.join(names[:8]) or 'none'})"
                )
            return _arrays(path, file.get_tensor("x"), file.get_tensor("y"))
    except SafetensorError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable .safetensors file ({reason})") from None


def _named(key: object) -> str:
    # Other keys may hold themselves many times over, and take forever to write out.
    return repr(key[:40]) if isinstance(key, str) else f"a {type(key).__name__}"


def _arrays(path: str, x: torch.Tensor, y: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    return checked_pair(path, _array(path, "x", x), _array(path, "y", y))


def _array(path: str, name: str, tensor: torch.Tensor) -> np.ndarray:
    import torch

    plain = tensor.layout == torch.strided and tensor.device.type == "cpu"
    if not plain or tensor.is_quantized or tensor.is_nested:
        raise InputError(f"{path}: tensor '{name}' must be dense and plain, found {tensor.layout}")
    if tensor.is_complex():
        raise InputError(f"{path}: tensor '{name}' must hold real numbers, found {tensor.dtype}")
    # A view may claim a shape far beyond its storage: strides of zero repeat one number.
    held = Path(path).stat().st_size
    refuse_oversize(path, f"tensor '{name}'", tuple(tensor.shape), tensor.element_size(), held)
    tensor = tensor.detach().resolve_neg()
    if tensor.is_floating_point() and tensor.dtype not in (
        torch.float16,
        torch.float32,
        torch.float64,
    ):
        tensor = tensor.to(torch.float32)  # holds bfloat16 and the 8-bit floats exactly
    return tensor.numpy()
