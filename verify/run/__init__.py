"""Runs: scenarios, studies and sweeps, what they keep on disk, and their report."""
