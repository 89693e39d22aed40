"""Enclosures of arrays: balls with a priori rounding bounds, and arrays of precise balls."""
