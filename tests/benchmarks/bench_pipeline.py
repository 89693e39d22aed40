"""Proofs, compiled bounds, the PDF, and the commands, each against its target."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import sympy as sp
from perturbproof.numerics.compiler import compile_expression
from perturbproof.reports.render import render
from perturbproof.theory.engine import prove
from perturbproof.theory.symbols import symbols_of
from perturbproof.theory.theorems import catalog
from timing import Section, best, in_turn, seconds, verdict

POINTS = 1_000_000


def section(repeats: int) -> Section:
    lines, met = [], []

    def add(what: str, took: float, target: float, note: str = "") -> None:
        met.append(took < target)
        lines.append(
            f"{what:42s} {took:8.3f} s   target {target:g} s {verdict(took < target)}{note}"
        )

    add(
        f"proofs of the catalog ({len(catalog())} theorems)",
        seconds(lambda: [prove(theorem) for theorem in catalog()]),
        15,
    )
    add("bounds on a grid of a million points", *_grid(repeats))
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        command = Path(sys.executable).with_name("perturbproof")
        add(
            "perturbproof --help",
            best(lambda: _run([command, "--help"]), max(repeats, 3)),
            0.4,
        )
        add(
            "perturbproof verify (quick suite, in all)",
            seconds(lambda: _run([command, "verify", "--quiet", "--out", out])),
            60,
        )
        add("report.json to PDF, HTML and figures", _rendered(out), 10)
        add("  of which the PDF", _pdf_seconds(out), 2)
    return Section(
        "Proof, compile, report",
        "The proofs run first in the process, so nothing is cached. The grid evaluates every "
        "assumption of the catalog whose symbols are N, d, gamma or norms, at a million points; "
        "the ratio is against `sympy.lambdify` of the same formulas.",
        tuple(lines),
        all(met),
    )


def _run(words: list[object]) -> None:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 4):
        raise RuntimeError(done.stderr)


def _grid(repeats: int) -> tuple[float, float, str]:
    """Seconds for the bounds of the catalog's closed conditions, the target, and the ratio."""
    theorem = next(t for t in catalog() if t.id == "half-aware")
    sides = [side for a in theorem.assumptions for side in a.relation.args]
    symbols = symbols_of(*(a.relation for a in theorem.assumptions))
    rng = np.random.default_rng(0)
    values = [rng.uniform(0.5, 1, POINTS) for _ in symbols]
    compiled = [compile_expression(side, symbols) for side in sides]
    plain = [sp.lambdify(symbols, side, "numpy") for side in sides]
    ratio = in_turn(
        lambda: [f(*values) for f in plain], lambda: [f(*values) for f in compiled], repeats
    )
    return ratio.fast, 1.0, f"; against lambdify: {ratio}"


def _rendered(out: Path) -> float:
    return seconds(lambda: render(out))


def _pdf_seconds(out: Path) -> float:
    from perturbproof.reports.compose import compose
    from perturbproof.reports.files import load_report
    from perturbproof.reports.records import formulas
    from perturbproof.reports.render import draw_figures, pdf
    from perturbproof.reports.words import typeset

    report = load_report(out)
    drawings = {key: drawing.svg for key, drawing in draw_figures(report).items()}
    started = time.perf_counter()
    pdf(compose(report, typeset(formulas(report))), drawings)
    return time.perf_counter() - started
