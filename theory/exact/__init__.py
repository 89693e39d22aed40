"""Exact and enclosing scalars: intervals, surds, and the walker that puts them into formulas."""
