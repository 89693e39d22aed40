"""The limit certificate: its convex program beside a general QP solver, and a captured verdict."""

from __future__ import annotations

import cProfile
import os
import pstats
import time
import tracemalloc
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from perturbproof.numerics.data.digits import Digits
from perturbproof.numerics.data.file import FromFile
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.limit.convex_limit import ConvexLimit, convex_limit
from perturbproof.numerics.limit.own_pattern import all_active
from perturbproof.verify import verify
from perturbproof.verify.measure.experiment import Experiment
from perturbproof.verify.scenarios.scenario import Scenario
from timing import Section, best, seconds, verdict

SLOPE = 0.01
FASHION = "FASHION_MNIST"
"""The environment variable that names a folder with Fashion-MNIST's IDX files."""
LARGE = 12_000


def enclosed(sample: Sample) -> ConvexLimit:
    """The program, its solution and everything that `check` says of it."""
    limit = convex_limit(sample, SLOPE, all_active(sample.y))
    if not limit.own_activation.lower > 0:
        raise RuntimeError("no limit with a linear boundary")
    return limit


def by_clarabel(sample: Sample) -> np.ndarray:
    """(v, u) of the same program, as the 2 N linear pieces of its margins."""
    import clarabel

    x, plus = sample.x, (sample.y > 0)[:, None]
    pieces = np.vstack(
        [
            np.hstack([np.where(plus, 1.0, -s) * x, np.where(plus, -s, 1.0) * x]) / 2
            for s in (1.0, SLOPE)
        ]
    )
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    problem = clarabel.DefaultSolver(
        sp.identity(2 * sample.d, format="csc") / 2,
        np.zeros(2 * sample.d),
        sp.csc_matrix(-pieces),
        -np.ones(len(pieces)),
        [clarabel.NonnegativeConeT(len(pieces))],
        settings,
    )
    return np.array(problem.solve().x)


def beside(name: str, sample: Sample, target: float, general: bool) -> tuple[list[str], bool]:
    """Time, memory and the share of each part; a general solver where the size lets it."""
    took = best(lambda: enclosed(sample), 3)
    proposing = best(lambda: convex_limit(sample, SLOPE, all_active(sample.y)), 3)
    profile = cProfile.Profile()
    profile.runcall(enclosed, sample)
    stats = pstats.Stats(profile)
    whole = stats.total_tt  # type: ignore[attr-defined]
    products = _cumulative(stats, "of") / whole
    pivoting = _cumulative(stats, "minimiser") / whole
    tracemalloc.start()
    limit = enclosed(sample)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    lines = [
        f"{name}: N={sample.n}, d={sample.d}, {limit.supports} supports, {limit.kinks} at a kink",
        f"  {took:.2f} s, target {target:g} s {verdict(took < target)}; {peak:.0f} MiB beyond the "
        f"data; proposal {proposing:.2f} s (Gram products {products:.0%}, multipliers "
        f"{pivoting:.0%} of all), the rest is enclosure",
        f"  least own activation {limit.own_activation}, ‖W_l - W*‖ at most "
        f"{limit.error.upper:.1e}",
    ]
    if general:
        started = time.perf_counter()
        theirs = by_clarabel(sample)
        clarabel = time.perf_counter() - started
        ours = limit.directions.mid[::-1].ravel()
        apart = np.linalg.norm(theirs - ours) / np.linalg.norm(ours)
        lines.append(
            f"  Clarabel {clarabel:.2f} s, ratio to the proposal {clarabel / proposing:.1f}, to "
            f"all {clarabel / took:.1f}; solutions differ by {apart:.1e} of their norm"
        )
    return lines, took < target


def _cumulative(stats: pstats.Stats, function: str) -> float:
    """Seconds inside the function of that name in the limit's modules."""
    entries = stats.stats.items()  # type: ignore[attr-defined]
    return sum(
        entry[3]
        for (file, _, name), entry in entries
        if name == function and Path(file).parent.name == "limit"
    )


def _large() -> tuple[str, Sample]:
    folder, rng = os.environ.get(FASHION), np.random.default_rng(0)
    if folder is not None:
        described = FromFile(path=folder, classes=(0, 9), centred=True, scale=1 / 255)
        return "Fashion-MNIST, 0 against 9", described.draw(rng)
    y = np.where(np.arange(LARGE) % 2, 1, -1).astype(np.int8)
    x = rng.normal(size=(LARGE, 784)) + 0.5 * y[:, None]
    return f"two Gaussian classes (no ${FASHION})", Sample(x, y, "normal", np.arange(LARGE))


def captured() -> tuple[list[str], bool]:
    """All digits 0 and 1 at the paper's slope, width 100, until the network is captured."""
    scenario = Scenario.model_validate(
        {
            "name": "digits",
            "theorems": ["capture"],
            "data": {"kind": "digits", "classes": (0, 1)},
            "network": {"slope": SLOPE, "width": 100, "initial_scale": 1e-6},
            "training": {"until": "captured"},
            "tolerance": {"angle": 0.9},
        }
    )
    found = Experiment(scenario)
    took = seconds(lambda: found.captured)
    if not found.captured.captured:
        raise RuntimeError(found.captured.reason)
    judged = best(lambda: verify(scenario), 2)
    return [
        f"digits 0 and 1, all {found.sample.n}, slope {SLOPE}, width 100: data to capture at step "
        f"{found.training.network.steps} in {took:.2f} s, target 5 s {verdict(took < 5)}",
        f"  with the proof of the theorem, all its claims, cross-checks and the verdict: "
        f"{judged:.2f} s",
    ], took < 5


def section(repeats: int) -> Section:
    digits = Digits(classes=(0, 1)).draw(np.random.default_rng(0))
    first, one = beside("digits 0 and 1", digits, 1, general=True)
    second, two = beside(*_large(), 60, general=False)
    third, three = captured()
    return Section(
        "The limit certificate",
        f"The convex program with every own pair active at slope {SLOPE}: least norm under margins "
        "of at least 1, and the enclosure of its solution. Clarabel gets the small one, as its 2 N "
        f"linear pieces. ${FASHION} names a folder with the IDX files; without it the large set is "
        "artificial.",
        (*first, *second, *third),
        one and two and three,
    )
