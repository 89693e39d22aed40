"""Learning from perturbed uniform noise, with the probability of the draw of the noise.

A third of delta each is spent on the squared norms, the inner products of two samples and those
with dir, all by Hoeffding's inequality.
"""

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
from ...steps import perturbed, probability, sums
from ...steps.linear_boundary import half_aware_product
from ...steps.perturbed import N_adv, P_hat, R_hat, base_p_max, dir_sq, eps, kappa, r_hat
from ...symbols import Eq, d, declare
from ..boundary.uniform_data import delta

NORM_RADIUS = sp.sqrt(d * sp.log(6 * N_adv / delta) / 2)
PAIR_RADIUS = sp.sqrt(2 * d * sp.log(3 * N_adv * (N_adv - 1) / delta))
DIR_RADIUS = sp.sqrt(2 * dir_sq * sp.log(6 * N_adv / delta))


def worst(norm: sp.Expr, pair: sp.Expr, along: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Largest and smallest squared norm and largest row sum that the three radii leave."""
    added = 2 * eps * along + eps**2 * dir_sq
    return (
        d / 3 + norm + added,
        d / 3 - norm - 2 * eps * along + eps**2 * dir_sq,
        (N_adv - 1) * (pair + added),
    )


t1 = declare("noise_t1", "bound of every |‖x'_n‖² - d/3|", low=0, latex="t_1", abbreviation=True)
t2 = declare("noise_t2", "bound of every |<x'_n, x'_k>|", low=0, latex="t_2", abbreviation=True)
t3 = declare("noise_t3", "bound of every |<x'_n, dir>|", low=0, latex="t_3", abbreviation=True)
_x = declare("noise_x", "one coordinate of a base sample", low=-1, high=1, index="i")
_y = declare("noise_y", "the same coordinate of another", low=-1, high=1, index="i")
_WAYS = {
    "norm": "‖x'_n‖² is farther than t_1 from d/3",
    "pair": "|<x'_n, x'_k>| exceeds t_2",
    "dir": "|<x'_n, dir>| exceeds t_3",
}
_tails = {
    name: declare(f"noise_tail_{name}", f"probability that {way}", low=0, high=1, index="n")
    for name, way in _WAYS.items()
}
_bad = {
    name: declare(f"noise_bad_{name}", f"probability that some {way}", low=0, high=1)
    for name, way in _WAYS.items()
}
_one_of = declare("noise_one_of", "one of those three probabilities", low=0, high=1, index="n")
any_bad = declare("noise_any", "probability that any of the three happens", low=0, high=1)
miss = declare(
    "noise_miss", "probability that the perturbed set misses an assumption", low=0, high=1
)
R_worst = declare(
    "R_worst", "largest squared norm that the radii leave", low=0, open_low=True, abbreviation=True
)
r_worst = declare("r_worst", "smallest squared norm that the radii leave", abbreviation=True)
P_worst = declare("P_worst", "largest row sum that the radii leave", low=0, abbreviation=True)
_u, _w = sp.symbols("x_1 x_2", real=True)

WITHIN = sp.And(
    perturbed.base_R_max**2 <= d / 3 + t1,
    perturbed.base_R_min**2 >= d / 3 - t1,
    base_p_max <= t2,
    kappa <= t3,
)
HATS_MET = sp.And(r_hat > 0, half_aware_product(R_hat, r_hat, P_hat))
CLOSER = sp.And(R_hat <= R_worst, r_hat >= r_worst, P_hat <= P_worst)
WORST_SPELLED = worst(NORM_RADIUS, PAIR_RADIUS, DIR_RADIUS)

TAILS = (
    probability.uniform_moment(
        "mean-square", "The mean of x² for x uniform on [-1, 1] is 1/3.", "1/3", _u**2, _u
    ),
    probability.uniform_moment(
        "mean-product",
        "The mean of a product of two independent coordinates is 0.",
        0,
        _u * _w,
        *(_u, _w),
    ),
    Let("t1 <- two-samples", "The radius for squared norms.", t1, NORM_RADIUS),
    Let("t2 <- two-samples", "The radius for inner products.", t2, PAIR_RADIUS),
    Let("t3 <- two-samples", "The radius along dir.", t3, DIR_RADIUS),
    Inequality(
        "ranges",
        "Squares lie in [0, 1] and products in [-1, 1].",
        sp.And(_x**2 >= 0, _x**2 <= 1, _x * _y >= -1, _x * _y <= 1),
    ),
    Citation(
        "tail-norm <- ranges t1 two-samples",
        "One squared norm, a sum of d independent terms in [0, 1].",
        probability.HOEFFDING(_tails["norm"], d, _x**2, 0, 1, t1, delta / (3 * N_adv)),
    ),
    Citation(
        "tail-pair <- ranges t2 two-samples",
        "One inner product, a sum of d independent terms in [-1, 1].",
        probability.HOEFFDING(
            _tails["pair"], d, _x * _y, -1, 1, t2, 2 * delta / (3 * N_adv * (N_adv - 1))
        ),
    ),
    Citation(
        "tail-dir <- t3 two-samples",
        "One <x'_n, dir>: independent coordinates in [-1, 1] weighted by those of dir.",
        sums.RANDOM_SIGNS(_tails["dir"], sp.sqrt(dir_sq), t3, delta / (3 * N_adv)),
    ),
    Citation(
        "bad-norm <- tail-norm",
        "All N_adv squared norms together.",
        probability.UNION(_bad["norm"], N_adv),
    ),
    Citation(
        "bad-pair <- tail-pair two-samples",
        "All N_adv (N_adv - 1)/2 inner products together.",
        probability.UNION(_bad["pair"], N_adv * (N_adv - 1) / 2),
    ),
    Citation(
        "bad-dir <- tail-dir",
        "All N_adv inner products with dir together.",
        probability.UNION(_bad["dir"], N_adv),
    ),
    Definition(
        "three",
        "Three ways to go wrong.",
        (sp.Or(*(Eq(_one_of, bad) for bad in _bad.values())),),
    ),
    Inequality(
        "each <- three bad-norm bad-pair bad-dir two-samples",
        "Each has probability at most delta/3.",
        _one_of <= delta / 3,
    ),
    Citation("any <- each", "Together at most delta.", probability.UNION(any_bad, 3)),
)

noise_chance = declare(
    "noise_chance",
    "probability, over base samples drawn uniformly from [-1, 1]^d with dir fixed, that the "
    "perturbed set meets both assumptions of perturbed-boundary, for all labels at once; measured "
    "as an exact binomial interval over fresh draws",
    low=0,
    high=1,
    latex="\\Pr[\\mathrm{boundary}]",
)

_STEPS = (
    *TAILS,
    *perturbed.HATS[:3],
    *(
        Let(name, f"Write {symbol} for what the radii leave.", symbol, value)
        for name, symbol, value in zip(
            ("R-worst", "r-worst", "P-worst"),
            (R_worst, r_worst, P_worst),
            worst(t1, t2, t3),
            strict=True,
        )
    ),
    Inequality(
        "radius-short <- radius-worst t1 t2 t3 two-samples",
        "The first assumption in the short names.",
        sp.And(worst(t1, t2, t3)[1] > 0, worst(t1, t2, t3)[0] > 0),
    ),
    Inequality(
        "condition-short <- condition-worst t1 t2 t3",
        "And the second.",
        half_aware_product(*worst(t1, t2, t3)),
    ),
    Inequality(
        "worst-radius <- radius-short r-worst R-worst",
        "Shorter still.",
        sp.And(r_worst > 0, R_worst >= r_worst),
    ),
    Inequality(
        "worst <- condition-short R-worst r-worst P-worst",
        "Shorter still.",
        half_aware_product(R_worst, r_worst, P_worst),
    ),
    Inequality(
        "closer <- R-hat r-hat P-hat R-worst r-worst P-worst",
        "Within the radii the perturbed set is no worse than that.",
        sp.Implies(WITHIN, CLOSER),
    ),
    Inequality(
        "weaker-r <- worst worst-radius",
        "The condition gets weaker as r grows.",
        sp.Implies(
            r_hat >= r_worst, sp.And(r_hat > 0, half_aware_product(R_worst, r_hat, P_worst))
        ),
    ),
    Inequality("weaker <- weaker-r", "And as R and P shrink.", sp.Implies(CLOSER, HATS_MET)),
    Inequality(
        "met <- closer weaker",
        "So only a draw that leaves the radii can miss an assumption of perturbed-boundary, here "
        "written without fractions.",
        sp.Implies(WITHIN, HATS_MET),
    ),
    Citation(
        "event <- met",
        "Compare the probabilities.",
        probability.sub_event(miss, any_bad, sp.Not(HATS_MET), sp.Not(WITHIN)),
    ),
    Definition("complement", "Meeting is the opposite of missing.", (Eq(noise_chance, 1 - miss),)),
    Conclusion("claim <- event any complement", "Together.", "probability"),
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
            half_aware_product(*WORST_SPELLED),
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
