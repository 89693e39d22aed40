"""How certificates are found: a solver says where to look, a linear program proposes the sum.

Nothing here is trusted: what is found counts only as far as `theory.certificates.checker` adds it
up again.
"""
