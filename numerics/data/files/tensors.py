"""Reading tensors from ``.pt``, ``.pth`` and ``.safetensors`` files. No code in them is run.

A file of ``torch.save`` is a zip archive of a pickle and the numbers of its tensors. Torch's
restricted unpickler runs no code, but believes the sizes, and would hash a tuple that holds itself
many times over until the end of days: both are checked before torch sees the file.
"""

from __future__ import annotations

import pickletools
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...configuration import InputError
from .guards import BARE, Opened, existing, refuse_oversize, stand_in

if TYPE_CHECKING:
    import torch


# A tuple in a sound file holds the sizes of a tensor, or a handful of its properties.
_MOST_PARTS = 10_000
_LONGEST_PICKLE = 16 * 2**20
_OF_TORCH = re.compile(r"torch(\._utils)? \w+|collections OrderedDict")


def check_archive(path: str) -> list[str]:
    """What the pickle names that is neither torch's nor a plain container.

    Raises ValueError, or what reading a broken zip archive raises, unless the file is sound.
    """
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
        return check_pickle(archive.read(pickles[0]))


def check_pickle(content: bytes) -> list[str]:
    """Follow a pickle without building anything, and count the parts of every tuple.

    Returns what it names that is neither torch's nor a plain container.

    Raises ValueError when one has more than 10 000, those inside its parts included, or the pickle
    is malformed.
    """
    stack: list[int | None] = []  # the parts of each object; None is a mark
    memo: dict[int, int] = {}
    foreign: list[str] = []
    for opcode, argument, _ in pickletools.genops(content):
        name = opcode.name
        if name == "GLOBAL" and not _OF_TORCH.fullmatch(str(argument)):
            foreign.append(str(argument).replace(" ", "."))
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
    return foreign


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


@dataclass(frozen=True)
class Content:
    """What a file of ``torch.save`` is to hold, in words.

    sought : a dict, or other containers. saved : how to save it. mend : what to save of an object
    that is no dict of tensors, d.
    """

    sought: str
    saved: str
    mend: str


DATA = Content(
    "a dict with the tensors x and y, or a pair of tensors,",
    "a dict with x and y",
    "dict(x=..., y=...) of torch.as_tensor of its arrays",
)
NETWORK = Content("a dict of tensors", "a state dict", "d.state_dict()")


def check_pt(path: str, content: Content = DATA) -> list[str]:
    """InputError unless it is an archive as torch.save writes them; torch is not loaded.

    Returns what the pickle names that is neither torch's nor a plain container.
    """
    try:
        return check_archive(path)
    except OSError:
        raise
    except Exception:  # a damaged archive or pickle fails in any way
        raise _not_plain(path, [], content) from None


def _not_plain(path: str, foreign: list[str], content: Content) -> InputError:
    what, mend = "anything else in it is not loaded", ""
    if foreign:
        what = f"it holds {foreign[0]}"
        save = content.mend
        if content is DATA and any("TensorDataset" in one for one in foreign):
            save = "dict(x=..., y=...) of d.tensors"
        mend = (
            f"; in Python: d = torch.load({Path(path).name!r}, weights_only=False) (which runs "
            "what is in it: only if you trust where it comes from); then torch.save " + save
        )
    return InputError(
        f"{path}: not a file of plain tensors (torch.save of {content.saved}, in the current "
        f"format); {what}, and nothing was run{mend}"
    )


@contextmanager
def open_pt(path: str, wanted: Content = DATA) -> Iterator[Opened]:
    """The names of the arrays in a file of ``torch.save``, and how to read one.

    A dict has those of its tensors and flat lists, a pair is x and y, and one tensor or list alone
    has none. The file is mapped and only tensors and plain containers are accepted; anything else
    in its pickle is refused by torch's restricted unpickler without being run.

    Raises InputError when it holds anything else.
    """
    foreign = check_pt(path, wanted)
    import torch

    try:
        with warnings.catch_warnings(action="ignore"):  # what is wrong is said below, in one line
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except OSError:
        raise
    except Exception:  # a damaged stream makes the restricted unpickler fail in any way
        raise _not_plain(path, foreign, wanted) from None

    def array(value: object) -> np.ndarray | torch.Tensor | None:
        if isinstance(value, torch.Tensor):
            return value
        if isinstance(value, list | tuple) and value:
            kinds = set(map(type, value))
            if kinds <= {int, float, bool} or kinds == {str}:
                return np.array(value)
        return None

    if isinstance(content, Mapping):
        named = {k: v for k, v in content.items() if isinstance(k, str)}
    elif isinstance(content, list | tuple) and len(content) == 2 and array(content[0]) is not None:
        named = dict(zip(("x", "y"), content, strict=True))
    else:
        named = {BARE: content}
    arrays = {name: found for name, value in named.items() if (found := array(value)) is not None}
    if not arrays or (len(named) == 2 and len(arrays) == 1 and not isinstance(content, Mapping)):
        found = ", ".join(map(repr, list(named)[:8])) if isinstance(content, Mapping) else ""
        raise InputError(
            f"{path}: {wanted.sought} is needed; found: {found or f'a {type(content).__name__}'}"
        )

    def load(name: str) -> np.ndarray:
        found = arrays[name]
        return found if isinstance(found, np.ndarray) else _array(path, name, found)

    yield list(arrays), load


@contextmanager
def open_safetensors(path: str, headers: bool) -> Iterator[Opened]:
    """The names of the tensors of a ``.safetensors`` file, and how to read one.

    Of `headers` alone the arrays are stand-ins of their shapes, and torch is not loaded.

    Raises InputError when the file is damaged (its header is checked against its size before
    anything is allocated).
    """
    from safetensors import SafetensorError, safe_open

    existing(path)
    try:
        with safe_open(path, framework="numpy" if headers else "pt") as file:

            def load(name: str) -> np.ndarray:
                if headers:
                    return stand_in(tuple(file.get_slice(name).get_shape()))
                return _array(path, name, file.get_tensor(name))

            yield list(file.keys()), load
    except SafetensorError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable .safetensors file ({reason})") from None


def _array(path: str, name: str, tensor: torch.Tensor) -> np.ndarray:
    # A view may claim a shape far beyond its storage: strides of zero repeat one number.
    held = Path(path).stat().st_size
    refuse_oversize(path, f"tensor '{name}'", tuple(tensor.shape), tensor.element_size(), held)
    return of_tensor(path, name, tensor)


def of_tensor(source: str, name: str, tensor: torch.Tensor) -> np.ndarray:
    """The numbers of a tensor, without its gradient, from wherever it lies.

    Raises InputError unless it is dense and real.
    """
    import torch

    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_nested or tensor.is_meta:
        raise InputError(
            f"{source}: tensor '{name}' must be dense and plain, found {tensor.layout}"
        )
    if tensor.is_complex():
        raise InputError(f"{source}: tensor '{name}' must hold real numbers, found {tensor.dtype}")
    tensor = tensor.detach().cpu().resolve_neg()
    if tensor.is_floating_point() and tensor.dtype not in (
        torch.float16,
        torch.float32,
        torch.float64,
    ):
        tensor = tensor.to(torch.float32)  # holds bfloat16 and the 8-bit floats exactly
    return tensor.numpy()
