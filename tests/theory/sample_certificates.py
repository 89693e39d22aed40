"""Small queries without a solution, each with a certificate found by hand."""

from __future__ import annotations

from typing import Any

SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "a product of two facts": (
        "(assert (> x 0)) (assert (> y 1)) (assert (not (> (* x y) 0)))",
        {"from": [0, 1, 2], "sum": [["1", [0, 1]], ["1", [0]], ["1", [2]]]},
    ),
    "a square": (
        "(assert (< (+ (* x x) (* y y)) (* 2 x y)))",
        {"from": [0], "sum": [["1", [0]], ["1", [], "(+ x (* (- 1) y))"]]},
    ),
    "a multiple of an equation": (
        "(assert (= (* x x) 2)) (assert (= (* x x x x) 5))",
        {"from": [0, 1], "sum": [["1", []], ["(- (- 2) (* x x))", [0]], ["1", [1]]]},
    ),
    "an equation times a fact": (
        "(assert (= x y)) (assert (> z 0)) (assert (> (* z x) (* z y)))",
        {"from": [0, 1, 2], "sum": [["1", [2]], ["(- 1)", [0, 1]]]},
    ),
    "a disequality": (
        "(assert (not (= x 0))) (assert (<= (* x x) 0))",
        {"from": [0, 1], "sum": [["1", [0]], ["1", [1]]]},
    ),
    "a split": (
        "(assert (< (+ y (ite (>= x 0) x (- x))) 0)) (assert (>= y 0))",
        {
            "from": [0, 1],
            "on": "(>= x 0)",
            "yes": {"sum": [["1", [0]], ["1", [1]], ["1", [2]]]},
            "no": {"sum": [["1", [0]], ["1", [1]], ["1", [2]]]},
        },
    ),
    "a quotient": (
        "(assert (> y 0)) (assert (> x y)) (assert (not (> (/ x y) 1)))",
        {"from": [0, 1, 2], "sum": [["1", [1]], ["1", [0, 2]], ["1", [3]]]},
    ),
    "an implication": (
        "(assert (=> (> x 0) (and (> y x) (= y 0)))) (assert (> x 0))",
        {"from": [0, 1], "sum": [["1", [0]], ["1", [1]], ["(- 1)", [2]]]},
    ),
    "formulas that exclude each other": (
        "(assert (or (> x 0) (> (- y) 0))) (assert (<= x 0)) (assert (>= y 0))",
        {"from": [0, 1, 2], "sum": [["1", [2]]]},
    ),
}
