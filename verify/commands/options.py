"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

OwnTheorems = Annotated[
    list[Path] | None,
    typer.Option(
        "--theorem", metavar="FILE.py", help="Add a theorem from your own Python file; repeatable."
    ),
]
Precision = Annotated[
    int | None,
    typer.Option(
        metavar="BITS",
        help="Decide small data in rational numbers and balls of so many bits (from 54), not in "
        "float64 balls.",
        show_default=False,
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="VACUOUS and INCONCLUSIVE fail where PASS was expected (exit code 1, not 4), and "
        "junit.xml skips nothing.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no log lines.")]
