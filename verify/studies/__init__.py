"""Studies: the paper's experiments as sweeps, held against what was published."""
