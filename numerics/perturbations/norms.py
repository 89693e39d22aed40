"""Steepest steps and projections in the three norms that attacks know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

from .promise import Promise, Range

if TYPE_CHECKING:
    from torch import Tensor

Norm = Literal["l2", "linf-sign", "linf-rescaled"]
"""l2; the largest entry, with steps along the sign of the gradient; the largest entry again, with
vectors rescaled as a whole (the published code's "Linf", Kumano et al., ICLR 2024)."""


def steepest(gradient: Tensor, norm: Norm) -> Tensor:
    """Rows g (B, d) scaled to g/‖g‖_2, sgn g or g/‖g‖_inf; zero rows stay zero."""
    match norm:
        case "l2":
            return _over(gradient, _length(gradient))
        case "linf-sign":
            return gradient.sign()
        case "linf-rescaled":
            return _over(gradient, _largest(gradient))
        case _:
            assert_never(norm)


def projected(change: Tensor, norm: Norm, eps: float) -> Tensor:
    """Rows (B, d) brought to size at most eps: entries clipped for linf-sign, else rescaled."""
    match norm:
        case "l2":
            return change * (eps / _length(change).clamp(min=eps))
        case "linf-sign":
            return change.clamp(-eps, eps)
        case "linf-rescaled":
            return change * (eps / _largest(change).clamp(min=eps))
        case _:
            assert_never(norm)


def size_promise(norm: Norm, sizes: Range, within: Range | None) -> Promise:
    """That every perturbation has a size in that range and stays in the clamp."""
    if norm == "l2":
        return Promise(l2=sizes, within=within)
    return Promise(linf=sizes, within=within)


def _length(rows: Tensor) -> Tensor:
    return rows.norm(dim=1, keepdim=True)


def _largest(rows: Tensor) -> Tensor:
    return rows.abs().amax(dim=1, keepdim=True)


def _over(rows: Tensor, size: Tensor) -> Tensor:
    return rows / size.where(size > 0, size.new_ones(()))
