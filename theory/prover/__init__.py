"""The engine that discharges proofs: Z3 for inequalities, exact identities and limits."""
