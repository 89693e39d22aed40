"""Capture by an anchor: training runs along a known straight line, and answers become final."""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Inequality,
    Let,
    Limit,
    Theorem,
)
from ...steps import sums
from ...steps.captured_sign import norm_a
from ...steps.halves import diameter_g
from ...steps.halves import off_t as off_mean_t
from ...steps.linear_boundary import norm_z
from ...steps.motion import EXIT
from ...steps.own_pattern import CAUCHY, ORDER_NEURONS, phi, size_j
from ...symbols import Eq, declare
from .anchored_flow import ANCHORED_FLOW, REACH, base, growth, off_t, reach_t
from .guide import of, tau

anchor_slack = declare(
    "anchor_slack",
    "the least, over all own pairs of any pattern, of what the anchor certificate bounds "
    "sigma <w_j, x_n>/|a_j| by for ever, sigma the pair's sign, and of that at the checkpoint",
    latex="\\sigma_{\\mathrm{anc}}",
)
anchor_activation = declare(
    "anchor_activation",
    "smallest sigma <w_j, x_n>/|a_j| over own pairs, sigma their sign at the checkpoint, seen "
    "while the anchored network was followed on",
    latex="\\sigma_{\\mathrm{seen}}",
)
anchor_departure = declare(
    "anchor_departure",
    "largest ‖W - W^‖ over its certified bound seen while the anchored network was followed on",
    low=0,
    latex="d_{\\mathrm{seen}}",
)
settled_contrary = declare(
    "settled_contrary",
    "number of test points whose answer is certified never to change again at which the followed "
    "network had another sign",
    low=0,
    integer=True,
    latex="K_{\\mathrm{settled}}",
)


# An own pair of the group g and a sample k.
_sigma = declare("pair_sign", "sign of the own pairs of g at x_k", low=-1, high=1, index="gk")
_norm_x = declare("norm_x_k", "‖x_k‖", low=0, index="k", latex="\\|x_k\\|")
_lever = of("pair_lever", "K = ‖x_k‖/sqrt(A_g), A_g the sum of a_j² over g", "gk", "K", 0)
_mean0 = of("start_mean", "<bbar_g(W^0), x_k>, bbar_g the mean of the group g", "gk")
_mean1 = of("goal_mean", "<bbar_g(W*), x_k>", "gk")
_mean = of("pair_mean", "<bbar_g(W(t)), x_k>", "gkt")
_mean_off = of("off_mean", "<bbar_g(E), x_k>", "gkt")
_b_h = of("pair_b", "<b_j, x_k> at t", "gkjt")
_active_T = of("pair_T", "own activation sigma <b_j, x_k> at T", "gkj")
_active = of("pair_t", "own activation sigma <b_j, x_k> at t", "gkjt", abbreviation=True)
_ease = declare("ease", "any e > 0 with e c <= h*", low=0, open_low=True, index="gk", latex="e")
_bound = of("anchor_bound", "the certificate's bound at the own pairs of g and k", "gk")
_norm0 = of("start_norm", "‖W^0‖", "", "\\|W^0\\|", 0)
_across = of("start_off", "<W^0, E>", "t")
ahead_t = of("ahead_t", "‖W(t) - tau W*‖", "t", low=0)
least_anchored = declare("least_anchored", "infimum of all own activations from T on")

# A point z.
_side = declare("side_j", "sign of a_j", index="j")
_hz = of("point_h", "<w_j(t), z>", "jzt")
_hzg = of("point_guide_h", "<w^_j, z>", "jzt")
_total = of("point_off", "sum of |a_j| |<e_j, z>|", "zt")
_fz = of("point_answer", "f(W(t); z)", "zt", "f_t(z)")
_fzg = of("point_guide", "f(W^(t); z)", "zt", "\\hat f_t(z)")
_sign_z = of("point_sign", "the sign that is certified at z, 1 or -1", "z", "\\nu")
_SURE = _sign_z * _fzg > norm_a * norm_z * reach_t
_KEPT = anchor_activation >= anchor_slack
_PATH = anchor_departure <= 1
THEOREM = Theorem(
    id="capture-anchored",
    order=558,
    title="Captured by an anchor: training stays near a straight line, and answers become final",
    summary=(
        "With the solution W* of the margin program of the network's own pattern known exactly, "
        "gradient flow from a checkpoint stays near the line W^0 + W* log(t/t0) for a suitable "
        "anchor W^0: no own pair ever changes its sign if each is far enough from 0 at the anchor, "
        "and the answer at a point z never changes again where the line's own answer exceeds the "
        "distance at every time."
    ),
    source=PROJECT,
    leaky=False,
    any_output=True,
    assumptions=(
        Assumption(
            "certificate",
            "The anchor certificate bounds the own activation of every own pair, active or not, "
            "away from 0.",
            anchor_slack > 0,
        ),
    ),
    claims=(
        Claim(
            "kept",
            "No own pair ever changes its sign: own activations stay at least the slack.",
            _KEPT,
            formal=sp.And(least_anchored >= anchor_slack, least_anchored > 0, _KEPT),
        ),
        Claim(
            "path",
            "W stays within the certified distance sqrt(B + c tau) of the line W^0 + tau W*, tau = "
            "log(t/t0), for ever; so W(t)/log t tends to W*.",
            _PATH,
            formal=sp.And(REACH, off_t <= reach_t, ahead_t <= _norm0 + reach_t, _PATH),
        ),
        Claim(
            "settled",
            "Where the answer of W^0 + tau W* at z keeps one sign and exceeds ‖a‖ ‖z‖ sqrt(B + c "
            "tau) at every time, that of the network has this sign for ever.",
            settled_contrary <= 0,
            formal=sp.And(sp.Implies(_SURE, _sign_z * _fz > 0), settled_contrary <= 0),
        ),
    ),
    proof=(
        *ANCHORED_FLOW,
        Definition(
            "pair",
            "For a sample k and a group g of its own half (neurons with equal own signs; one "
            "neuron is a group, too) let sigma be the sign of the pairs. The linear form V -> "
            "<bbar_g(V), x_k> has the norm K = ‖x_k‖/sqrt(A_g), and W = W^0 + tau W* + E.",
            (
                sp.Or(Eq(_sigma, 1), Eq(_sigma, -1)),
                Eq(_mean, _mean0 + tau * _mean1 + _mean_off),
            ),
        ),
        Citation("mean-off", "Cauchy–Schwarz.", CAUCHY(_mean_off, off_t, _lever)),
        Citation("neuron", "Neuron j is near the mean.", CAUCHY(_b_h - _mean, off_mean_t, _norm_x)),
        Let("activation", "The own activation of neuron j.", _active, _sigma * _b_h),
        Inequality(
            "neuron-near",
            "By at most the diameter: sigma <b_j, x_k> >= sigma <bbar_g, x_k> - D_g ‖x_k‖.",
            _active >= _sigma * _mean - diameter_g * _norm_x,
            by="neuron near-mean activation pair",
        ),
        Inequality(
            "mean-near",
            "sigma <bbar_g, x_k> >= sigma <bbar_g(W^0), x_k> + h* tau - K ‖E‖, h* = sigma "
            "<bbar_g(W*), x_k>.",
            _sigma * _mean >= _sigma * _mean0 + _sigma * _mean1 * tau - _lever * off_t,
            by="pair mean-off",
        ),
        Inequality(
            "halved",
            "For any e > 0: 4 e K ‖E‖ <= K² + 4 e² ‖E‖².",
            4 * _ease * _lever * off_t <= _lever**2 + 4 * _ease**2 * off_t**2,
        ),
        Inequality(
            "divided",
            "So K ‖E‖ <= K²/(4e) + e ‖E‖².",
            _lever * off_t <= _lever**2 / (4 * _ease) + _ease * off_t**2,
            by="halved",
        ),
        Definition(
            "bound",
            "The certificate bounds every own pair with some e, e c <= h*; the slack is the least "
            "of these bounds and of the own activations at T.",
            (
                _ease * growth <= _sigma * _mean1,
                Eq(
                    _bound,
                    _sigma * _mean0 - diameter_g * _norm_x - _lever**2 / (4 * _ease) - _ease * base,
                ),
                anchor_slack <= _bound,
                anchor_slack <= _active_T,
            ),
        ),
        Inequality(
            "outgrown",
            "e ‖E‖² <= e B + h* tau.",
            _ease * off_t**2 <= _ease * base + _sigma * _mean1 * tau,
            by="off-square bound",
        ),
        Inequality(
            "activation-bound",
            "So at t every own activation is at least its bound.",
            _active >= _bound,
            by="neuron-near mean-near divided outgrown bound",
        ),
        Inequality("at-start", "And positive at T.", _active_T > 0, by="certificate bound"),
        Inequality(
            "held",
            "At every time up to which no own pair has changed its sign, own activations are at "
            "least the slack.",
            _active >= anchor_slack,
            by="activation-bound bound",
        ),
        Citation(
            "for-ever",
            "So they are at least that for ever: no own pair ever changes its sign, and t is any "
            "time from T on.",
            EXIT(_active_T, _active, anchor_slack, least_anchored),
            by="certificate at-start held",
        ),
        Citation(
            "ahead-square",
            "W - tau W* = W^0 + E.",
            sums.COMBINED(ahead_t**2, _norm0**2, _across, off_t**2, 1, 1, 1, 1),
        ),
        Citation("ahead-product", "Cauchy–Schwarz.", CAUCHY(_across, _norm0, off_t)),
        Inequality(
            "ahead-root",
            "So ‖W - tau W*‖ <= ‖W^0‖ + ‖E‖.",
            ahead_t <= _norm0 + off_t,
            by="ahead-square ahead-product",
        ),
        Inequality(
            "ahead",
            "Which is at most ‖W^0‖ + sqrt(B + c tau).",
            ahead_t <= _norm0 + reach_t,
            by="ahead-root off",
        ),
        Limit(
            "ahead-limit",
            "Over tau that tends to 0: W/tau tends to W*.",
            (_norm0 + sp.sqrt(base + growth * tau)) / tau,
            tau,
            sp.oo,
            sp.Integer(0),
        ),
        Definition(
            "point",
            "At a point z neuron j adds a_j phi(<w_j, z>) to the answer.",
            (sp.Or(Eq(_side, 1), Eq(_side, -1)),),
        ),
        Inequality(
            "point-pair",
            "|phi(u) - phi(v)| <= |u - v|.",
            sp.And(
                _side * size_j * (phi(_hz) - phi(_hzg)) <= size_j * sp.Abs(_hz - _hzg),
                -_side * size_j * (phi(_hz) - phi(_hzg)) <= size_j * sp.Abs(_hz - _hzg),
            ),
            by="point",
        ),
        Citation(
            "point-above",
            "So f(W; z) - f(W^; z) is at most the sum of |a_j| |<e_j, z>|.",
            ORDER_NEURONS(
                _fz - _fzg,
                _total,
                _side * size_j * (phi(_hz) - phi(_hzg)),
                size_j * sp.Abs(_hz - _hzg),
            ),
            by="point-pair",
        ),
        Citation(
            "point-below",
            "And at least its opposite.",
            ORDER_NEURONS(
                _fzg - _fz,
                _total,
                -_side * size_j * (phi(_hz) - phi(_hzg)),
                size_j * sp.Abs(_hz - _hzg),
            ),
            by="point-pair",
        ),
        Citation(
            "point-off",
            "That is the product of E with the vectors ±|a_j| z, together of length ‖a‖ ‖z‖.",
            CAUCHY(_total, off_t, norm_a * norm_z),
        ),
        Inequality(
            "point-near",
            "Which is at most ‖a‖ ‖z‖ sqrt(B + c tau).",
            _total <= norm_a * norm_z * reach_t,
            by="point-off off",
        ),
        Definition(
            "point-sign",
            "nu is 1 or -1.",
            (sp.Or(Eq(_sign_z, 1), Eq(_sign_z, -1)),),
        ),
        Inequality(
            "sure",
            "So where nu f(W^; z) exceeds that, nu f(W; z) > 0.",
            sp.Implies(_SURE, _sign_z * _fz > 0),
            by="point-above point-below point-near point-sign",
        ),
        Definition(
            "seen-activation",
            "What is seen of own activations is not below their infimum.",
            (anchor_activation >= least_anchored,),
        ),
        Conclusion(
            "claim-kept",
            "As shown for all times.",
            "kept",
            by="certificate for-ever seen-activation",
        ),
        Definition(
            "seen-departure",
            "The largest quotient seen is that at some time t, under some choice of beta and c; it "
            "counts as 0 where the bound is 0.",
            (
                sp.Or(
                    Eq(anchor_departure, 0),
                    sp.And(reach_t > 0, Eq(anchor_departure * reach_t, off_t)),
                ),
            ),
            chooses="gkt",
        ),
        Inequality("near", "It is at most 1.", _PATH, by="seen-departure off"),
        Conclusion("claim-path", "As shown at every time.", "path", by="reach off ahead near"),
        Definition(
            "contrary",
            "If there are contrary test points, let z be one of them, at a time t.",
            (sp.Implies(settled_contrary > 0, sp.And(_SURE, _sign_z * _fz <= 0)),),
            chooses="gkzt",
        ),
        Conclusion(
            "claim-settled",
            "Certified points keep their sign, so none is contrary.",
            "settled",
            by="sure contrary",
        ),
    ),
    remarks=(
        "The loss is exponential or logistic, summed over the samples. The own pattern may be any; "
        "gamma in [0, 1] and the output weights too. At slope 0 the pairs of a dead neuron, one "
        "that is inactive at every sample, count as cross pairs: it never moves.",
        "Off the supports leak(0) = exp(T - 1 - z_n(W^0)), which fades with mu_n. For the logistic "
        "loss supports leak, too: leak(0) = lambda_n³/(4 t0 (t0 - lambda_n)), lambda_n < t0 = e^T, "
        "which fades with 2, as their pull on the line is lambda_n t/(t + lambda_n).",
        "beta and c are free for each own pair and each use: c = 1, beta = 0 counts what a sample "
        "leaks at its first rate for ever, beta = 1/fade, c = 0 counts all it will ever leak.",
        "If every mu_n > 0, c = 0 can be had: W stays within a fixed distance of the line.",
        "Beside the first certificate (capture, capture-general), whose distance over rho falls "
        "like 1/sqrt(log t), this one needs the solution of the margin program exactly.",
    ),
)
