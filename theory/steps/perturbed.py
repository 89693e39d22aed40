"""Perturbed sets x'_n + eps y^a_n dir with labels y^a_n: symbols and steps that proofs share.

All perturbations of one set share one direction. A perturbed set is again a labelled set, so the
theorems on standard training apply to it with its own norms, inner products and multipliers.
"""

from typing import Any

import sympy as sp

from .. import symbols
from ..statement import Assumption, Citation, Definition, Inequality, Let, Step
from ..symbols import Eq, declare, twin
from . import sums
from .kkt import A_eigenvalue
from .linear_boundary import (
    f_z,
    half_aware,
    half_aware_product,
    lower_multiplier,
    norm_q,
    q_z,
    trained_z,
    upper_multiplier,
)

# The set and how it is perturbed.
N_adv = declare("N_adv", "number of perturbed samples", low=1, integer=True, twin_of="N")
eps = declare(
    "eps",
    "size of the perturbation: sample n is x'_n + eps y^a_n dir",
    low=0,
    open_low=True,
    latex="\\varepsilon",
    typst="epsilon",
)
dir_sq = declare("dir_sq", "‖dir‖²", low=0, latex="\\|e\\|^2")
kappa = declare("kappa", "largest |<x'_n, dir>| over the base samples", low=0)
base_R_max = twin(symbols.R_max, "base_", "R", "'", "largest norm of a base sample x'_n")
base_R_min = twin(symbols.R_min, "base_", "R", "'", "smallest norm of a base sample x'_n")
base_p_max = twin(
    symbols.p_max, "base_", "p", "'", "largest |<x'_n, x'_k>| over different base samples"
)

# The same quantities of the perturbed set, and of its network.
TWINS: dict[sp.Symbol, sp.Symbol] = {symbols.N: N_adv}
"""For a symbol of standard training the one that says the same of the perturbed set."""


def _adv(of: sp.Symbol, letter: str, meaning: str, **differs: Any) -> sp.Symbol:
    TWINS[of] = symbol = twin(of, "adv_", letter, "^a", meaning, **differs)
    return symbol


adv_R_max = _adv(symbols.R_max, "R", "largest norm of a perturbed sample")
# A perturbation may move a sample to the origin.
adv_R_min = _adv(symbols.R_min, "R", "smallest norm of a perturbed sample", open_low=False)
adv_p_max = _adv(symbols.p_max, "p", "largest |<x_n, x_k>| over different perturbed samples")
adv_lambda_min = _adv(
    symbols.lambda_min, "lambda", "smallest KKT multiplier of the perturbed set (labels y^a)"
)
adv_lambda_max = _adv(
    symbols.lambda_max, "lambda", "largest KKT multiplier of the perturbed set (labels y^a)"
)
adv_lambda_sum = declare(
    "adv_lambda_sum", "sum of the KKT multipliers of the perturbed set", low=0, latex="S_a"
)
adv_activation_margin = _adv(
    symbols.activation_margin,
    "mu",
    "activation margin of the limit network of the perturbed set (labels y^a)",
)
adv_tau = _adv(
    symbols.tau,
    "tau",
    "sine of the certified angle of the network trained on the perturbed set",
    latex="\\tau_a",
)

# A test point z.
dir_z = declare("dir_z", "<dir, z>", latex="\\langle e,z\\rangle", index="z")
T1_z = declare(
    "T1_z", "T1(z) = sum over n of lambda^a_n y^a_n <x'_n, z>", latex="T_1(z)", index="z"
)
T2_z = declare("T2_z", "T2(z) = eps S_a <dir, z>", latex="T_2(z)", index="z")
adv_f_z = _adv(f_z, "f", "output at z of the limit network of the perturbed set", typst="f^a (z)")
adv_q_z = _adv(q_z, "q", "<q^a, z>, q^a = sum over n of lambda^a_n y^a_n (x'_n + eps y^a_n dir)")
adv_trained_z = _adv(
    trained_z, "f", "output at z of the trained, rescaled network of the perturbed set"
)
adv_norm_q = _adv(norm_q, "q", "‖q^a‖")
adv_A_eigenvalue = _adv(
    A_eigenvalue,
    "A",
    "smallest eigenvalue of the matrix A of the perturbed set",
    typst='lambda_"min" (A^a)',
)

# What the base bounds give.
R_hat = declare(
    "R_hat", "R'_max² + 2 eps kappa + eps² ‖dir‖²", low=0, latex="\\hat R", abbreviation=True
)
r_hat = declare("r_hat", "R'_min² - 2 eps kappa + eps² ‖dir‖²", latex="\\hat r", abbreviation=True)
P_hat = declare(
    "P_hat",
    "(N_adv - 1)(p'_max + 2 eps kappa + eps² ‖dir‖²)",
    low=0,
    latex="\\hat P",
    abbreviation=True,
)
R_A = declare("R_A", "(R^a_max)²", low=0, open_low=True, abbreviation=True)
r_A = declare("r_A", "(R^a_min)²", low=0, abbreviation=True)
P_A = declare("P_A", "(N_adv - 1) p^a_max", low=0, abbreviation=True)

NORM_UPPER = base_R_max**2 + 2 * eps * kappa + eps**2 * dir_sq
NORM_LOWER = base_R_min**2 - 2 * eps * kappa + eps**2 * dir_sq
INNER_UPPER = base_p_max + 2 * eps * kappa + eps**2 * dir_sq
ROW_UPPER = (N_adv - 1) * INNER_UPPER
UPPER_HAT = upper_multiplier(r_hat, P_hat)
LOWER_HAT = lower_multiplier(R_hat, r_hat, P_hat)

RADIUS = Assumption(
    "radius", "The perturbation leaves every sample away from the origin.", NORM_LOWER > 0
)
CONDITION = Assumption(
    "perturbed-half-aware",
    "Whatever the labels, the perturbed set meets the half-aware condition.",
    half_aware(NORM_UPPER, NORM_LOWER, ROW_UPPER),
)

# An arbitrary perturbed sample n and another one, k.
label_n = declare("adv_label_n", "label y^a_n, +1 or -1", index="n", latex="y^a_n")
label_k = declare("adv_label_k", "label y^a_k, +1 or -1", index="n", latex="y^a_k")
# Terms of q^a at a test point z, for an arbitrary sample n.
adv_lambda_n = declare(
    "adv_lambda_n", "multiplier lambda^a_n of a perturbed sample", low=0, index="n"
)
base_z_n = declare("base_z_n", "<x'_n, z>", index="n", latex="b_n")

DECOMPOSITION: tuple[Step, ...] = (
    Definition("label", "Labels are +1 or -1.", (Eq(label_n**2, 1),)),
    Inequality(
        "term <- label",
        "lambda y (<x', z> + eps y <dir, z>) = lambda y <x', z> + eps <dir, z> lambda, since "
        "y² = 1.",
        Eq(
            adv_lambda_n * label_n * (base_z_n + eps * label_n * dir_z),
            adv_lambda_n * label_n * base_z_n + eps * dir_z * adv_lambda_n,
        ),
    ),
    Citation(
        "sum <- term",
        "Sum over the samples, for any multipliers.",
        sums.LINEAR_SUM(
            adv_q_z,
            T1_z,
            eps * dir_z,
            adv_lambda_sum,
            adv_lambda_n * label_n * (base_z_n + eps * label_n * dir_z),
            adv_lambda_n * label_n * base_z_n,
            adv_lambda_n,
        ),
    ),
    Definition(
        "T2",
        "T2(z) = eps S_a <dir, z>, the part of the perturbations.",
        (Eq(T2_z, eps * adv_lambda_sum * dir_z),),
    ),
    Inequality(
        "decomposition <- sum T2", "<q^a, z> = T1(z) + T2(z), exactly.", Eq(adv_q_z, T1_z + T2_z)
    ),
)

MULTIPLIER_SUM: tuple[Step, ...] = (
    Definition(
        "multiplier-range",
        "Multipliers lie between the smallest and the largest.",
        (adv_lambda_n >= adv_lambda_min, adv_lambda_n <= adv_lambda_max),
    ),
    Citation(
        "multiplier-sum <- multiplier-range",
        "So their sum lies between N_adv times those.",
        sums.TERM_SUM(adv_lambda_sum, N_adv),
    ),
)


base_l1_z = declare("base_l1_z", "sum over n of |<x'_n, z>|", low=0, latex="\\|b\\|_1", index="z")
base_l2_z = declare(
    "base_l2_z", "square root of the sum over n of <x'_n, z>²", low=0, latex="\\|b\\|_2", index="z"
)


BASE_PART = adv_lambda_max * base_l1_z
"""What |T1(z)| is at most, whatever the labels."""

PERTURBED_PART = eps * N_adv * adv_lambda_min * sp.Abs(dir_z)
"""What |T2(z)| is at least."""

PARTS = (
    *MULTIPLIER_SUM,
    Inequality(
        "weights <- label multiplier-range",
        "The weights lambda^a_n y^a_n of T1 are at most the largest multiplier.",
        sp.Abs(adv_lambda_n * label_n) <= adv_lambda_max,
    ),
    Citation(
        "T1 <- weights",
        "So |T1(z)| is at most that times the sum of |<x'_n, z>|.",
        sums.WEIGHTS(T1_z, adv_lambda_n * label_n, adv_lambda_max, base_l1_z),
    ),
    Inequality(
        "T2-size <- T2 multiplier-sum",
        "T2(z) has the sign of <dir, z> and at least the size eps N_adv lambda^a_min |<dir, z>|.",
        sp.And(sp.Abs(T2_z) >= PERTURBED_PART, T2_z * dir_z >= 0),
    ),
)
"""After the steps of `perturbed.DECOMPOSITION`: the sizes of T1(z) and T2(z)."""


HATS: tuple[Step, ...] = (
    Let("R-hat", "Write R-hat for what bounds the squared norms from above.", R_hat, NORM_UPPER),
    Let("r-hat", "Write r-hat for what bounds them from below.", r_hat, NORM_LOWER),
    Let("P-hat", "Write P-hat for what bounds the row sums.", P_hat, ROW_UPPER),
    Definition(
        "base-norms",
        "The largest norm of a base sample is at least the smallest.",
        (base_R_max >= base_R_min,),
    ),
    Inequality(
        "hat-order <- base-norms R-hat r-hat", "So R-hat is at least r-hat.", R_hat >= r_hat
    ),
    Inequality(
        "hat-condition <- radius perturbed-half-aware R-hat r-hat P-hat hat-order",
        "In the new names, without fractions.",
        sp.And(r_hat > 0, half_aware_product(R_hat, r_hat, P_hat)),
    ),
    Inequality(
        "hat-room <- hat-condition hat-order", "In particular P-hat < r-hat.", P_hat < r_hat
    ),
    Inequality(
        "hat-half <- hat-condition hat-order",
        "The condition even gives 2 P-hat < r-hat.",
        2 * P_hat < r_hat,
    ),
)
