"""Small theorem files that a proof engine must not be talked into, each a kind of attack.

Every function builds a theorem, or is refused while it does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy as sp
from perturbproof.theory import (
    Assumption,
    Cases,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Identity,
    Inequality,
    Let,
    Limit,
    Theorem,
    theorem,
)
from perturbproof.theory.statement import PROJECT
from perturbproof.theory.steps import linear_boundary, perturbed
from perturbproof.theory.steps.kkt import A_eigenvalue, lambda_n
from perturbproof.theory.steps.rows import lambda_k
from perturbproof.theory.steps.sums import LARGEST, MEAN_UPPER
from perturbproof.theory.symbols import (
    N,
    R_max,
    R_min,
    activation_margin,
    declare,
    gamma,
    lambda_max,
    lambda_min,
    p_max,
    tau,
    tau_asked,
)

ATTACKS: list[Callable[[], Theorem]] = []


def attack(build: Callable[[], Theorem]) -> Callable[[], Theorem]:
    ATTACKS.append(build)
    return build


def T(id, assumptions, claims, proof, **more) -> Theorem:
    return Theorem(id, id, id, PROJECT, tuple(assumptions), tuple(claims), tuple(proof), **more)


def A(id, relation) -> Assumption:
    return Assumption(id, id, relation)


def C(id, relation, **more) -> Claim:
    return Claim(id, id, relation, **more)


def End(claim, *by) -> Conclusion:
    return Conclusion(f"end-{claim}", "So.", claim, by=" ".join(by))


def real(name, **more):
    return declare(name, "any real number", **more)


@attack
def a01() -> Theorem:
    """Two definitions that contradict each other, used in one step."""
    return T(
        "a01",
        [],
        [C("c", lambda_max < 1)],
        [
            Definition("d1", "x", (R_max > R_min,)),
            Definition("d2", "x", (R_max < R_min,)),
            End("c", "d1", "d2"),
        ],
    )


@attack
def a03() -> Theorem:
    """Assumption False."""
    return T("a03", [A("no", sp.false)], [C("c", lambda_max < 1)], [End("c", "no")])


@attack
def a05() -> Theorem:
    """A step uses itself."""
    return T(
        "a05",
        [],
        [C("c", lambda_max < 1)],
        [Inequality("i", "x", lambda_max < 1, by="i"), End("c", "i")],
    )


@attack
def a06() -> Theorem:
    """A step uses a later step."""
    return T(
        "a06",
        [],
        [C("c", lambda_max < 1)],
        [
            Inequality("i", "x", lambda_max < 1, by="j"),
            Inequality("j", "x", lambda_max < 1, by="i"),
            End("c", "j"),
        ],
    )


@attack
def a07() -> Theorem:
    """A step named twice."""
    return T(
        "a07",
        [],
        [C("c", lambda_max >= 0)],
        [
            Inequality("i", "x", lambda_max >= 0),
            Inequality("i", "x", lambda_max >= -1),
            End("c", "i"),
        ],
    )


@attack
def a09() -> Theorem:
    """Two assumptions with one id."""
    return T("a09", [A("a", p_max < 1), A("a", p_max < 5)], [C("c", p_max < 1)], [End("c", "a")])


@attack
def a11() -> Theorem:
    """A declared range that is empty (typo low=1, high=0)."""
    x = declare("x_share", "a share in per cent", low=1, high=0)
    return T("a11", [], [C("c", lambda_max < x)], [End("c")])


@attack
def a13() -> Theorem:
    """Integer range (0,1), both ends open: no integer."""
    k = declare("k_int", "an integer", low=0, high=1, open_low=True, open_high=True, integer=True)
    return T("a13", [], [C("c", lambda_max < k)], [End("c")])


@attack
def a14() -> Theorem:
    """Let gives a measured symbol a value (p_max := 0), then the library's own steps."""
    T0 = theorem("standard-boundary")
    no = Let("no-cross", "Write p_max for 0.", p_max, sp.Integer(0))
    steps = tuple(replace(s, by=s.by.replace("nearly-orthogonal", "no-cross")) for s in T0.proof)
    return replace(T0, id="a14", assumptions=(), proof=(no, *steps))


@attack
def a16() -> Theorem:
    """Let of a symbol in a claim."""
    return T(
        "a16",
        [],
        [C("c", lambda_max <= 0)],
        [Let("l", "x", lambda_max, sp.Integer(0)), End("c", "l")],
    )


@attack
def a17() -> Theorem:
    """Two Lets for one symbol."""
    u = declare("u_q", "u", abbreviation=True)
    return T(
        "a17",
        [],
        [C("c", lambda_max < 1)],
        [Let("l", "x", u, N), Let("m", "x", u, N + 1), End("c", "l", "m")],
    )


@attack
def a18() -> Theorem:
    """Let 1/x with x >= 0."""
    u = declare("u_q", "u", abbreviation=True)
    return T("a18", [], [C("c", p_max >= 0)], [Let("l", "x", u, 1 / p_max), End("c", "l")])


@attack
def a19() -> Theorem:
    """Let with a declared range that the value leaves."""
    u = declare("u_unit", "u", abbreviation=True, low=0, high=1)
    return T("a19", [], [C("c", p_max <= 1)], [Let("l", "x", u, p_max), End("c", "l")])


@attack
def a20() -> Theorem:
    """Earlier with at: p_max replaced by a name for 0, all else by itself."""
    zero = declare("zero_q", "the number 0", low=0)
    sb = theorem("standard-boundary")
    same = tuple(
        (s, s)
        for s in (
            N,
            R_max,
            R_min,
            lambda_max,
            lambda_min,
            activation_margin,
            tau,
            tau_asked,
            linear_boundary.f_z,
            linear_boundary.q_z,
            linear_boundary.trained_z,
            linear_boundary.norm_z,
            linear_boundary.norm_q,
        )
    )
    return T(
        "a20",
        [],
        [
            C("upper", lambda_max < 3 / (2 * gamma**2 * R_min**2)),
            C("pattern", activation_margin > 0),
        ],
        [
            Let("zero", "Write 0.", zero, sp.Integer(0)),
            Definition("norms", "The largest norm is at least the smallest.", (R_max >= R_min,)),
            Earlier("e", "x", sb, at=((p_max, zero), *same), by="zero norms"),
            End("upper", "e"),
            End("pattern", "e"),
        ],
    )


@attack
def a23() -> Theorem:
    """Earlier with an expression for a symbol."""
    sb = theorem("refined-multipliers")
    return T(
        "a23",
        [],
        [C("upper", lambda_max <= 3 / (2 * gamma**2 * R_min**2))],
        [
            Earlier(
                "e",
                "x",
                sb,
                at=((p_max, sp.Integer(0)),),
                shared=(gamma, N, R_min, R_max, lambda_max, lambda_min),
            ),
            End("upper", "e"),
        ],
    )


@attack
def a26() -> Theorem:
    """The same with chooses."""
    return T(
        "a26",
        [],
        [C("c", lambda_max <= lambda_min)],
        [
            Definition(
                "least",
                "The smallest multiplier is attained at some n.",
                (sp.Eq(lambda_min, lambda_n),),
                chooses="n",
            ),
            Definition(
                "largest",
                "The largest multiplier is attained at some n.",
                (sp.Eq(lambda_max, lambda_n),),
                chooses="n",
            ),
            End("c", "least", "largest"),
        ],
    )


@attack
def a28() -> Theorem:
    """The same with index n."""
    return T(
        "a28",
        [],
        [C("c", lambda_max <= lambda_min)],
        [
            Citation(
                "max",
                "The largest is at most c, as each is.",
                LARGEST(lambda_max, lambda_n, lambda_n),
            ),
            Definition(
                "least",
                "The smallest is attained at some n.",
                (sp.Eq(lambda_min, lambda_n),),
                chooses="n",
            ),
            End("c", "max", "least"),
        ],
    )


@attack
def a30() -> Theorem:
    """And used through Earlier: all multipliers are equal."""
    INNER = T(
        "a30-inner",
        [],
        [C("c", lambda_n <= lambda_min)],
        [
            Definition(
                "least",
                "The smallest is attained at some n.",
                (sp.Eq(lambda_min, lambda_n),),
                chooses="n",
            ),
            End("c", "least"),
        ],
    )
    return T(
        "a30",
        [],
        [C("c", lambda_max <= lambda_min)],
        [
            Earlier("all", "x", INNER),
            Citation("max", "x", LARGEST(lambda_max, lambda_n, lambda_min), by="all"),
            End("c", "max"),
        ],
    )


@attack
def a31() -> Theorem:
    """A chosen n taken for all by LARGEST in one proof."""
    return T(
        "a31",
        [],
        [C("c", lambda_max <= lambda_min)],
        [
            Definition(
                "least",
                "The smallest is attained at some n.",
                (sp.Eq(lambda_min, lambda_n),),
                chooses="n",
            ),
            Citation("max", "x", LARGEST(lambda_max, lambda_n, lambda_min), by="least"),
            End("c", "max"),
        ],
    )


@attack
def a35() -> Theorem:
    """Let of an alias of p_max (other assumptions), p_max itself in the claim."""
    x = sp.Symbol("p_max", real=True)
    return T("a35", [], [C("c", p_max < 1)], [Let("l", "x", x, sp.Integer(0)), End("c", "l")])


@attack
def a36() -> Theorem:
    """An undeclared symbol in a claim."""
    return T("a36", [], [C("c", sp.Symbol("foo", real=True) < lambda_max)], [End("c")])


@attack
def a38() -> Theorem:
    """Formal trivial, relation false, not a limit."""
    return T("a38", [], [C("c", lambda_max < lambda_min, formal=lambda_max >= 0)], [End("c")])


@attack
def a39() -> Theorem:
    """Display says something else than what is proved."""
    f, z = sp.Function("f"), sp.Symbol("z")
    return T(
        "a39", [], [C("c", lambda_max >= 0, display=sp.Eq(f(z), 0, evaluate=False))], [End("c")]
    )


@attack
def a42() -> Theorem:
    """An assumption with a root on one branch, measured symbol A_eigenvalue."""
    return T(
        "a42",
        [A("a", sp.Or(A_eigenvalue < 0, sp.sqrt(A_eigenvalue) < 1))],
        [C("c", A_eigenvalue >= 0)],
        [End("c", "a")],
    )


@attack
def a43() -> Theorem:
    """Sqrt(x) >= 0 for real x."""
    x = real("xx")
    return T("a43", [], [C("c", sp.sqrt(x) >= 0)], [End("c")])


@attack
def a45() -> Theorem:
    """Division: y/x*x with hypotheses on 1/x, x may be 0."""
    x, y = real("xx"), real("yy")
    return T("a45", [A("a", sp.Eq(y, 1 / x))], [C("c", sp.Eq(x * y, 1))], [End("c", "a")])


@attack
def a46() -> Theorem:
    """Z3 division by zero: 1/x = 1/x' for x = x' = 0 only by congruence; claim 1/p >= 0."""
    return T("a46", [A("a", sp.Eq(R_max * p_max, 0))], [C("c", 1 / p_max >= 0)], [End("c", "a")])


@attack
def a47() -> Theorem:
    """Identity (sqrt(x)+1)(sqrt(x)-1) = x-1 used for x >= 0."""
    x = real("xx")
    return T(
        "a47",
        [],
        [C("c", x >= 0)],
        [Identity("i", "x", (sp.sqrt(x) + 1) * (sp.sqrt(x) - 1), x - 1), End("c", "i")],
    )


@attack
def a48() -> Theorem:
    """Sqrt(x^2) = x for real x."""
    x = real("xx")
    return T(
        "a48",
        [],
        [C("c", sp.Eq(sp.sqrt(x**2), x))],
        [Identity("i", "x", sp.sqrt(x**2), x), End("c", "i")],
    )


@attack
def a49() -> Theorem:
    """Log(a b) = log a + log b for real a, b."""
    x, y = real("xx"), real("yy")
    return T(
        "a49",
        [A("p", x * y > 0)],
        [C("c", sp.Eq(sp.log(x * y), sp.log(x) + sp.log(y)))],
        [Identity("i", "x", sp.log(x * y), sp.log(x) + sp.log(y)), End("c", "i", "p")],
    )


@attack
def a51() -> Theorem:
    """Arctan identity on one branch."""
    x = real("xx")
    return T(
        "a51",
        [A("a", sp.Ne(x, 0))],
        [C("c", p_max >= 0)],
        [Identity("i", "x", sp.atan(x) + sp.atan(1 / x), sp.pi / 2), End("c")],
    )


@attack
def a52() -> Theorem:
    """(x^3)^(1/3) = x for real x."""
    x = real("xx")
    return T("a52", [], [C("c", sp.Eq((x**3) ** sp.Rational(1, 3), x))], [End("c")])


@attack
def a53() -> Theorem:
    """X^gamma >= 0 (real exponent)."""
    x = real("xx")
    return T("a53", [], [C("c", x**gamma >= 0)], [End("c")])


@attack
def a54() -> Theorem:
    """Arccos outside [-1, 1]."""
    x = real("xx")
    return T("a54", [], [C("c", sp.acos(x) >= 0)], [End("c")])


@attack
def a55() -> Theorem:
    """Floor."""
    return T("a55", [], [C("c", sp.floor(p_max) >= p_max)], [End("c")])


@attack
def a56() -> Theorem:
    """Sign(x)^2 = 1 at 0."""
    x = real("xx")
    return T("a56", [], [C("c", sp.Eq(sp.sign(x) ** 2, 1))], [End("c")])


@attack
def a57() -> Theorem:
    """Max/Min/Abs at ties: Max(x,y) > Min(x,y)."""
    x, y = real("xx"), real("yy")
    return T("a57", [], [C("c", sp.Max(x, y) > sp.Min(x, y))], [End("c")])


@attack
def a58() -> Theorem:
    """Strict for non-strict: x < 1 for x in [0, 1]."""
    return T("a58", [], [C("c", gamma < 1)], [End("c")])


@attack
def a59() -> Theorem:
    """Odd N: true for integers only ((N-1)(N-2) >= 0); countermodel 3/2 is no data set."""
    return T("a59", [], [C("c", (N - 1) * (N - 2) >= 0)], [End("c")])


@attack
def a60() -> Theorem:
    """Cos(pi N)^2 = 1 : N integer for the reader only."""
    return T("a60", [], [C("c", sp.cos(sp.pi * N) ** 2 >= 1)], [End("c")])


@attack
def a63() -> Theorem:
    """Limit of 1/x at 0 is +oo."""
    x = real("xx")
    return T(
        "a63", [], [C("c", p_max >= 0)], [Limit("l", "x", 1 / x, x, sp.Integer(0), sp.oo), End("c")]
    )


@attack
def a67() -> Theorem:
    """Every number is below infinity."""
    return T("a67", [], [C("c", lambda_max < sp.oo)], [End("c")])


@attack
def a68() -> Theorem:
    """Two infinite sides."""
    return T(
        "a68", [], [C("c", p_max >= 0)], [Identity("i", "x", sp.oo * N, sp.oo * N + 1), End("c")]
    )


@attack
def a70() -> Theorem:
    """A symbol named like the printer's own root constants."""
    x = declare("root!1", "a number")
    return T("a70", [], [C("c", sp.sqrt(p_max) >= x)], [End("c")])


@attack
def a71() -> Theorem:
    """A symbol named true."""
    x = declare("true", "a number", low=0)
    return T("a71", [], [C("c", x >= 0)], [End("c")])


@attack
def a72() -> Theorem:
    """A symbol named with a prime and a space."""
    x = declare("p' max", "a number", low=0)
    return T("a72", [], [C("c", x + p_max >= 0)], [End("c")])


@attack
def a73() -> Theorem:
    """A range end that is a fraction."""
    x = declare("half_to_one", "a number", low=sp.Rational(1, 2), high=1)
    return T("a73", [], [C("c", x > 0)], [End("c")])


@attack
def a74() -> Theorem:
    """== for Eq in a claim (Python False)."""
    return T("a74", [], [C("c", lambda_max == lambda_min)], [End("c")])


@attack
def a75() -> Theorem:
    """== of equal things in a claim (Python True)."""
    return T(
        "a75", [], [C("c", (lambda_max + lambda_min) == (lambda_min + lambda_max))], [End("c")]
    )


@attack
def a76() -> Theorem:
    """Cases that do not cover."""
    x = real("xx")
    return T(
        "a76", [], [C("c", x**2 > 0)], [Cases("k", "x", (x > 0, x < 0), x**2 > 0), End("c", "k")]
    )


@attack
def a77() -> Theorem:
    """Cases without cases."""
    return T(
        "a77", [], [C("c", lambda_max < 1)], [Cases("k", "x", (), lambda_max < 1), End("c", "k")]
    )


@attack
def a78() -> Theorem:
    """Mean of numbers bounded by one of them (index n under a mean over j)."""
    mean = declare("lambda_mean", "mean multiplier", low=0)
    return T(
        "a78",
        [],
        [C("c", mean <= lambda_min)],
        [
            Citation(
                "m",
                "The mean is at most what each is at most.",
                MEAN_UPPER(mean, lambda_n, lambda_n),
            ),
            Definition(
                "least",
                "The smallest is attained at some n.",
                (sp.Eq(lambda_min, lambda_n),),
                chooses="n",
            ),
            End("c", "m", "least"),
        ],
    )


@attack
def a79() -> Theorem:
    """Identity with a case outside the range, then used."""
    return T(
        "a79",
        [],
        [C("c", gamma >= 1)],
        [Identity("i", "x", gamma**2, gamma, cases=({gamma: 1}, {gamma: 0})), End("c", "i")],
    )


@attack
def a80() -> Theorem:
    """Claim needs a Float."""
    return T("a80", [], [C("c", gamma <= 1.1)], [End("c")])


@attack
def a81() -> Theorem:
    """A premise that can never hold (claim about nothing)."""
    return T("a81", [], [C("c", sp.Implies(p_max < 0, lambda_max < 0))], [End("c")])


@attack
def b01() -> Theorem:
    """Contradictory assumption that Z3 needs more than 100 ms for (AM-GM of 4 numbers reversed)."""
    a, b, c, d4 = R_max, R_min, lambda_max, lambda_min
    return T(
        "b01",
        [A("a", a**4 + b**4 + c**4 + d4**4 < 4 * a * b * c * d4)],
        [C("c", lambda_max > 10 * N)],
        [End("c", "a")],
    )


@attack
def slope_not_positive() -> Theorem:
    """An assumption that only what a theorem presumes, a positive slope, contradicts."""
    return T(
        "slope-not-positive",
        [A("a", gamma <= 0)],
        [C("c", lambda_max > 10 * N * gamma)],
        [End("c", "a")],
    )


@attack
def b03() -> Theorem:
    """Alias positive=True skips a range premise of Earlier (adv_R_min may be 0)."""
    sb = theorem("refined-multipliers")
    r0 = sp.Symbol("adv_R_min", positive=True)
    return T(
        "b03",
        [
            A(
                "a",
                perturbed.adv_p_max * 3 * perturbed.N_adv * perturbed.adv_R_max**2
                < gamma**3 * r0**4,
            ),
            A("b", perturbed.adv_p_max >= 0),
        ],
        [C("upper", perturbed.adv_lambda_max * 2 * gamma**2 * r0**2 <= 3)],
        [
            Earlier(
                "e",
                "x",
                sb,
                at=(
                    (R_min, r0),
                    (R_max, perturbed.adv_R_max),
                    (p_max, perturbed.adv_p_max),
                    (N, perturbed.N_adv),
                    (lambda_max, perturbed.adv_lambda_max),
                    (lambda_min, perturbed.adv_lambda_min),
                ),
                by="a",
            ),
            End("upper", "e"),
        ],
    )


@attack
def b04() -> Theorem:
    """Chooses names a letter that no symbol of the fact carries."""
    return T(
        "b04",
        [],
        [C("c", lambda_max <= lambda_min)],
        [
            Definition(
                "least",
                "The smallest is attained at some sample.",
                (sp.Eq(lambda_min, lambda_k),),
                chooses="n",
            ),
            Citation("max", "x", LARGEST(lambda_max, lambda_k, lambda_min), by="least"),
            End("c", "max"),
        ],
    )


@attack
def b07() -> Theorem:
    """Let gamma := 1 (measured, not in the claim)."""
    return T(
        "b07",
        [A("a", (N - 1) * p_max < R_min**4 / (R_max**2 + 2 * R_min**2))],
        [C("c", lambda_max < 3 / (2 * R_min**2))],
        [
            Let("l", "x", gamma, sp.Integer(1)),
            Definition("n", "x", (R_max >= R_min,)),
            Earlier("e", "x", theorem("half-aware"), by="l a n"),
            End("c", "e", "l"),
        ],
    )


@attack
def b09() -> Theorem:
    """The same with Let."""
    g = declare(
        "room",
        "R_min² - (N-1) p_max, the room that is left",
        abbreviation=True,
        low=0,
        open_low=True,
    )
    return T(
        "b09",
        [],
        [C("c", (N - 1) * p_max < R_min**2)],
        [
            Let("room", "Write room for R_min² - (N-1) p_max.", g, R_min**2 - (N - 1) * p_max),
            End("c", "room"),
        ],
    )


@attack
def b12() -> Theorem:
    """A root of an honest definition in an Or, in a theorem on measured symbols."""
    s = declare("spread_root", "sqrt(R_max² - 2 R_min²) where that is not negative, else 0", low=0)
    return T(
        "b12",
        [],
        [C("c", R_max**2 >= 2 * R_min**2)],
        [
            Definition(
                "s",
                "By definition.",
                (
                    sp.Eq(
                        s,
                        sp.Piecewise(
                            (sp.sqrt(R_max**2 - 2 * R_min**2), R_max**2 >= 2 * R_min**2), (0, True)
                        ),
                    ),
                ),
            ),
            End("c", "s"),
        ],
    )


@attack
def b14() -> Theorem:
    """A symbol named true, decided by Z3."""
    x = declare("true", "a number", low=0)
    return T("b14", [A("a", p_max < x)], [C("c", p_max < x + R_max)], [End("c", "a")])


@attack
def b16() -> Theorem:
    """A name with a prime only, decided by Z3."""
    x = declare("p'", "a number", low=0)
    return T("b16", [A("a", p_max < x)], [C("c", p_max < x + R_max)], [End("c", "a")])


@attack
def b18() -> Theorem:
    """A range end that is a fraction, decided by Z3."""
    x = declare("half_to_one", "a number", low=sp.Rational(1, 2), high=1)
    return T("b18", [A("a", p_max < x)], [C("c", p_max < x + R_max)], [End("c", "a")])


@attack
def b19() -> Theorem:
    """A range end that is a float."""
    x = declare("half_to_one", "a number", low=0.5, high=1)
    return T("b19", [A("a", p_max < x)], [C("c", p_max < x + R_max)], [End("c", "a")])


@attack
def b21() -> Theorem:
    """A Piecewise whose branches cover but have no True."""
    x = real("xx")
    return T("b21", [], [C("c", sp.Piecewise((1, x > 0), (2, x <= 0)) >= 1)], [End("c")])


@attack
def b25() -> Theorem:
    """Claim on a user symbol that nothing measures."""
    x = declare("any_x", "any number", low=0)
    return T("b25", [], [C("c", x + 1 >= p_max / (p_max + 1))], [End("c")])


@attack
def b26() -> Theorem:
    """The sign of 0 is taken for 1 or -1."""
    x = real("xx")
    return T(
        "b26",
        [],
        [C("c", sp.Abs(sp.sign(x)) >= sp.Min(1, sp.Abs(x) + sp.Rational(1, 2)))],
        [End("c")],
    )


@attack
def b27() -> Theorem:
    """Exp and log: exp(x) >= 1 + x."""
    x = real("xx")
    return T("b27", [], [C("c", sp.exp(x) >= 1 + x)], [End("c")])


@attack
def b28() -> Theorem:
    """Two opaque terms that look alike: log(x^2) = 2 log(x)."""
    x = real("xx")
    return T(
        "b28", [A("a", sp.Ne(x, 0))], [C("c", sp.Eq(sp.log(x**2), 2 * sp.log(x)))], [End("c", "a")]
    )


@attack
def b29() -> Theorem:
    """Acos monotone with arguments out of range."""
    x, y = real("xx"), real("yy")
    return T("b29", [A("a", x < y)], [C("c", sp.acos(x) > sp.acos(y))], [End("c", "a")])


@attack
def b31() -> Theorem:
    """Definition that says a range is empty (p_max < 0), nothing else used."""
    return T(
        "b31", [], [C("c", lambda_max < 1)], [Definition("d", "x", (p_max < 0,)), End("c", "d")]
    )


@attack
def b32() -> Theorem:
    """An assumption on a user symbol equal to nothing: exists-forall confusion."""
    b = declare("bound_b", "a bound of every multiplier", low=0)
    return T(
        "b32",
        [A("a", b < 1)],
        [C("c", lambda_max < 1)],
        [Definition("d", "b bounds every multiplier.", (lambda_max <= b,)), End("c", "a", "d")],
    )


@attack
def b34() -> Theorem:
    """A Let for an expression under a chosen n, index kept: then claimed for all."""
    w_n = declare("w_n", "a copy of lambda_n", abbreviation=True, index="n")
    return T(
        "b34",
        [],
        [C("c", lambda_max <= lambda_min)],
        [
            Definition("least", "attained", (sp.Eq(lambda_min, lambda_n),), chooses="n"),
            Let("w", "x", w_n, lambda_n),
            Inequality("i", "x", w_n <= lambda_min, by="w least"),
            Citation("max", "x", LARGEST(lambda_max, w_n, lambda_min), by="i"),
            End("c", "max"),
        ],
    )


@attack
def b36() -> Theorem:
    """The same claim with the library's own symbol."""
    return T("b36", [], [C("boundary", activation_margin > 0)], [End("boundary")])
