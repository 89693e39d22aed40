"""A made-up study for tests of reports."""

from typing import Any

from .sample_figures import figures


def study(verdict: str = "INCONCLUSIVE", expected: str = "PASS") -> dict[str, Any]:
    """A study with a point that is met, one that is missed, one that was not trained."""
    sweep = next(figure for figure in figures(8) if figure["kind"] == "sweep")
    common = {"level": "pattern not linear", "method": "quadratic program", "control": 0.5}
    return {
        "name": "uniform-l2-N_adv",
        "title": "L2, uniform data: noise samples",
        "says": "What is learnt from perturbed noise.",
        "configuration": {"data": "uniform", "sizes": {"dimension": 100, "eps": 0.5}},
        "verdict": verdict,
        "expected": expected,
        "as_expected": verdict == expected,
        "reason": "not within 0.03 at noise_samples = 100 (exact +0.050)",
        "rigor": "numeric",
        "seconds": 12.5,
        "axis": "noise samples N_adv",
        "points": [
            {
                "value": 10.0,
                "published": 0.6,
                "exact": [{"seed": 0, "accuracy": 0.59}, {"seed": 1, "accuracy": 0.63}],
                "exact_mean": 0.61,
                "level": "linear solve",
                "method": "linear solve",
                "prediction": 0.6,
                "control": 0.49,
                "compared": "exact",
                "difference": 0.01,
                "agrees": True,
            },
            {
                "value": 100.0,
                "published": 0.7,
                "exact": [{"seed": 0, "accuracy": 0.75}],
                "exact_mean": 0.75,
                "compared": "exact",
                "difference": 0.05,
                "agrees": False,
                **common,
            },
            {
                "value": 1000.0,
                "published": 0.8,
                "exact": [{"seed": 0, "accuracy": None}],
                "level": "no solution",
                "trained": None,
                "compared": "none",
            },
        ],
        "findings": ["Not trained, though N_adv > d/4: noise_samples = 1000."],
        "figures": [sweep],
    }
