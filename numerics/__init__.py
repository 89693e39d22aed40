"""Arrays, networks, training, perturbations, data and enclosures. Knows no theorem."""
