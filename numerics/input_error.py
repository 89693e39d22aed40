"""The one error raised for input that only its author can mend.

A module of its own, so that the command line can name it without loading pydantic.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

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


_PLAIN = {
    r"input should be a valid number(, unable to parse.*)?": "must be a number",
    r"input should be a valid integer(, (unable to parse|got).*)?": "must be a whole number",
    r"input should be a valid string": "must be a text",
    r"input should be a valid boolean(, unable to .*)?": "must be true or false",
    r"input should be a valid (tuple|list)": "must be a list",
    r"input should be a valid dictionary.*": "must be a table",
    r"input should be greater than or equal to": "must be at least",
    r"input should be less than or equal to": "must be at most",
    r"input should be": "must be",
}


def plainly(message: str) -> str:
    """What pydantic says of a value, in words of a file or a command."""
    for theirs, ours in _PLAIN.items():
        message = re.sub(theirs, ours, message, flags=re.IGNORECASE)
    return message


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """That there is no such thing, and what is called nearly so, or else all there are."""
    there = list(known)
    near = difflib.get_close_matches(name.lower(), there, n=1, cutoff=0.75)
    return f"no {what} {name!r}; " + (
        f"did you mean {near[0]!r}?" if near else f"known: {', '.join(there)}"
    )
