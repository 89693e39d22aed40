"""How likely uniform data meet the paper's condition."""

from ...statement import PROJECT, Claim, Conclusion, Theorem
from ...symbols import declare
from . import uniform_data
from .uniform_data import Condition, delta


def concentration(
    condition: Condition, *, id: str, order: int, called: str, formula: str, more: str = ""
) -> Theorem:
    """The theorem that uniform data meet a condition, under the name it is called in words."""
    spaced = called.replace("-", "\\text{-}")
    chance = declare(
        f"chance_{condition.replace('-', '_')}",
        f"probability that N samples uniform on [-1, 1]^d meet the {called} condition {formula}; "
        "measured as an exact binomial interval over fresh draws",
        low=0,
        high=1,
        latex=f"\\Pr[\\mathrm{{{spaced}\\ condition}}]",
        typst=f'Pr["{called} condition"]',
    )
    says = f"A draw meets the {called} condition with probability at least 1 - delta."
    return Theorem(
        id=id,
        order=order,
        title=f"Uniform data meet the {called} condition in high dimension",
        summary=(
            "Norms and inner products of uniform data concentrate: once the dimension is large "
            f"enough for N, the slope and delta, a draw meets the {called} condition with "
            f"probability at least 1 - delta.{more}"
        ),
        source=PROJECT,
        assumptions=uniform_data.uniform_assumptions(condition),
        claims=(Claim("probability", says, chance >= 1 - delta),),
        proof=(
            *uniform_data.uniform_steps(condition, chance),
            Conclusion("claim <- good event", "Together.", "probability"),
        ),
    )


THEOREM = concentration(
    "paper",
    id="concentration",
    order=410,
    called="paper's",
    formula="p_max < gamma³ R_min⁴/(3 N R_max²)",
)
