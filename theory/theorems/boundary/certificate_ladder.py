"""The ladder of closed-form certificates: paper, exact chain, half-aware."""

from dataclasses import replace

import sympy as sp

from ...statement import PROJECT, Claim, Conclusion, Inequality, Let, Theorem
from ...steps import kkt, linear_boundary
from ...steps.kkt import L, P, R, U, r
from ...symbols import declare, gamma
from . import exact_chain, half_aware, standard_boundary

U_half = declare("U_half", "the half-aware upper bound of the multipliers", abbreviation=True)
L_half = declare("L_half", "the half-aware lower bound of the multipliers", abbreviation=True)

_exact = P < gamma**3 * r**2 / (R + gamma * (1 + gamma) * r)
_half = linear_boundary.half_aware(R, r, P)

THEOREM = Theorem(
    id="certificate-ladder",
    order=160,
    title="The paper's condition implies the exact chain, and that the half-aware condition",
    summary=(
        "Each closed-form certificate contains the one before. Each is exactly the condition under "
        "which its own bounds U and L separate: gamma L r > U P."
    ),
    source=replace(PROJECT, locator="section on certificates"),
    assumptions=standard_boundary.THEOREM.assumptions,
    claims=(
        Claim("exact-chain", "The exact chain condition holds.", exact_chain.CONDITION),
        Claim("half-aware", "The half-aware condition holds.", half_aware.CONDITION),
    ),
    proof=(
        *kkt.NAMES,
        Inequality(
            "paper-to-exact <- nearly-orthogonal r R norms P",
            "The paper's condition implies the exact chain: gamma (1+gamma) r <= 2 R.",
            _exact,
        ),
        Inequality(
            "exact-to-half <- norms r R",
            "The exact chain implies the half-aware condition.",
            sp.Implies(_exact, _half),
        ),
        Inequality(
            "half-to-regime <- norms r R",
            "Every rung implies gamma r > P.",
            sp.Implies(_half, gamma * r > P),
        ),
        Inequality(
            "regime <- paper-to-exact exact-to-half half-to-regime",
            "So gamma r > P here.",
            gamma * r > P,
        ),
        Let("U <- regime", "The exact chain's U.", U, 1 / (gamma * (gamma * r - P))),
        Let("L", "The exact chain's L.", L, (1 - U * P) / R),
        Inequality(
            "exact-iff <- U L regime",
            "Given gamma r > P, the exact chain condition says exactly that gamma L r > U P.",
            sp.Equivalent(_exact, gamma * L * r > U * P),
        ),
        Inequality(
            "half-positive <- regime",
            "Given gamma r > P, the half-aware U is positive.",
            (1 + gamma**2) * r > (1 + gamma) * P,
        ),
        Let(
            "U-half <- half-positive",
            "The half-aware U.",
            U_half,
            2 / ((1 + gamma**2) * r - (1 + gamma) * P),
        ),
        Let(
            "L-half",
            "The half-aware L.",
            L_half,
            (2 - (1 + gamma) * U_half * P) / ((1 + gamma**2) * R),
        ),
        Inequality(
            "half-iff <- U-half L-half regime half-positive",
            "Given gamma r > P, the half-aware condition says exactly that gamma L r > U P with "
            "the half-aware bounds.",
            sp.Equivalent(_half, gamma * L_half * r > U_half * P),
        ),
        Conclusion(
            "claim-exact <- paper-to-exact r R P", "In the original symbols.", "exact-chain"
        ),
        Conclusion(
            "claim-half <- paper-to-exact exact-to-half r R P",
            "In the original symbols.",
            "half-aware",
        ),
    ),
)
