"""The certificates that are kept, by query. One is handed out only after it was checked again.

`catalog.json` holds those of the catalog: a certificate for each digest of a query.
`perturbproof prove --certificates FILE` reads and writes such files. A certificate that is wrong,
or was found for another query, is as good as none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .checker import refuted

Certificate = Mapping[str, Any]


def certificate_of(query: str) -> Certificate | None:
    """A certificate, checked in this run, that a query has no solution, if one is kept."""
    return _checked(without_comments(query))


def keep(certificates: Mapping[str, Certificate]) -> None:
    """Take more certificates, by digest, for this run."""
    _kept().update(certificates)
    _checked.cache_clear()


def digest(query: str) -> str:
    """The key under which the certificate of a query is kept: comments do not count."""
    return hashlib.sha256(without_comments(query).encode()).hexdigest()[:16]


def without_comments(query: str) -> str:
    """A query as it is decided."""
    return "".join(line for line in query.splitlines(True) if not line.startswith(";"))


@cache
def _checked(query: str) -> Certificate | None:
    certificate = _kept().get(digest(query))
    return certificate if certificate is not None and refuted(query, certificate) else None


@cache
def _kept() -> dict[str, Certificate]:
    return json.loads(Path(__file__).with_name("catalog.json").read_text(encoding="utf-8"))
