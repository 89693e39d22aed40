"""Any network is linear outside a region: where its half could bend less than it leans."""

import sympy as sp

from ...statement import (
    PROJECT,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Step,
    Theorem,
)
from ...steps.own_pattern import (
    LINEAR_NEURONS,
    ORDER_NEURONS,
    outside_contrary,
    phi,
    size_j,
)
from ...symbols import Eq, declare, gamma

answer_z = declare("answer_z", "output f(z) of a network", index="z", latex="f(z)")
lean_z = declare("lean_z", "<Q, z>, Q = sum_j a_j w_j", index="z", latex="\\langle Q,z\\rangle")


def _half(sign: str, name: str) -> tuple[sp.Symbol, ...]:
    """Symbols of the half with a_j of this sign at a point z."""
    of = f"over the neurons with a_j {sign} 0"
    mark = "+" if sign == ">" else "-"

    def symbol(kind: str, meaning: str, latex: str) -> sp.Symbol:
        return declare(f"{name}_{kind}", meaning, latex=f"{latex}_{{{mark}}}", index="z")

    return (
        declare(f"{name}_h", f"<w_j, z>, a_j {sign} 0", index="jz"),
        symbol("line", f"sum of |a_j| <w_j, z> {of}", "H"),
        symbol("size", f"sum of |a_j| |<w_j, z>| {of}", "S"),
        symbol("bent", f"sum of |a_j| phi(<w_j, z>) {of}", "F"),
        symbol("gap", f"sum of |a_j <w_j, z>| less |sum of a_j <w_j, z>| {of}", "g"),
    )


_plus = _half(">", "plus")
_minus = _half("<", "minus")
plus_gap, minus_gap = _plus[-1], _minus[-1]
gap_z = declare(
    "gap_z",
    "gap of the half that could turn the sign: that with a_j < 0 if <Q, z> > 0, else the other",
    index="z",
    latex="g(z)",
)
OUTSIDE = gamma * sp.Abs(lean_z) > (1 - gamma) / 2 * gap_z
SAME_SIGN = Eq(sp.sign(answer_z), sp.sign(lean_z))


def _steps(name: str, of: str, half: tuple[sp.Symbol, ...]) -> tuple[Step, ...]:
    h, line, size, bent, _ = half
    return (
        Inequality(
            f"{name}-split",
            f"phi(h) = (1+gamma)/2 h + (1-gamma)/2 |h|, for the neurons {of}.",
            Eq(
                size_j * phi(h),
                (1 + gamma) / 2 * size_j * h + (1 - gamma) / 2 * (size_j * sp.Abs(h)),
            ),
        ),
        Citation(
            f"{name}-bent",
            "So too in the sum.",
            LINEAR_NEURONS(
                bent,
                (1 + gamma) / 2 * line,
                (1 - gamma) / 2,
                size,
                size_j * phi(h),
                (1 + gamma) / 2 * size_j * h,
                size_j * sp.Abs(h),
            ),
            by=f"{name}-split",
        ),
        Inequality(
            f"{name}-term",
            "Both h and -h are at most |h|.",
            sp.And(size_j * h <= size_j * sp.Abs(h), -size_j * h <= size_j * sp.Abs(h)),
        ),
        Citation(
            f"{name}-above",
            "So the sum is at most the sum of sizes.",
            ORDER_NEURONS(line, size, size_j * h, size_j * sp.Abs(h)),
            by=f"{name}-term",
        ),
        Citation(
            f"{name}-below",
            "And so is its opposite: the gap is at least 0.",
            ORDER_NEURONS(-line, size, -size_j * h, size_j * sp.Abs(h)),
            by=f"{name}-term",
        ),
    )


_f, _inner, _g = sp.Function("f"), sp.Function("inner"), sp.Function("g")
_z, _q = sp.symbols("z Q")

THEOREM = Theorem(
    id="linear-outside",
    order=540,
    any_output=True,
    title="Any network is linear outside a region",
    summary=(
        "Trained or not, a network has the sign of <Q, z>, Q = sum_j a_j w_j, wherever "
        "gamma |<Q, z>| exceeds (1-gamma)/2 times the gap of the half that could turn the sign: "
        "the sum of |a_j <w_j, z>| over it less the absolute value of the sum."
    ),
    source=PROJECT,
    assumptions=(),
    claims=(
        Claim(
            "boundary",
            "Outside that region the network has the sign of <Q, z>; so it has at every test point "
            "there.",
            outside_contrary <= 0,
            formal=sp.And(sp.Implies(OUTSIDE, SAME_SIGN), outside_contrary <= 0),
            display=sp.Implies(
                gamma * sp.Abs(_inner(_q, _z)) > (1 - gamma) / 2 * _g(_z),
                Eq(sp.sign(_f(_z)), sp.sign(_inner(_q, _z))),
            ),
        ),
    ),
    proof=(
        *_steps("plus", "with a_j > 0", _plus),
        *_steps("minus", "with a_j < 0", _minus),
        Definition(
            "gaps",
            "f(z) and <Q, z> are what the half with a_j > 0 gives less what the other gives; the "
            "gap that counts is that of the half which could turn the sign.",
            (
                Eq(answer_z, _plus[3] - _minus[3]),
                Eq(lean_z, _plus[1] - _minus[1]),
                Eq(plus_gap, _plus[2] - sp.Abs(_plus[1])),
                Eq(minus_gap, _minus[2] - sp.Abs(_minus[1])),
                Eq(gap_z, sp.Piecewise((minus_gap, lean_z > 0), (plus_gap, True))),
            ),
        ),
        Inequality(
            "even",
            "f(z) = (1+gamma)/2 <Q, z> + (1-gamma)/2 (S_+ - S_-), S = |H| + gap.",
            Eq(
                answer_z,
                (1 + gamma) / 2 * lean_z
                + (1 - gamma) / 2 * (sp.Abs(_plus[1]) + plus_gap - sp.Abs(_minus[1]) - minus_gap),
            ),
            by="gaps plus-bent minus-bent",
        ),
        Inequality(
            "rest",
            "||H_+| - |H_-|| <= |<Q, z>|.",
            sp.And(
                sp.Abs(_plus[1]) - sp.Abs(_minus[1]) >= -sp.Abs(lean_z),
                sp.Abs(_plus[1]) - sp.Abs(_minus[1]) <= sp.Abs(lean_z),
                plus_gap >= 0,
                minus_gap >= 0,
            ),
            by="gaps plus-above plus-below minus-above minus-below",
        ),
        Inequality(
            "positive",
            "If <Q, z> > 0 then f(z) >= gamma <Q, z> - (1-gamma)/2 gap_-.",
            sp.Implies(lean_z > 0, answer_z >= gamma * lean_z - (1 - gamma) / 2 * minus_gap),
            by="even rest",
        ),
        Inequality(
            "negative",
            "If <Q, z> < 0 then f(z) <= gamma <Q, z> + (1-gamma)/2 gap_+.",
            sp.Implies(lean_z < 0, answer_z <= gamma * lean_z + (1 - gamma) / 2 * plus_gap),
            by="even rest",
        ),
        Inequality(
            "outside",
            "So outside the region the signs agree; <Q, z> = 0 lies inside.",
            sp.Implies(OUTSIDE, SAME_SIGN),
            by="positive negative gaps rest",
        ),
        Definition(
            "contrary",
            "If there are contrary test points, let z be one of them.",
            (
                sp.Implies(
                    outside_contrary > 0,
                    sp.And(OUTSIDE, sp.Ne(sp.sign(answer_z), sp.sign(lean_z))),
                ),
            ),
            chooses="z",
        ),
        Conclusion(
            "claim-boundary",
            "The signs agree at every z outside, so no test point there is contrary.",
            by="outside contrary",
        ),
    ),
    remarks=(
        "The gap of a half is 0 where all its neurons have one sign at z. With b_j = w_j/|a_j| it "
        "is at most c D ‖z‖/2, c the sum of a_j² over the half and D the largest ‖b_i - b_j‖: a "
        "network whose halves have drawn together is linear but for a thin cone.",
        "At slope 1 every network is linear; at slope 0 the statement says nothing.",
    ),
)
