"""Numbers, marks and formulas in words."""
