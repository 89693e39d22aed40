"""The one error raised for input that only its author can mend.

A module of its own, so that the command line can name it without loading pydantic.
"""

from __future__ import annotations

# Longer messages keep their beginning, which names the place, and their end, which names the mend.
_BEGINNING, _END = 900, 300


class InputError(ValueError):
    """Unusable input from the user: one clear line saying what, where and what would be right.

    The command line prints the line and exits with code 2; a traceback is never shown for it.
    Whatever the message quotes from the input, it is one line of printable text, at most 1203
    characters: other characters are escaped, and the middle of a longer one is left out.
    """

    def __init__(self, message: str) -> None:
        line = "".join(
            c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in message
        )
        if len(line) > _BEGINNING + _END + 3:
            line = f"{line[:_BEGINNING]}...{line[-_END:]}"
        super().__init__(line)
