"""Deep networks that learn images from perturbations: architectures, training, attack, arms."""
