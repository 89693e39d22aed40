"""The catalog: one ordered tuple of theorems, over which tests and the command line run."""

from .statement import Theorem
from .theorems import (
    accuracy_prediction,
    agreement_floor,
    agreement_law,
    certificate_ladder,
    concentration,
    concentration_half_aware,
    exact_chain,
    exact_multipliers,
    gradient_alignment,
    growth,
    half_aware,
    half_aware_row_wise,
    learning_natural,
    learning_noise,
    matching_covered,
    matching_deterministic,
    matching_flipped_labels,
    matching_flipped_orthogonal,
    matching_random_labels,
    perturbation_alignment,
    perturbation_features,
    perturbed_boundary,
    refined_multipliers,
    row_wise,
    signed_row_wise,
    standard_boundary,
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
