"""Witnesses: what makes a FAIL or a refuted step happen again, alone."""
