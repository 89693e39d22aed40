"""The flow on samples that support each other: how soon each pair has the sign of the pattern.

With y_n y_k <x_n, x_k> = G_nk >= 0 every sgn(a_j) y_n <w_j, x_n> = e grows, at a rate between gamma
|a_j| B' and |a_j| B', B_n' = sum_k l_k G_nk. So y_n f(x_n) <= C_n + A B_n, hence B_n' >= ‖x_n‖²
exp(-C_n - A B_n): B_n grows at least like a logarithm of time. Source: this project.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from ..statement import Citation, Definition, Inequality, Let, Limit, Step
from ..symbols import Eq, declare, gamma
from .motion import INTEGRAL
from .own_pattern import ONE_TERM, ORDER_NEURONS, phi, size_j

ORDER_OTHERS = replace(ORDER_NEURONS, over="k")

gram_nk = declare("gram_nk", "y_n y_k <x_n, x_k>", index="nk", latex="G_{nk}")
_square = declare("gram_nn", "‖x_n‖²", low=0, open_low=True, index="n", latex="G_{nn}")

_time = declare("flow_time", "a time t >= 0 of the flow", low=0, index="t", latex="t")
_loss_k = declare("flow_loss_k", "exp(-y_k f(x_k)) at t", low=0, index="kt", latex="l_k")
_loss_n = declare("flow_loss_n", "exp(-y_n f(x_n)) at t", low=0, index="nt", latex="l_n")
_moving_k = declare("flow_s_kj", "slope of phi at <w_j(t), x_k>", index="kjt")
_start = declare("flow_own_start", "sgn(a_j) y_n <w_j, x_n> at 0", index="nj", latex="e_0")
pair_now = declare("flow_own", "sgn(a_j) y_n <w_j, x_n> at t", index="njt", latex="e_t")
_rate = declare(
    "flow_own_rate", "derivative of sgn(a_j) y_n <w_j, x_n> at t", index="njt", latex="e'_t"
)
_gain = declare("flow_gain", "integral from 0 to t of sum_k l_k G_nk", index="nt", latex="B_n(t)")
_gain_rate = declare("flow_gain_rate", "sum_k l_k G_nk at t", index="nt", latex="B'_n(t)")
_room = declare(
    "flow_room", "sum_j |a_j| |<w_j, x_n>| at the time 0", low=0, index="n", latex="C_n"
)
_weight = declare("flow_mass", "sum of a_j² over all neurons", low=0, open_low=True, latex="A")
_answer = declare("flow_margin", "y_n f(x_n) at t", index="nt", latex="\\mu_n(t)")
_part = declare(
    "flow_part",
    "what neuron j adds to y_n f(x_n) over |a_j|: phi(e) for own, -phi(-e) for cross pairs",
    index="njt",
)
_height = declare(
    "flow_height",
    "exp(C_n + A B_n(t))",
    low=0,
    open_low=True,
    index="nt",
    latex="E_n(t)",
    abbreviation=True,
)
GROWN = sp.exp(_room) + _weight * _square * _time
NEEDED = sp.exp(_room + _weight * sp.Abs(_start) / (gamma * size_j))

SUPPORTED_FLOW: tuple[Step, ...] = (
    Definition(
        "flow",
        "Along gradient flow w_j' = a_j sum_k l_k y_k s_kj x_k for almost every t, with slopes in "
        "[gamma, 1]: sgn(a_j) y_n <w_j, x_n> grows at the rate |a_j| sum_k s_kj l_k G_nk. At 0 "
        "the integral is 0.",
        (_moving_k >= gamma, _moving_k <= 1, Eq(_loss_n * sp.exp(_answer), 1)),
    ),
    Inequality(
        "flow-terms",
        "Each term lies between gamma |a_j| l_k G_nk and |a_j| l_k G_nk.",
        sp.And(
            gamma * size_j * (_loss_k * gram_nk) <= size_j * (_moving_k * _loss_k * gram_nk),
            size_j * (_moving_k * _loss_k * gram_nk) <= size_j * (_loss_k * gram_nk),
        ),
        by="supporting gram flow",
    ),
    Citation(
        "flow-lower",
        "So does the rate: it is at least gamma |a_j| B_n'.",
        ORDER_OTHERS(
            gamma * size_j * _gain_rate,
            _rate,
            gamma * size_j * (_loss_k * gram_nk),
            size_j * (_moving_k * _loss_k * gram_nk),
        ),
        by="flow-terms",
    ),
    Citation(
        "flow-upper",
        "And at most |a_j| B_n'.",
        ORDER_OTHERS(
            _rate,
            size_j * _gain_rate,
            size_j * (_moving_k * _loss_k * gram_nk),
            size_j * (_loss_k * gram_nk),
        ),
        by="flow-terms",
    ),
    Inequality(
        "flow-rates",
        "Both differences have a derivative of at most 0.",
        sp.And(gamma * size_j * _gain_rate - _rate <= 0, _rate - size_j * _gain_rate <= 0),
        by="flow-lower flow-upper",
    ),
    Citation(
        "gained-least",
        "So by t it has grown by at least gamma |a_j| B_n(t).",
        INTEGRAL(-_start, gamma * size_j * _gain - pair_now, gamma * size_j * _gain_rate - _rate),
        by="flow-rates",
    ),
    Citation(
        "gained-most",
        "And by at most |a_j| B_n(t).",
        INTEGRAL(_start, pair_now - size_j * _gain, _rate - size_j * _gain_rate),
        by="flow-rates",
    ),
    Inequality(
        "gain-terms",
        "l_k G_nk is not negative.",
        _loss_k * gram_nk >= 0,
        by="supporting gram",
    ),
    Citation(
        "gain-rate",
        "So B_n' >= 0.",
        ORDER_OTHERS(0, _gain_rate, 0, _loss_k * gram_nk),
        by="gain-terms",
    ),
    Inequality("gain-falls", "The opposite of B_n falls.", -_gain_rate <= 0, by="gain-rate"),
    Citation("gain", "So B_n(t) >= 0.", INTEGRAL(0, -_gain, -_gain_rate), by="gain-falls"),
    Citation(
        "gain-own",
        "And B_n' is at least its own term.",
        ONE_TERM(_gain_rate, _loss_k * gram_nk, _loss_n * _square),
        by="gain-terms",
    ),
    Definition(
        "flow-parts",
        "y_n f(x_n) is the sum of |a_j| times phi(e) at own pairs and -phi(-e) at cross ones, with "
        "e = sgn(a_j) y_n <w_j, x_n>.",
        (sp.Or(Eq(_part, phi(pair_now)), Eq(_part, -phi(-pair_now))),),
    ),
    Inequality(
        "flow-part",
        "Neither is more than |e| was at the start plus what was gained.",
        size_j * _part <= size_j * sp.Abs(_start) + size_j**2 * _gain,
        by="flow-parts gained-most gain",
    ),
    Citation(
        "flow-margin",
        "So y_n f(x_n) <= C_n + A B_n(t).",
        ORDER_NEURONS(
            _answer,
            _room + _weight * _gain,
            size_j * _part,
            size_j * sp.Abs(_start) + size_j**2 * _gain,
        ),
        by="flow-part",
    ),
    Let(
        "height",
        "Write E for exp(C_n + A B_n), whose derivative is A B_n' E.",
        _height,
        sp.exp(_room + _weight * _gain),
    ),
    Inequality(
        "height-loss",
        "So l_n >= 1/E.",
        _loss_n * _height >= 1,
        by="flow flow-margin height",
    ),
    Inequality(
        "height-rate",
        "And E grows at the rate A B_n' E >= A ‖x_n‖² l_n E >= A ‖x_n‖².",
        _weight * _square - _weight * _gain_rate * _height <= 0,
        by="gain-own height-loss",
    ),
    Citation(
        "height-gain",
        "So E(t) >= exp(C_n) + A ‖x_n‖² t.",
        INTEGRAL(
            -sp.exp(_room),
            _weight * _square * _time - _height,
            _weight * _square - _weight * _gain_rate * _height,
        ),
        by="height-rate",
    ),
    Inequality(
        "enough",
        "Once that exceeds exp(C_n + A |e(0)|/(gamma |a_j|)), B_n exceeds |e(0)|/(gamma |a_j|).",
        sp.Implies(GROWN > NEEDED, _weight * _gain > _weight * sp.Abs(_start) / (gamma * size_j)),
        by="height-gain height",
    ),
    Inequality(
        "enough-gain",
        "Without the common factor.",
        sp.Implies(GROWN > NEEDED, gamma * size_j * _gain > sp.Abs(_start)),
        by="enough",
    ),
    Inequality(
        "reached",
        "So the pair has the sign of the pattern from then on.",
        sp.Implies(GROWN > NEEDED, pair_now > 0),
        by="enough-gain gained-least",
    ),
    Limit(
        "always-reached",
        "Every pair of every start gets there: the left side grows without bound.",
        GROWN,
        _time,
        sp.oo,
        sp.oo,
    ),
)
