"""Perturbations carry class features, and what the perturbed set inherits."""
