"""Finished points on disk: one JSON file per point, named by what the point depends on.

Each file is written under a temporary name and renamed, so that a run that is killed leaves whole
files only. It is not forced onto the disk: after a power failure a file may be torn, which its
digest shows, and the point is computed again. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def digest(content: Any) -> str:
    """SHA-256 of plain JSON data in canonical form: keys sorted, no spaces."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class PointStore:
    """The points in `folder`, which is made when the first is put."""

    folder: Path

    def get(self, key: str) -> dict[str, Any] | None:
        """The record under a key; None when there is none, or what is there is not whole."""
        try:
            entry = json.loads(self._path(key).read_text(encoding="utf-8"))
            record = entry["record"]
            whole = entry["key"] == key and entry["sha256"] == digest(record)
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None
        return record if whole and isinstance(record, dict) else None

    def put(self, key: str, record: Mapping[str, Any]) -> None:
        """Keep a record of plain JSON data under a key (a digest), whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        entry = {"key": key, "sha256": digest(record), "record": record}
        path = self._path(key)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            temporary.write_text(json.dumps(entry, allow_nan=False) + "\n", encoding="utf-8")
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"
