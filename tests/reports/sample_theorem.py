"""The theorem, proof and symbols of the sample report."""

from typing import Any

Json = dict[str, Any]


def formula(id_: str, says: str, typst: str, text: str | None = None, **more: Any) -> Json:
    """A statement with its three spellings."""
    return {
        "id": id_,
        "says": says,
        "formula_text": text or typst,
        "formula_typst": typst,
        "formula_latex": typst,
        **more,
    }


def step(
    id_: str, kind: str, says: str, typst: str, engine: str, uses: list[str], **more: Any
) -> Json:
    """A discharged proof step, unless told otherwise."""
    detail = "unsat" if engine == "z3" else None
    ledger = {"status": "discharged", "milliseconds": 1.25, "detail": detail}
    return (
        formula(id_, says, typst)
        | {
            "kind": kind,
            "uses": uses,
            "engine": engine,
            "checked_by": {"z3": "Z3 + cvc5", "trusted": kind}.get(engine, f"exact {kind}"),
            "basis": {"definition": "defined", "citation": "cited"}.get(kind, "checked"),
            "countermodel": None,
            "smt": None,
        }
        | ledger
        | more
    )


MARGIN = formula(
    "near-orthogonal",
    "The samples are nearly orthogonal compared with their norms.",
    "p_max < (gamma^3 R_min^4) / (3 N R_max^2)",
    "p_max < gamma**3*R_min**4/(3*N*R_max**2)",
)
WINDOW = formula(
    "multipliers",
    "Every multiplier lies strictly between two positive bounds.",
    "1/(2 R_max^2) < lambda_n < 3/(2 gamma^2 R_min^2)",
    "1/(2*R_max**2) < lambda_n < 3/(2*gamma**2*R_min**2)",
)
SIGN = formula(
    "sign",
    "The limit network has the sign of a linear function, everywhere.",
    'tau < tau_"asked"',
    "tau < tau_asked",
    display_typst='op("sgn") f(z) = op("sgn") chevron.l q, z chevron.r quad "for all" z in RR^d, '
    "quad q = sum_(n=1)^N lambda_n y_n x_n",
)

STEPS = [
    step(
        "1",
        "definition",
        "Stationarity of the margin problem.",
        "w_j = a_j sum_(n=1)^N lambda_n y_n s_(j n) x_n",
        "sympy",
        [],
    ),
    step(
        "2a", "citation", "Gradient flow converges in direction to a KKT point.", "", "trusted", []
    ),
    step(
        "2b",
        "inequality",
        "The largest multiplier is bounded from above.",
        "lambda_n <= U = 1/(gamma (gamma r - P))",
        "z3",
        ["1", "2a"],
    ),
    step(
        "3",
        "inequality",
        "Feasibility bounds every multiplier from below.",
        "lambda_n >= L = (1 - U P)/R",
        "z3",
        ["2b"],
    ),
    step(
        "4",
        "inequality",
        "Every sample activates exactly the neurons of its own label.",
        "m y_n a_j chevron.l w_j, x_n chevron.r >= gamma L r - U P > 0",
        "z3",
        ["2b", "3"],
    ),
    step(
        "5",
        "identity",
        "The neurons of one half are equal, and their difference is along q.",
        "v - u = ((1 + gamma)/sqrt(m)) q",
        "sympy",
        ["4"],
    ),
    step(
        "6",
        "identity",
        "The activation is strictly increasing, so it keeps signs.",
        'op("sgn") f(z) = op("sgn") chevron.l v - u, z chevron.r',
        "sympy",
        ["5"],
    ),
]

GAP = step(
    "4",
    "inequality",
    "Every sample activates exactly the neurons of its own label.",
    "gamma L r - U P > 0",
    "z3",
    ["2b", "3"],
    status="gap",
    detail="sat: the premises do not imply the step",
    countermodel={"gamma": "1/2", "r": "1", "R": "2", "P": "7/256", "U": "5", "lambda": "17/64"},
)

SYMBOLS = [
    {
        "name": "gamma",
        "typst": "gamma",
        "latex": r"\gamma",
        "range": "(0, 1]",
        "meaning": "slope of the leaky ReLU on its negative side",
    },
    {
        "name": "R_max",
        "typst": "R_max",
        "latex": "R_{\\max}",
        "range": "R_max ≥ R_min > 0",
        "meaning": "largest Euclidean norm of a sample",
    },
    {
        "name": "R_min",
        "typst": "R_min",
        "latex": "R_{\\min}",
        "range": "> 0",
        "meaning": "smallest Euclidean norm of a sample",
    },
    {
        "name": "p_max",
        "typst": "p_max",
        "latex": "p_{\\max}",
        "range": "≥ 0",
        "meaning": "largest absolute inner product of two different samples",
    },
    {
        "name": "lambda_n",
        "typst": "lambda_n",
        "latex": "\\lambda_n",
        "range": "≥ 0",
        "meaning": "KKT multiplier of sample n in the margin problem",
    },
    {
        "name": "tau",
        "typst": "tau",
        "latex": "\\tau",
        "range": "≥ 0",
        "meaning": "sine of the angle about the boundary in which nothing is claimed",
    },
]

SETTING = [
    {
        "id": "network",
        "says": "One hidden layer of m neurons; the output weights a_j are fixed.",
        "formula_text": "f(x) = sum_j a_j phi(<w_j, x>)",
        "formula_typst": "f(x) = sum_(j=1)^m a_j phi(chevron.l w_j, x chevron.r)",
    },
    {"id": "loss", "says": "The loss is exponential."},
]

NOTATION = [
    {"name": "phi", "typst": "phi", "range": "", "meaning": "the leaky ReLU"},
    {"name": "load", "typst": "", "range": ">= 0", "meaning": "one side over the other"},
]

TRUSTED = [
    {
        "key": "A-KKT",
        "source": "Lyu & Li, ICLR 2020; Ji & Telgarsky, NeurIPS 2020",
        "says": "Gradient flow on the exponential or logistic loss, once the loss is below 1/N, "
        "converges in direction to a KKT point of the margin problem.",
    },
    {"key": "A-SUM", "source": "textbook", "says": "Triangle and Cauchy–Schwarz inequalities."},
]


def theorem(id_: str, title: str, origin: str = "paper") -> Json:
    """A theorem of the catalog."""
    return {
        "id": id_,
        "title": title,
        "origin": origin,
        "kind": "theorem",
        "source": {
            "authors": "S. Kumano, H. Kera, T. Yamasaki",
            "title": "Theoretical Understanding of Learning from Adversarial Perturbations",
            "venue": "ICLR",
            "year": 2024,
            "locator": "decision boundary of standard training",
            "url": "https://arxiv.org/abs/2402.10470",
        },
        "summary": "On nearly orthogonal data, gradient flow leads a two-layer leaky-ReLU network "
        "to a linear decision boundary whose normal is a positive combination of the samples.",
        "assumptions": [MARGIN],
        "claims": [WINDOW | {"display_typst": None}, SIGN],
        "trusted_base": TRUSTED,
        "defined": [{"theorem": "earlier", "step": "norms", "says": "The largest norm."}],
        "symbols": SYMBOLS,
    }


def proof(id_: str, title: str, gap: bool = False) -> Json:
    """A proof ledger, with a gap at step 4 on request."""
    steps = [GAP if gap and s["id"] == "4" else s for s in STEPS]
    verdict = "gap" if gap else "proved"
    return {"theorem": id_, "title": title, "verdict": verdict, "seconds": 0.21, "steps": steps}
