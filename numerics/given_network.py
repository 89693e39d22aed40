"""Reading a two-layer network from a ``.safetensors``, ``.pt`` or ``.pth`` file of its tensors.

Either the tensors are called ``weights`` (m, d), ``biases`` (m,) and ``output_weights`` (m,), or
they are the state of two linear layers as torch names them: two matrices ``*.weight``, (m, d) and
(1, m), and their ``*.bias``, (m,) and (1,). Hidden biases may be absent; an output bias must be 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .configuration import InputError
from .data.files.guards import opened_for_reading, refuse_no_file
from .data.files.tensors import NETWORK, open_pt, open_safetensors
from .enclose.real_array import FloatArray
from .network import OutputWeights

_OWN = ("weights", "output_weights", "biases")
_NEEDED = (
    "weights (m, d), output_weights (m,) and, if there are, biases (m,), or the state of two "
    "torch.nn.Linear layers, (m, d) and (1, m), is needed"
)
_NAMED = 8


@dataclass(frozen=True, eq=False)
class GivenNetwork:
    """A network f(x) = sum_j a_j phi(<w_j, x> + b_j) of the user's own.

    weights : float64 (m, d), or (m, d + 1) with the b_j as its last column where it ``has_bias``.
    output : the a_j. path : where it was read.
    """

    path: str
    weights: FloatArray
    output: OutputWeights
    has_bias: bool

    @property
    def inputs(self) -> int:
        """Features of the samples that it takes, d."""
        return self.weights.shape[1] - self.has_bias


def read_network(path: str) -> GivenNetwork:
    """The network in a file of tensors, its numbers as stored. No code in the file is run.

    Raises InputError, one line that names the file, for whatever is no such network: other tensors
    or shapes, numbers that are not finite, an output weight of 0, all of one sign, an output bias.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".safetensors", ".pt", ".pth"):
        raise InputError(f"{path}: a .safetensors, .pt or .pth file of tensors is needed")
    with opened_for_reading(path):
        refuse_no_file(path, "file of tensors")
        opened = (
            open_safetensors(path, False) if suffix == ".safetensors" else open_pt(path, NETWORK)
        )
        with opened as (names, load):
            hidden, bias, outer, rest = _chosen(path, sorted(names), load)
    shapes = [each.shape for each in (hidden, outer, bias) if each is not None]
    m = len(hidden) if hidden.ndim == 2 and hidden.size else 0
    if not m or shapes[1] not in ((m,), (1, m)):
        raise InputError(f"{path}: {_NEEDED}; found shapes {', '.join(map(str, shapes))}")
    if bias is not None and bias.shape != (m,):
        raise InputError(f"{path}: {m} hidden neurons need as many biases, found {bias.shape}")
    if rest is not None and rest.any():
        raise InputError(
            f"{path}: the output has a bias, {rest.reshape(-1)[0]:g}; the theorems are about "
            "networks without (bias=False in the last layer)"
        )
    try:
        output = OutputWeights.given(outer.reshape(-1))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    weights = hidden if bias is None else np.column_stack([hidden, bias])
    return GivenNetwork(path, weights, output, bias is not None)


_Parts = tuple[FloatArray, FloatArray | None, FloatArray, FloatArray | None]


def _chosen(path: str, names: list[str], load: Callable[[str], np.ndarray]) -> _Parts:
    """Hidden weights and biases, output weights and bias, under whichever names."""

    def read(name: str) -> FloatArray:
        array = load(name)
        if array.dtype.kind not in "iuf":
            raise InputError(f"{path}: tensor '{name}' must hold real numbers")
        numbers = array.astype(np.float64)
        if not np.isfinite(numbers).all():
            raise InputError(f"{path}: tensor '{name}' holds numbers that are not finite")
        return numbers

    if set(_OWN[:2]) <= set(names) <= set(_OWN):
        return read(_OWN[0]), read(_OWN[2]) if _OWN[2] in names else None, read(_OWN[1]), None
    matrices = [name for name in names if name.rpartition(".")[2] == "weight"]
    biases = {name: name.removesuffix("weight") + "bias" for name in matrices}
    if len(matrices) != 2 or set(names) - set(matrices) - set(biases.values()):
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise InputError(f"{path}: {_NEEDED}; found {', '.join(names[:_NAMED]) or 'none'}{more}")
    layers = [(read(name), read(b) if (b := biases[name]) in names else None) for name in matrices]
    if layers[1][0].shape != (1, *layers[0][0].shape[:1]):
        layers.reverse()
    (hidden, bias), (outer, rest) = layers
    return hidden, bias, outer, rest
