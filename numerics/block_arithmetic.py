"""Blocks of |x xᵀ| and what is read off them, by NumPy on the CPU and by torch elsewhere.

NumPy hands the product of a block with itself to BLAS's syrk, so that the blocks on the diagonal
cost half as well. Source: this project.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import numpy as np

from .roundoff import FloatArray

Precision = Literal["float32", "float64"]
Found = tuple[np.ndarray, np.ndarray, float]
"""Entries, their places in the flattened block, and the largest that was left out (or -1)."""


class Arithmetic(Protocol):
    """Where blocks are multiplied; blocks and their products are its own arrays."""

    sum_unit: float
    """Unit roundoff of the sums within a block."""

    def place(self, rows: np.ndarray) -> Any:
        """The block of samples there."""
        ...

    def sizes(self, rows: Any, columns: Any) -> Any:
        """|rows columnsᵀ|, zero on the diagonal if they are one; valid until the next call."""
        ...

    def add_sums(self, sums: Any, entries: Any, axis: int) -> None:
        """Add the sums of a block over an axis to float64 `sums`."""
        ...

    def above(self, entries: Any, threshold: float, most: int) -> Found:
        """Entries above a threshold, all or the `most` largest."""
        ...

    def zeros(self, count: int) -> Any:
        """float64 zeros to add sums to."""
        ...

    def fetched(self, sums: Any) -> FloatArray:
        """The sums on the host."""
        ...


class OnHost:
    """NumPy, in one block of memory."""

    def __init__(self, kind: Precision, step: int) -> None:
        self.sum_unit = float(np.finfo(kind).eps) / 2
        self._room = np.empty(step * step, dtype=kind)
        self._ones = np.ones(step, dtype=kind)

    def place(self, rows: np.ndarray) -> np.ndarray:
        return rows

    def sizes(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        entries = self._room[: len(rows) * len(columns)].reshape(len(rows), len(columns))
        np.matmul(rows, columns.T, out=entries)
        np.abs(entries, out=entries)
        if columns is rows:
            np.fill_diagonal(entries, 0)
        return entries

    def add_sums(self, sums: FloatArray, entries: np.ndarray, axis: int) -> None:
        ones = self._ones[: entries.shape[axis]]
        sums += entries @ ones if axis else ones @ entries

    def above(self, entries: np.ndarray, threshold: float, most: int) -> Found:
        flat = entries.reshape(-1)
        if entries.max() <= threshold:
            return flat[:0], np.zeros(0, dtype=np.intp), -1.0
        chosen = np.flatnonzero(flat > threshold)
        if len(chosen) <= most:
            return flat[chosen], chosen, -1.0
        order = np.argpartition(-flat[chosen], most)
        left_out = float(flat[chosen[order[most]]])
        chosen = chosen[order[:most]]
        return flat[chosen], chosen, left_out

    def zeros(self, count: int) -> FloatArray:
        return np.zeros(count)

    def fetched(self, sums: FloatArray) -> FloatArray:
        return sums


class OnDevice:
    """torch, on a device that is not the CPU; sums in float64."""

    def __init__(self, device: str) -> None:
        self.sum_unit = 2.0**-53
        self._device = device

    def place(self, rows: np.ndarray) -> Any:
        import torch

        return torch.tensor(rows, device=self._device)

    def sizes(self, rows: Any, columns: Any) -> Any:
        entries = (rows @ columns.T).abs_()
        if columns is rows:
            entries.fill_diagonal_(0)
        return entries

    def add_sums(self, sums: Any, entries: Any, axis: int) -> None:
        import torch

        sums.add_(entries.sum(axis, dtype=torch.float64))

    def above(self, entries: Any, threshold: float, most: int) -> Found:
        flat = entries.reshape(-1)
        chosen = (flat > threshold).nonzero()[:, 0]
        values, left_out = flat[chosen], -1.0
        if len(chosen) > most:
            values, order = values.topk(most + 1)
            left_out = float(values[most])
            values, chosen = values[:most], chosen[order[:most]]
        return values.cpu().numpy(), chosen.cpu().numpy(), left_out

    def zeros(self, count: int) -> Any:
        import torch

        return torch.zeros(count, dtype=torch.float64, device=self._device)

    def fetched(self, sums: Any) -> FloatArray:
        return sums.cpu().numpy()
