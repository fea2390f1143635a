"""Exact values rounded to a format, and errors in units of the last place. Numbers of any format are float64 here."""

from __future__ import annotations

import numpy as np

from reference.exact.doubledouble import DoubleDouble
from reference.formats import FLOAT64, FloatFormat, Floats


def rounded(value: DoubleDouble, to: FloatFormat) -> Floats:
    """Return the number of the format that is nearest to the exact value, ties to even; infinity beyond its range.

    The multiple of the format's last place nearest to ``value.hi`` is the answer, but for one case: where ``hi`` lies
    in the middle between two of them, ``lo`` decides. (Scaling by the last place is exact, and no other middle lies
    between ``hi`` and ``hi + lo``, since it would be a float64 itself.) Of float64 itself, ``hi`` is the answer.
    """
    if to == FLOAT64:
        return value.hi
    if _decided_by_hi(value.hi, to):
        return to.nearest(value.hi)
    with np.errstate(all="ignore"):
        finite = np.where(np.isfinite(value.hi), value.hi, 0.0)
        last_place = to.spacing(finite)
        scaled = finite / last_place
        middle = scaled - np.floor(scaled) == 0.5
        decided = np.where(middle & (value.lo != 0), np.floor(scaled) + (value.lo > 0), np.rint(scaled))
        nearest = np.copysign(decided * last_place, finite)
        nearest = np.where(np.abs(nearest) > to.largest, np.copysign(np.inf, finite), nearest)
        return np.where(np.isfinite(value.hi), nearest, value.hi)


def _decided_by_hi(hi: Floats, to: FloatFormat) -> bool:
    """Say whether ``hi`` rounds as what it is the nearest float64 to: no number lies in the middle between two.

    The bits of a float64 that a normal number of the format has not are then 1 and zeros; others are not looked into.
    """
    lacking = FLOAT64.precision - to.precision
    bits = np.ascontiguousarray(hi).view(np.int64)
    middle = bits & ((1 << lacking) - 1) == 1 << (lacking - 1)
    size = np.abs(hi)
    return not (middle | ((size < to.smallest_normal) & (size > 0))).any()


def error(got: Floats, value: DoubleDouble) -> Floats:
    """Return |got - value|, NaN where either is NaN; equal infinities differ by 0."""
    with np.errstate(all="ignore"):
        apart = np.abs((got - value.hi) - value.lo)
        return np.where(np.isinf(got) & (got == value.hi), 0.0, apart)


def size(value: DoubleDouble, of: FloatFormat) -> Floats:
    """Return one unit in the last place of the correctly rounded value; NaN where that is not finite."""
    return of.spacing(rounded(value, of))


def ulps(got: Floats, value: DoubleDouble, *, of: FloatFormat) -> Floats:
    """Return the error in units in the last place of the correctly rounded value; equal infinities give 0."""
    with np.errstate(all="ignore"):
        apart = error(got, value)
        return np.where(apart == 0, 0.0, apart / size(value, of))
