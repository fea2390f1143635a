"""Double-double arithmetic: a number as the unevaluated sum of two float64, about 106 significant bits.

Made of nothing but +, -, * and / on float64 (and ldexp for scaling), each rounded to nearest: the same bits on every
IEEE machine, whatever NumPy's vector code does with exp and log. Algorithms: Knuth's TwoSum, Dekker's FastTwoSum,
split and TwoProduct (Numer. Math. 18, 1971); sums, products and quotients as in Hida, Li, Bailey (ARITH-15, 2001).
One operation errs by a few 2^-104 of its result, as long as the result and its low part are normal numbers.

Operands of a product must stay below 2^996, where Dekker's split overflows, and products well above 2^-1022, where its
low part underflows: the oracle scales its rows. :func:`product` and :meth:`DoubleDouble.sum_of_any_size` scale theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SPLITTER: Final = 2.0**27 + 1.0  # cuts 53 bits into 26 and 26 with a sign
_LARGEST_TERM: Final = 900  # exponent of a term of a sum that cannot overflow, however many terms there are


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoubleDouble:
    """The numbers ``hi + lo`` with ``hi`` the float64 nearest to them; arrays of one shape, or broadcastable."""

    hi: Floats
    lo: Floats

    @classmethod
    def exactly(cls, values: NDArray[Any] | float) -> DoubleDouble:
        """Return float64 values as they are."""
        hi = np.asarray(values, dtype=np.float64)
        return cls(hi=hi, lo=np.zeros_like(hi))

    @classmethod
    def stacked(cls, parts: Sequence[DoubleDouble]) -> DoubleDouble:
        """Return numbers of one shape along a new first axis."""
        return cls(hi=np.stack([part.hi for part in parts]), lo=np.stack([part.lo for part in parts]))

    def __getitem__(self, index: Any) -> DoubleDouble:
        """Return some of the numbers along the first axis."""
        return DoubleDouble(hi=self.hi[index], lo=self.lo[index])

    def part(self, columns: slice) -> DoubleDouble:
        """Return these columns of the last axis."""
        return DoubleDouble(hi=self.hi[..., columns], lo=self.lo[..., columns])

    def at(self, column: NDArray[np.intp]) -> DoubleDouble:
        """Return one element of every row, which is kept with length one; ``column`` has that shape."""
        return DoubleDouble(
            hi=np.take_along_axis(self.hi, column, axis=-1), lo=np.take_along_axis(self.lo, column, axis=-1)
        )

    def __neg__(self) -> DoubleDouble:
        """Return the negatives."""
        return DoubleDouble(hi=-self.hi, lo=-self.lo)

    def __add__(self, other: DoubleDouble) -> DoubleDouble:
        """Return the sums."""
        high, high_error = two_sum(self.hi, other.hi)
        low, low_error = two_sum(self.lo, other.lo)
        high_error += low
        high, carried = fast_two_sum(high, high_error)
        carried += low_error
        return _paired(*fast_two_sum(high, carried))

    def __sub__(self, other: DoubleDouble) -> DoubleDouble:
        """Return the differences."""
        return self + (-other)

    def __mul__(self, other: DoubleDouble) -> DoubleDouble:
        """Return the products."""
        product, error = two_product(self.hi, other.hi)
        error += self.hi * other.lo + self.lo * other.hi
        return _paired(*fast_two_sum(product, error))

    def __truediv__(self, other: DoubleDouble) -> DoubleDouble:
        """Return the quotients."""
        first = self.hi / other.hi
        remainder = self - other.times(first)
        second = remainder.hi / other.hi
        third = (remainder - other.times(second)).hi / other.hi
        quotient = _paired(*fast_two_sum(first, second))
        return quotient + DoubleDouble.exactly(third)

    def plus(self, addend: Floats) -> DoubleDouble:
        """Return the sum with float64 values."""
        high, error = two_sum(self.hi, addend)
        error += self.lo
        return _paired(*fast_two_sum(high, error))

    def times(self, factor: Floats) -> DoubleDouble:
        """Return the product with float64 values."""
        product, error = two_product(self.hi, factor)
        error += self.lo * factor
        return _paired(*fast_two_sum(product, error))

    def sum_rows(self) -> DoubleDouble:
        """Return the sums along the last axis, which is kept with length one; its length alone decides their order."""
        if not self.hi.shape[-1]:
            return DoubleDouble.exactly(np.zeros((*self.hi.shape[:-1], 1)))
        terms = self
        while (count := terms.hi.shape[-1]) > 1:
            half = count // 2
            unpaired = terms.part(slice(2 * half, count))
            terms = terms.part(slice(half)) + terms.part(slice(half, 2 * half))
            if count % 2:
                terms = _beside(terms, unpaired)
        return terms

    def sum_of_any_size(self) -> DoubleDouble:
        """Return the same for finite numbers up to the largest: the infinity of its sign where a sum overflows."""
        if not self.hi.shape[-1]:
            return self.sum_rows()
        _, exponent = np.frexp(np.abs(self.hi).max(axis=-1, keepdims=True))
        by = np.maximum(exponent - _LARGEST_TERM, 0)
        return self.scaled(-by).sum_rows().scaled(by)

    def near_one(self) -> tuple[DoubleDouble, NDArray[Any]]:
        """Return finite numbers as mantissas, 0 or between 1/2 and 1 in size, and exponents of two."""
        hi, exponent = np.frexp(self.hi)
        return DoubleDouble(hi=hi, lo=np.ldexp(self.lo, -exponent)), exponent

    def scaled(self, exponent: NDArray[Any]) -> DoubleDouble:
        """Return the numbers times 2^exponent; ``hi`` is correctly rounded where it becomes subnormal, too."""
        hi = np.ldexp(self.hi, exponent)
        lost, beyond = two_sum(self.hi - np.ldexp(hi, -exponent), self.lo)
        if beyond.any():  # it decides a tie
            lost = np.where(beyond == 0, lost, np.nextafter(lost, np.copysign(np.inf, beyond)))
        lo = np.where(np.isfinite(hi), np.ldexp(lost, exponent), 0.0)
        high, low = fast_two_sum(hi, lo)
        return DoubleDouble(hi=high, lo=np.where(np.isfinite(high), low, 0.0))


def where(condition: NDArray[np.bool_], one: DoubleDouble, other: DoubleDouble) -> DoubleDouble:
    """Return ``one`` where the condition holds, and ``other`` elsewhere."""
    return DoubleDouble(hi=np.where(condition, one.hi, other.hi), lo=np.where(condition, one.lo, other.lo))


def product(one: DoubleDouble, other: DoubleDouble) -> DoubleDouble:
    """Return the products of finite numbers of any size: the infinity of its sign where one overflows."""
    (mantissa, exponent), (factor, by) = one.near_one(), other.near_one()
    return (mantissa * factor).scaled(exponent + by)


def difference(one: Floats, other: Floats) -> DoubleDouble:
    """Return one - other exactly; where that overflows, the infinity of its sign."""
    high, low = two_sum(one, -other)
    return DoubleDouble(hi=high, lo=np.where(np.isfinite(high) & np.isfinite(low), low, 0.0))


def two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return fl(a + b) and its error (Knuth)."""
    total = a + b
    b_part = total - a
    a_part = total - b_part
    error = _what_is_left(a, a_part)
    error += _what_is_left(b, b_part)
    return total, error


def fast_two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return fl(a + b) and its error, where a is 0 or |a| >= |b| (Dekker)."""
    total = a + b
    b_part = total - a
    return total, _what_is_left(b, b_part)


def two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return fl(a b) and its error (Dekker)."""
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    error = a_high * b_high
    error -= product
    error += a_high * b_low
    error += a_low * b_high
    error += a_low * b_low
    return product, error


def _what_is_left(of: Floats, part: Floats) -> Floats:
    """Return of - part, in the memory of ``part``: most of the time goes to the memory that temporaries need."""
    return np.subtract(of, part, out=part) if isinstance(part, np.ndarray) else of - part  # without axes: a scalar


def _split(a: Floats) -> tuple[Floats, Floats]:
    high = _SPLITTER * a
    high -= high - a
    return high, a - high


def _paired(hi: Floats, lo: Floats) -> DoubleDouble:
    return DoubleDouble(hi=hi, lo=lo)


def _beside(one: DoubleDouble, other: DoubleDouble) -> DoubleDouble:
    return DoubleDouble(hi=np.concatenate((one.hi, other.hi), axis=-1), lo=np.concatenate((one.lo, other.lo), axis=-1))
