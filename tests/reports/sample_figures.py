"""The figures of the sample report."""

import math
from typing import Any


def figures(samples: int = 24, wild: bool = False) -> list[dict[str, Any]]:
    """One figure of each kind; ``wild`` puts the multipliers outside their bounds."""
    lam = [0.94 + 0.05 * math.sin(5 * n) for n in range(samples)]
    if wild:
        lam = [0.4 * math.sin(3 * n) + 0.2 for n in range(samples)]
    steps = [int(10 ** (k / 8)) for k in range(29)]
    grid = [
        [
            math.tanh(0.8 * x / 12 + 0.5 * y / 12 + 0.1 * (wild and math.sin(x / 3)))
            for x in range(-20, 21)
        ]
        for y in range(-20, 21)
    ]
    return [
        {
            "id": "multipliers",
            "kind": "multipliers",
            "title": "Multipliers",
            "caption": f"KKT multipliers of the {samples} samples, with enclosures, between "
            "the bounds of the theorem (dashed) and the refined ones (dotted). Crosses: recovered "
            "from training.",
            "data": {
                "lower": [v - 1e-4 for v in lam],
                "upper": [v + 1e-4 for v in lam],
                "label": [1 if n % 2 else -1 for n in range(samples)],
                "bounds": [
                    {"name": "paper", "lower": 0.5, "upper": 1.5},
                    {"name": "refined", "lower": 0.86, "upper": 1.02},
                    {"name": "row-wise", "lower": None, "upper": 1.0},
                ],
                "trained": [v + 0.003 for v in lam],
            },
        },
        {
            "id": "convergence",
            "kind": "convergence",
            "title": "Convergence",
            "caption": "Distance of the trained network to the exact limit over training steps. "
            "The diamond is the certified upper bound on τ; the dotted line is what was asked.",
            "data": {
                "steps": steps,
                "tau": [None if k < 3 else 0.9 / k for k in steps],
                "relative_distance": [0.5 / k for k in steps],
                "loss": [math.exp(-min(k / 4, 600)) for k in steps],
                "certified": {"step": steps[-1], "tau": 3.31e-4},
                "asked": 0.01,
            },
        },
        {
            "id": "decision-map",
            "kind": "decision-map",
            "title": "Decision map",
            "caption": "Output of the trained network in the plane of its two neuron directions, "
            "with the predicted boundary on top. Nothing is claimed inside the hatched cone.",
            "data": {
                "extent": [-2, 2, -2, 2],
                "values": grid,
                "linear": [[0.8, 0.5, 0.0]],
                "samples": [[1.2, 0.4, 1], [0.7, 0.9, 1], [-1.1, -0.3, -1], [-0.4, -1.2, -1]],
                "cone": 0.2 if wild else 3.3e-4,
                "axes": ["along v (positive half)", "along u, orthogonalised"],
            },
        },
    ]
