"""Time the main operations against plain ways of doing the same work.

    python tests/benchmarks                                 # all of it
    python tests/benchmarks --only training gram            # some of it
    python tests/benchmarks --markdown docs/performance.md  # and write the page
    python tests/benchmarks --only paper                   # the suite `paper`, half an hour

Comparisons run both sides in one process, in turn. Other work on the cores spoils the figures; the
load is printed. No timing decides a test.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))

from timing import Section, machine

# The proofs must run before anything else has filled the solver's memory.
SECTIONS = ("pipeline", "training", "exact", "limit", "gram", "sweep", "growth", "cuda")
LONG = ("paper",)
"""Run only when they are named."""

_PAGE = """# Performance

Written by `python tests/benchmarks --markdown docs/performance.md`; needs `pip install '.[bench]'`.
Every comparison runs both sides in one process, in turn. "target" is what the project asks of
itself on two cores; "floor" what the arithmetic alone would take at the measured rate.

Machine: {machine}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=(*SECTIONS, *LONG), default=SECTIONS)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, help="torch threads (default: all)")
    parser.add_argument("--markdown", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    described = machine()
    print(described)
    sections: list[Section] = []
    for name in (*SECTIONS, *LONG):
        if name in options.only:
            section = importlib.import_module(f"bench_{name}").section(options.repeats)
            print(f"\n{section.title}", *section.lines, sep="\n", flush=True)
            sections.append(section)
    if options.markdown is not None:
        page = [_PAGE.format(machine=described)]
        for section in sections:
            figures = "\n".join(section.lines)
            page.append(f"## {section.title}\n\n{section.text}\n\n```text\n{figures}\n```\n")
        options.markdown.write_text("\n".join(page), encoding="utf-8")
    return 0 if all(section.met for section in sections) else 1


if __name__ == "__main__":
    raise SystemExit(main())
