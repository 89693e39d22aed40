"""Learning from perturbed uniform noise, with the probability of the draw of the noise."""

from dataclasses import replace

import sympy as sp

from ..concentration import delta
from ..matching import indicator
from ..perturbed import (
    N_adv,
    P_hat,
    R_hat,
    base_p_max,
    base_R_max,
    base_R_min,
    dir_sq,
    eps,
    kappa,
    r_hat,
)
from ..perturbed_norms import HATS
from ..probability import HOEFFDING, SUB_EVENT, UNION
from ..proof import Citation, Conclusion, Definition, Identity, Inequality, Let
from ..statement import KUMANO, Assumption, Claim, Theorem
from ..symbols import d, declare, gamma
from ..vector_facts import RANDOM_SIGNS

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

NORM_RADIUS = sp.sqrt(d * sp.log(6 * N_adv / delta) / 2)
PAIR_RADIUS = sp.sqrt(2 * d * sp.log(3 * N_adv * (N_adv - 1) / delta))
DIR_RADIUS = sp.sqrt(2 * dir_sq * sp.log(6 * N_adv / delta))


def _worst(norm: sp.Expr, pair: sp.Expr, along: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Largest and smallest squared norm and largest row sum that the three radii leave."""
    added = 2 * eps * along + eps**2 * dir_sq
    return (
        d / 3 + norm + added,
        d / 3 - norm - 2 * eps * along + eps**2 * dir_sq,
        (N_adv - 1) * (pair + added),
    )


_t1 = declare("noise_t1", "bound of every |‖x'_n‖² - d/3|", low=0, latex="t_1", typst="t_1")
_t2 = declare("noise_t2", "bound of every |<x'_n, x'_k>|", low=0, latex="t_2", typst="t_2")
_t3 = declare("noise_t3", "bound of every |<x'_n, dir>|", low=0, latex="t_3", typst="t_3")
_x = declare("noise_x", "one coordinate of a base sample", low=-1, high=1, index="i")
_y = declare("noise_y", "the same coordinate of another", low=-1, high=1, index="i")
_tails = {
    name: declare(f"noise_tail_{name}", f"probability that {meaning}", low=0, high=1, index="n")
    for name, meaning in (
        ("norm", "‖x'_n‖² is farther than t_1 from d/3"),
        ("pair", "|<x'_n, x'_k>| exceeds t_2"),
        ("dir", "|<x'_n, dir>| exceeds t_3"),
    )
}
_bad = {
    name: declare(f"noise_bad_{name}", f"probability that some {meaning}", low=0, high=1)
    for name, meaning in (
        ("norm", "‖x'_n‖² is farther than t_1 from d/3"),
        ("pair", "|<x'_n, x'_k>| exceeds t_2"),
        ("dir", "|<x'_n, dir>| exceeds t_3"),
    )
}
_one_of = declare("noise_one_of", "one of those three probabilities", low=0, high=1, index="n")
_any = declare("noise_any", "probability that any of the three happens", low=0, high=1)
_miss = declare(
    "noise_miss", "probability that the perturbed set misses an assumption", low=0, high=1
)
_Rw = declare("R_worst", "largest squared norm that the radii leave", low=0, open_low=True)
_rw = declare("r_worst", "smallest squared norm that the radii leave")
_Pw = declare("P_worst", "largest row sum that the radii leave", low=0)
_u, _w = sp.symbols("u w", real=True)


def _product(norm_max: sp.Expr, norm_min: sp.Expr, row: sp.Expr) -> sp.StrictLessThan:
    """The half-aware condition without its fraction."""
    return sp.StrictLessThan(
        row * ((1 + gamma**2) * norm_max + 2 * gamma * (1 + gamma) * norm_min),
        gamma * (1 + gamma**2) * norm_min**2,
    )


_WITHIN = sp.And(
    base_R_max**2 <= d / 3 + _t1,
    base_R_min**2 >= d / 3 - _t1,
    base_p_max <= _t2,
    kappa <= _t3,
)
_HATS_MET = sp.And(r_hat > 0, _product(R_hat, r_hat, P_hat))
_CLOSER = sp.And(R_hat <= _Rw, r_hat >= _rw, P_hat <= _Pw)
_WORST_SPELLED = _worst(NORM_RADIUS, PAIR_RADIUS, DIR_RADIUS)

_TAILS = (
    Identity(
        "mean-square",
        "The mean of x² for x uniform on [-1, 1] is 1/3.",
        sp.Integral(_u**2 / 2, (_u, -1, 1)),
        sp.Rational(1, 3),
    ),
    Identity(
        "mean-product",
        "The mean of a product of two independent coordinates is 0.",
        sp.Integral(_u * _w / 4, (_u, -1, 1), (_w, -1, 1)),
        sp.Integer(0),
    ),
    Let("t1", "The radius for squared norms.", _t1, NORM_RADIUS, uses=("two-samples",)),
    Let("t2", "The radius for inner products.", _t2, PAIR_RADIUS, uses=("two-samples",)),
    Let("t3", "The radius along dir.", _t3, DIR_RADIUS, uses=("two-samples",)),
    Inequality(
        "ranges",
        "Squares lie in [0, 1] and products in [-1, 1].",
        sp.And(_x**2 >= 0, _x**2 <= 1, _x * _y >= -1, _x * _y <= 1),
    ),
    Citation(
        "tail-norm",
        "One squared norm, a sum of d independent terms in [0, 1].",
        HOEFFDING,
        (_tails["norm"], d, _x**2, 0, 1, _t1, delta / (3 * N_adv)),
        uses=("ranges", "t1", "two-samples"),
    ),
    Citation(
        "tail-pair",
        "One inner product, a sum of d independent terms in [-1, 1].",
        HOEFFDING,
        (_tails["pair"], d, _x * _y, -1, 1, _t2, 2 * delta / (3 * N_adv * (N_adv - 1))),
        uses=("ranges", "t2", "two-samples"),
    ),
    Citation(
        "tail-dir",
        "One <x'_n, dir>: independent coordinates in [-1, 1] weighted by those of dir.",
        RANDOM_SIGNS,
        (_tails["dir"], sp.sqrt(dir_sq), _t3, delta / (3 * N_adv)),
        uses=("t3", "two-samples"),
    ),
    Citation(
        "bad-norm",
        "All N_adv squared norms together.",
        UNION,
        (_bad["norm"], N_adv, _tails["norm"], delta / (3 * N_adv)),
        uses=("tail-norm",),
    ),
    Citation(
        "bad-pair",
        "All N_adv (N_adv - 1)/2 inner products together.",
        UNION,
        (
            _bad["pair"],
            N_adv * (N_adv - 1) / 2,
            _tails["pair"],
            2 * delta / (3 * N_adv * (N_adv - 1)),
        ),
        uses=("tail-pair", "two-samples"),
    ),
    Citation(
        "bad-dir",
        "All N_adv inner products with dir together.",
        UNION,
        (_bad["dir"], N_adv, _tails["dir"], delta / (3 * N_adv)),
        uses=("tail-dir",),
    ),
    Definition(
        "three",
        "Three ways to go wrong.",
        (sp.Or(*(sp.Eq(_one_of, bad) for bad in _bad.values())),),
    ),
    Inequality(
        "each",
        "Each has probability at most delta/3.",
        _one_of <= delta / 3,
        uses=("three", "bad-norm", "bad-pair", "bad-dir", "two-samples"),
    ),
    Citation(
        "any",
        "Together at most delta.",
        UNION,
        (_any, 3, _one_of, delta / 3),
        uses=("each",),
    ),
)
_STEPS = (
    *_TAILS,
    *HATS[:3],
    *(
        Let(name, f"Write {symbol} for what the radii leave.", symbol, value, uses=uses)
        for name, symbol, value, uses in zip(
            ("R-worst", "r-worst", "P-worst"),
            (_Rw, _rw, _Pw),
            _worst(_t1, _t2, _t3),
            ((), (), ()),
            strict=True,
        )
    ),
    Inequality(
        "radius-short",
        "The first assumption in the short names.",
        sp.And(_worst(_t1, _t2, _t3)[1] > 0, _worst(_t1, _t2, _t3)[0] > 0),
        uses=("radius-worst", "t1", "t2", "t3", "two-samples"),
    ),
    Inequality(
        "condition-short",
        "And the second.",
        _product(*_worst(_t1, _t2, _t3)),
        uses=("condition-worst", "t1", "t2", "t3"),
    ),
    Inequality(
        "worst-radius",
        "Shorter still.",
        sp.And(_rw > 0, _Rw >= _rw),
        uses=("radius-short", "r-worst", "R-worst"),
    ),
    Inequality(
        "worst",
        "Shorter still.",
        _product(_Rw, _rw, _Pw),
        uses=("condition-short", "R-worst", "r-worst", "P-worst"),
    ),
    Inequality(
        "closer",
        "Within the radii the perturbed set is no worse than that.",
        sp.Implies(_WITHIN, _CLOSER),
        uses=("R-hat", "r-hat", "P-hat", "R-worst", "r-worst", "P-worst"),
    ),
    Inequality(
        "weaker-r",
        "The condition gets weaker as r grows.",
        sp.Implies(
            r_hat >= _rw,
            sp.And(
                r_hat > 0,
                _Pw * ((1 + gamma**2) * _Rw + 2 * gamma * (1 + gamma) * r_hat)
                < gamma * (1 + gamma**2) * r_hat**2,
            ),
        ),
        uses=("worst", "worst-radius"),
    ),
    Inequality(
        "weaker",
        "And as R and P shrink.",
        sp.Implies(_CLOSER, _HATS_MET),
        uses=("weaker-r",),
    ),
    Inequality(
        "met",
        "So only a draw that leaves the radii can miss an assumption of perturbed-boundary, here "
        "written without fractions.",
        sp.Implies(_WITHIN, _HATS_MET),
        uses=("closer", "weaker"),
    ),
    Citation(
        "event",
        "Compare the probabilities.",
        SUB_EVENT,
        (_miss, _any, indicator(sp.Not(_HATS_MET)), indicator(sp.Not(_WITHIN))),
        uses=("met",),
    ),
    Definition(
        "complement", "Meeting is the opposite of missing.", (sp.Eq(noise_chance, 1 - _miss),)
    ),
    Conclusion("claim", "Together.", "probability", uses=("event", "any", "complement")),
)

THEOREM = Theorem(
    id="learning-noise",
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
            _WORST_SPELLED[1] > 0,
        ),
        Assumption(
            "condition-worst",
            "And the perturbed set meets the half-aware condition (written without a fraction).",
            _product(*_WORST_SPELLED),
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
