"""Matplotlib is loaded whatever backend the environment asks for: figures here need none.

A notebook sets ``MPLBACKEND`` for all its children, to a backend that need not be installed there.
"""

import os
import sys
from contextlib import suppress

if "matplotlib" not in sys.modules and (_asked := os.environ.pop("MPLBACKEND", None)) is not None:
    import matplotlib

    os.environ["MPLBACKEND"] = _asked
    with suppress(ValueError):  # whoever draws on a screen beside us still gets what was asked for
        matplotlib.rcParams["backend"] = _asked
