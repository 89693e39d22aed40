"""The commands of `perturbproof`, one module each; `verify.cli` declares their options."""
