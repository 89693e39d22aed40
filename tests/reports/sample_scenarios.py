"""The scenarios of the sample report, one per outcome."""

from typing import Any

from .sample_figures import figures
from .sample_theorem import MARGIN, SIGN, WINDOW, Json, formula

LONG_NAME = "uniform-in-the-regime-with-a-name-that-goes-on-and-on_" + "x" * 60
LONG_FORMULA = " + ".join(
    f"(gamma^{k} R_min^{k + 1}) / ({k + 2} N R_max^{k})" for k in range(1, 14)
)


def exact(value: float) -> Json:
    """A degenerate interval."""
    return {"lower": value, "upper": value}


def around(value: float, relative: float = 1e-14) -> Json:
    """A tight interval."""
    return {"lower": value * (1 - relative), "upper": value * (1 + relative)}


def assumption(holds: str, load: float | None, lhs: Json | None, rhs: Json | None) -> Json:
    """The theorem's assumption, measured."""
    more = {"lhs": lhs, "rhs": rhs, "load": load, "holds": holds, "rigor": "enclosed"}
    return {k: v for k, v in MARGIN.items() if k != "display_typst"} | more


def claim(base: Json, verdict: str, measured: Json | None, bound: Json | None, **more: Any) -> Json:
    """A claim, measured."""
    how = {"how": "exact multipliers, verified linear solve"}
    return (
        base
        | {
            "measured": measured and measured | how,
            "bound": bound,
            "slack": 0.31,
            "rigor": "enclosed",
            "verdict": verdict,
            "settle": None,
            "witness": None,
            "display_typst": base.get("display_typst"),
        }
        | more
    )


def checked(id_: str, title: str, verdict: str, reason: str, **more: Any) -> Json:
    """A theorem on a scenario."""
    return {
        "id": id_,
        "title": title,
        "source": "Kumano et al., ICLR 2024",
        "verdict": verdict,
        "expected": "PASS",
        "as_expected": verdict == "PASS",
        "reason": reason,
        "assumptions": [assumption("yes", 0.142, around(0.0123), around(0.0866))],
        "claims": [
            claim(WINDOW, "PASS", {"lower": 0.8912, "upper": 0.9921}, {"lower": 0.5, "upper": 1.5}),
            claim(SIGN, "PASS", around(3.31e-4, 1e-3), {"lower": None, "upper": 0.01}),
        ],
        "trusted_base": ["A-KKT", "A-SUM"],
        "proof": {"verdict": "proved", "steps": 7, "discharged": 7, "told": "5 checked"},
    } | more


def scenario(name: str, verdict: str, theorems: list[Json], **more: Any) -> Json:
    """A scenario with the usual extras."""
    return {
        "name": name,
        "description": "Sixty-four scaled orthonormal rows: the assumption holds with room.",
        "configuration": {
            "data": {"kind": "orthogonal", "samples": 64, "dimension": 1000, "radius": 1.0},
            "network": {"width": 100, "slope": 0.5, "initial_scale": 1e-4},
            "training": {"loss": "exponential", "steps": 3000, "normalised": True},
            "tolerance": {"tau": 0.01},
        },
        "data": {
            "source": "orthogonal",
            "samples": 64,
            "dimension": 1000,
            "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "range": [-0.131, 0.127],
        },
        "expected": "PASS",
        "verdict": verdict,
        "as_expected": verdict == "PASS",
        "seconds": 1.84,
        "error": None,
        "theorems": theorems,
        "cross_checks": [
            {
                "id": "lambda",
                "says": "multipliers: exact solve against training",
                "left": around(0.94),
                "right": {"lower": 0.93, "upper": 0.95},
                "agree": True,
            }
        ],
        "observations": [
            {
                "says": "sign agreement on Gaussian points",
                "rigor": "statistical",
                "value": {"lower": 0.9991, "upper": 1.0},
                "count": 4000,
            }
        ],
        "findings": ["The assumption holds with a load of 0.142; every claim holds."],
        "figures": figures(),
    } | more


BOUNDARY = "decision-boundary"
TITLE = "Decision boundary of standard training"


def passing(name: str = "orthogonal-in-the-regime") -> Json:
    """A scenario that passes."""
    return scenario(
        name, "PASS", [checked(BOUNDARY, TITLE, "PASS", "Every claim certainly holds.")]
    )


def failing() -> Json:
    """A refuted claim with its witness."""
    claims = [
        claim(
            WINDOW,
            "FAIL",
            around(1.5625),
            {"lower": 0.5, "upper": 1.5},
            slack=-0.0625,
            witness="gamma = 1, N = 4, all labels +1, unit vectors with inner products -0.12: "
            "lambda_n = 1/(1 - 0.36) = 1.5625 > 3/2\n"
            "perturbproof verify simplex.toml --seed 0",
        ),
        claim(SIGN, "PASS", around(3.31e-4, 1e-3), {"lower": None, "upper": 0.01}),
    ]
    reason = "The assumption certainly holds and claim multipliers certainly does not."
    theorem_ = checked(
        BOUNDARY,
        TITLE,
        "FAIL",
        reason,
        claims=claims,
        assumptions=[assumption("yes", 0.96, around(0.12), exact(0.125))],
    )
    findings = ["The data refute the theorem: every multiplier is 1.5625, above the claimed 1.5."]
    return scenario(
        "four-unit-vectors-simplex",
        "FAIL",
        [theorem_],
        findings=findings,
        figures=figures()[:1],
    )


def vacuous() -> Json:
    """Real digits, far outside the assumption, as expected."""
    claims = [
        claim(
            WINDOW,
            "NOT OBSERVED",
            {"lower": -0.182, "upper": 0.611},
            {"lower": 1.2e-3, "upper": 1.5e7},
            rigor="numeric",
            slack=None,
        ),
        claim(
            SIGN,
            "OBSERVED",
            {"lower": 0.994, "upper": 1.0},
            None,
            rigor="statistical",
            slack=None,
            settle="4000 Gaussian points; family-wise confidence 0.99",
        ),
    ]
    reason = "The assumption certainly fails, by a factor of 1.5 × 10⁸, so nothing is claimed."
    theorem_ = checked(
        BOUNDARY,
        TITLE,
        "VACUOUS",
        reason,
        claims=claims,
        expected="VACUOUS",
        as_expected=True,
        assumptions=[assumption("no", 1.5e8, exact(4471.0), around(2.98e-5))],
    )
    findings = [
        "The assumption fails by a factor of 1.5 × 10⁸; the conclusion is observed all the same."
    ]
    return scenario(
        "digits-0-against-1-all",
        "VACUOUS",
        [theorem_],
        expected="VACUOUS",
        as_expected=True,
        findings=findings,
        figures=figures(60, wild=True),
    )


def inconclusive() -> Json:
    """A network not yet close enough to its limit, 12-digit numbers, a long name."""
    claims = [
        claim(
            WINDOW,
            "PASS",
            {"lower": 123456789012.25, "upper": 123456789912.5},
            {"lower": None, "upper": None},
        ),
        claim(
            SIGN,
            "INCONCLUSIVE",
            around(0.0421, 1e-3),
            {"lower": None, "upper": 0.01},
            slack=-0.0321,
            rigor="numeric",
            settle="Train for about 4 times as many steps: τ falls like 1/t.",
        ),
        claim(
            formula("long", "A claim with a long formula.", LONG_FORMULA + " < 1"),
            "INCONCLUSIVE",
            {"lower": 123456.789012, "upper": 123456.789345},
            {"lower": 1e-300, "upper": 1e300},
        ),
    ]
    reason = "The network is not yet close to its limit: τ is 0.0421, the scenario asks for 0.01."
    theorem_ = checked(
        BOUNDARY,
        TITLE,
        "INCONCLUSIVE",
        reason,
        claims=claims,
        assumptions=[
            assumption(
                "unknown",
                0.999999,
                {"lower": 0.0865, "upper": 0.0867},
                {"lower": 0.0866, "upper": None},
            )
        ],
    )
    findings = ["Training stopped early: the certified angle is 4.2 times what was asked."]
    return scenario(
        LONG_NAME,
        "INCONCLUSIVE",
        [theorem_],
        findings=findings,
        figures=figures()[2:],
        configuration={"data": {"path": "/very/long/" + "folder/" * 20 + "data.npz"}},
    )


def broken() -> Json:
    """A scenario that could not be run."""
    return scenario(
        "uniform-out-of-memory",
        "ERROR",
        [],
        cross_checks=[],
        observations=[],
        findings=[],
        figures=[],
        data=None,
        error="numpy._core._exceptions._ArrayMemoryError: Unable to allocate 447. GiB "
        "for an array with shape (1000000, 60000) and data type float64",
    )
