"""What every benchmark measures with: repeats in turn, the machine's own rate, the spread."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Section:
    """A part of the page: a heading, what was compared and how, and the lines measured."""

    title: str
    text: str
    lines: tuple[str, ...]
    met: bool = True
    """Whether every target of the section was reached."""


@dataclass(frozen=True)
class Ratio:
    """Slow over fast, min / median / max over repeats run in turn."""

    slow: float
    fast: float
    low: float
    middle: float
    high: float

    def __str__(self) -> str:
        return f"ratio {self.low:.3g} / {self.middle:.3g} / {self.high:.3g}"


def seconds(work: Callable[[], object], calls: int = 1) -> float:
    """Seconds a call takes, over so many calls."""
    started = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - started) / calls


def best(work: Callable[[], object], repeats: int = 3, calls: int = 1) -> float:
    """The least of several timings: what the machine takes when nothing disturbs it."""
    return min(seconds(work, calls) for _ in range(repeats))


def in_turn(slow: Callable[[], object], fast: Callable[[], object], repeats: int = 5) -> Ratio:
    """Both sides in turn, so that what disturbs one disturbs the other."""
    slows, fasts = [], []
    for _ in range(repeats):
        slows.append(seconds(slow))
        fasts.append(seconds(fast))
    ratios = sorted(s / f for s, f in zip(slows, fasts, strict=True))
    return Ratio(
        statistics.median(slows),
        statistics.median(fasts),
        ratios[0],
        statistics.median(ratios),
        ratios[-1],
    )


def product_rate(size: int = 4096, kind: type = np.float32) -> float:
    """The machine's matrix-product rate in flop/s, measured."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((size, size)).astype(kind)
    out = np.empty_like(a)
    return 2 * size**3 / best(lambda: np.matmul(a, a, out=out), 4)


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The slope of log time against log size, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def verdict(reached: bool) -> str:
    return "met" if reached else "MISSED"


def machine() -> str:
    """The machine in a line, with what else it was doing."""
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__} with "
        f"{torch.get_num_threads()} threads, NumPy {np.__version__}, load {os.getloadavg()[0]:.1f}"
    )
