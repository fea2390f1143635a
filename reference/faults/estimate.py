"""Exact numbers with what a kernel may be off in them: the error of a formula follows from the formula itself.

Running error analysis (Wilkinson; Higham, Accuracy and Stability of Numerical Algorithms, section 3.3): each operation
adds its own rounding to what its operands have erred by. One formula is computed in several usual ways: s v - s t,
s (v - t), or as the derivative of a quotient, which rounds 2|v| + 6|t| + |T| where the first rounds 2|v| + 2|t| + |T|
(reference/README.md, B3). So a product counts as :data:`PRODUCT` roundings here, and a sum of two as :data:`SUM`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reference.bounds.arithmetic import Arithmetic
from reference.bounds.shift import quotient
from reference.exact import elementary
from reference.exact.doubledouble import DoubleDouble, Floats, product, where
from reference.rowwise import row_sums

PRODUCT: Final = 4.0
SUM: Final = 2.0
LN2: Final = elementary.log1p(DoubleDouble.exactly(np.ones(())))
"""The logarithm of two, to 2^-98 of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate:
    """``|computed - value| <= error``, element by element, in the given arithmetic."""

    value: DoubleDouble
    error: Floats
    arithmetic: Arithmetic

    @classmethod
    def exactly(cls, values: NDArray[Any] | float | DoubleDouble, arithmetic: Arithmetic) -> Estimate:
        """Return numbers that a kernel is given."""
        value = values if isinstance(values, DoubleDouble) else DoubleDouble.exactly(values)
        return cls(value=value, error=np.zeros_like(value.hi), arithmetic=arithmetic)

    @property
    def size(self) -> Floats:
        """The absolute values."""
        return np.abs(self.value.hi)

    def __neg__(self) -> Estimate:
        """Return the negatives, in which no kernel errs."""
        return Estimate(value=-self.value, error=self.error, arithmetic=self.arithmetic)

    def __add__(self, other: Estimate) -> Estimate:
        """Return the sums."""
        return self._rounded(self.value + other.value, self.error + other.error, SUM, underflows=False)

    def __sub__(self, other: Estimate) -> Estimate:
        """Return the differences."""
        return self + (-other)

    def __mul__(self, by: Estimate) -> Estimate:
        """Return the products."""
        error = self.size * by.error + by.size * self.error + self.error * by.error
        found = self._rounded(product(self.value, by.value), error, PRODUCT, underflows=True)
        nothing = ((self.size == 0) & (self.error == 0)) | ((by.size == 0) & (by.error == 0))
        return found.where(~nothing, 0.0)

    def __truediv__(self, other: Estimate) -> Estimate:
        """Return the quotients by numbers that are not zero; infinitely uncertain where a kernel's may be."""
        value = self.value / other.value
        least = other.size - other.error
        error = (self.error + np.abs(value.hi) * other.error) / np.where(least > 0, least, np.nan)
        error = np.where(least > 0, error, np.inf)
        return self._rounded(value, error, PRODUCT, underflows=True)

    def over(self, divisor: float) -> Estimate:
        """Return the quotients by a positive number that the program knows."""
        return self._rounded(quotient(self.value, divisor), self.error / divisor, PRODUCT, underflows=True)

    def total(self) -> Estimate:
        """Return the sums along the last axis, in any order; kept with length one."""
        value = self.value.sum_of_any_size()
        size = self.size
        adding = self.arithmetic.summation(size) * row_sums(size)
        error = row_sums(self.error)
        return self._rounded(value, error + adding, SUM, underflows=False)

    def log(self) -> Estimate:
        """Return the logarithms of positive numbers; infinitely uncertain where a kernel's may be none."""
        relative = self.error / self.size
        error = np.where(relative < 1.0, -np.log1p(-np.minimum(relative, 0.999)), np.inf)
        value = logarithm(self.value)
        own = 2.0 * self.arithmetic.log * self.arithmetic.u
        return self._rounded(value, error + own * np.abs(value.hi), 0.0, underflows=True)

    def where(self, condition: NDArray[np.bool_], otherwise: float) -> Estimate:
        """Return it where the condition holds, and an exact number elsewhere."""
        number = DoubleDouble.exactly(np.full_like(self.value.hi, otherwise))
        shape = np.broadcast_shapes(condition.shape, self.error.shape)
        error = np.where(condition, np.broadcast_to(self.error, shape), 0.0)
        return Estimate(value=where(condition, self.value, number), error=error, arithmetic=self.arithmetic)

    def spread(self, shape: tuple[int, ...]) -> Estimate:
        """Return the same numbers in a larger shape."""
        value = DoubleDouble(hi=np.broadcast_to(self.value.hi, shape), lo=np.broadcast_to(self.value.lo, shape))
        return Estimate(value=value, error=np.broadcast_to(self.error, shape), arithmetic=self.arithmetic)

    def other_row(self) -> Estimate:
        """Return what the row before has, in the place of each row."""
        value = DoubleDouble(hi=np.roll(self.value.hi, 1, axis=0), lo=np.roll(self.value.lo, 1, axis=0))
        return Estimate(value=value, error=np.roll(self.error, 1, axis=0), arithmetic=self.arithmetic)

    def _rounded(self, value: DoubleDouble, error: Floats, times: float, *, underflows: bool) -> Estimate:
        lost = times * self.arithmetic.u * (np.abs(value.hi) + error)
        lost = lost + PRODUCT * self.arithmetic.omega if underflows else lost
        return Estimate(value=value, error=error + lost, arithmetic=self.arithmetic)


def logarithm(x: DoubleDouble) -> DoubleDouble:
    """Return log x for positive numbers: of its mantissa, between 1 and 2, and of its power of two."""
    mantissa, exponent = x.near_one()
    two = np.full_like(mantissa.hi, 2.0)
    fraction = (mantissa * DoubleDouble.exactly(two)).plus(-np.ones_like(mantissa.hi))
    power = DoubleDouble.exactly(exponent.astype(np.float64) - 1.0)
    return elementary.log1p(fraction) + power * LN2


def pair_of(number: Fraction) -> DoubleDouble:
    """Return a fraction as the nearest pair, to 2^-106 of it."""
    high = float(number)
    low = float(number - Fraction(high)) if math.isfinite(high) else 0.0
    return DoubleDouble(hi=np.asarray(high), lo=np.asarray(low))
