"""Samples that support each other: one pattern at every limit, reached from every start."""

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
from ...steps import kkt, linear_boundary, sums
from ...steps.kkt import margin_n
from ...steps.own_pattern import support_min, trained_activation
from ...steps.rows import lambda_k
from ...steps.supported_flow import (
    GROWN,
    NEEDED,
    ORDER_OTHERS,
    SUPPORTED_FLOW,
    gram_nk,
    pair_now,
)
from ...symbols import Eq, activation_margin, declare, gamma

_slope_k = declare("s_kj", "slope of phi at <w_j, x_k>", index="kj")
_slope_n = declare("s_nj", "slope of phi at <w_j, x_n>", index="nj")
_pull = declare("pull_n", "sum_k lambda_k G_nk", index="n", latex="B_n")
_own = declare("t_nj", "m y_n a_j <w_j, x_n> = sum_k s_kj lambda_k G_nk", index="nj")

_LIMIT: tuple[Step, ...] = (
    *kkt.STATIONARITY,
    Definition(
        "gram",
        "G_nk = y_n y_k <x_n, x_k> is at least the smallest of them, slopes lie in [gamma, 1], and "
        "at a KKT point every margin is at least 1.",
        (
            gram_nk >= support_min,
            _slope_k >= gamma,
            _slope_k <= 1,
            _slope_n >= gamma,
            _slope_n <= 1,
            margin_n >= 1,
        ),
    ),
    Inequality(
        "terms",
        "In sum_k s_kj lambda_k G_nk no term is below gamma times lambda_k G_nk, or above it.",
        sp.And(
            gamma * (lambda_k * gram_nk) <= _slope_k * lambda_k * gram_nk,
            _slope_k * lambda_k * gram_nk <= lambda_k * gram_nk,
            lambda_k * gram_nk >= 0,
        ),
        by="supporting gram",
    ),
    Citation(
        "own-lower",
        "With B_n = sum_k lambda_k G_nk: m y_n a_j <w_j, x_n> is at least gamma B_n.",
        ORDER_OTHERS(
            gamma * _pull, _own, gamma * (lambda_k * gram_nk), _slope_k * lambda_k * gram_nk
        ),
        by="terms",
    ),
    Citation(
        "own-upper",
        "And at most B_n.",
        ORDER_OTHERS(_own, _pull, _slope_k * lambda_k * gram_nk, lambda_k * gram_nk),
        by="terms",
    ),
    Citation(
        "pull-positive",
        "B_n is not negative.",
        ORDER_OTHERS(0, _pull, 0, lambda_k * gram_nk),
        by="terms",
    ),
    Inequality(
        "share",
        "So no neuron adds more than B_n to m times the margin.",
        _slope_n * _own <= _pull,
        by="gram own-lower own-upper pull-positive",
    ),
    Citation(
        "margin",
        "The margin is the mean of these.",
        sums.MEAN_UPPER(margin_n, _slope_n * _own, _pull),
        by="share",
    ),
    Inequality(
        "active",
        "B_n >= 1 by feasibility, so m y_n a_j <w_j, x_n> >= gamma at every sample and neuron.",
        _own >= gamma,
        by="own-lower margin gram",
    ),
    Definition(
        "least-activation",
        "The minimum over finitely many samples and neurons is attained at some n and j.",
        (Eq(activation_margin, _own),),
        chooses="nj",
    ),
    Inequality(
        "pattern",
        "Every sample activates exactly the neurons of its own label's half.",
        activation_margin >= gamma,
        by="active least-activation",
    ),
)

THEOREM = Theorem(
    id="supporting-samples",
    order=530,
    title="Samples that support each other: one pattern, reached from every start",
    summary=(
        "If y_n y_k <x_n, x_k> >= 0 for all samples, at every KKT point each sample activates "
        "exactly the neurons of its own label's half, so the boundary is linear; and gradient flow "
        "reaches that pattern from every start, by a time that the proof gives, and keeps it. "
        "Convergence of the flow is not used."
    ),
    source=PROJECT,
    assumptions=(
        Assumption(
            "supporting",
            "No two samples pull against each other: y_n y_k <x_n, x_k> >= 0.",
            support_min >= 0,
        ),
    ),
    claims=(
        Claim(
            "active",
            "At every KKT point m y_n a_j <w_j, x_n> is at least gamma.",
            activation_margin >= gamma,
        ),
        linear_boundary.PATTERN_CLAIM,
        linear_boundary.TRAINED_CLAIM,
        Claim(
            "reached",
            "Gradient flow reaches that pattern from every start and keeps it: a pair with "
            "sgn(a_j) y_n <w_j, x_n> = e at the time 0 has it from the time t on with "
            "exp(C_n) + A ‖x_n‖² t > exp(C_n + A |e|/(gamma |a_j|)), A = sum of a_j², C_n = sum_j "
            "|a_j| |<w_j, x_n>| at the time 0. So has the trained network.",
            trained_activation > 0,
            formal=sp.Implies(GROWN > NEEDED, pair_now > 0),
            limit=True,
            settle="train longer, or from a smaller start",
        ),
    ),
    proof=(
        *_LIMIT,
        *linear_boundary.LINEAR_BOUNDARY,
        Conclusion("claim-active", "At every sample and neuron.", by="pattern"),
        Conclusion("claim-boundary", "The pattern and step 6 together.", by="pattern 6"),
        Conclusion("claim-trained <- pattern 7", "Step 7."),
        *SUPPORTED_FLOW,
        Conclusion("claim-reached", "As shown.", by="reached"),
    ),
    remarks=(
        "Margins never fall along the flow, so exp(-y_n f(x_n)) is bounded: no flow ends in finite "
        "time.",
        "Gaussian classes with opposite means meet the condition once the means dominate.",
        "Kinks are passed at once or not at all: Clarke subgradients have slopes in [gamma, 1], "
        "which is all that is used.",
    ),
)
