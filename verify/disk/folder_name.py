"""Names of folders made of names that anybody may have chosen."""

from __future__ import annotations

import hashlib
import re


def folder_name(*parts: str) -> str:
    """One path component made of names: safe on every system, and another for other names."""
    plain = "--".join(re.sub(r"[^A-Za-z0-9._-]+", "-", part)[:80].lstrip(".-") for part in parts)
    if plain and plain == "--".join(parts).lower() and not any("--" in part for part in parts):
        return plain
    return f"{plain or 'unnamed'}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:8]}"
