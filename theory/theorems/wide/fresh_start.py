"""What a random start gives beforehand: its kernel, and how many neurons are near a kink.

Given the a_j, the neurons of a start are independent, w_j ~ N(0, I/d) and b_j ~ N(0, 1). So sums
over the neurons of a_j² times numbers in [0, 1] are near their means, by Hoeffding's inequality.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from ...statement import Citation, Definition, Inequality, Step
from ...steps import probability
from ...steps.own_pattern import LINEAR_NEURONS, ORDER_NEURONS
from ...symbols import Eq, N, d, declare, gamma
from .descent import Weights, weights
from .drift import Sides, range_of, time

delta_start = declare(
    "delta_start",
    "failure probability that the scenario grants to the draw of the start",
    low=0,
    open_low=True,
    high=1,
    latex="\\delta",
)
chance_kernel = declare(
    "chance_kernel",
    "probability over starts with these a_j that |Phi_0 - S_2 Phi| <= (1-gamma²) "
    "sqrt(S_4 log(2M/delta)/2) for all M pairs of a sample and a test point; measured as an exact "
    "binomial interval over fresh starts",
    low=0,
    high=1,
    latex="\\Pr[\\mathrm{kernel}]",
)
chance_flips = declare(
    "chance_flips",
    "probability over starts with these a_j that F(z) <= sqrt(2/pi) t B(z) S_3/sqrt(‖z‖²/d + 1) + "
    "sqrt(S_4 log(K/delta)/2) at all K samples and test points z; measured as an exact binomial "
    "interval over fresh starts",
    low=0,
    high=1,
    latex="\\Pr[\\mathrm{flips}]",
)

_pairs = declare("pair_count", "number M of pairs", low=1, integer=True, latex="M")
_points = declare("point_count", "number K of points", low=1, integer=True, latex="K")
mass_3 = declare("mass_3", "S_3 = sum of |a_j|³", low=0, open_low=True, latex="S_3")
mass_4 = declare("mass_4", "S_4 = sum of a_j⁴", low=0, open_low=True, latex="S_4")


def _chance(name: str, meaning: str, index: str = "") -> sp.Symbol:
    return declare(name, f"Pr[{meaning}]", low=0, high=1, index=index)


# A pair of points, and the slopes of neuron j there at the start.
_pair = _chance("pair_far", "|Phi_0 - S_2 Phi| exceeds its bound, for one pair", "nz")
_any_pair = _chance("some_pair_far", "it does for some pair")
_s_n = declare("fresh_slope_n", "slope of phi at h_j(0; x_n)", index="jn")
_s_z = declare("fresh_slope_z", "slope of phi at h_j(0; z)", index="jz")
_widths = declare("width_squares", "sum of ((1-gamma²) a_j²)²", low=0)
_square = weights().output ** 2
KERNEL_RADIUS = (1 - gamma**2) * sp.sqrt(mass_4 * sp.log(2 * _pairs / delta_start) / 2)

KERNEL: tuple[Step, ...] = (
    Definition(
        "fresh",
        "The slopes of a fresh start are in [gamma, 1]; the mean of a_j² times their product, "
        "summed over the neurons, is S_2 Phi.",
        (_s_n >= gamma, _s_n <= 1, _s_z >= gamma, _s_z <= 1),
    ),
    Inequality(
        "fresh-term <- fresh",
        "Each term lies in an interval of width (1-gamma²) a_j².",
        sp.And(
            _square * (_s_n * _s_z) >= gamma**2 * _square,
            _square * (_s_n * _s_z) <= gamma**2 * _square + (1 - gamma**2) * _square,
        ),
    ),
    Citation(
        "widths",
        "The squares of the widths add up to (1-gamma²)² S_4.",
        LINEAR_NEURONS(
            _widths,
            0,
            (1 - gamma**2) ** 2,
            mass_4,
            ((1 - gamma**2) * _square) ** 2,
            0,
            _square**2,
        ),
    ),
    Citation(
        "pair <- fresh-term widths",
        "For one pair, with failure probability delta/M.",
        probability.WEIGHTED_HOEFFDING(
            _pair,
            2,
            _widths,
            _square * (_s_n * _s_z),
            gamma**2 * _square,
            (1 - gamma**2) * _square,
            KERNEL_RADIUS,
            delta_start / _pairs,
        ),
    ),
    Citation(
        "pairs <- pair",
        "For all pairs.",
        replace(probability.UNION, over="nz")(_any_pair, _pairs, _pair, delta_start / _pairs),
    ),
    Citation(
        "kernel-good",
        "So none fails with the probability that is left.",
        probability.NEITHER(chance_kernel, _any_pair, 0),
    ),
    Inequality(
        "kernel-chance <- kernel-good pairs",
        "That is 1 - delta.",
        chance_kernel >= 1 - delta_start,
    ),
)

_near = _chance("near_kink", "|h_j(0; z)| <= |a_j| t B(z)", "jz")
_deviation = declare(
    "fresh_deviation",
    "sqrt(‖z‖²/d + 1), the standard deviation of h_j(0; z)",
    low=0,
    open_low=True,
    index="z",
    latex="\\sigma_z",
)
_norm = declare("fresh_norm", "‖z‖", low=0, index="z")
_mean = declare("flips_mean", "mean of F(z) over starts", low=0, index="z")
_over_mean = _chance("flips_far", "F(z) exceeds its mean by more than is allowed", "z")
_over = _chance("flips_over", "F(z) exceeds its bound", "z")
_some = _chance("some_flips_over", "it does at some point")
FLIPS_RADIUS = sp.sqrt(mass_4 * sp.log(_points / delta_start) / 2)


def flips(w: Weights, s: Sides, total: sp.Symbol) -> tuple[Step, ...]:
    """Steps to "F(z) is within its bound at all points with probability 1 - delta"."""
    rate = sp.sqrt(2 / sp.pi) * (time.horizon * s.reach_sum / N) / _deviation
    cube = sp.Abs(w.output) * w.output**2
    bound = rate * mass_3 + FLIPS_RADIUS
    return (
        Definition(
            "normal",
            "h_j(0; z) = <w_j, z> + b_j is normal with mean 0 and variance ‖z‖²/d + 1.",
            (Eq(_deviation**2, _norm**2 / d + 1),),
        ),
        Citation(
            "near",
            "So a neuron is near its kink at most this often.",
            probability.NORMAL_NEAR(_near, range_of(w, s), _deviation),
        ),
        Inequality(
            "near-term <- near",
            "Times a_j² that is at most a multiple of |a_j|³.",
            w.output**2 * _near <= rate * cube,
        ),
        Citation(
            "near-mean <- near-term",
            "So the mean of F(z) is at most that multiple of S_3.",
            ORDER_NEURONS(_mean, rate * mass_3, w.output**2 * _near, rate * cube),
        ),
        Inequality(
            "flip-term <- z-flip",
            "Each term of F(z) is in [0, a_j²].",
            sp.And(w.output**2 * s.flip >= 0, w.output**2 * s.flip <= 0 + w.output**2),
        ),
        Citation(
            "flips-far <- flip-term",
            "F(z) exceeds its mean by this with probability delta/K at most; the squared widths "
            "a_j⁴ add up to S_4.",
            probability.WEIGHTED_HOEFFDING(
                _over_mean,
                1,
                mass_4,
                w.output**2 * s.flip,
                0,
                w.output**2,
                FLIPS_RADIUS,
                delta_start / _points,
            ),
        ),
        Citation(
            "flips-over <- near-mean",
            "F(z) exceeds its bound only where it exceeds its mean by so much.",
            probability.sub_event(_over, _over_mean, total > bound, total > _mean + FLIPS_RADIUS),
        ),
        Inequality(
            "flips-rare <- flips-over flips-far",
            "So no more often.",
            _over <= delta_start / _points,
        ),
        Citation(
            "flips-any <- flips-rare",
            "For all points.",
            replace(probability.UNION, over="z")(_some, _points, _over, delta_start / _points),
        ),
        Citation(
            "flips-good",
            "So none fails with the probability that is left.",
            probability.NEITHER(chance_flips, _some, 0),
        ),
        Inequality(
            "flips-chance <- flips-good flips-any",
            "That is 1 - delta.",
            chance_flips >= 1 - delta_start,
        ),
    )
