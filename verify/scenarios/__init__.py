"""Scenario, study and sweep files, and theorems of the user."""
