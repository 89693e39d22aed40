"""A theory verifier for machine learning: `theory`, `numerics`, `verify` and `reports`.

This file is installed as `perturbproof/__init__.py`, over the four folders of the repository; from
Python begin with `perturbproof.verify`.
"""

from importlib.metadata import version

__version__ = version("perturbproof")
