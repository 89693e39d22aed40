"""Learning from perturbations: when the learnt network agrees with the natural one."""
