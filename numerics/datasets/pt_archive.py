"""What is checked of a file of ``torch.save`` before torch sees it: sizes, and repeated tuples.

The file is a zip archive of a pickle and the numbers of its tensors. Torch's restricted unpickler
runs no code, but believes the sizes, and would hash a tuple that holds itself many times over
until the end of days.
"""

from __future__ import annotations

import pickletools
import zipfile
from pathlib import Path

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
