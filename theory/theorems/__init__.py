"""The theorems, a file each, and the catalog: an ordered tuple over which everything runs."""

from ..statement import Theorem
from .boundary import (
    certificate_ladder,
    concentration,
    concentration_half_aware,
    exact_chain,
    exact_multipliers,
    half_aware,
    half_aware_row_wise,
    refined_multipliers,
    row_wise,
    signed_row_wise,
    standard_boundary,
)
from .learning import (
    accuracy_prediction,
    agreement_floor,
    agreement_law,
    growth,
    learning_natural,
    learning_noise,
    matching_covered,
    matching_deterministic,
    matching_flipped_labels,
    matching_flipped_orthogonal,
    matching_random_labels,
)
from .perturbation import (
    gradient_alignment,
    perturbation_alignment,
    perturbation_features,
    perturbed_boundary,
)

_CATALOG: tuple[Theorem, ...] = (
    standard_boundary.THEOREM,
    exact_chain.THEOREM,
    half_aware.THEOREM,
    exact_multipliers.THEOREM,
    refined_multipliers.THEOREM,
    certificate_ladder.THEOREM,
    row_wise.THEOREM,
    half_aware_row_wise.THEOREM,
    signed_row_wise.THEOREM,
    perturbation_features.THEOREM,
    perturbation_alignment.THEOREM,
    gradient_alignment.THEOREM,
    perturbed_boundary.THEOREM,
    learning_natural.THEOREM,
    learning_noise.THEOREM,
    matching_deterministic.THEOREM,
    matching_covered.THEOREM,
    matching_random_labels.THEOREM,
    matching_flipped_labels.THEOREM,
    matching_flipped_orthogonal.THEOREM,
    growth.THEOREM,
    agreement_law.THEOREM,
    agreement_floor.THEOREM,
    concentration.THEOREM,
    concentration_half_aware.THEOREM,
    accuracy_prediction.THEOREM,
)


def catalog() -> tuple[Theorem, ...]:
    """All theorems, in the order in which they build on each other."""
    return _CATALOG


def theorem(id: str) -> Theorem:
    """The theorem with this id.

    Raises:
        KeyError: there is none; the message lists what there is.
    """
    for entry in _CATALOG:
        if entry.id == id:
            return entry
    known = ", ".join(entry.id for entry in _CATALOG)
    raise KeyError(f"no theorem {id!r}; known: {known}")
