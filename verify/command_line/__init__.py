"""The commands of `perturbproof`, one module each; `cli` declares their options."""
