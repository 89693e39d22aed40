"""Readers of files that somebody else made, and how to convert what is not read."""
