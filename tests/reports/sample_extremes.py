"""Reports that are hard to set: nothing with a space, twelve digits, formulas wider than a page."""

from .sample_report import report
from .sample_scenarios import Json, inconclusive, passing

LONG = "averyveryverylongwordwithoutanyspace" * 5
# Twelve digits, negative, an exponent, and no end: the widest an interval gets.
NUMBERS = [
    {"lower": -123456789012.5, "upper": 123456789987.25},
    {"lower": -1.23456789012e-300, "upper": 9.87654321098e300},
    {"lower": 999999999999.0, "upper": None},
    {"lower": 123456789012.0, "upper": 123456789012.0},
]


def without_figures(raw: Json) -> Json:
    """The report without its figures, which take most of the time to draw."""
    for scenario in raw["scenarios"]:
        scenario["figures"] = []
    return raw


def long_everything() -> Json:
    """Names, sentences, formulas and paths without a space, and twelve digits everywhere."""
    item = inconclusive()
    theorem = item["theorems"][0]
    for claim, numbers in zip(theorem["claims"], NUMBERS, strict=False):
        claim |= {"id": LONG, "says": LONG, "witness": LONG, "settle": LONG, "bound": numbers}
        claim |= {"measured": numbers | {"how": LONG}, "slack": 123456789012.5}
        claim["formula_typst"] = "(" + " + ".join(f"alpha_{k}" for k in range(60)) + ") / beta"
    theorem["assumptions"][0] |= {"lhs": NUMBERS[0], "rhs": NUMBERS[1], "load": 123456789012.5}
    theorem |= {"title": LONG, "reason": LONG, "source": LONG, "trusted_base": [LONG, LONG]}
    item["description"] = item["findings"][0] = item["observations"][0]["says"] = LONG
    item["observations"][0] |= {"value": NUMBERS[0], "count": 123456789012}
    item["cross_checks"][0] |= {"says": LONG, "left": NUMBERS[0], "right": NUMBERS[1]}
    item["configuration"] = {LONG: {"key": LONG}}
    raw = report([item])
    raw["theorems"][0] |= {"title": LONG, "summary": LONG, "id": LONG}
    raw["theorems"][0]["trusted_base"][0] |= {"key": LONG, "says": LONG, "source": LONG}
    raw["theorems"][0]["symbols"][0] |= {"name": LONG, "typst": "", "meaning": LONG, "range": LONG}
    raw["proofs"][0] |= {"theorem": LONG, "title": LONG, "witness": LONG}
    raw["proofs"][0]["steps"][0] |= {"id": LONG, "says": LONG, "engine": "engine-name"}
    raw["environment"]["command"] = f"perturbproof verify {LONG}/{LONG}.toml"
    return without_figures(raw)


def wide_formulas() -> Json:
    """Formulas that only fit when taken apart: long sums in fractions, roots, powers, brackets."""
    terms = " + ".join(f"gamma^{k} R_max^{k}" for k in range(1, 25))
    item = passing()
    claims = item["theorems"][0]["claims"]
    for claim, typst in zip(
        [*claims, claims[0] | {"id": "power"}, claims[0] | {"id": "min"}],
        [
            f"frac({terms}, 1 + frac({terms}, 2)) < 1",
            f"sqrt({terms}) < 1",
            f"({terms})^(2) < 1",
            f"min(frac({terms}, 3), sqrt({terms}))^(2) (1 + gamma) < frac(1, {terms})",
        ],
        strict=True,
    ):
        claim |= {"formula_typst": typst}
        if claim not in claims:
            claims.append(claim)
    raw = report([item])
    raw["theorems"][0]["claims"] = claims
    raw["proofs"][0]["steps"][2] |= {"formula_typst": claims[-1]["formula_typst"]}
    return without_figures(raw)
