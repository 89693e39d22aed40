"""After Vardi, Yehudai, Shamir (NeurIPS 2022): one short perturbation flips every sign.

e = sum_k y_k x_k. Moving every sample by -y_n t e flips its sign, and ‖t e‖² <= t² N (R_max² + P).
"""

from functools import reduce

import sympy as sp
from perturbproof.theory import (
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Source,
    Theorem,
    declare,
    theorem,
)
from perturbproof.theory.exact.interval import Interval
from perturbproof.theory.steps.kkt import lambda_n, rho_n
from perturbproof.theory.steps.sums import LARGEST, SUM_BOUND, TERM_SUM, TERM_SUM_LOWER
from perturbproof.theory.symbols import N, R_max, R_min, lambda_max, lambda_min, p_max
from perturbproof.theory.theorems.perturbation.perturbation_features import q_margin_n

t = declare("flip_step", "step t of the universal perturbation", low=0, open_low=True)
e_n = declare("flip_own", "y_n <x_n, e>, e = sum y_k x_k", index="n")
e_row = declare("flip_cross", "sum over k != n of y_n y_k <x_n, x_k>", index="n")
q_row = declare("flip_q_cross", "sum over k != n of lambda_k y_n y_k <x_n, x_k>", index="n")
q_e = declare("flip_q_e", "<q, e>")
moved_n = declare("moved_n", "y_n <q, x_n - y_n t e>", index="n")
moved_max = declare("moved_max", "largest y_n <q, x_n - y_n t e>")
size = declare("flip_size_square", "‖t e‖²", low=0)
e_sq = declare("flip_e_square", "‖e‖²", low=0)
P = (N - 1) * p_max
HALF = theorem("half-aware").assumptions
REACH = lambda_max * (R_max**2 + P)
PUSH = N * lambda_min * (R_min**2 - P)

THEOREM = Theorem(
    "universal-flip",
    "A universal perturbation flips every sign",
    "On nearly orthogonal data -t e with t of order 1/N flips the sign of q at all samples.",
    Source("Vardi, Yehudai, Shamir", "Gradient methods and robustness", "NeurIPS", 2022),
    (*HALF, Assumption("long", "The step is long enough.", t * PUSH > REACH)),
    (
        Claim("flips", "Every sample changes side.", moved_max < 0),
        Claim("small", "The perturbation is small.", size <= t**2 * N * (R_max**2 + P)),
    ),
    (
        Definition("norms", "Order.", (R_max >= R_min, rho_n >= R_min**2, rho_n <= R_max**2)),
        Definition("weights", "Order.", (lambda_n >= lambda_min, lambda_n <= lambda_max)),
        Definition(
            "terms",
            "y_n <x_n, e> and y_n <q, x_n>.",
            (sp.Eq(e_n, rho_n + e_row), sp.Eq(q_margin_n, lambda_n * rho_n + q_row)),
        ),
        Citation("e-row", "Row sum.", SUM_BOUND(e_row, N - 1, 1, p_max)),
        Citation("q-row", "Row sum.", SUM_BOUND(q_row, N - 1, lambda_max, p_max)),
        Inequality(f"regime <- {HALF[0].id} norms", "Norms outweigh.", R_min**2 > P),
        Inequality(
            "own <- terms e-row norms",
            "Each y_n <x_n, e> is about ‖x_n‖².",
            sp.And(e_n >= R_min**2 - P, e_n <= R_max**2 + P),
        ),
        Inequality(
            "weighted <- own norms weights regime",
            "So each term of <q, e>.",
            lambda_n * e_n >= lambda_min * (R_min**2 - P),
        ),
        Citation(
            "sum <- weighted",
            "<q, e> = sum lambda_n y_n <x_n, e>.",
            TERM_SUM_LOWER(q_e, N, lambda_n * e_n, lambda_min * (R_min**2 - P)),
        ),
        Citation(
            "square <- own",
            "‖e‖² = sum y_n <x_n, e>.",
            TERM_SUM(e_sq, N, e_n, R_min**2 - P, R_max**2 + P),
        ),
        Definition(
            "moved",
            "By linearity; y_n² = 1.",
            (sp.Eq(moved_n, q_margin_n - t * q_e), sp.Eq(size, t**2 * e_sq)),
        ),
        Inequality(
            "margin <- terms q-row norms weights", "No margin is larger.", q_margin_n <= REACH
        ),
        Inequality("bound <- margin moved sum", "One bound for all.", moved_n <= REACH - t * PUSH),
        Citation("all <- bound", "The largest.", LARGEST(moved_max, moved_n, REACH - t * PUSH)),
        Conclusion("claim-flips <- all long", "By the step's length."),
        Conclusion("claim-small <- square moved", "As shown."),
    ),
)


def _numbers(enclosed):
    return [enclosed.interval(n) for n in range(len(enclosed.mid))]


def _step(experiment):
    """Twice the length that is enough."""
    gram, lam = experiment.gram, _numbers(experiment.multipliers.lam)
    least, most = reduce(Interval.min, lam), reduce(Interval.max, lam)
    row = gram.p_max * (len(lam) - 1)
    return 2 * most * (gram.R_max**2 + row) / (len(lam) * least * (gram.R_min**2 - row))


def _moved(experiment):
    """From the margins y_n <q, x_n>, whose sum is <q, e>."""
    margins = _numbers(experiment.multipliers.linear_margins)
    return reduce(Interval.max, margins) - _step(experiment) * sum(margins, Interval.exact(0))


def _size(experiment):
    """t² times the sum of y_n y_k <x_n, x_k>."""
    y, gram = experiment.sample.y.tolist(), experiment.gram.gram
    pairs = [(n, k) for n in range(len(y)) for k in range(len(y))]
    square = sum((y[n] * y[k] * gram.interval(n, k) for n, k in pairs), Interval.exact(0))
    return _step(experiment) ** 2 * square


MEASURED = {t: _step, moved_max: _moved, size: _size}
