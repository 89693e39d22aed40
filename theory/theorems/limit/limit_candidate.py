"""From the data alone: a limit with a linear boundary exists, and training can be drawn to it."""

import sympy as sp

from ...statement import (
    PROJECT,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Earlier,
    Identity,
    Inequality,
    Limit,
    Step,
    Theorem,
)
from ...steps import motion, own_pattern, sums
from ...steps.kkt import lambda_n
from ...steps.own_pattern import own_activation, phi, seed_slack, size_j, slope_of
from ...symbols import Eq, N, declare, gamma
from . import linear_limit

_star = own_pattern.network("star", "W*", "of phi at <w*_j, x_n>")
_rival = own_pattern.network("rival", "W', feasible, own pairs active", "those of W*")
_own_mass = declare(
    "own_half_mass", "sum of a_j² over the own half of n", low=0, open_low=True, index="n"
)
_own_slope = declare("s_own_star", "slope of phi at <w*_j, x_n>, an own pair", index="nj")
_total = declare("lambda_total", "sum of the lambda_n of W*", low=0, open_low=True)
_square = declare("star_square", "‖W*‖²", low=0, latex="\\|W^*\\|^2")
_rival_square = declare("rival_square", "‖W'‖²", low=0, latex="\\|W'\\|^2")
_product = declare("rival_product", "<W*, W'>")
_distance = declare("rival_distance", "‖W' - W*‖²", low=0, latex="\\|W'-W^*\\|^2")

_SOLUTION: tuple[Step, ...] = (
    Definition(
        "own-pairs",
        "Scaled own activations are c_own <w*_j, x_n>/|a_j|, and none is below the smallest.",
        (own_activation * size_j <= _own_mass * _star.own_h, slope_of(_own_slope, _star.own_h)),
    ),
    Inequality(
        "own-sign",
        "So W* lies in the cone: every own pair is active.",
        _star.own_h > 0,
        by="own-active own-pairs",
    ),
    *_star.concave(),
    *_star.on_the_cone("own-sign"),
    Citation(
        "program",
        "W* solves the margin program. If that is feasible so is twice any feasible W, with all "
        "z_n > 1.",
        own_pattern.PROGRAM(lambda_n, _star.margin),
    ),
    Definition(
        "star-slopes",
        "z_n is -phi at each cross pair: supergradients have slopes in its subdifferential.",
        (slope_of(_star.slope, _star.cross_h),),
    ),
    Inequality(
        "kkt",
        "Own pairs have slope 1 as in (M), margins are those of the network: all conditions of a "
        "KKT point of the network's own problem hold.",
        sp.And(
            Eq(_own_slope, 1),
            _star.answer >= 1,
            Eq(lambda_n * (_star.answer - 1), 0),
        ),
        by="own-sign own-pairs star-margin program",
    ),
    Inequality(
        "star-equal-pair",
        "phi(h) = s h for a slope s of phi at h.",
        Eq(size_j * phi(_star.cross_h), size_j * _star.slope * _star.cross_h),
        by="star-slopes",
    ),
    Citation(
        "star-equal",
        "So <zeta_n, W*> = z_n(W*).",
        own_pattern.LINEAR_NEURONS(
            _star.cross_answer,
            _star.cross_linear,
            0,
            0,
            size_j * phi(_star.cross_h),
            size_j * _star.slope * _star.cross_h,
            0,
        ),
        by="star-equal-pair",
    ),
    Inequality(
        "star-slack",
        "By slackness lambda_n <zeta_n, W*> = lambda_n.",
        Eq(lambda_n * _star.product, lambda_n),
        by="star-parts star-equal program",
    ),
    Citation(
        "star-square",
        "‖W*‖² = <sum lambda_n zeta_n, W*> = sum lambda_n.",
        sums.LINEAR_SUM(_square, _total, 0, 0, lambda_n * _star.product, lambda_n, 0),
        by="star-slack",
    ),
)

_STRICT: tuple[Step, ...] = (
    Definition(
        "rival",
        "Let W' be any network with every own pair active that is feasible for the network's own "
        "problem.",
        (_rival.own_h > 0, _rival.answer >= 1),
    ),
    *_rival.concave(),
    *_rival.on_the_cone("rival"),
    Inequality(
        "rival-term",
        "lambda_n <zeta_n, W'> >= lambda_n z_n(W') >= lambda_n.",
        lambda_n <= lambda_n * _rival.product,
        by="rival rival-concave rival-margin",
    ),
    Citation(
        "rival-product",
        "So <W*, W'> = sum lambda_n <zeta_n, W'> >= sum lambda_n.",
        own_pattern.ORDER_SAMPLES(_total, _product, lambda_n, lambda_n * _rival.product),
        by="rival-term",
    ),
    Citation(
        "rival-distance",
        "Expand ‖W' - W*‖².",
        sums.COMBINED(_distance, _rival_square, _product, _square, 1, -1, 1, -1),
    ),
    Inequality(
        "strict",
        "So ‖W'‖² >= ‖W*‖² + ‖W' - W*‖².",
        _rival_square >= _square + _distance,
        by="star-square rival-product rival-distance",
    ),
)

# The start c W*: what the capture certificate says of it as c grows.

_scale = declare("seed_scale", "the multiple c of the start c W*", low=0, open_low=True, latex="c")
_entropy = declare("seed_entropy", "entropy H of lambda_n/sum lambda", low=0, latex="H")
_loss = declare("seed_loss", "loss L at c W*", low=0, open_low=True, latex="L_c")
_rho = declare("seed_rho", "smooth margin -log L + H at c W*", latex="\\rho_c")
_room = declare("seed_room", "log N - H", low=0, latex="g")
_norm_star = declare("norm_star", "‖W*‖", low=0, open_low=True, latex="\\|W^*\\|")
_ratio = declare("seed_ratio", "max(‖c W*‖/rho, ‖W*‖)", low=0, latex="R_c")
_radius = declare("seed_radius", "the certificate's distance at c W*", low=0, latex="r_c")
_height = declare(
    "seed_height", "<w*_j, x_n>/|a_j| at an own pair", low=0, open_low=True, index="n", latex="h_n"
)
_norm_x = declare("seed_norm_x", "‖x_n‖", low=0, open_low=True, index="n", latex="\\|x_n\\|")
_bound = declare(
    "seed_bound",
    "the certificate's bound at the own pairs of sample n, for beta = 0",
    index="n",
    latex="\\sigma_n",
)
_GROWN = _scale >= 2 * _room
_LARGE = sp.And(_GROWN, _scale * _own_mass * _height**2 > 8 * _room * _square * _norm_x**2)

_SEED: tuple[Step, ...] = (
    Citation("entropy", "Entropies lie in [0, log N].", motion.ENTROPY(_entropy, N)),
    Definition(
        "seed <- entropy",
        "Start from c W*: L is the sum over the samples of exp(-c z_n(W*)), H the entropy of the "
        "weights; write g for log N - H.",
        (
            Eq(_rho, _entropy - sp.log(_loss)),
            Eq(_room, sp.log(N) - _entropy),
            Eq(_norm_star**2, _square),
        ),
    ),
    Inequality(
        "seed-term",
        "Each term is at most exp(-c).",
        sp.exp(-_scale * _star.margin) <= sp.exp(-_scale),
        by="program",
    ),
    Citation(
        "seed-loss",
        "So L <= N exp(-c).",
        sums.TERM_SUM(_loss, N, sp.exp(-_scale * _star.margin), 0, sp.exp(-_scale)),
        by="seed-term",
    ),
    Identity("seed-log", "Its logarithm.", sp.log(N * sp.exp(-_scale)), sp.log(N) - _scale),
    Inequality(
        "seed-rho", "So rho >= c - g.", _rho >= _scale - _room, by="seed seed-loss seed-log"
    ),
    Inequality(
        "seed-positive",
        "That is at least c/2 where c >= 2 g.",
        sp.Implies(_GROWN, sp.And(_rho > 0, 2 * (_scale - _room) >= _scale)),
        by="seed-rho",
    ),
    Definition(
        "seed-ratio",
        "‖c W*‖ = c ‖W*‖: R is the certificate's bound of ‖W‖/rho.",
        (sp.Implies(_rho > 0, Eq(_ratio * _rho, sp.Max(_scale, _rho) * _norm_star)),),
    ),
    Inequality(
        "seed-quotient",
        "R (c - g) <= c ‖W*‖.",
        sp.Implies(_GROWN, _ratio * (_scale - _room) <= _scale * _norm_star),
        by="seed-ratio seed-rho seed-positive",
    ),
    Inequality(
        "seed-quotient-square",
        "Squared.",
        sp.Implies(_GROWN, _ratio**2 * (_scale - _room) ** 2 <= _scale**2 * _square),
        by="seed-quotient seed-positive seed",
    ),
    Definition(
        "seed-radius",
        "The certificate's distance is r² = R² - sum lambda_n; the neurons of a half of c W* are "
        "equal, so D = 0.",
        (sp.Implies(_rho > 0, Eq(_radius**2, _ratio**2 - _total)),),
    ),
    Inequality(
        "seed-radius-product",
        "So r² (c - g)² <= 2 c g ‖W*‖².",
        sp.Implies(_GROWN, _radius**2 * (_scale - _room) ** 2 <= 2 * _scale * _room * _square),
        by="seed-radius seed-positive seed-quotient-square star-square",
    ),
    Inequality(
        "seed-radius-small",
        "And r² <= 8 g ‖W*‖²/c.",
        sp.Implies(_GROWN, _radius**2 * _scale <= 8 * _room * _square),
        by="seed-radius-product seed-positive",
    ),
    Limit(
        "seed-limit",
        "Which tends to 0 as c grows: the bounds tend to the own activations of W*.",
        8 * _room * _square / _scale,
        _scale,
        sp.oo,
        sp.Integer(0),
    ),
    Definition(
        "seed-bound",
        "The certificate's bound, for beta = 0.",
        (Eq(_bound, _height - _radius * _norm_x / sp.sqrt(_own_mass)),),
    ),
    Inequality(
        "seed-short",
        "If also c c_own h_n² > 8 g ‖W*‖² ‖x_n‖² then r² ‖x_n‖² < c_own h_n².",
        sp.Implies(_LARGE, _radius**2 * _norm_x**2 < _own_mass * _height**2),
        by="seed-radius-small",
    ),
    Inequality(
        "seed-captured",
        "So the bound is positive at every own pair.",
        sp.Implies(_LARGE, _bound > 0),
        by="seed-short seed-bound",
    ),
)

THEOREM = Theorem(
    id="limit-candidate",
    order=520,
    title="The data decide whether a limit with a linear boundary exists",
    summary=(
        "One convex program on the samples decides: if its solution activates every neuron of the "
        "own half at every sample, it is a strict local minimum of the network's own margin "
        "problem, its boundary is linear (for a positive slope), and gradient flow from an open "
        "set of starts is captured by it. No condition on norms or inner products is needed."
    ),
    leaky=False,
    any_output=True,
    source=PROJECT,
    assumptions=(linear_limit.OWN_ACTIVE,),
    claims=(
        Claim(
            "exists",
            "The solution W* of the margin program is a KKT point of the network's own margin "
            "problem with every own pair active, and ‖W'‖² >= ‖W*‖² + ‖W' - W*‖² for every "
            "feasible W' with every own pair active; so it is a strict local minimum. For a "
            "positive slope its boundary is linear.",
            own_activation > 0,
            formal=sp.And(
                _star.own_h > 0,
                Eq(_own_slope, 1),
                slope_of(_star.slope, _star.cross_h),
                _star.answer >= 1,
                Eq(lambda_n * (_star.answer - 1), 0),
                _rival_square >= _square + _distance,
                sp.Implies(gamma > 0, linear_limit.SAME_SIGN),
                own_activation > 0,
            ),
        ),
        Claim(
            "attracts",
            "A large multiple c W* is captured: the capture certificate bounds every own "
            "activation away from 0 once c >= 2 g and c c_own h_n² > 8 g ‖W*‖² ‖x_n‖² for every n, "
            "g = log N - H, h_n = <w*_j, x_n>/|a_j|. It does so for all starts nearby as well.",
            seed_slack > 0,
            formal=sp.Implies(_LARGE, _bound > 0),
            limit=True,
            settle="a larger multiple of W*",
        ),
    ),
    proof=(
        *_SOLUTION,
        *_STRICT,
        Earlier(
            "linear",
            "For a positive slope the theorem on limits with active own pairs applies to W*.",
            linear_limit.THEOREM,
            by="own-active",
        ),
        Conclusion(
            "claim-exists",
            "All together.",
            by="own-active own-sign star-slopes kkt strict linear",
        ),
        *_SEED,
        Conclusion("claim-attracts", "As shown.", by="seed-captured"),
    ),
    remarks=(
        "W* is the only KKT point with every own pair active: such a point meets the optimality "
        "conditions of the margin program, which has one solution.",
        "With equal halves lambda and s come from one quadratic program: minimise mu' H mu/2 - sum "
        "mu over mu >= 0 in two copies of the samples, with slopes 1 and gamma.",
        "At slope 0, the ReLU, everything holds but the linear boundary.",
        "The condition can fail only where the other half answers a sample with at least 1/gamma "
        "times its margin. If it fails, no KKT point has every own pair active.",
        "The bound on c is proved for the exponential loss. What is measured is the certificate of "
        "c W*, c = 1024, for the loss of the scenario, which is proved for both.",
        "The start c W* is one point of an open set: the certificate is continuous in the weights. "
        "As c grows its bounds tend to the own activations of W* themselves.",
    ),
)
