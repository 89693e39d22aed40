"""How work reports that it goes on."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the steps done and the steps in all; a remark has 0 of 0."""


def unwatched(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
