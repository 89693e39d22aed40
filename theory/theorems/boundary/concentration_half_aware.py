"""How likely uniform data meet the half-aware condition, in a far lower dimension."""

from .concentration import concentration

THEOREM = concentration(
    "half-aware",
    id="concentration-half-aware",
    order=420,
    called="half-aware",
    formula="(N-1) p_max < gamma (1+gamma²) R_min⁴/((1+gamma²) R_max² + 2 gamma (1+gamma) R_min²)",
    more=" The dimension grows like 1/slope², where the paper's condition needs 1/slope⁶.",
)
