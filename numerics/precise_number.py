"""Single numbers of a `precise_array.PreciseArray`: rationals, exact, or balls around the number.

Operations on rationals are exact. They run at the precision that flint has in force.
"""

from __future__ import annotations

from flint import arb, fmpq

from .enclosure import Interval
from .endpoints import working_precision
from .surd import exact_surd

Entry = fmpq | arb


def rational(value: float) -> fmpq:
    """A finite float as the rational it is."""
    return fmpq(*value.as_integer_ratio())


def entry_of(value: Interval) -> Entry:
    """The number exactly where it is known and rational, else a ball around it."""
    exact = value.exact_value
    if exact is None:
        return value.ball
    fraction = exact.rational
    if fraction is not None:
        return fmpq(fraction.numerator, fraction.denominator)
    with working_precision():
        return exact.ball()


def interval_of(entry: Entry) -> Interval:
    """The interval of an entry, known exactly where it is rational."""
    return Interval.of(exact_surd(entry)) if isinstance(entry, fmpq) else Interval.around(entry)


def as_ball(entry: Entry) -> arb:
    """A ball around the entry, at the precision that flint has in force."""
    return arb(entry) if isinstance(entry, fmpq) else entry


def middle(entry: Entry) -> fmpq:
    """The rational itself, or the midpoint of the ball; 0 where nothing is known."""
    if isinstance(entry, fmpq):
        return entry
    return entry.mid().fmpq() if entry.is_finite() else fmpq(0)


def product(left: Entry, right: Entry) -> Entry:
    """The product."""
    # An exact zero stays one, whatever is not known of the other factor.
    for one in (left, right):
        if isinstance(one, fmpq) and one == 0:
            return one
    return left * right


def quotient(left: Entry, right: Entry) -> Entry:
    """The quotient; not a number for a divisor that is zero."""
    if isinstance(right, fmpq) and right == 0:
        return arb.nan()
    return left / right


def larger(left: Entry, right: Entry) -> Entry:
    """The larger of the two."""
    if left >= right:
        return left
    return right if right >= left else as_ball(left).max(as_ball(right))


def root(entry: Entry) -> Entry:
    """The root of a quantity that cannot be negative: what lies below 0 is cut."""
    if isinstance(entry, fmpq):
        if entry < 0:
            return arb.nan()
        if entry.p.is_square() and entry.q.is_square():
            return fmpq(entry.p.isqrt(), entry.q.isqrt())
        return arb(entry).sqrt()
    return arb.nan() if entry < 0 else entry.nonnegative_part().sqrt()
