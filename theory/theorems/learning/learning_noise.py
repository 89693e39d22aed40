"""Learning from perturbed uniform noise, with the probability of the draw of the noise."""

from dataclasses import replace

import sympy as sp

from ...statement import (
    KUMANO,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Let,
    Theorem,
)
from ...steps.perturbed import HATS, N_adv, indicator, r_hat
from ...steps.probability import SUB_EVENT
from ...symbols import declare, gamma
from ..boundary.uniform_data import delta
from .uniform_noise import (
    CLOSER,
    HATS_MET,
    TAILS,
    WITHIN,
    WORST_SPELLED,
    P_worst,
    R_worst,
    any_bad,
    miss,
    product,
    r_worst,
    t1,
    t2,
    t3,
    worst,
)

noise_chance = declare(
    "noise_chance",
    "probability, over base samples drawn uniformly from [-1, 1]^d with dir fixed, that the "
    "perturbed set meets both assumptions of perturbed-boundary, for all labels at once; measured "
    "as an exact binomial interval over fresh draws",
    low=0,
    high=1,
    latex="\\Pr[\\mathrm{boundary}]",
    typst='Pr["boundary"]',
)

_STEPS = (
    *TAILS,
    *HATS[:3],
    *(
        Let(name, f"Write {symbol} for what the radii leave.", symbol, value, uses=uses)
        for name, symbol, value, uses in zip(
            ("R-worst", "r-worst", "P-worst"),
            (R_worst, r_worst, P_worst),
            worst(t1, t2, t3),
            ((), (), ()),
            strict=True,
        )
    ),
    Inequality(
        "radius-short",
        "The first assumption in the short names.",
        sp.And(worst(t1, t2, t3)[1] > 0, worst(t1, t2, t3)[0] > 0),
        uses=("radius-worst", "t1", "t2", "t3", "two-samples"),
    ),
    Inequality(
        "condition-short",
        "And the second.",
        product(*worst(t1, t2, t3)),
        uses=("condition-worst", "t1", "t2", "t3"),
    ),
    Inequality(
        "worst-radius",
        "Shorter still.",
        sp.And(r_worst > 0, R_worst >= r_worst),
        uses=("radius-short", "r-worst", "R-worst"),
    ),
    Inequality(
        "worst",
        "Shorter still.",
        product(R_worst, r_worst, P_worst),
        uses=("condition-short", "R-worst", "r-worst", "P-worst"),
    ),
    Inequality(
        "closer",
        "Within the radii the perturbed set is no worse than that.",
        sp.Implies(WITHIN, CLOSER),
        uses=("R-hat", "r-hat", "P-hat", "R-worst", "r-worst", "P-worst"),
    ),
    Inequality(
        "weaker-r",
        "The condition gets weaker as r grows.",
        sp.Implies(
            r_hat >= r_worst,
            sp.And(
                r_hat > 0,
                P_worst * ((1 + gamma**2) * R_worst + 2 * gamma * (1 + gamma) * r_hat)
                < gamma * (1 + gamma**2) * r_hat**2,
            ),
        ),
        uses=("worst", "worst-radius"),
    ),
    Inequality(
        "weaker",
        "And as R and P shrink.",
        sp.Implies(CLOSER, HATS_MET),
        uses=("weaker-r",),
    ),
    Inequality(
        "met",
        "So only a draw that leaves the radii can miss an assumption of perturbed-boundary, here "
        "written without fractions.",
        sp.Implies(WITHIN, HATS_MET),
        uses=("closer", "weaker"),
    ),
    Citation(
        "event",
        "Compare the probabilities.",
        SUB_EVENT,
        (miss, any_bad, indicator(sp.Not(HATS_MET)), indicator(sp.Not(WITHIN))),
        uses=("met",),
    ),
    Definition(
        "complement", "Meeting is the opposite of missing.", (sp.Eq(noise_chance, 1 - miss),)
    ),
    Conclusion("claim", "Together.", "probability", uses=("event", "any", "complement")),
)

THEOREM = Theorem(
    id="learning-noise",
    order=320,
    title="Learning from perturbed uniform noise",
    summary=(
        "Uniform noise, perturbed along one fixed direction and labelled at will, teaches the "
        "boundary T1(z) + T2(z) with probability at least 1 - delta over the noise, once the "
        "dimension is large and the perturbation small enough: the perturbations alone carry what "
        "is learnt."
    ),
    source=replace(KUMANO, locator="theorem on learning from perturbations on uniform noise"),
    origin="after the paper",
    assumptions=(
        Assumption("two-samples", "There are at least two perturbed samples.", N_adv >= 2),
        Assumption(
            "radius-worst",
            "At the worst that the radii leave, no perturbed sample is at the origin.",
            WORST_SPELLED[1] > 0,
        ),
        Assumption(
            "condition-worst",
            "And the perturbed set meets the half-aware condition (written without a fraction).",
            product(*WORST_SPELLED),
        ),
    ),
    claims=(
        Claim(
            "probability",
            "With probability at least 1 - delta the noise meets the assumptions of "
            "perturbed-boundary, so that the network has the sign of T1(z) + T2(z) for every z, "
            "whatever the labels.",
            noise_chance >= 1 - delta,
        ),
    ),
    proof=_STEPS,
    remarks=(
        "dir must not depend on the noise; it does not when it is made from natural data.",
        "A third of delta each for norms, inner products and <x'_n, dir>, all by Hoeffding.",
        "What the drawn set itself does is said by perturbed-boundary.",
    ),
)
