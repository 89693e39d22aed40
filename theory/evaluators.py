"""Values of symbols on small exact data: what symbols are for one dataset and KKT point.

Each evaluator is the definition of its symbol, written from vectors and multipliers in exact
rationals (or roots of them); none of them knows a theorem. A theorem with further symbols is
searched for refutations once they are registered here (`@evaluator("name")`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any

import sympy as sp
from flint import arb, fmpq, fmpq_mat
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from .evaluation import Number, Undecided, Undefined, precision, truth, value
from .exact import PRECISION_BITS, Root, Value, number, to_fmpq
from .kkt_solver import KktPoint, Matrix, Vector, coefficients, gram_matrix
from .symbols import symbols_of


@dataclass(frozen=True)
class ExactData:
    """A labelled set by its Gram matrix (N, N), positive semidefinite, and the slope in (0, 1]."""

    gram: Matrix
    labels: tuple[int, ...]
    slope: Fraction

    @property
    def n(self) -> int:
        return len(self.labels)

    @cached_property
    def squares(self) -> Vector:
        return tuple(self.gram[i][i] for i in range(self.n))

    @cached_property
    def largest_inner(self) -> Fraction:
        """Largest |<x_n, x_k>| over n != k; 0 for one sample."""
        pairs = [abs(self.gram[i][k]) for i in range(self.n) for k in range(i)]
        return max(pairs, default=Fraction(0))


@dataclass(frozen=True)
class ExactPerturbation:
    """x'_n + eps y^a_n dir with eps dir = `step` times `direction`, both rational.

    `base` (N_adv, d) and `direction` (d,) are coordinates. dir is `direction` divided by the root
    of `scale`, so that unit directions such as q/‖q‖ stay exact: eps is then step times that root.
    """

    base: tuple[Vector, ...]
    labels: tuple[int, ...]
    direction: Vector
    step: Fraction
    scale: Fraction
    slope: Fraction

    @cached_property
    def overlaps(self) -> Vector:
        """<x'_n, direction>."""
        return tuple(
            sum((a * b for a, b in zip(x, self.direction, strict=True)), Fraction(0))
            for x in self.base
        )

    @cached_property
    def base_data(self) -> ExactData:
        return ExactData(gram_matrix(self.base), self.labels, self.slope)

    @cached_property
    def data(self) -> ExactData:
        """The perturbed set with its labels."""
        rows = [
            tuple(a + self.step * y * b for a, b in zip(x, self.direction, strict=True))
            for x, y in zip(self.base, self.labels, strict=True)
        ]
        return ExactData(gram_matrix(rows), self.labels, self.slope)


@dataclass(frozen=True)
class Setting:
    """What symbols are evaluated on: data and one of its KKT points, the same for a perturbed set.

    Where coordinates matter, `rows` (N, d) are the samples, `z` (d,) is a test point and `top_k`
    the number of components that an L0 perturbation moves.
    """

    data: ExactData
    point: KktPoint | None = None
    perturbation: ExactPerturbation | None = None
    adv_point: KktPoint | None = None
    rows: tuple[Vector, ...] | None = None
    z: Vector | None = None
    top_k: int = 1


Evaluator = Callable[[Setting], Value]
EVALUATORS: dict[str, Evaluator] = {}
#: Symbols that the data alone determine: assumptions on them can be tried without a KKT point.
OF_THE_DATA: set[str] = set()


def evaluator(name: str, *, point: bool = True) -> Callable[[Evaluator], Evaluator]:
    """Register the value of a symbol; `point=False` when it needs no KKT point.

    Raises:
        ValueError: the symbol already has an evaluator.
    """

    def register(function: Evaluator) -> Evaluator:
        if name in EVALUATORS:
            raise ValueError(f"symbol {name!r} already has an evaluator")
        EVALUATORS[name] = function
        if not point:
            OF_THE_DATA.add(name)
        return function

    return register


def _point(setting: Setting) -> KktPoint:
    if setting.point is None:
        raise Undefined("no KKT point is given")
    return setting.point


def _perturbation(setting: Setting) -> ExactPerturbation:
    if setting.perturbation is None:
        raise Undefined("no perturbed set is given")
    return setting.perturbation


def _adv_point(setting: Setting) -> KktPoint:
    if setting.adv_point is None:
        raise Undefined("no KKT point of the perturbed set is given")
    return setting.adv_point


EVALUATORS |= {
    "gamma": lambda s: s.data.slope,
    "N": lambda s: Fraction(s.data.n),
    "R_max": lambda s: Root(max(s.data.squares)),
    "R_min": lambda s: Root(min(s.data.squares)),
    "p_max": lambda s: s.data.largest_inner,
    "lambda_min": lambda s: min(_point(s).multipliers),
    "lambda_max": lambda s: max(_point(s).multipliers),
    "activation_margin": lambda s: _point(s).activation_margin,
    # The perturbed set.
    "N_adv": lambda s: Fraction(len(_perturbation(s).labels)),
    "eps": lambda s: Root(_perturbation(s).step ** 2 * _perturbation(s).scale),
    "dir_sq": lambda s: gram_matrix([_perturbation(s).direction])[0][0] / _perturbation(s).scale,
    "kappa": lambda s: Root(
        max(abs(b) for b in _perturbation(s).overlaps) ** 2 / _perturbation(s).scale
    ),
    "base_R_max": lambda s: Root(max(_perturbation(s).base_data.squares)),
    "base_R_min": lambda s: Root(min(_perturbation(s).base_data.squares)),
    "base_p_max": lambda s: _perturbation(s).base_data.largest_inner,
    "adv_R_max": lambda s: Root(max(_perturbation(s).data.squares)),
    "adv_R_min": lambda s: Root(min(_perturbation(s).data.squares)),
    "adv_p_max": lambda s: _perturbation(s).data.largest_inner,
    "adv_lambda_min": lambda s: min(_adv_point(s).multipliers),
    "adv_lambda_max": lambda s: max(_adv_point(s).multipliers),
    "adv_lambda_sum": lambda s: sum(_adv_point(s).multipliers, Fraction(0)),
    "adv_activation_margin": lambda s: _adv_point(s).activation_margin,
}
OF_THE_DATA |= {"gamma", "N", "R_max", "R_min", "p_max", "N_adv", "eps", "dir_sq", "kappa"}
OF_THE_DATA |= {
    f"{kind}_{name}" for kind in ("base", "adv") for name in ("R_max", "R_min", "p_max")
}


def smallest_eigenvalue(data: ExactData) -> Value:
    """Of A, the matrix with margins A lambda for the linear pattern, N >= 1."""
    entries = [to_fmpq(x) for row in coefficients(data.gram, data.labels, data.slope) for x in row]
    polynomial = fmpq_mat(data.n, data.n, entries).charpoly()
    if polynomial(fmpq(0)) == 0:
        # A is positive semidefinite (it is a Gram matrix of network gradients).
        return Fraction(0)
    with precision(PRECISION_BITS):
        # Symmetric: all roots are real, so the real parts enclose them.
        factors: list[Any] = polynomial.numer().complex_roots()
        roots = [root.real for root, _ in factors]
        return reduce(arb.min, roots)


@evaluator("A_eigenvalue", point=False)
def _eigenvalue(setting: Setting) -> Value:
    return smallest_eigenvalue(setting.data)


@evaluator("adv_A_eigenvalue", point=False)
def _adv_eigenvalue(setting: Setting) -> Value:
    return smallest_eigenvalue(_perturbation(setting).data)


class Values:
    """Symbol values at a setting, computed when first asked for, by name.

    Asking for a symbol without evaluator raises KeyError; one without value raises Undefined.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._values: dict[str, Value] = {}
        self._numbers: dict[str, Number] = {}
        self._doubles: dict[str, float] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._values:
            self._values[name] = EVALUATORS[name](self.setting)
        return self._values[name]

    def double(self, name: str) -> float:
        """A double near the value, for screening only."""
        if name not in self._doubles:
            value = self[name]
            self._doubles[name] = float(value.mid()) if isinstance(value, arb) else float(value)
        return self._doubles[name]

    def at(self, formula: sp.Basic) -> dict[sp.Symbol, Number]:
        """The values of a formula's symbols, as `evaluation` takes them."""
        symbols = symbols_of(formula)
        for s in symbols:
            if s.name not in self._numbers:
                self._numbers[s.name] = number(self[s.name])
        return {s: self._numbers[s.name] for s in symbols}


def holds(relation: Boolean, values: Values) -> bool | None:
    """Whether a relation holds; `None` when that is not certain, or it has no meaning here.

    Raises:
        KeyError: a symbol has no evaluator.
        Undefined: a symbol has no value on this data.
    """
    with precision(PRECISION_BITS):
        at = values.at(relation)
        try:
            return truth(relation, at)
        except (Undecided, Undefined):
            return None


def sides(relation: Boolean, values: Values) -> tuple[str, str] | None:
    """Both sides of a comparison as text; `None` for a combination of comparisons."""
    if not isinstance(relation, Relational):
        return None
    with precision(PRECISION_BITS):
        found = (value(side, values.at(side)) for side in relation.args)
        left, right = (str(x) if isinstance(x, fmpq) else x.str(15) for x in found)
    return left, right
