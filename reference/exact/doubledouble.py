"""Double-double arithmetic: a number as the unevaluated sum of two float64, about 106 significant bits.

Made of nothing but +, -, * and / on float64 (and ldexp for scaling), each rounded to nearest: the same bits on every
IEEE machine, whatever NumPy's vector code does with exp and log. Algorithms: Knuth's TwoSum, Dekker's FastTwoSum,
split and TwoProduct (Numer. Math. 18, 1971); sums and products as in Hida, Li, Bailey (ARITH-15, 2001).
One operation errs by a few 2^-104 of its result, as long as the result and its low part are normal numbers.

Operands of a product must stay below 2^996, where Dekker's split overflows, and products well above 2^-1022, where its
low part underflows: the oracle scales its rows. :func:`product` and :meth:`DoubleDouble.sum_of_any_size` scale theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SPLITTER: Final = 2.0**27 + 1.0  # cuts 53 bits into 26 and 26 with a sign
_NEVER_SUBNORMAL: Final = 2.0**-900  # nor is a low part that has any of 120 bits
_LARGEST_TERM: Final = 900  # exponent of a term of a sum that cannot overflow, however many terms there are


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what products need is computed once and kept
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
    def product_of(cls, a: Floats, b: Floats) -> DoubleDouble:
        """Return the products of float64 values (Dekker), which are exact."""
        hi, lo = _product(a, b, _split(a), _split(b))
        return cls(hi=hi, lo=lo)

    @classmethod
    def stacked(cls, parts: Sequence[DoubleDouble]) -> DoubleDouble:
        """Return numbers of one shape along a new first axis."""
        return cls(hi=np.stack([part.hi for part in parts]), lo=np.stack([part.lo for part in parts]))

    def __getitem__(self, index: Any) -> DoubleDouble:
        """Return some of the numbers along the first axis."""
        return DoubleDouble(hi=self.hi[index], lo=self.lo[index])

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
        return _joined(*two_sum(self.hi, other.hi), *two_sum(self.lo, other.lo))

    def __sub__(self, other: DoubleDouble) -> DoubleDouble:
        """Return the differences."""
        return _joined(*two_difference(self.hi, other.hi), *two_difference(self.lo, other.lo))

    def __mul__(self, other: DoubleDouble) -> DoubleDouble:
        """Return the products."""
        product, error = _product(self.hi, other.hi, self.halves, other.halves)
        crossed = self.hi * other.lo
        crossed += self.lo * other.hi
        error += crossed
        return _normal(product, error)

    def __truediv__(self, other: DoubleDouble) -> DoubleDouble:
        """Return the quotients: in float64, and what is left over it; relative error below 12 * 2^-106.

        After Joldes, Muller, Popescu, Tight and rigorous error bounds for basic building blocks of double-word
        arithmetic (ACM TOMS 44, 2017), algorithm 17, whose bound is 15 * 2^-106. Here the product is not normalised:
        what a rounded quotient leaves of ``self.hi`` is a float64, and so are both differences that lead to it. In
        units of 2^-106, the product of a low part errs by 1, its difference from the other low part by 2, the sum of
        all that is left by 3, its quotient by 3, and 3 come of dividing that by ``other.hi`` alone. Not all of these
        can be attained together, which leaves room for terms of higher order.
        """
        first = self.hi / other.hi
        product, error = _product(first, other.hi, _split(first), other.halves)
        left = self.hi - product
        left -= error
        of_lows = first * other.lo
        left += _into(np.subtract, self.lo, of_lows, of_lows)
        left /= other.hi
        return _normal(first, left)

    @cached_property
    def halves(self) -> tuple[Floats, Floats]:
        """``hi`` in two parts of 26 bits, whose products are exact: a factor of several products is cut once."""
        return _split(self.hi)

    def plus(self, addend: Floats | float) -> DoubleDouble:
        """Return the sum with float64 values."""
        high, error = two_sum(self.hi, addend)
        error += self.lo
        return _normal(high, error)

    def times(self, factor: Floats) -> DoubleDouble:
        """Return the product with float64 values."""
        product, error = _product(self.hi, factor, self.halves, _split(factor))
        error += self.lo * factor
        return _normal(product, error)

    def sum_rows(self) -> DoubleDouble:
        """Return the sums along the last axis, which is kept with length one; its length alone decides their order."""
        if not self.hi.shape[-1]:
            return DoubleDouble.exactly(np.zeros((*self.hi.shape[:-1], 1)))
        terms = DoubleDouble(hi=_by_column(self.hi), lo=_by_column(self.lo))
        while (count := len(terms.hi)) > 1:
            half = count // 2
            unpaired = terms[2 * half :]
            terms = terms[:half] + terms[half : 2 * half]
            if count % 2:
                terms = _and(terms, unpaired)
        return DoubleDouble(hi=np.moveaxis(terms.hi, 0, -1), lo=np.moveaxis(terms.lo, 0, -1))

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
        size = np.abs(hi)
        if (((size > _NEVER_SUBNORMAL) & (size < np.inf)) | (self.hi == 0)).all():  # which takes a third of the time
            return DoubleDouble(hi=hi, lo=np.ldexp(self.lo, exponent))
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


def two_sum(a: Floats, b: Floats | float) -> tuple[Floats, Floats]:
    """Return fl(a + b) and its error (Knuth)."""
    total = a + b
    b_part = total - a
    a_part = total - b_part
    error = _into(np.subtract, a, a_part, a_part)
    error += _into(np.subtract, b, b_part, b_part)
    return total, error


def two_difference(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return fl(a - b) and its error: those of a + (-b)."""
    total = a - b
    b_part = a - total
    a_part = total + b_part
    error = _into(np.subtract, a, a_part, a_part)
    error -= _into(np.subtract, b, b_part, b_part)
    return total, error


def fast_two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return fl(a + b) and its error, where a is 0 or |a| >= |b| (Dekker)."""
    total = a + b
    b_part = total - a
    return total, _into(np.subtract, b, b_part, b_part)


def _product(
    a: Floats, b: Floats, halves_of_a: tuple[Floats, Floats], halves_of_b: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    (a_high, a_low), (b_high, b_low) = halves_of_a, halves_of_b
    product = a * b
    error = a_high * b_high
    error -= product
    term = a_high * b_low
    error += term
    term = _into(np.multiply, a_low, b_high, term)
    error += term
    error += _into(np.multiply, a_low, b_low, term)
    return product, error


def _split(a: Floats) -> tuple[Floats, Floats]:
    high = _SPLITTER * a
    rest = high - a
    high -= rest
    return high, _into(np.subtract, a, high, rest)


def _joined(high: Floats, high_error: Floats, low: Floats, low_error: Floats) -> DoubleDouble:
    """Return the sum of two sums and their errors, of which each is in the last places of the one before it."""
    high_error += low
    joined = _normal(high, high_error)
    carried = joined.lo
    carried += low_error
    return _normal(joined.hi, carried)


def _normal(a: Floats, b: Floats) -> DoubleDouble:
    """Return a + b, where a is 0 or |a| >= |b|, in memory of theirs: nobody else may have a need of them."""
    total = a + b
    b_part = _into(np.subtract, total, a, a)
    return DoubleDouble(hi=total, lo=_into(np.subtract, b, b_part, b))


def _into(operation: np.ufunc, a: Floats | float, b: Floats, out: Floats) -> Floats:
    """Return the result in the memory of ``out``: most of the time goes to the memory that temporaries need."""
    if isinstance(out, np.ndarray):
        return operation(a, b, out)  # type: ignore[no-any-return] # the array that was given
    return operation(a, b)  # without axes: a scalar


def _by_column(rows: Floats) -> Floats:
    """Return rows with their last axis first, and the others side by side in memory, however short the rows are."""
    return np.ascontiguousarray(np.moveaxis(rows, -1, 0))


def _and(one: DoubleDouble, other: DoubleDouble) -> DoubleDouble:
    return DoubleDouble(hi=np.concatenate((one.hi, other.hi)), lo=np.concatenate((one.lo, other.lo)))
