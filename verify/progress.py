"""How work reports that it goes on."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the steps done and the steps in all."""


def unwatched(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
