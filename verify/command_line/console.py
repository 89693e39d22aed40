"""What commands share: their options, and tables on stdout."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

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
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:INDEX.")]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="VACUOUS and INCONCLUSIVE fail where PASS was expected (exit code 1, not 4), and "
        "junit.xml skips nothing.",
    ),
]
SecondOpinion = Annotated[
    bool, typer.Option("--second-opinion", help="Also ask cvc5 every query that Z3 decided.")
]
Labels = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The labels, for a file without.")
]
ArrayX = Annotated[
    str | None, typer.Option("--x", metavar="NAME", help="The array of samples in the file.")
]
ArrayY = Annotated[
    str | None, typer.Option("--y", metavar="NAME", help="The array of labels in the file.")
]
LabelColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Of a table, by name or number (from 1).")
]
Classes = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="A B", help="Two labels to take, the first as +1.", show_default=False),
]
Samples = Annotated[int | None, typer.Option(min=2, metavar="N", help="Take so many samples only.")]
DataRoot = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where the folders of images by name are (fashion-mnist, mnist, cifar10). [default: "
        "$PERTURBPROOF_DATA_ROOT, then /usr/share/datasets]",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no log lines.")]


def command_line(arguments: Iterable[str] | None = None) -> str:
    """The command as one would type it again."""
    return shlex.join(["perturbproof", *(sys.argv[1:] if arguments is None else arguments)])


def print_json(value: object) -> None:
    """Write a value to stdout as JSON; NaN and infinities are refused, not written."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


VERDICT_STYLE = {
    "PASS": "green",
    "FAIL": "bold red",
    "VACUOUS": "yellow",
    "INCONCLUSIVE": "magenta",
    "ERROR": "bold white on red",
    "proved": "green",
    "checked": "green",
    "cited": "cyan",
    "defined": "blue",
    "gap": "bold red",
    "unknown": "magenta",
}
_PIPED_WIDTH = 100


def results() -> Console:
    """The console for results: as wide as the terminal; piped, plain text of COLUMNS or 100."""
    out = Console(highlight=False, soft_wrap=False)
    if not out.is_terminal:
        width = None if os.environ.get("COLUMNS", "").isdigit() else _PIPED_WIDTH
        out = Console(highlight=False, width=width, no_color=True)
    return out


def plain_table(*headings: str, gap: int = 2) -> Table:
    """A table without lines whose cells are folded, not cut."""
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), show_header=bool(headings))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def print_replay(console: Console, command: str, indent: str = "") -> None:
    """The command that replays a witness, in one line, so that it can be copied."""
    console.print(f"{indent}replay: {command}", markup=False, soft_wrap=True)


def styled(word: str) -> str:
    """A verdict word in its colour."""
    style = VERDICT_STYLE.get(word, "")
    return f"[{style}]{word}[/]" if style else word


_ADDRESS_SPACE = 3 * 2**29
"""Bytes that the libraries take when they are loaded, measured with PyTorch's CPU build."""


def check_address_space() -> None:
    """Some of the libraries hang or abort when they are loaded with less than they need.

    Raises MemoryError.
    """
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < _ADDRESS_SPACE:
        raise MemoryError(
            f"the address space is limited to {limit / 2**30:.1f} GiB (ulimit -v), at least "
            f"{_ADDRESS_SPACE / 2**30:.1f} GiB are needed"
        )
