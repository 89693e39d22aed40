"""Scenarios, measurements, judgement, suites and the command line."""
