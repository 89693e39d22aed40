"""Where the boundary taught by perturbed samples has the sign of the natural one: shared parts."""

from __future__ import annotations

import sympy as sp

from .perturbed import (
    MULTIPLIER_SUM,
    N_adv,
    T1_z,
    T2_z,
    adv_lambda_max,
    adv_lambda_min,
    adv_lambda_n,
    dir_z,
    eps,
    label_n,
)
from .proof import Citation, Inequality
from .symbols import declare
from .vector_facts import WEIGHTS

base_l1_z = declare(
    "base_l1_z",
    "sum over n of |<x'_n, z>|",
    low=0,
    latex="\\|b\\|_1",
    typst="norm(b)_1",
)
base_l2_z = declare(
    "base_l2_z",
    "square root of the sum over n of <x'_n, z>²",
    low=0,
    latex="\\|b\\|_2",
    typst="norm(b)_2",
)


def indicator(event: sp.Basic) -> sp.Piecewise:
    """1 where the event happens, else 0."""
    return sp.Piecewise((1, event), (0, True))


BASE_PART = adv_lambda_max * base_l1_z
"""What |T1(z)| is at most, whatever the labels."""

PERTURBED_PART = eps * N_adv * adv_lambda_min * sp.Abs(dir_z)
"""What |T2(z)| is at least."""

PARTS = (
    *MULTIPLIER_SUM,
    Inequality(
        "weights",
        "The weights lambda^a_n y^a_n of T1 are at most the largest multiplier.",
        sp.Abs(adv_lambda_n * label_n) <= adv_lambda_max,
        uses=("label", "multiplier-range"),
    ),
    Citation(
        "T1",
        "So |T1(z)| is at most that times the sum of |<x'_n, z>|.",
        WEIGHTS,
        (T1_z, adv_lambda_n * label_n, adv_lambda_max, base_l1_z),
        uses=("weights",),
    ),
    Inequality(
        "T2-size",
        "T2(z) has the sign of <dir, z> and at least the size eps N_adv lambda^a_min |<dir, z>|.",
        sp.And(sp.Abs(T2_z) >= PERTURBED_PART, T2_z * dir_z >= 0),
        uses=("T2", "multiplier-sum"),
    ),
)
"""After the steps of `perturbed.DECOMPOSITION`: the sizes of T1(z) and T2(z)."""
