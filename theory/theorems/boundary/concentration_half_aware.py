"""How likely uniform data meet the half-aware condition, in a far lower dimension."""

from ...statement import PROJECT, Claim, Conclusion, Theorem
from ...symbols import declare
from . import uniform_data
from .uniform_data import delta

chance_half_aware = declare(
    "chance_half_aware",
    "probability that N samples uniform on [-1, 1]^d meet the half-aware "
    "condition (N-1) p_max < gamma (1+gamma²) R_min⁴/((1+gamma²) R_max² + 2 gamma (1+gamma) "
    "R_min²); measured as an exact binomial interval over fresh draws",
    low=0,
    high=1,
    latex="\\Pr[\\mathrm{half\\text{-}aware\\ condition}]",
    typst='Pr["half-aware condition"]',
)

THEOREM = Theorem(
    id="concentration-half-aware",
    order=420,
    title="Uniform data meet the half-aware condition in high dimension",
    summary=(
        "Norms and inner products of uniform data concentrate: once the dimension is large enough "
        "for N, the slope and delta, a draw meets the half-aware condition with probability at "
        "least 1 - delta. The dimension grows like 1/slope², where the paper's condition needs "
        "1/slope⁶."
    ),
    source=PROJECT,
    assumptions=uniform_data.uniform_assumptions("half-aware"),
    claims=(
        Claim(
            "probability",
            "A draw meets the half-aware condition with probability at least 1 - delta.",
            chance_half_aware >= 1 - delta,
        ),
    ),
    proof=(
        *uniform_data.uniform_steps("half-aware", chance_half_aware),
        Conclusion("claim <- good event", "Together.", "probability"),
    ),
)
