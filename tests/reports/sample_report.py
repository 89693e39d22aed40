"""A made-up but lifelike report, for tests and for looking at pages.

`report()` covers the five outcomes, a proof with a gap, long names, 12-digit numbers and infinite
bounds; `many(count)` repeats one scenario. Nothing is measured here.
"""

import copy

from .sample_scenarios import BOUNDARY, TITLE, broken, failing, inconclusive, passing, vacuous
from .sample_theorem import NOTATION, SETTING, Json, proof, theorem


def report(scenarios: list[Json] | None = None) -> Json:
    """A whole report, by default with all five outcomes."""
    chosen = (
        scenarios
        if scenarios is not None
        else [
            passing(),
            failing(),
            vacuous(),
            inconclusive(),
            broken(),
        ]
    )
    verdicts: dict[str, int] = {}
    for item in chosen:
        verdicts[item["verdict"]] = verdicts.get(item["verdict"], 0) + 1
    fine = all(item["as_expected"] for item in chosen)
    counts = ", ".join(f"{n} {v}" for v, n in verdicts.items())
    return copy.deepcopy(
        {
            "schema_version": 1,
            "environment": {
                "perturbproof": "0.1.0",
                "python": "3.12.4",
                "platform": "Linux-6.1-x86_64",
                "packages": {
                    "numpy": "2.4.6",
                    "torch": "2.13.0",
                    "sympy": "1.14.0",
                    "z3-solver": "5.4.1",
                },
                "device": "cpu",
                "dtype": "float64",
                "seed": 0,
                "threads": 2,
                "command": "perturbproof verify --seed 0 --out report",
                "git_revision": "0f3c2ab",
            },
            "started": "2026-01-15T10:42:00Z",
            "seconds": 41.7,
            "setting": SETTING,
            "notation": NOTATION,
            "proofs": [
                proof(BOUNDARY, TITLE),
                proof("constant-two", "The same with constant 2", gap=True),
            ],
            "theorems": [
                theorem(BOUNDARY, TITLE),
                theorem("constant-two", "The same with constant 2", "this project"),
            ],
            "scenarios": chosen,
            "summary": {
                "scenarios": len(chosen),
                "theorems": 2,
                "verdicts": verdicts,
                "as_expected": fine,
                "exit_code": 0 if fine else 1,
                "line": f"{len(chosen)} scenarios: {counts}.",
            },
        }
    )


def many(count: int = 50) -> Json:
    """A report with many scenarios."""
    return report(
        [passing(f"scenario-{k:02d}-" + "near-orthogonal-" * (k % 4)) for k in range(count)]
    )
