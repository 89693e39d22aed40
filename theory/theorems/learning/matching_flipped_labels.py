"""Matching with flipped labels: natural samples, y^a = -y, perturbed along q (L2)."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Step,
    Theorem,
)
from ...steps import sums
from ...steps.linear_boundary import norm_q, q_z
from ...steps.perturbed import adv_lambda_n, adv_lambda_sum, adv_q_z, eps
from ...symbols import Eq, N, R_max, R_min, declare, lambda_max, p_max
from ..perturbation.perturbation_features import lambda_n, rho_n

flip_min = declare(
    "flip_min",
    "smallest c_n = eps S_a lambda_n/‖q‖ - lambda^a_n over the samples (labels y^a = -y): the "
    "weight of y_n x_n in q^a",
    latex="c_{\\min}",
)
flip_max = declare("flip_max", "largest c_n", latex="c_{\\max}")
flip_abs = declare("flip_abs", "largest |c_n|", low=0, latex="|c|_{\\max}", typst="abs(c)_max")
flip_margin_min = declare(
    "flip_margin_min",
    "smallest y_n <q^a, x_n> over the natural samples",
    latex="\\min_n y_n \\langle q^a,x_n\\rangle",
)
side_min = declare(
    "side_min",
    "smallest y_n <x_n, z> over the natural samples, at the test point z",
    latex="\\min_n y_n \\langle x_n,z\\rangle",
)
side_sum = declare(
    "side_sum", "sum over n of y_n <x_n, z>", latex="\\sum_n y_n \\langle x_n,z\\rangle"
)

_c = declare("flip_n", "c_n of an arbitrary sample", index="n", latex="c_n")
_side = declare("side_n", "y_n <x_n, z>", index="n", latex="s_n")
_row = declare("flip_row_n", "sum over k != n of c_k y_k y_n <x_k, x_n>", index="n")
_margin = declare("flip_margin_n", "y_n <q^a, x_n>", index="n")
_weighted = declare("flip_low_sum", "sum of (c_n - c_min) s_n")
_above = declare("flip_high_sum", "sum of (c_max - c_n) s_n")
_natural = declare("flip_natural_sum", "sum of (lambda_max - lambda_n) s_n")
_mislabeled = declare("mislabeled_z", "- sum of lambda^a_n y_n <x_n, z>", index="z")

OWN = sp.Min(flip_min * R_min**2, flip_min * R_max**2)


def _not_negative(
    ids: tuple[str, str, str], says: str, at: tuple[sp.Expr, ...]
) -> tuple[Step, ...]:
    """A linear combination of sums over the samples, none of whose terms is negative."""
    split, terms, whole = ids
    total, term = at[0], at[4]
    return (
        Citation(split, says, sums.LINEAR_SUM(*at)),
        Inequality(f"{terms} <- weights one-sided", "No term of it is negative.", term >= 0),
        Citation(
            f"{whole} <- {terms}",
            "Nor is the sum.",
            sums.TERM_SUM_LOWER(total, N, term, sp.Integer(0)),
        ),
    )


THEOREM = Theorem(
    id="matching-flipped-labels",
    order=360,
    title="Matching when every label is flipped",
    summary=(
        "With y^a = -y every base sample teaches the opposite class, and perturbations along q "
        "teach the right one. The normal is q^a = sum c_n y_n x_n: where the c_n are positive the "
        "perturbations win."
    ),
    source=PROJECT,
    origin="after the paper",
    assumptions=(
        Assumption(
            "one-sided", "z does not contradict the label of any natural sample.", side_min >= 0
        ),
    ),
    claims=(
        Claim(
            "at-least",
            "<q^a, z> is at least the smallest weight times the sum; so positive weights give the "
            "natural boundary's sign.",
            adv_q_z >= flip_min * side_sum,
            formal=sp.And(
                adv_q_z >= flip_min * side_sum,
                sp.Implies(sp.And(flip_min > 0, q_z > 0), adv_q_z * q_z > 0),
            ),
        ),
        Claim(
            "at-most",
            "And at most the largest weight times the sum; so negative weights give the opposite "
            "sign.",
            adv_q_z <= flip_max * side_sum,
            formal=sp.And(
                adv_q_z <= flip_max * side_sum,
                sp.Implies(sp.And(flip_max < 0, q_z > 0), adv_q_z * q_z < 0),
            ),
        ),
        Claim(
            "training",
            "The margin that q^a gives the natural training samples: c_n ‖x_n‖² less what the "
            "others take away.",
            flip_margin_min >= OWN - (N - 1) * flip_abs * p_max,
        ),
    ),
    proof=(
        Definition(
            "weights",
            "For an arbitrary sample: c_n and s_n, and their extremes.",
            (
                Eq(_c * norm_q, eps * adv_lambda_sum * lambda_n - adv_lambda_n * norm_q),
                _c >= flip_min,
                _c <= flip_max,
                sp.Abs(_c) <= flip_abs,
                lambda_n <= lambda_max,
                _side >= side_min,
            ),
        ),
        Inequality(
            "one-term <- weights",
            "A sample enters q^a as lambda^a_n y^a_n x_n = -lambda^a_n y_n x_n, and q/‖q‖ enters "
            "with eps S_a: together c_n y_n x_n.",
            Eq(
                _c * _side, -adv_lambda_n * _side + eps * adv_lambda_sum / norm_q * lambda_n * _side
            ),
        ),
        Citation(
            "sum <- one-term",
            "So sum c_n s_n = <q^a, z>, as q^a = -sum lambda^a_n y_n x_n + (eps S_a/‖q‖) q.",
            sums.LINEAR_SUM(
                adv_q_z,
                _mislabeled,
                eps * adv_lambda_sum / norm_q,
                q_z,
                _c * _side,
                -adv_lambda_n * _side,
                lambda_n * _side,
            ),
        ),
        *_not_negative(
            ("remove-least", "remainders", "least"),
            "Take away the smallest weight: sum (c_n - c_min) s_n = <q^a, z> - c_min sum s_n.",
            (_weighted, adv_q_z, -flip_min, side_sum, (_c - flip_min) * _side, _c * _side, _side),
        ),
        *_not_negative(
            ("remove-largest", "remainders-largest", "largest"),
            "The same with the largest weight: sum (c_max - c_n) s_n = c_max sum s_n - <q^a, z>.",
            (_above, -adv_q_z, flip_max, side_sum, (flip_max - _c) * _side, -_c * _side, _side),
        ),
        *_not_negative(
            ("natural-sum", "remainders-natural", "natural"),
            "And with the natural multipliers: sum (lambda_max - lambda_n) s_n = "
            "lambda_max sum s_n - <q, z>.",
            (
                _natural,
                -q_z,
                lambda_max,
                side_sum,
                (lambda_max - lambda_n) * _side,
                -lambda_n * _side,
                _side,
            ),
        ),
        Inequality(
            "side <- natural-sum natural",
            "So <q, z> > 0 only where sum s_n > 0.",
            sp.Implies(q_z > 0, side_sum > 0),
        ),
        Conclusion("claim-at-least <- remove-least least side", "As shown."),
        Conclusion("claim-at-most <- remove-largest largest side", "As shown."),
        Definition(
            "own-term",
            "y_n <q^a, x_n> is the sample's own term plus its row sum, since y_n² = 1.",
            (
                Eq(_margin, _c * rho_n + _row),
                rho_n >= R_min**2,
                rho_n <= R_max**2,
                R_min <= R_max,
            ),
        ),
        Citation(
            "row",
            "The row sum has N-1 products with weights at most |c|_max.",
            sums.SUM_BOUND(_row, N - 1, flip_abs, p_max),
        ),
        Inequality(
            "margin <- weights own-term row",
            "The own term is least at the shortest sample, or, where c_n < 0, at the longest.",
            _margin >= OWN - (N - 1) * flip_abs * p_max,
        ),
        Citation("smallest <- margin", "So for the smallest.", sums.SMALLEST(flip_margin_min)),
        Conclusion("claim-training <- smallest", "As shown."),
    ),
    remarks=(
        "The boundaries agree for every z exactly when the c_n are a positive multiple of the "
        "lambda_n (independent samples); all c_n > 0 alone does not give it.",
        "Holds for any multipliers with these sums; when the networks have these boundaries say "
        "half-aware and perturbed-boundary.",
    ),
)
