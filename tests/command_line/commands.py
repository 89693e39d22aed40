"""Commands run in this process or as the installed script, and what they leave behind."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(sys.executable).with_name("perturbproof")
RENDERED = {"report.pdf", "appendix.pdf", "report.html", "junit.xml", "summary.md", "figures"}


def scenario_text(
    data: str = 'kind = "near-orthogonal"\nsamples = 8\ndimension = 60\ncoherence = 0.004',
    top: str = "",
    network: str = "slope = 0.5\nwidth = 4\ninitial_scale = 1e-4",
    training: str = "steps = 400",
    extra: str = "",
) -> str:
    return (
        f'name = "small"\ntheorems = ["standard-boundary"]\n{top}\n[data]\n{data}\n'
        f"[network]\n{network}\n[training]\n{training}\n{extra}\n"
    )


OUTSIDE = 'kind = "near-orthogonal"\nsamples = 8\ndimension = 60\ncoherence = 0.01'


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder with its bytes; None for a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def refused(ended: Ended) -> str:
    """The one line of a refusal, after checking that it is one."""
    assert ended.code == 2, ended.err
    assert ended.out == ""
    lines = [line for line in ended.err.splitlines() if not line.endswith((" ...", " so far"))]
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("perturbproof: ")
    assert "Traceback" not in ended.err
    return lines[0]
