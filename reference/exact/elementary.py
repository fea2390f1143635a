"""exp and log of double-double numbers, by table and polynomial; constants from the decimal module of Python.

exp(d) = 2^q T_j exp(r) with d = (1024 q + j) ln2/1024 + r, |r| <= ln2/2048 < 2^-11.5, T_j = 2^(j/1024): beside a large
table the series is short. The Taylor series to degree 8 leaves |r|^9/9! < 2^-121. Terms of degree 4 and more are below
2^-50: float64 is enough for them. ln2/1024 is subtracted in three parts, of which the first two have 31 bits, so that
their products with 1024 q + j are exact for |d| < 2800, and so is the first difference, where both numbers are close.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reference.exact.doubledouble import DoubleDouble, Floats, fast_two_sum, where

_STEPS_LOG2: Final = 10
_STEPS: Final = 1 << _STEPS_LOG2  # of the table per factor of two
_DECIMAL: Final = Context(prec=80)
_LN2: Final = _DECIMAL.ln(Decimal(2))

SMALLEST_EXPONENT: Final = -2200.0
"""exp of less is 0 for every purpose here: times the largest float64 it is below the smallest subnormal."""


def _constants(values: list[Decimal]) -> DoubleDouble:
    hi = [float(value) for value in values]
    lo = [float(_DECIMAL.subtract(value, Decimal(top))) for value, top in zip(values, hi, strict=True)]
    return DoubleDouble(hi=np.array(hi), lo=np.array(lo))


def _quotient(numerator: int, denominator: int) -> Decimal:
    return _DECIMAL.divide(Decimal(numerator), Decimal(denominator))


def _inverse_factorials(last: int) -> list[Decimal]:
    values = [Decimal(1)]
    for k in range(1, last + 1):
        values.append(_DECIMAL.divide(values[-1], Decimal(k)))
    return values


def _step_in_parts() -> tuple[float, float, float]:
    rest = _DECIMAL.divide(_LN2, Decimal(_STEPS))
    parts = []
    for exponent in (-41, -72):  # multiples of these powers of two have 31 bits
        unit = _DECIMAL.power(Decimal(2), Decimal(exponent))
        part = _DECIMAL.multiply(_DECIMAL.divide(rest, unit).to_integral_value(ROUND_FLOOR), unit)
        parts.append(float(part))
        rest = _DECIMAL.subtract(rest, part)
    return parts[0], parts[1], float(rest)


_STEP: Final = _step_in_parts()
_STEPS_PER_UNIT: Final = float(_DECIMAL.divide(Decimal(_STEPS), _LN2))
_TABLE: Final = _constants([_DECIMAL.exp(_DECIMAL.multiply(_quotient(j, _STEPS), _LN2)) for j in range(_STEPS)])
_TAYLOR: Final = _constants(_inverse_factorials(8))
_SERIES: Final = _constants([_quotient(1, 2 * k + 1) for k in range(12)])
_LN2_FLOAT: Final = float(_LN2)


def exp(d: DoubleDouble) -> tuple[DoubleDouble, NDArray[np.int32]]:
    """Return mantissas in (0.5, 2) and exponents of two of e^d, for |d| <= 2800; relative error below 2^-100.

    Mantissa and exponent stay apart so that a probability below the smallest float64 keeps its bits until it has met
    the cotangent that may lift it up again.
    """
    multiple = np.rint(d.hi * _STEPS_PER_UNIT)
    first, second, third = (multiple * -part for part in _STEP)
    high, low = fast_two_sum(d.hi + first, d.lo)
    r = DoubleDouble(hi=high, lo=low + third).plus(second)
    high_terms = _TAYLOR.hi[8] * r.hi
    for k in range(7, 3, -1):
        high_terms += _TAYLOR.hi[k]
        high_terms *= r.hi
    series = _constant(_TAYLOR, 3).plus(high_terms)
    for coefficient in (0.5, 1.0, 1.0):
        series = (series * r).plus(coefficient)
    j = multiple.astype(np.int64) & (_STEPS - 1)  # an index of another type takes three times as long
    return series * DoubleDouble(hi=_TABLE.hi[j], lo=_TABLE.lo[j]), multiple.astype(np.int32) >> _STEPS_LOG2


def log1p(x: DoubleDouble) -> DoubleDouble:
    """Return log(1 + x) for 0 <= x < 2^1000; relative error below 2^-98.

    Below 0.05: 2 artanh(x / (2 + x)) by its series, which keeps the relative accuracy of a tiny x. Above: one step of
    Halley's method, y + 2 (c - 1)/(c + 1) with c = (1 + x) exp(-y), from a float64 logarithm; the step's error is the
    seed's to the third power, over 12.
    """
    small = x.hi < 0.05
    zero = DoubleDouble.exactly(np.zeros_like(x.hi))
    return where(small, _log1p_series(where(small, x, zero)), _log1p_halley(where(small, zero, x)))


def _log1p_series(x: DoubleDouble) -> DoubleDouble:
    z = x / x.plus(2.0)
    square = z * z
    series = _constant(_SERIES, 11)
    for k in range(10, -1, -1):
        series = series * square + _constant(_SERIES, k)
    half = z * series
    return half + half


def _log1p_halley(x: DoubleDouble) -> DoubleDouble:
    total = x.plus(1.0)
    seed = _log_seed(total.hi)
    mantissa, exponent = exp(DoubleDouble.exactly(-seed))
    near_one = (total * mantissa).scaled(exponent)
    half_step = near_one.plus(-1.0) / near_one.plus(1.0)
    return (half_step + half_step).plus(seed)


def _log_seed(x: Floats) -> Floats:
    """Return log(x) to about 1e-15; NumPy's own would give other bits on other processors."""
    mantissa, exponent = np.frexp(x)
    low = mantissa < np.sqrt(0.5)
    mantissa = np.where(low, 2.0 * mantissa, mantissa)
    power = exponent - low
    z = (mantissa - 1.0) / (mantissa + 1.0)
    square = z * z
    series: Any = np.full_like(z, 1.0 / 25.0)
    for denominator in range(23, 0, -2):
        series = series * square + 1.0 / denominator
    return np.asarray(power * _LN2_FLOAT + 2.0 * z * series)


def _constant(table: DoubleDouble, k: int) -> DoubleDouble:
    return DoubleDouble(hi=table.hi[k], lo=table.lo[k])
