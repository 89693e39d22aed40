"""What enclosures of real arrays have in common, whatever their entries are stored as.

`BallArray` keeps float64 midpoints and radii and is fast; `PreciseArray` keeps exact rationals and
balls of any precision and is for small problems. Whoever computes with a `RealArray` serves both.
What is not abstract here is right for both, as far as float64 bounds tell; the precise kind answers
some of it from its own entries. Operations on one of each give the precise kind; plain arrays and
numbers count as exact.
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

    @property
    @abc.abstractmethod
    def _parts(self) -> tuple[np.ndarray, ...]:
        """The arrays that it is made of, in the order in which the class takes them."""

    @classmethod
    @abc.abstractmethod
    def like(cls, value: RealArray | Interval | ArrayLike) -> Self:
        """The same enclosure as an array of this kind; plain numbers count as exact.

        Raises:
            ValueError: a plain number that float64 cannot hold exactly.
        """

    @classmethod
    def exact(cls, values: ArrayLike) -> Self:
        """The array itself; ValueError as for `like`."""
        return cls.like(values)

    @property
    @abc.abstractmethod
    def mid(self) -> FloatArray:
        """Float64 numbers near the entries, for search and display; 0 where nothing is known."""

    @property
    @abc.abstractmethod
    def rad(self) -> FloatArray:
        """Float64 radii: every entry lies in mid ± rad; infinite where nothing is known."""

    @property
    def lower(self) -> FloatArray:
        """Lower bounds, rounded down to float64; -inf where nothing is known."""
        return -(-self).upper

    @property
    @abc.abstractmethod
    def upper(self) -> FloatArray:
        """Upper bounds, rounded up to float64; +inf where nothing is known."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the enclosed array."""
        return self._parts[0].shape

    @property
    def T(self) -> Self:
        """The transpose."""
        return type(self)(*(part.T for part in self._parts))

    @property
    def is_finite(self) -> bool:
        """Something is known of every entry."""
        return bool(np.isfinite(self.lower).all() and np.isfinite(self.upper).all())

    @property
    def positive(self) -> BoolArray:
        """Where an entry is certainly above zero."""
        return self.lower > 0

    @property
    def nonnegative(self) -> BoolArray:
        """Where an entry is certainly zero or above."""
        return self.lower >= 0

    @property
    def negative(self) -> BoolArray:
        """Where an entry is certainly below zero."""
        return (-self).positive

    @property
    def nonpositive(self) -> BoolArray:
        """Where an entry is certainly zero or below."""
        return (-self).nonnegative

    def __getitem__(self, index: Any) -> Self:
        return type(self)(*(np.asarray(part[index]) for part in self._parts))

    def __len__(self) -> int:
        return self.shape[0]

    def interval(self, *index: int) -> Interval:
        """The entry at `index` (none for a 0-dimensional array), exact where it is so known."""
        entry = self[index]
        return Interval.between(float(entry.lower), float(entry.upper))

    def argmax(self, among: BoolArray | None = None) -> int:
        """Flat index of an entry that is largest (where `among` holds), up to what is known."""
        return int((self.mid if among is None else np.where(among, self.mid, -np.inf)).argmax())

    def argmin(self, among: BoolArray | None = None) -> int:
        """Flat index of an entry that is smallest (where `among` holds), up to what is known."""
        return (-self).argmax(among)

    def descending(self) -> NDArray[np.intp]:
        """Indices of a vector from its largest entry to its smallest; balls by their midpoints."""
        return np.argsort(-self.mid, kind="stable")

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

    def __sub__(self, other: RealArray | Interval | ArrayLike, /) -> Self:
        return self + -(other if isinstance(other, RealArray) else self.like(other))

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
        """Sums along `axis` (all entries for None), valid for any order of summation."""

    @abc.abstractmethod
    def sqrt(self) -> Self:
        """Square roots of quantities that cannot be negative; what lies below 0 is cut.

        An entry that is certainly negative becomes the whole line.
        """

    @abc.abstractmethod
    def ldexp(self, exponents: ArrayLike) -> Self:
        """Entries times 2**exponents (integers, broadcast): exact unless it underflows."""

    @abc.abstractmethod
    def maximum(self, other: RealArray | ArrayLike) -> Self:
        """Elementwise larger of two arrays."""

    def minimum(self, other: RealArray | ArrayLike) -> Self:
        """Elementwise smaller of two arrays."""
        return -(-self).maximum(-other if isinstance(other, RealArray) else -np.asarray(other))

    @abc.abstractmethod
    def norm(self) -> Interval:
        """Euclidean (Frobenius) norm of the whole array, without under- or overflow of squares."""

    def max_enclosure(self) -> Interval:
        """Encloses the largest entry.

        Raises:
            ValueError: there is no entry.
        """
        return Interval.between(float(self.lower.max()), float(self.upper.max()))

    def min_enclosure(self) -> Interval:
        """Encloses the smallest entry; ValueError as for `max_enclosure`."""
        return -(-self).max_enclosure()

    def chosen(self, where: BoolArray, inside: Interval, outside: Interval) -> Self:
        """An array of this kind: `inside` where the condition holds, `outside` elsewhere."""
        both = self.stacked([self.like(outside), self.like(inside)], axis=0)
        return both[where.astype(np.intp)]

    @classmethod
    def stacked(cls, arrays: Sequence[RealArray], axis: int | None = None) -> Self:
        """Arrays of this kind joined along the first axis, or stacked along a new one."""
        columns = zip(*(array._parts for array in arrays), strict=True)
        if axis is None:
            return cls(*map(np.concatenate, columns))
        return cls(*(np.stack(column, axis) for column in columns))

    def placed(self, index: NDArray[np.intp], size: int) -> Self:
        """A vector of `size` zeros with this one's entries at `index`."""
        parts = [np.array(part) for part in self.like(np.zeros(size))._parts]
        for part, own in zip(parts, self._parts, strict=True):
            part[index] = own
        return type(self)(*parts)
