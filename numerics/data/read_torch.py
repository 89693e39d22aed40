"""Reading tensors from ``.pt``, ``.pth`` and ``.safetensors`` files. No code in them is run.

A file of ``torch.save`` is a zip archive of a pickle and the numbers of its tensors. Torch's
restricted unpickler runs no code, but believes the sizes, and would hash a tuple that holds itself
many times over until the end of days: both are checked before torch sees the file.
"""

from __future__ import annotations

import pickletools
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..configuration import InputError
from .sample import checked_pair, existing, refuse_oversize

if TYPE_CHECKING:
    import torch


# A tuple in a sound file holds the sizes of a tensor, or a handful of its properties.
_MOST_PARTS = 10_000
_LONGEST_PICKLE = 16 * 2**20


def check_archive(path: str) -> None:
    """Raises ValueError, or what reading a broken zip archive raises, unless the file is sound."""
    size = Path(path).stat().st_size
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError("torch.save compresses nothing")
        if sum(max(entry.file_size, entry.compress_size) for entry in entries) > size:
            raise ValueError("its parts are larger than the file")
        pickles = [entry for entry in entries if entry.filename.endswith(".pkl")]
        if len(pickles) != 1 or pickles[0].file_size > _LONGEST_PICKLE:
            raise ValueError("one short pickle is needed")
        check_pickle(archive.read(pickles[0]))


def check_pickle(content: bytes) -> None:
    """Follow a pickle without building anything, and count the parts of every tuple.

    Raises ValueError when one has more than 10 000, those inside its parts included, or the pickle
    is malformed.
    """
    stack: list[int | None] = []  # the parts of each object; None is a mark
    memo: dict[int, int] = {}
    for opcode, argument, _ in pickletools.genops(content):
        name = opcode.name
        if name in ("BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE"):
            memo[len(memo) if name == "MEMOIZE" else int(argument or 0)] = stack[-1] or 1
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(memo.get(int(argument or 0), 1))
        elif name == "MARK":
            stack.append(None)
        elif name == "DUP":
            stack.append(stack[-1])
        else:
            parts = _pop(stack, opcode)
            if name.startswith("TUPLE") and parts > _MOST_PARTS:
                raise ValueError("a tuple holds itself many times over")
            stack += [parts if name.startswith("TUPLE") else 1] * len(opcode.stack_after)


def _pop(stack: list[int | None], opcode: pickletools.OpcodeInfo) -> int:
    """Take what an instruction takes from the stack. Returns the parts of all of it, and one."""
    parts = 1
    for taken in reversed(opcode.stack_before):
        if taken is pickletools.stackslice:
            while stack and stack[-1] is not None:
                parts += stack.pop() or 0
        elif not stack:
            raise ValueError("the pickle takes more than it holds")
        else:
            parts += stack.pop() or 0
    return parts


def check_pt(path: str) -> None:
    """InputError unless it is an archive as torch.save writes them; torch is not loaded."""
    try:
        check_archive(path)
    except OSError:
        raise
    except Exception:  # a damaged archive or pickle fails in any way
        raise _not_plain(path) from None


def _not_plain(path: str) -> InputError:
    return InputError(
        f"{path}: not a file of plain tensors (torch.save of a dict with x and y, in the current "
        "format); anything else in it is not loaded, and nothing was run"
    )


def read_pt(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples and labels from a file of ``torch.save``: a dict with x and y, or a pair (x, y).

    The file is mapped and only tensors and plain containers are accepted; anything else in its
    pickle is refused by torch's restricted unpickler without being run.

    Raises InputError when it holds anything else, or tensors that do not match.
    """
    check_pt(path)
    import torch

    try:
        with warnings.catch_warnings(action="ignore"):  # what is wrong is said below, in one line
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except OSError:
        raise
    except Exception:  # a damaged stream makes the restricted unpickler fail in any way
        raise _not_plain(path) from None
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
    return checked_pair(path, _array(path, "x", x), _array(path, "y", y))


def read_safetensors(path: str, *, headers: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Samples and labels from the tensors ``x`` and ``y`` of a ``.safetensors`` file.

    Of `headers` alone the arrays are stand-ins of their shapes, and torch is not loaded.

    Raises InputError when the file is damaged (its header is checked against its size before
    anything is allocated), or lacks a tensor.
    """
    from safetensors import SafetensorError, safe_open

    existing(path)
    try:
        with safe_open(path, framework="numpy" if headers else "pt") as file:
            names = list(file.keys())
            if missing := [name for name in ("x", "y") if name not in names]:
                raise InputError(
                    f"{path}: no tensor '{missing[0]}' (tensors x and y are needed; found: "
                    f"{', '.join(names[:8]) or 'none'})"
                )
            if headers:
                shapes = (tuple(file.get_slice(name).get_shape()) for name in ("x", "y"))
                x, y = (np.broadcast_to(0.0, shape) for shape in shapes)
                return checked_pair(path, x, y)
            x, y = (_array(path, name, file.get_tensor(name)) for name in ("x", "y"))
            return checked_pair(path, x, y)
    except SafetensorError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable .safetensors file ({reason})") from None


def _named(key: object) -> str:
    # Other keys may hold themselves many times over, and take forever to write out.
    return repr(key[:40]) if isinstance(key, str) else f"a {type(key).__name__}"


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
