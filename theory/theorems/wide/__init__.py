"""Wide networks, with biases and random output weights, at any time of their training."""
