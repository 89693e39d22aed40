"""Steps 2 to 4 of the paper's argument: from the largest multiplier to every activation.

Rearranged from Frei et al. (COLT 2023), with the bounds U and L kept exactly.
"""

from __future__ import annotations

from .kkt import (
    L,
    P,
    R,
    U,
    activation_steps,
    lambda_n,
    margin_n,
    margin_top,
    preactivation_n,
    preactivation_top,
    r,
    slope_n,
    slope_top,
)
from .proof import Citation, Inequality, Let, Step
from .symbols import gamma, lambda_max
from .trusted import MEAN_LOWER, MEAN_UPPER


def chain_steps(regime_from: tuple[str, ...]) -> tuple[Step, ...]:
    """Steps 2 to 4 with U = 1/(gamma (gamma r - P)), L = (1 - U P)/R, from facts that imply them.

    `regime_from` names the facts that yield gamma r > P and gamma L r > U P.
    """
    return (
        Inequality(
            "regime",
            "The norms outweigh the cross terms.",
            gamma * r > P,
            uses=(*regime_from, "r", "R", "norms", "P"),
        ),
        Inequality(
            "2-neuron",
            "At the largest multiplier every neuron contributes at least gamma (gamma r - P) times "
            "that multiplier.",
            slope_top * preactivation_top >= gamma * (gamma * r - P) * lambda_max,
            uses=("regime", "top", "cross-top", "P"),
        ),
        Citation(
            "2-mean",
            "So does their mean, the margin.",
            MEAN_LOWER,
            (margin_top, slope_top * preactivation_top, gamma * (gamma * r - P) * lambda_max),
            uses=("2-neuron",),
        ),
        Let(
            "U",
            "Write U for the resulting upper bound.",
            U,
            1 / (gamma * (gamma * r - P)),
            uses=("regime",),
        ),
        Inequality(
            "2",
            "By slackness a positive multiplier has margin 1, so lambda_max <= U.",
            lambda_max <= U,
            uses=("2-mean", "kkt-top", "U", "regime"),
        ),
        Inequality(
            "3-neuron",
            "At any sample no neuron contributes more than lambda_n R + U P.",
            slope_n * preactivation_n <= lambda_n * R + U * P,
            uses=("sample", "cross", "P", "2"),
        ),
        Citation(
            "3-mean",
            "So neither does their mean.",
            MEAN_UPPER,
            (margin_n, slope_n * preactivation_n, lambda_n * R + U * P),
            uses=("3-neuron",),
        ),
        Let("L", "Write L for the resulting lower bound.", L, (1 - U * P) / R),
        Inequality(
            "3",
            "By feasibility the margin is at least 1, so lambda_n >= L.",
            lambda_n >= L,
            uses=("3-mean", "kkt", "L"),
        ),
        Inequality(
            "4-bounds",
            "The own term outweighs the cross terms at every sample.",
            gamma * L * r > U * P,
            uses=(*regime_from, "regime", "r", "R", "norms", "P", "U", "L"),
        ),
        *activation_steps(),
    )
