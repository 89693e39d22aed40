"""Wide two-layer networks with biases and random output weights, and what they learn."""
