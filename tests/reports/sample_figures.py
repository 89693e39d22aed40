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
            "id": "capture",
            "kind": "capture",
            "title": "Capture",
            "caption": "The least own activation, what is certified of it for ever, and the share.",
            "data": {
                "steps": [10, 20, 40, 80],
                "activation": [0.1, 0.9, 0.8, 0.7],
                "bound": [None, -3.0, -0.4, 0.1],
                "share": [0.0, 0.2, 0.9, 1.0],
                "natural": None if wild else [0.0, 0.0, 0.4, 0.9],
                "isotropic": None if wild else [0.0, 0.0, 0.0, 0.3],
                "captured": 40,
                "ended": None if wild else 40,
            },
        },
        {
            "id": "limit-plane",
            "kind": "limit-plane",
            "title": "Plane of the limit",
            "caption": "The limit's two vectors, the boundary, and where each half bends.",
            "data": {
                "arrows": [
                    {"name": "v", "x": 2.2, "y": 1.1},
                    {"name": "u", "x": -2.6, "y": 1.1},
                    {"name": "q", "x": 2.4, "y": 0.0},
                ],
                "samples": [
                    [math.cos(5 * n) + (2 if n % 2 else -2), math.sin(7 * n), (-1) ** (n + 1), role]
                    for n, role in enumerate([1, 2, *([0] * (samples - 2))])
                ],
                "part": 0.35,
            },
        },
        {
            "id": "slack",
            "kind": "slack",
            "title": "Slack along training",
            "caption": "By how much each claim holds on the way; no verdict rests on it.",
            "data": {
                "steps": [10, 20, 40, 80],
                "lines": [
                    {
                        "name": f"capture: {name}",
                        "formula": "tau <= tau_asked",
                        "left": left,
                        "right": [0.5] * 4,
                        "slack": [None if v is None else 0.5 - v for v in left],
                        "holds": [None if v is None else v <= 0.5 for v in left],
                    }
                    for name, left in {
                        "boundary": [None, 0.9, 0.4, 0.1],
                        "kept": [None, None, 0.49, 0.499],
                        "$\\^" if wild else "exceptions": [0.5] * 4,
                    }.items()
                ],
                "ended": None if wild else 40,
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
        {
            "id": "boundaries",
            "kind": "boundaries",
            "title": "Boundaries",
            "caption": "Where three networks change sign in one plane, with the predicted lines.",
            "data": {
                "networks": [
                    {"name": "f", "positive": [[4.71, 7.85]]},
                    {"name": "g", "positive": [[0.2, 2.9]] if wild else [[5.3, 8.44]]},
                    {"name": "control", "positive": [[1.0, 4.14]]},
                ],
                "normals": [{"name": "q", "angle": 0.0}, {"name": "q^a", "angle": 0.6}],
                "samples": [[1.2, 0.4, 1], [0.7, 0.9, 1], [-1.1, -0.3, -1], [-0.4, -1.2, -1]],
                "axes": ["along q", "rest of q^a"],
            },
        },
        {
            "id": "parts",
            "kind": "parts",
            "title": "Parts",
            "caption": "What perturbations and base samples teach about every test point.",
            "data": {
                "sets": [
                    {
                        "name": name,
                        "t1": [math.sin(7 * n + k) for n in range(samples)],
                        "t2": [0.8 * math.cos(3 * n + k) + 0.1 for n in range(samples)],
                        "covered": [n % 3 == 0 for n in range(samples)],
                        "agreeing": [1 if n % 4 else -1 for n in range(samples)],
                    }
                    for k, name in enumerate(("natural samples", "isotropic points"))
                ]
            },
        },
        {
            "id": "growth",
            "kind": "growth",
            "title": "Growth",
            "caption": "T1 and T2 against the number of perturbed samples, in nested subsets.",
            "data": {
                "sizes": [2, 8, 32, 128],
                "parts": [
                    {
                        "name": name,
                        "low": [0.5 * scale * n**slope for n in (2, 8, 32, 128)],
                        "median": [scale * n**slope for n in (2, 8, 32, 128)],
                        "high": [2.0 * scale * n**slope for n in (2, 8, 32, 128)],
                        "fitted": slope,
                        "predicted": None if wild else slope,
                    }
                    for name, scale, slope in (("T1", 0.1, 0.5), ("T2", 0.01, 1.0))
                ],
            },
        },
        {
            "id": "sweep",
            "kind": "sweep",
            "title": "Sweep",
            "caption": "Accuracy of what was learnt against what was published.",
            "data": {
                "axis": "noise samples N_adv",
                "points": [
                    {
                        "value": value,
                        "published": 0.5 + 0.1 * k,
                        "exact": None if wild else 0.52 + 0.1 * k,
                        "lowest": None if wild else 0.5 + 0.1 * k,
                        "highest": None if wild else 0.54 + 0.1 * k,
                        "tight": k < 2,
                        "linear_pattern": k == 0,
                        "prediction": 0.51 + 0.1 * k,
                        "trained": 0.5 + 0.1 * k if k > 1 else None,
                        "control": 0.5,
                    }
                    for k, value in enumerate((10, 100, 1000, 10_000))
                ],
            },
        },
        {
            "id": "shares",
            "kind": "shares",
            "title": "Shares",
            "caption": "Shares of test points along an axis.",
            "data": {
                "axis": "width m",
                "values": [100, 1000, 10_000],
                "published": [0.5, None, 1.0],
                "series": [
                    {
                        "name": "agreement",
                        "values": [0.6, 0.8, 1.0],
                        "lowest": [] if wild else [0.5, 0.7, 0.9],
                        "highest": [] if wild else [0.7, 0.9, 1.0],
                    },
                    {"name": "certified both", "values": [0.0, 0.4, 0.9]},
                ],
            },
        },
        {
            "id": "loads",
            "kind": "loads",
            "title": "Loads",
            "caption": "Load of the assumptions along a swept field.",
            "data": {
                "axis": "data.dimension",
                "series": [
                    {
                        "name": name,
                        "points": [
                            {
                                "value": value,
                                "low": 0.0 if wild else 0.5 * scale / value,
                                "middle": scale / value,
                                "high": 2 * scale / value,
                            }
                            for value in (10, 100, 1000)
                        ],
                    }
                    for name, scale in (("half-aware", 50.0), ("exact-chain", 900.0))
                ],
            },
        },
        {
            "id": "pictures",
            "kind": "pictures",
            "title": "What is learnt from",
            "caption": "Images, and the mean of each class.",
            "data": {
                "rows": [
                    {
                        "name": name,
                        "pictures": [
                            [[[math.sin(k + r * c + wild) for c in range(4)] for r in range(5)]]
                            * channels
                            for k in range(count)
                        ],
                        "captions": None if wild else [f"true {k}" for k in range(count)],
                        "signed": channels == 1,
                    }
                    for name, count, channels in (("image", 3, 3), ("perturbations", 10, 1))
                ],
            },
        },
        {
            "id": "learners",
            "kind": "learners",
            "title": "What the learners answer",
            "caption": "Share of test images answered right.",
            "data": {
                "learners": [
                    {
                        "arm": arm,
                        "seed": seed,
                        "right": 100 * right,
                        "total": 600,
                        "lower": right / 6 - 0.02 * right,
                        "upper": right / 6 + 0.03,
                        "highest": None if wild else right / 6 + 0.01,
                    }
                    for arm, right in (("perturbed", 5), ("shuffle", 1), ("untrained", 0))
                    for seed in range(1 if wild else 3)
                ],
                "chance": 0.25,
                "published": [] if wild else [0.9, 0.8],
                "classes": ["0", "1", "2", "ankle boot" if wild else "3"],
                "confusion": [[9 if i == j else i for j in range(4)] for i in range(4)],
            },
        },
    ]
