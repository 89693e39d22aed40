"""Certificates: why a query has no solution, as sums that anyone can add up again.

`checker` is what has to be trusted: one file, exact fractions, nothing of this project, no solver.
`cases` follows its steps for those who write or tell certificates, `stored` keeps those of the
catalog's queries, `export` tells them to proof assistants; how they are found matters to nobody.
"""
