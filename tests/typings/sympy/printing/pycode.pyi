# SymPy annotates only a part of itself (a relation is "Unknown | Equality | Integer"), which turns
# correct formulas into errors: its objects are taken as untyped.
from typing import Any

def __getattr__(name: str) -> Any: ...
