"""How likely uniform data meet the paper's condition."""

from ...statement import PROJECT, Claim, Conclusion, Theorem
from ...symbols import declare
from . import uniform_data
from .uniform_data import delta

chance_paper = declare(
    "chance_paper",
    "probability that N samples uniform on [-1, 1]^d meet the paper's condition "
    "p_max < gamma³ R_min⁴/(3 N R_max²); measured as an exact binomial interval over fresh draws",
    low=0,
    high=1,
    latex="\\Pr[\\mathrm{paper's\\ condition}]",
    typst='Pr["paper\'s condition"]',
)

THEOREM = Theorem(
    id="concentration",
    order=410,
    title="Uniform data meet the paper's condition in high dimension",
    summary=(
        "Norms and inner products of uniform data concentrate: once the dimension is large enough "
        "for N, the slope and delta, a draw meets the paper's condition with probability at least "
        "1 - delta."
    ),
    source=PROJECT,
    assumptions=uniform_data.uniform_assumptions("paper"),
    claims=(
        Claim(
            "probability",
            "A draw meets the paper's condition with probability at least 1 - delta.",
            chance_paper >= 1 - delta,
        ),
    ),
    proof=(
        *uniform_data.uniform_steps("paper", chance_paper),
        Conclusion("claim <- good event", "Together.", "probability"),
    ),
)
