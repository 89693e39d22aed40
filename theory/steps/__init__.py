"""Symbols and proof steps that several theorems share."""
