"""Growth of T1 and T2 in N, N_adv and d, and the region of z where the boundaries match."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Inequality,
    Let,
    Limit,
    Theorem,
)
from ...steps import sums
from ...steps.linear_boundary import norm_q, q_z
from ...steps.perturbed import N_adv, base_l1_z, base_l2_z, base_z_n, dir_z, eps
from ...symbols import Eq, N, R_max, declare, lambda_max, lambda_min, p_max
from ..boundary.uniform_data import delta
from ..perturbation import perturbation_features
from ..perturbation.perturbation_features import lambda_n, q_margin_n
from . import matching_random_labels
from .matching_flipped_labels import side_min
from .matching_random_labels import label_free_lower, label_free_upper, mismatch_chance

base_z_max = declare(
    "base_z_max",
    "largest |<x'_n, z>| over the base samples, at the test point z",
    low=0,
    latex="\\max_n |\\langle x'_n,z\\rangle|",
    typst='max_n abs(chevron.l x\'_n "," thin z chevron.r)',
)
_side = declare("side_n", "y_n <x_n, z>", index="n", latex="s_n")
_root = declare("root_log", "sqrt(2 log(2/delta))", low=0, latex="\\ell", abbreviation=True)
_reach = declare("normal_reach", "R_max² + (N-1) p_max", low=0, open_low=True, abbreviation=True)

_U, _L = label_free_upper, label_free_lower
_ROOT = sp.sqrt(2 * sp.log(2 / delta))

# The ratio of the two bounds when squared norms and inner products with z grow like d, and
# multipliers like 1/d.
_r, _b, _s, _u, _v = (sp.Symbol(name, positive=True) for name in ("r", "b", "s", "u", "v"))
_dimension, _samples, _adversarial, _size = (
    sp.Symbol(name, positive=True) for name in ("d", "N", "A", "e")
)
_RATIO = (
    _b
    * sp.sqrt(_r * _dimension)
    * ((_u + _v) / sp.sqrt(_adversarial) + (_u - _v))
    / (2 * _size * _v * _s * sp.sqrt(_samples))
)

_SHARED = ("upper-free", "lower-free", "failure")


def _left(root: sp.Expr) -> sp.Expr:
    """What random labels leave of the base samples, a sample, with sqrt(2 log(2/delta)) = root."""
    return base_z_max * ((_U + _L) / 2 * root / sp.sqrt(N_adv) + (_U - _L) / 2)


_NEEDED = eps * _L * lambda_min * side_min * sp.sqrt(N)
REGION = _left(_ROOT) * lambda_max * sp.sqrt(R_max**2 + (N - 1) * p_max) < _NEEDED

_STEPS = (
    *perturbation_features.NATURAL_SAMPLE,
    Let("reach", "Write rho for R + P.", _reach, R_max**2 + (N - 1) * p_max),
    Inequality(
        "term <- natural natural-reach",
        "No term of ‖q‖² = sum lambda_n y_n <q, x_n> exceeds lambda_max² (R + P).",
        sp.Abs(lambda_n * q_margin_n) <= lambda_max * perturbation_features.REACH,
    ),
    Citation(
        "normal <- term",
        "Sum over the N samples.",
        sums.TERM_SUM(
            norm_q**2,
            N,
            lambda_n * q_margin_n,
            -lambda_max * perturbation_features.REACH,
            lambda_max * perturbation_features.REACH,
        ),
    ),
    Inequality(
        "normal-root <- normal reach",
        "So ‖q‖ <= lambda_max sqrt(N (R + P)): it grows like the root of N.",
        norm_q <= lambda_max * sp.sqrt(N) * sp.sqrt(_reach),
    ),
    Definition(
        "point",
        "z does not contradict any natural sample: y_n <x_n, z> >= side_min for all; dir = q/‖q‖.",
        (_side >= side_min, sp.Abs(base_z_n) <= base_z_max, Eq(dir_z * norm_q, q_z)),
    ),
    Inequality(
        "positive <- one-sided support natural",
        "Multipliers are positive.",
        sp.And(side_min > 0, lambda_min > 0, lambda_max > 0),
    ),
    Inequality(
        "natural-term <- natural point positive",
        "Each term of <q, z> = sum lambda_n y_n <x_n, z> is at least lambda_min side_min.",
        lambda_n * _side >= lambda_min * side_min,
    ),
    Citation(
        "natural-sum <- natural-term",
        "So <q, z> grows like N.",
        sums.TERM_SUM_LOWER(q_z, N, lambda_n * _side, lambda_min * side_min),
    ),
    Inequality(
        "dir-product <- point natural-sum normal-root positive",
        "‖q‖ <dir, z> = <q, z>: put in both.",
        dir_z * lambda_max * sp.sqrt(N) * sp.sqrt(_reach) >= N * lambda_min * side_min,
    ),
    Inequality(
        "dir-root <- dir-product positive point natural-sum",
        "So <dir, z> grows like the root of N.",
        sp.And(
            dir_z > 0, dir_z * lambda_max * sp.sqrt(_reach) >= lambda_min * side_min * sp.sqrt(N)
        ),
    ),
    Inequality(
        "base-squares <- point",
        "Squares of <x'_n, z>.",
        sp.And(base_z_n**2 <= base_z_max**2, base_z_n**2 >= 0, sp.Abs(base_z_n) >= 0),
    ),
    Citation(
        "base-l2-square <- base-squares",
        "Their sum grows at most like N_adv.",
        sums.TERM_SUM(base_l2_z**2, N_adv, base_z_n**2, sp.Integer(0)),
    ),
    Citation(
        "base-l1 <- base-squares point",
        "So does that of the absolute values.",
        sums.TERM_SUM(base_l1_z, N_adv, sp.Abs(base_z_n), sp.Integer(0)),
    ),
    Inequality(
        "base-l2 <- base-l2-square",
        "Hence ‖b‖_2 grows at most like the root of N_adv.",
        base_l2_z <= sp.sqrt(N_adv) * base_z_max,
    ),
    Let("root-log <- failure", "Write ell for sqrt(2 log(2/delta)).", _root, _ROOT),
    Inequality(
        "region-short <- region root-log reach failure",
        "The region in the short names.",
        _left(_root) * lambda_max * sp.sqrt(_reach) < _NEEDED,
    ),
    Inequality("lower-free-sign <- lower-free upper-free", "0 < L <= U.", sp.And(_L > 0, _U >= _L)),
    Inequality(
        "region-dir <- region-short dir-root positive lower-free-sign",
        "Put <dir, z> for its lower bound and divide by lambda_max sqrt(R + P).",
        _left(_root) < eps * _L * dir_z,
    ),
    Inequality(
        "region-scaled <- region-dir",
        "Times N_adv.",
        base_z_max * ((_U + _L) / 2 * _root * sp.sqrt(N_adv) + (_U - _L) / 2 * N_adv)
        < eps * N_adv * _L * dir_z,
    ),
    Inequality(
        "outweighs <- region-scaled base-l2 base-l1 lower-free-sign dir-root",
        "So the perturbations outweigh what random labels leave of the base samples.",
        eps * N_adv * _L * sp.Abs(dir_z)
        > matching_random_labels.base_part(_U, _L, _root * base_l2_z),
    ),
    Inequality(
        "outweighs-spelled <- outweighs root-log failure",
        "In the form that random labels ask for.",
        eps * N_adv * _L * sp.Abs(dir_z)
        > matching_random_labels.base_part(_U, _L, _ROOT * base_l2_z),
    ),
    Inequality(
        "same-side <- point dir-root", "dir = q/‖q‖, so it agrees with q about z.", dir_z * q_z > 0
    ),
    Earlier(
        "random-labels <- radius perturbed-half-aware upper-free lower-free outweighs-spelled "
        "same-side failure",
        "So the boundaries match at z with probability at least 1 - delta.",
        matching_random_labels.THEOREM,
    ),
    Limit(
        "few",
        "The ratio of the two bounds, T1 to T2, in N_adv alone: it falls to what the spread of "
        "the multipliers leaves.",
        ((_u + _v) / 2 * sp.sqrt(_adversarial) + (_u - _v) / 2 * _adversarial)
        / (_v * _adversarial),
        _adversarial,
        sp.oo,
        (_u - _v) / (2 * _v),
    ),
    Limit(
        "natural-many",
        "And with the number N of natural samples, whose common direction q/‖q‖ stands out more.",
        _RATIO,
        _samples,
        sp.oo,
        sp.Integer(0),
    ),
    Limit(
        "dimension",
        "With the dimension it grows like its root when eps is fixed: eps has to grow like "
        "sqrt(d).",
        _RATIO / sp.sqrt(_dimension),
        _dimension,
        sp.oo,
        _RATIO.subs(_dimension, 1),
    ),
    Conclusion("claim-direction <- dir-root reach positive", "As shown."),
    Conclusion("claim-cancelling <- base-l2", "As shown."),
    Conclusion("claim-matching <- random-labels", "As shown."),
)

THEOREM = Theorem(
    id="growth",
    order=380,
    title="Growth of T1 and T2, and the region where the boundaries match",
    summary=(
        "At a z that correlates weakly with many natural samples, T2(z) grows like N_adv sqrt(N) "
        "and T1(z), with random labels, like sqrt(N_adv) plus the spread of the multipliers times "
        "N_adv. The boundaries match where no base sample correlates strongly with z and all "
        "natural samples correlate a little."
    ),
    source=PROJECT,
    origin="after the paper",
    assumptions=(
        *matching_random_labels.THEOREM.assumptions[:2],
        *(a for a in matching_random_labels.THEOREM.assumptions if a.id in _SHARED),
        Assumption(
            "one-sided",
            "z correlates with every natural sample, with the sign of its label.",
            side_min > 0,
        ),
        Assumption("support", "Every natural multiplier is positive.", lambda_min > 0),
        Assumption(
            "region",
            "z correlates neither strongly with a few base samples nor too weakly with the natural "
            "ones.",
            REGION,
        ),
    ),
    claims=(
        Claim(
            "direction",
            "<dir, z> is at least (lambda_min/lambda_max) side_min sqrt(N/(R + P)).",
            dir_z
            >= lambda_min
            * side_min
            * sp.sqrt(N)
            / (lambda_max * sp.sqrt(R_max**2 + (N - 1) * p_max)),
        ),
        Claim(
            "cancelling",
            "What random labels leave grows at most like the root of N_adv.",
            base_l2_z <= sp.sqrt(N_adv) * base_z_max,
        ),
        Claim(
            "matching",
            "The boundaries differ in sign at z with probability at most delta.",
            mismatch_chance <= delta,
        ),
    ),
    proof=_STEPS,
    remarks=(
        "dir = q/‖q‖ (L2); base samples and random labels as in matching-random-labels.",
        "The limits are those of the two bounds: for multipliers between v/d and u/d, norms "
        "sqrt(r d), |<x'_n, z>| <= b d and y_n <x_n, z> >= s d.",
        "Without a bound on the multipliers' spread T1 may grow like N_adv too: labels and "
        "multipliers are not independent.",
    ),
)
