"""What keeps a network off its line: the pulls of the samples, and how fast they fade.

In the time tau = log(t/t0) a sample pulls with p = -t l'(z), l the exponential or the logistic
loss. Against the multiplier lambda_n with which the line moves, with x = z_n(W) - z_n(W^),

    (p_n - lambda_n) x <= leak_n(0) exp(-fade_n tau).

Where lambda_n = 0 this is x exp(-x) <= 1/e, and fades like exp(-mu_n tau). Where lambda_n > 0 the
exponential loss leaks nothing. For the logistic loss the line asks for the pull lambda_n while the
sample has lambda_n t/(t + lambda_n) there; what that costs is at most lambda_n³/(4 t (t -
lambda_n)), by a square that is completed, and fades like exp(-2 tau). Source: this project.
"""

import sympy as sp

from ...statement import Citation, Definition, Identity, Inequality, Let, Step
from ...steps.motion import TANGENT
from ...symbols import Eq, declare
from .guide import goal_weight, guide, now, of, spare, start, start_time, supporting, tau

pull = of("log_pull", "-t l'(y_n f(x_n)), the pull of n in the time tau", "nt", "p_n")
leak_T = of("leak_T", "what n leaks at the time t0", "n", "\\ell_n(0)")
leak_t = of("leak_t", "what n leaks at t", "nt", "\\ell_n(\\tau)")
fade = of("fade", "rate at which it fades: mu_n, or 2 where lambda_n > 0", "n", "\\nu_n", 0)
_kind = declare("loss_kind", "0 for the exponential loss, 1 for the logistic one", low=0, high=1)
_t = of("moment", "t = exp(T + tau)", "t", "t", 0, abbreviation=True)
_plain = of("plain_pull", "t exp(-y_n f(x_n))", "nt", "u_n", 0, abbreviation=True)
_ahead = now.margin - guide[2]
_t0 = sp.exp(start_time)
_FADING = sp.exp(start_time - 1 - start[2] - spare * tau)
_LATE = goal_weight**3 / (4 * _t0 * (_t0 - goal_weight))


def _logistic(goal: sp.Basic) -> sp.Basic:
    """The goal at the samples that support W*, for the logistic loss."""
    return sp.Implies(sp.And(goal_weight > 0, Eq(_kind, 1)), goal)


def _unevaluated(*factors: sp.Expr) -> sp.Expr:
    """A product of exponentials, which SymPy would write as one."""
    return sp.Mul(*factors, evaluate=False)


LEAKS: tuple[Step, ...] = (
    Let("moment", "t is exp(T + tau).", _t, sp.exp(start_time + tau)),
    Let(
        "plain-pull",
        "For the exponential loss a sample pulls with u = t exp(-y_n f(x_n)).",
        _plain,
        sp.exp(start_time + tau - now.answer),
    ),
    Definition(
        "pull",
        "In the time tau = log t - T each sample pulls with p = -t l'(y_n f(x_n)).",
        (
            sp.Or(
                sp.And(Eq(_kind, 0), Eq(pull, sp.exp(start_time + tau - now.answer))),
                sp.And(
                    Eq(_kind, 1),
                    Eq(pull, sp.exp(start_time + tau) / (1 + sp.exp(now.answer))),
                ),
            ),
        ),
    ),
    Identity(
        "logistic-pull",
        "For the logistic loss this is u t/(t + u).",
        sp.exp(start_time + tau) / (1 + sp.exp(now.answer)),
        sp.exp(start_time + tau)
        * sp.exp(start_time + tau - now.answer)
        / (sp.exp(start_time + tau) + sp.exp(start_time + tau - now.answer)),
    ),
    Inequality(
        "pulls",
        "So p is u or p (t + u) = t u.",
        sp.Or(
            sp.And(Eq(_kind, 0), Eq(pull, _plain)),
            sp.And(Eq(_kind, 1), Eq(pull * (_t + _plain), _t * _plain)),
        ),
        by="moment plain-pull pull logistic-pull",
    ),
    Inequality("plain-positive", "u > 0.", _plain > 0, by="plain-pull"),
    Inequality("late-positive", "t > 0.", _t > 0, by="moment"),
    Inequality(
        "pull-most",
        "p is positive and at most u.",
        sp.And(pull > 0, pull <= _plain),
        by="pulls plain-positive late-positive",
    ),
    Definition(
        "leak",
        "The exponential loss leaks off the supports only. For the logistic loss the certificate "
        "needs lambda_n < t0.",
        (
            sp.Or(
                sp.And(
                    goal_weight > 0,
                    Eq(_kind, 0),
                    Eq(fade, 2),
                    Eq(leak_T, 0),
                    Eq(leak_t, 0),
                ),
                sp.And(
                    goal_weight > 0,
                    Eq(_kind, 1),
                    goal_weight < _t0,
                    Eq(fade, 2),
                    Eq(leak_T, _LATE),
                    Eq(leak_t, leak_T * sp.exp(-2 * tau)),
                ),
                sp.And(
                    Eq(goal_weight, 0),
                    Eq(fade, spare),
                    Eq(leak_T, sp.exp(start_time - 1 - start[2])),
                    Eq(leak_t, _FADING),
                ),
            ),
        ),
    ),
    Citation(
        "tangent",
        "x exp(-x) <= 1/e for x = z_n(W) - z_n(W^).",
        TANGENT(now.margin - start_time - tau, guide[2] - start_time - tau),
    ),
    Inequality(
        "off-plain",
        "So u x <= t exp(-1 - z_n(W^)).",
        _plain * _ahead <= sp.exp(start_time + tau - 1 - guide[2]),
        by="tangent plain-pull t-margin",
    ),
    Inequality(
        "off-pull",
        "So does p.",
        pull * _ahead <= sp.exp(start_time + tau - 1 - guide[2]),
        by="off-plain pull-most",
    ),
    Inequality(
        "off-leak",
        "Off the supports that is at most the leak, as z_n(W^) >= z_n(W^0) + tau (1 + mu_n).",
        sp.Implies(Eq(goal_weight, 0), sp.exp(start_time + tau - 1 - guide[2]) <= leak_t),
        by="guide-margin leak",
    ),
    Inequality(
        "off-support",
        "So there p_n x is at most the leak.",
        sp.Implies(Eq(goal_weight, 0), pull * _ahead <= leak_t),
        by="off-pull off-leak",
    ),
    Identity(
        "product", "t = t0 exp(tau).", sp.exp(start_time + tau), _unevaluated(_t0, sp.exp(tau))
    ),
    Identity("square", "And its square.", sp.exp(2 * tau), _unevaluated(sp.exp(tau), sp.exp(tau))),
    Inequality(
        "grown",
        "t >= t0.",
        sp.And(sp.exp(tau) >= 1, sp.exp(2 * tau) >= 1, _t >= _t0),
        by="moment product square",
    ),
    Citation(
        "chord",
        "exp(-x) >= 1 - x.",
        TANGENT(guide[2] - start_time - tau, now.margin - start_time - tau - 1),
    ),
    Inequality(
        "support-pull",
        "So u >= lambda_n (1 - x) at supports, and u > lambda_n only where x < 0.",
        supporting(
            sp.And(
                _plain >= goal_weight * (1 - _ahead),
                sp.Implies(_ahead >= 0, _plain <= goal_weight),
                sp.Implies(_ahead <= 0, _plain >= goal_weight),
            )
        ),
        by="chord plain-pull t-margin guide-pull",
    ),
    Inequality(
        "lag",
        "For the logistic loss (lambda_n - p_n) (t + u) = lambda_n t - u (t - lambda_n) <= "
        "lambda_n (lambda_n + (t - lambda_n) x).",
        _logistic(
            (goal_weight - pull) * (_t + _plain)
            <= goal_weight * (goal_weight + (_t - goal_weight) * _ahead)
        ),
        by="pulls plain-positive support-pull grown leak",
    ),
    Inequality(
        "completed",
        "And 4 (t - lambda_n) (-x) times that is at most lambda_n³: complete the square.",
        _logistic(
            4
            * (_t - goal_weight)
            * -_ahead
            * (goal_weight * (goal_weight + (_t - goal_weight) * _ahead))
            <= goal_weight**3
        ),
    ),
    Inequality(
        "lag-time",
        "So 4 t (t - lambda_n) (p_n - lambda_n) x <= lambda_n³: for x < 0 by both, else as p_n <= "
        "lambda_n.",
        _logistic(4 * _t * (_t - goal_weight) * ((pull - goal_weight) * _ahead) <= goal_weight**3),
        by="lag completed pull-most support-pull grown leak",
    ),
    Inequality(
        "later",
        "t (t - lambda_n) >= t0 (t0 - lambda_n) exp(2 tau).",
        _logistic(_t * (_t - goal_weight) >= _t0 * (_t0 - goal_weight) * sp.exp(2 * tau)),
        by="moment product square grown leak",
    ),
    Inequality(
        "leak-later",
        "What a support leaks falls like that.",
        _logistic(
            sp.And(
                Eq(4 * (_t0 * (_t0 - goal_weight) * sp.exp(2 * tau)) * leak_t, goal_weight**3),
                leak_t >= 0,
                _t > goal_weight,
            )
        ),
        by="leak grown",
    ),
    Inequality(
        "late",
        "So lambda_n³ <= 4 t (t - lambda_n) leak.",
        _logistic(4 * (_t * (_t - goal_weight)) * leak_t >= goal_weight**3),
        by="later leak-later",
    ),
    Inequality(
        "support-order",
        "So at supports (p_n - lambda_n) x is at most the leak.",
        supporting((pull - goal_weight) * _ahead <= leak_t),
        by="pulls support-pull lag-time late leak-later leak",
    ),
    Inequality(
        "leak-falls",
        "A leak is not negative and never grows.",
        sp.And(leak_t <= leak_T, leak_t >= 0),
        by="leak grown",
    ),
    Identity(
        "leak-rate",
        "Off the supports a leak falls at the rate mu_n times itself.",
        sp.Derivative(_FADING, tau),
        -spare * _FADING,
    ),
    Identity(
        "late-rate",
        "At supports at twice itself.",
        sp.Derivative(leak_T * sp.exp(-2 * tau), tau),
        -2 * leak_T * sp.exp(-2 * tau),
    ),
)
