"""Data sets that refute a false claim: exact KKT points, families, search, mutants."""
