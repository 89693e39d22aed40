"""The loss while no own pair changes its sign: exponential or logistic, convex, falling.

t is an arbitrary time from the checkpoint T on up to which no own pair has changed its sign. The
loss L is a sum over the samples of l(z_n), z_n the concave margins of `own_pattern`. Both losses
lie between multiples of exp(-z): sum exp(-z_n) <= exp(e) L and -dl/dz >= k l from T on, with e = 0
and k = 1 for l = exp(-z), and e = L_T/2 + L_T²/24 and k = (1 - exp(-L_T))/L_T for l = log(1 +
exp(-z)). Source: this project.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from ..statement import Citation, Definition, Identity, Inequality, Let, Step
from ..symbols import Eq, declare, gamma
from . import own_pattern
from .motion import FLOW, INTEGRAL, LOGISTIC
from .own_pattern import ORDER_SAMPLES

now = own_pattern.network("t", "W(t)", "any s of the certificate", "t")
entropy = declare("weight_entropy", "entropy of the weights over their sum", low=0, latex="H")
loss_T = declare("loss_T", "loss at T", low=0, open_low=True, latex="L_T")
loss_t = declare("loss_t", "loss at t", low=0, open_low=True, index="t", latex="L_t")
loss_n_t = declare("loss_n_t", "loss l_n at t", low=0, open_low=True, index="nt", latex="l_n")
pull_n_t = declare(
    "pull_n_t",
    "-dl/dz of sample n at t",
    low=0,
    open_low=True,
    index="nt",
    latex="l'_n",
    typst="l'_n",
)
excess = declare("loss_excess", "e: by how much log sum exp(-z_n) may exceed log L", latex="e")
_factor = declare("loss_factor", "exp(e)", low=0, open_low=True, latex="\\exp(e)")
keen = declare("loss_keen", "k: least -dl/dz over l", low=0, open_low=True, latex="k")
_logistic = declare(
    "logistic_n_t", "log(1 + exp(-z_n)) at t", low=0, open_low=True, index="nt", latex="\\ell_n"
)
_logistic_top = declare(
    "logistic_top_n",
    "the larger of that and L_T",
    low=0,
    open_low=True,
    index="nt",
    abbreviation=True,
)
partition_t = declare(
    "partition_t", "sum of exp(-z_n) at t", low=0, open_low=True, index="t", latex="P_t"
)
rho_T = declare("rho_T", "smooth margin -log L - e + H at T", low=0, open_low=True, latex="\\rho_T")
rho_t = declare("rho_t", "the same at t", index="t", latex="\\rho_t")
speed_t = declare("speed_t", "‖W'(t)‖", low=0, index="t", latex="\\|W'_t\\|")
rise_t = declare("rise_t", "derivative of rho at t", index="t", latex="\\rho'_t", typst="rho'_t")
growth_t = declare("growth_t", "derivative of ‖W‖ at t", index="t")


ALL_ACTIVE = (now.own_h > 0,)

# Own pairs of any signs, which they keep.
_own_sign = declare("own_sign", "sign sigma_jn of an own pair at T", low=-1, high=1, index="nj")
own_kappa = declare(
    "own_kappa", "1 if that is positive, else gamma", index="nj", latex="\\kappa_{jn}"
)
any_own = replace(now, kappa=own_kappa)
KEPT_SIGNS = (
    _own_sign * now.own_h > 0,
    sp.Or(
        sp.And(Eq(_own_sign, 1), Eq(own_kappa, 1)),
        sp.And(Eq(_own_sign, -1), Eq(own_kappa, gamma)),
    ),
)


def loss_steps(
    moving: own_pattern.Network = now,
    signs: tuple[Boolean, ...] = ALL_ACTIVE,
    says: str = "all are active",
) -> tuple[Step, ...]:
    """Steps to the margins and losses of W(t) = `moving` while own pairs have these `signs`."""
    return (
        Definition(
            "time",
            f"t is any time from T on up to which no own pair has changed its sign: {says}.",
            signs,
        ),
        *moving.concave(),
        *moving.on_the_cone("time"),
        Definition(
            "loss",
            "L is the sum over the samples of l_n, which is exp(-y_n f(x_n)) or log(1 + exp(-y_n "
            "f(x_n))); none exceeds the sum.",
            (
                sp.Or(
                    sp.And(
                        Eq(loss_n_t, sp.exp(-moving.answer)),
                        Eq(pull_n_t, loss_n_t),
                        Eq(_factor, 1),
                        Eq(keen, 1),
                    ),
                    sp.And(
                        Eq(loss_n_t, _logistic),
                        Eq(pull_n_t, 1 - sp.exp(-loss_n_t)),
                        Eq(_factor, sp.exp(loss_T / 2 + loss_T**2 / 24)),
                        Eq(keen, (1 - sp.exp(-loss_T)) / loss_T),
                    ),
                ),
                loss_n_t <= loss_t,
            ),
        ),
        Definition(
            "smooth-margin",
            "rho = -log L - e + H, which the certificate needs to be positive at T.",
            (
                entropy - sp.log(loss_T) - excess > 0,
                Eq(excess, sp.log(_factor)),
                Eq(rho_t, entropy - sp.log(loss_t) - excess),
                Eq(rho_T, entropy - sp.log(loss_T) - excess),
            ),
        ),
        Definition(
            "logistic-loss",
            "Whatever the loss is, look at the logistic one.",
            (Eq(_logistic, sp.log(1 + sp.exp(-moving.answer))),),
        ),
        Citation(
            "flow",
            "Until t the margins are the concave z_n and L is convex: gradient flow is its "
            "subgradient flow.",
            FLOW(speed_t, loss_t, growth_t, rise_t),
            by="t-margin",
        ),
        Inequality("falling-rate", "dL/dt = -‖W'‖² <= 0.", -(speed_t**2) <= 0),
        Citation(
            "falling", "L never rises.", INTEGRAL(loss_T, loss_t, -(speed_t**2)), by="falling-rate"
        ),
        Let(
            "logistic-top",
            "Write t for the larger of the logistic loss and L_T.",
            _logistic_top,
            sp.Max(_logistic, loss_T),
        ),
        Inequality(
            "logistic-premise",
            "The logistic loss in terms of z_n.",
            sp.And(Eq(_logistic, sp.log(1 + sp.exp(-moving.margin))), _logistic <= _logistic_top),
            by="logistic-loss t-margin logistic-top",
        ),
        Citation(
            "logistic",
            "The logistic loss against the exponential one.",
            LOGISTIC(moving.margin, _logistic, _logistic_top),
            by="logistic-premise",
        ),
        Inequality(
            "excess-term",
            "For either loss exp(-z_n) <= exp(e) l_n.",
            sp.exp(-moving.margin) <= _factor * loss_n_t,
            by="loss t-margin falling logistic logistic-top",
        ),
        Inequality(
            "keen",
            "And -dl/dz >= k l.",
            pull_n_t >= keen * loss_n_t,
            by="loss t-margin falling logistic logistic-top",
        ),
        Citation(
            "excess-sum",
            "So sum exp(-z_n) <= exp(e) L.",
            ORDER_SAMPLES(
                partition_t, _factor * loss_t, sp.exp(-moving.margin), _factor * loss_n_t
            ),
            by="excess-term",
        ),
        Identity(
            "excess-log",
            "Its logarithm.",
            sp.log(_factor * loss_t),
            sp.log(_factor) + sp.log(loss_t),
        ),
        Inequality(
            "smooth",
            "So -log sum exp(-z_n) >= rho - H.",
            -sp.log(partition_t) >= rho_t - entropy,
            by="excess-sum excess-log smooth-margin",
        ),
    )
