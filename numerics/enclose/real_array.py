"""What enclosures of real arrays have in common, whatever their entries are stored as.

`BallArray` keeps float64 midpoints and radii and is fast; `PreciseArray` keeps exact rationals and
balls of any precision and is for small problems. Whoever computes with a `RealArray` serves both.
Each kind defines the abstract operations, described here once; the others follow from them.
Operations on one of each give the precise kind; plain arrays and numbers count as exact.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...theory.exact.interval import Interval

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class RealArray(abc.ABC):
    """Encloses a real array elementwise. An entry of which nothing is known is the whole line."""

    __slots__ = ()

    # Makes ndarray operators leave mixed operations to these classes.
    __array_ufunc__ = None

    @classmethod
    @abc.abstractmethod
    def exact(cls, values: ArrayLike) -> Self:
        """The array itself.

        Raises:
            ValueError: an entry that float64 cannot hold exactly.
        """

    @classmethod
    @abc.abstractmethod
    def like(cls, value: RealArray | Interval | ArrayLike) -> Self:
        """The same enclosure as an array of this kind; plain numbers count as exact."""

    @property
    @abc.abstractmethod
    def mid(self) -> FloatArray:
        """Float64 numbers near the entries, for search and display; 0 where nothing is known."""

    @property
    @abc.abstractmethod
    def rad(self) -> FloatArray:
        """Float64 radii: every entry lies in mid ± rad; infinite where nothing is known."""

    @property
    @abc.abstractmethod
    def lower(self) -> FloatArray:
        """Lower bounds, rounded down to float64; -inf where nothing is known."""

    @property
    @abc.abstractmethod
    def upper(self) -> FloatArray:
        """Upper bounds, rounded up to float64; +inf where nothing is known."""

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of the enclosed array."""

    @property
    @abc.abstractmethod
    def T(self) -> Self:
        """The transpose."""

    @property
    def is_finite(self) -> bool:
        """Something is known of every entry."""
        return bool(np.isfinite(self.lower).all() and np.isfinite(self.upper).all())

    @property
    @abc.abstractmethod
    def positive(self) -> BoolArray:
        """Where an entry is certainly above zero."""

    @property
    @abc.abstractmethod
    def nonnegative(self) -> BoolArray:
        """Where an entry is certainly zero or above."""

    @property
    def negative(self) -> BoolArray:
        """Where an entry is certainly below zero."""
        return (-self).positive

    @property
    def nonpositive(self) -> BoolArray:
        """Where an entry is certainly zero or below."""
        return (-self).nonnegative

    @abc.abstractmethod
    def __getitem__(self, index: Any) -> Self: ...

    def __len__(self) -> int:
        return self.shape[0]

    @abc.abstractmethod
    def interval(self, *index: int) -> Interval:
        """The entry at `index` (none for a 0-dimensional array) as an interval."""

    @abc.abstractmethod
    def argmax(self, among: BoolArray | None = None) -> int:
        """Flat index of an entry that is largest (where `among` holds), up to what is known."""

    def argmin(self, among: BoolArray | None = None) -> int:
        """Flat index of an entry that is smallest (where `among` holds), up to what is known."""
        return (-self).argmax(among)

    @abc.abstractmethod
    def descending(self) -> NDArray[np.intp]:
        """Indices of a vector from its largest entry to its smallest, up to what is known."""

    def diagonal(self) -> Self:
        """The main diagonal of a matrix."""
        place = np.arange(min(self.shape))
        return self[place, place]

    @abc.abstractmethod
    def __neg__(self) -> Self: ...

    @abc.abstractmethod
    def __abs__(self) -> Self: ...

    @abc.abstractmethod
    def __add__(self, other: RealArray | Interval | ArrayLike, /) -> Self: ...

    @abc.abstractmethod
    def __mul__(self, other: RealArray | Interval | ArrayLike, /) -> Self: ...

    @abc.abstractmethod
    def __truediv__(self, other: RealArray | Interval | ArrayLike, /) -> Self: ...

    @abc.abstractmethod
    def __matmul__(self, other: RealArray | ArrayLike, /) -> Self: ...

    @abc.abstractmethod
    def __sub__(self, other: RealArray | Interval | ArrayLike, /) -> Self: ...

    def __radd__(self, other: RealArray | Interval | ArrayLike, /) -> Self:
        return self + other

    def __rsub__(self, other: RealArray | Interval | ArrayLike, /) -> Self:
        return -self + other

    def __rmul__(self, other: RealArray | Interval | ArrayLike, /) -> Self:
        return self * other

    def __rtruediv__(self, other: RealArray | Interval | ArrayLike, /) -> Self:
        return self.like(other) / self

    def __rmatmul__(self, other: RealArray | ArrayLike, /) -> Self:
        return self.like(other) @ self

    @abc.abstractmethod
    def sum(self, axis: int | None = None) -> Self:
        """Sums along `axis` (all entries for None)."""

    @abc.abstractmethod
    def sqrt(self) -> Self:
        """Square roots of quantities that cannot be negative; what lies below 0 is cut.

        An entry that is certainly negative becomes the whole line.
        """

    @abc.abstractmethod
    def ldexp(self, exponents: ArrayLike) -> Self:
        """Entries times 2**exponents (integers, broadcast)."""

    @abc.abstractmethod
    def maximum(self, other: RealArray | ArrayLike) -> Self:
        """Elementwise larger of two arrays."""

    def minimum(self, other: RealArray | ArrayLike) -> Self:
        """Elementwise smaller of two arrays."""
        return -(-self).maximum(-other if isinstance(other, RealArray) else -np.asarray(other))

    @abc.abstractmethod
    def norm(self) -> Interval:
        """Euclidean (Frobenius) norm of the whole array, without under- or overflow of squares."""

    @abc.abstractmethod
    def max_enclosure(self) -> Interval:
        """Encloses the largest entry.

        Raises:
            ValueError: there is no entry.
        """

    def min_enclosure(self) -> Interval:
        """Encloses the smallest entry.

        Raises:
            ValueError: there is no entry.
        """
        return -(-self).max_enclosure()

    @abc.abstractmethod
    def chosen(self, where: BoolArray, inside: Interval, outside: Interval) -> Self:
        """An array of this kind: `inside` where the condition holds, `outside` elsewhere."""

    @classmethod
    @abc.abstractmethod
    def stacked(cls, parts: Sequence[Any], axis: int | None = None) -> Self:
        """Arrays of this kind joined along the first axis, or stacked along a new one."""

    @abc.abstractmethod
    def placed(self, index: NDArray[np.intp], size: int) -> Self:
        """A vector of `size` zeros with this one's entries at `index`."""
