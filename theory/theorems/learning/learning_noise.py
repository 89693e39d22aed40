"""Learning from perturbed uniform noise, with the probability of the draw of the noise."""

from dataclasses import replace

import sympy as sp

from ...proof_steps import Citation, Conclusion, Definition, Inequality, Let
from ...statement import KUMANO, Assumption, Claim, Theorem
from ...steps import perturbed, probability
from ...steps.perturbed import N_adv, r_hat
from ...symbols import declare, gamma
from ..boundary.uniform_data import delta
from . import uniform_noise
from .uniform_noise import P_worst, R_worst, any_bad, miss, r_worst, t1, t2, t3

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
    *uniform_noise.TAILS,
    *perturbed.HATS[:3],
    *(
        Let(name, f"Write {symbol} for what the radii leave.", symbol, value)
        for name, symbol, value in zip(
            ("R-worst", "r-worst", "P-worst"),
            (R_worst, r_worst, P_worst),
            uniform_noise.worst(t1, t2, t3),
            strict=True,
        )
    ),
    Inequality(
        "radius-short",
        "The first assumption in the short names.",
        sp.And(uniform_noise.worst(t1, t2, t3)[1] > 0, uniform_noise.worst(t1, t2, t3)[0] > 0),
        by="radius-worst t1 t2 t3 two-samples",
    ),
    Inequality(
        "condition-short",
        "And the second.",
        uniform_noise.product(*uniform_noise.worst(t1, t2, t3)),
        by="condition-worst t1 t2 t3",
    ),
    Inequality(
        "worst-radius",
        "Shorter still.",
        sp.And(r_worst > 0, R_worst >= r_worst),
        by="radius-short r-worst R-worst",
    ),
    Inequality(
        "worst",
        "Shorter still.",
        uniform_noise.product(R_worst, r_worst, P_worst),
        by="condition-short R-worst r-worst P-worst",
    ),
    Inequality(
        "closer",
        "Within the radii the perturbed set is no worse than that.",
        sp.Implies(uniform_noise.WITHIN, uniform_noise.CLOSER),
        by="R-hat r-hat P-hat R-worst r-worst P-worst",
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
        by="worst worst-radius",
    ),
    Inequality(
        "weaker",
        "And as R and P shrink.",
        sp.Implies(uniform_noise.CLOSER, uniform_noise.HATS_MET),
        by="weaker-r",
    ),
    Inequality(
        "met",
        "So only a draw that leaves the radii can miss an assumption of perturbed-boundary, here "
        "written without fractions.",
        sp.Implies(uniform_noise.WITHIN, uniform_noise.HATS_MET),
        by="closer weaker",
    ),
    Citation(
        "event",
        "Compare the probabilities.",
        probability.SUB_EVENT,
        (
            miss,
            any_bad,
            perturbed.indicator(sp.Not(uniform_noise.HATS_MET)),
            perturbed.indicator(sp.Not(uniform_noise.WITHIN)),
        ),
        by="met",
    ),
    Definition(
        "complement", "Meeting is the opposite of missing.", (sp.Eq(noise_chance, 1 - miss),)
    ),
    Conclusion("claim", "Together.", "probability", by="event any complement"),
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
            uniform_noise.WORST_SPELLED[1] > 0,
        ),
        Assumption(
            "condition-worst",
            "And the perturbed set meets the half-aware condition (written without a fraction).",
            uniform_noise.product(*uniform_noise.WORST_SPELLED),
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
