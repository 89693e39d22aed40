"""Theorems that are false, or prove nothing, and try to be proved: one for each kind of trick.

None of their formulas is wrong by itself. What is wrong is what they are taken for.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from ...theory.statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Identity,
    Inequality,
    Let,
    Limit,
    Step,
    Theorem,
)
from ...theory.steps.kkt import KKT_POINT, cross_n, lambda_n, margin_n, rho_n
from ...theory.steps.rows import lambda_k
from ...theory.steps.sums import LARGEST, SUM_BOUND
from ...theory.symbols import N, R_max, R_min, declare, gamma, lambda_max, lambda_min, p_max
from ...theory.theorems import theorem

x = declare("trick_x", "any real number")
_root = declare("trick_root", "its root, where it has one")
_left = declare("trick_left", "left end")
_right = declare("trick_right", "right end")
_area = declare("trick_area", "integral of 1/u² between them")
_share = declare("trick_share", "a share", low=0, open_low=True, high=1)
_log = declare("trick_log", "its logarithm", abbreviation=True)
_room = declare("trick_room", "R_min² - (N-1) p_max", low=0, open_low=True)
_u = sp.Symbol("u", real=True)


def _theorem(claim: sp.Basic, *steps: Step, given: sp.Basic = sp.true, **more: object) -> Theorem:
    claims = (Claim("claim", "What is tried.", claim, **more),)  # type: ignore[arg-type]
    assumptions = () if given is sp.true else (Assumption("given", "Given.", given),)  # type: ignore[arg-type]
    names = [a.id for a in assumptions] + [step.id for step in steps]
    end = Conclusion("end", "So.", "claim", by=" ".join(names))
    return Theorem("trick", "Trick", "A trick.", PROJECT, assumptions, claims, (*steps, end))


def _positive() -> Theorem:
    return _theorem(sp.Symbol("activation_margin", positive=True) > 0)


def _measured_away() -> Theorem:
    paper = theorem("standard-boundary")
    return _theorem(
        lambda_max < 3 / (2 * gamma**2 * R_min**2),
        Let("none", "Write p_max for 0.", p_max, sp.Integer(0)),
        Earlier("paper", "The paper's theorem.", paper, by="none"),
    )


def _mixed_data() -> Theorem:
    norms = ((R_min, R_max), (R_max, R_max), (p_max, p_max), (N, N))
    kept = ((lambda_max, lambda_max), (lambda_min, lambda_min))
    return _theorem(
        lambda_max <= 3 / (2 * gamma**2 * R_max**2),
        Earlier("at", "", theorem("refined-multipliers"), at=(*norms, *kept), by="given"),
        given=p_max < gamma**3 * R_max**2 / (3 * N),
    )


def _one_sample() -> Theorem:
    return _theorem(
        lambda_max <= lambda_min,
        Definition("least", "Attained at some n.", (sp.Eq(lambda_min, lambda_n),)),
        Definition("largest", "Attained at some n.", (sp.Eq(lambda_max, lambda_n),)),
    )


def _one_member() -> Theorem:
    return _theorem(
        lambda_max <= lambda_min,
        Citation("largest", "At most what each is.", LARGEST(lambda_max, lambda_k, lambda_k)),
        Definition("least", "Attained at k.", (sp.Eq(lambda_min, lambda_k),), chooses="k"),
    )


def _chosen_for_all() -> Theorem:
    return _theorem(
        lambda_n <= lambda_min,
        Definition("least", "Attained at n.", (sp.Eq(lambda_min, lambda_n),), chooses="n"),
    )


def _branch() -> Theorem:
    value = sp.Implies(x >= 0, sp.Eq(_root, sp.sqrt(x)))
    return _theorem(x >= 0, Definition("root", "Its root where it is not negative.", (value,)))


def _captured_name() -> Theorem:
    return _theorem(
        sp.Eq(sp.log(_share), -1),
        Let("log", "Write s for log u.", _log, sp.log(_share)),
        Identity("one", "", sp.Integral(sp.log(_share), (_share, 0, 1)), sp.Integer(-1)),
        Identity("other", "", sp.Integral(_log, (_share, 0, 1)), _log),
    )


def _pole() -> Theorem:
    area = sp.Integral(1 / _u**2, (_u, _left, _right))
    return _theorem(
        _area < 0,
        Definition("area", "The integral.", (sp.Eq(_area, area),)),
        Identity("integrate", "", area, 1 / _left - 1 / _right, by="given"),
        given=sp.And(_left < 0, _right > 0),
    )


def _twice() -> Theorem:
    claims = (Claim("c", "", lambda_max >= lambda_min), Claim("c", "", lambda_max < lambda_min))
    order = Definition("order", "", (lambda_max >= lambda_min,))
    end = Conclusion("end <- order", "", "c")
    return Theorem("trick", "Trick", "A trick.", PROJECT, (), claims, (order, end))


def _nothing_formal() -> Theorem:
    return _theorem(lambda_max < lambda_min, formal=gamma <= 1, limit=True)


def _range() -> Theorem:
    value = sp.Eq(_room, R_min**2 - (N - 1) * p_max)
    return _theorem((N - 1) * p_max < R_min**2, Definition("room", "Write room for it.", (value,)))


def _apart() -> Theorem:
    one, two = sp.Eq(R_max, R_min), sp.Eq(R_max, 2 * R_min)
    return _theorem(
        lambda_max <= lambda_min,
        Definition("one", "", (one, lambda_max <= R_max)),
        Definition("two", "", (two, lambda_min >= R_max / 2)),
        Inequality("above <- one", "", lambda_max <= R_min),
        Inequality("below <- two", "", lambda_min >= R_min),
    )


def _one_side() -> Theorem:
    return _theorem(gamma <= 1, Limit("l", "", sp.Abs(x) / x, x, sp.Integer(0), sp.Integer(1)))


NOT_ZERO = (sp.acos(sp.Rational(7823207, 7823209)), sp.Integer(0))
"""Two numbers that SymPy has taken for one."""


def _nearly() -> Theorem:
    angle, zero = NOT_ZERO
    return _theorem(p_max <= 0, Identity("angle", "", p_max * angle, zero))


def _heuristic() -> Theorem:
    made = theorem("accuracy-prediction")
    given = " ".join(a.id for a in made.assumptions)
    steps = [Earlier("made", "", made, by=given)]
    steps += [Conclusion(f"claim-{c.id}", "", by="made") for c in made.claims]  # type: ignore[misc]
    return Theorem("t", "Trick", "A trick.", PROJECT, made.assumptions, made.claims, tuple(steps))


def _slope_one() -> Theorem:
    own = sp.Eq(margin_n, lambda_n * rho_n + cross_n)
    return _theorem(
        lambda_max <= 1 / R_min**2,
        Definition("linear", "f(x) = <q, x>, true at slope 1.", (own, rho_n >= R_min**2)),
        Citation("cross", "", SUM_BOUND(cross_n, N - 1, lambda_max, p_max)),
        Citation("kkt", "", KKT_POINT(lambda_n, margin_n)),
        Inequality("each <- linear cross kkt given", "", lambda_n <= 1 / R_min**2),
        Citation("all", "", LARGEST(lambda_max, lambda_n, 1 / R_min**2), by="each"),
        given=p_max <= 0,
    )


def _other_family() -> Theorem:
    return _theorem(
        p_max <= lambda_max,
        Definition("largest", "The largest multiplier.", (lambda_n <= lambda_max,)),
        Citation("wrong <- largest", "", LARGEST(p_max, lambda_n, lambda_max)),
    )


REFUTED: dict[str, Callable[[], Theorem]] = {
    "a definition that is true at slope 1 only": _slope_one,
    "a maximum taken for that of other numbers": _other_family,
}
"""Formulas with which no solver finds fault: data sets do, after the proof."""

TRICKS: dict[str, Callable[[], Theorem]] = {
    "a measured number rebuilt as positive": _positive,
    "a measured number that is given a value": _measured_away,
    "a theorem moved to data that are none": _mixed_data,
    "smallest and largest attained at one sample": _one_sample,
    "a fact about all put to one": _one_member,
    "a sample that was chosen, claimed for all": _chosen_for_all,
    "a root on a branch that is not taken": _branch,
    "a bound variable that is a number elsewhere": _captured_name,
    "an integral across a pole": _pole,
    "two claims with one name": _twice,
    "a network on its way, of which nothing is proved": _nothing_formal,
    "a condition hidden in a declared range": _range,
    "contradictory definitions, never in one step": _apart,
    "a limit from one side": _one_side,
    "a small number taken for 0": _nearly,
    "a prediction used as a theorem": _heuristic,
}
