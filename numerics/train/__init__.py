"""Training in Gram space, and how near a trained network is to its limit."""
