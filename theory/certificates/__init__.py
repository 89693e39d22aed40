"""Certificates: why a query has no solution, as sums that anyone can add up again.

`checker` and `facts` are what has to be trusted: exact fractions, nothing of this project, no
solver. `stored` keeps the certificates of the catalog's queries; how they are found matters to
nobody.
"""
