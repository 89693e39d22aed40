"""Grids of scenarios: run on processes or a cluster, kept point by point, judged together."""
