"""Small queries without a solution, each with a certificate found by hand."""

from __future__ import annotations

from typing import Any

SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "a product of two facts": (
        "(assert (> x 0)) (assert (> y 1)) (assert (not (> (* x y) 0)))",
        {"tree": [0, [1, [2, 2, {"sum": [[1, 0, 2], [1, 0], [1, 5]]}], 1], 0]},
    ),
    "a square": (
        "(assert (< (+ (* x x) (* y y)) (* 2 x y)))",
        {"tree": [0, {"sum": [[1, 1], [1, "(- x y)", "(- x y)"]]}, 0]},
    ),
    "a multiple of an equation": (
        "(assert (= (* x x) 2)) (assert (= (* x x x x) 5))",
        {"tree": [0, [1, {"sum": [[1], [-1, "(+ 2 (* x x))", 0], [1, 2]]}, 1], 0]},
    ),
    "an equation times a fact": (
        "(assert (= x y)) (assert (> z 0)) (assert (> (* z x) (* z y)))",
        {"tree": [0, [1, [2, {"sum": [[1, 4], [-1, 0, 2]]}, 2], 1], 0]},
    ),
    "a disequality": (
        "(assert (not (= x 0))) (assert (<= (* x x) 0))",
        {"tree": [0, 0, [1, {"sum": [[1, 0, 0], [1, 3]]}, 1]]},
    ),
    "a split": (
        "(assert (< (+ y (ite (>= x 0) x (- x))) 0)) (assert (>= y 0))",
        {
            "tree": [
                "(>= x 0)",
                [0, [1, {"sum": [[1, 0], [1, 3], [1, 4]]}, 1], 0],
                [0, [1, {"sum": [[1, 1], [1, 3], [1, 4]]}, 1], 0],
            ]
        },
    ),
    "a quotient": (
        "(assert (> y 0)) (assert (> x y)) (assert (not (> (/ x y) 1)))",
        {
            "tree": [0, [1, [2, 2, [3, {"sum": [[1, 2], [1, 0, 5], [1, 6]]}, 3]], 1], 0],
            "quotients": "(/ x y)",
        },
    ),
    "an implication": (
        "(assert (=> (> x 0) (and (> y x) (= y 0)))) (assert (> x 0))",
        {"tree": [1, ["(> y x)", ["(= y 0)", {"sum": [[1, 0], [1, 2], [-1, 4]]}, 0], 0], 1]},
    ),
    "formulas that exclude each other": (
        "(assert (or (> x 0) (> (- y) 0))) (assert (<= x 0)) (assert (>= y 0))",
        {"tree": [1, [2, 0, 2], 1]},
    ),
    "an equivalence": (
        "(assert (= (> x 0) (> y 0))) (assert (> x 0)) (assert (not (> y 0)))",
        {"tree": ["(> x 0)", [2, 2, 0], 1]},
    ),
    "true and false": ("(assert (=> true (and (> x 0) false)))", {"tree": 0}),
}
