"""Exact values rounded to a format, and errors in units of the last place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.doubledouble import DoubleDouble, Floats
from reference.formats import FloatFormat


def rounded(value: DoubleDouble, to: FloatFormat) -> NDArray[Any]:
    """Return the number of the format that is nearest to the exact value, ties to even; of the format's dtype.

    ``value.hi`` alone would be rounded twice: where it lies in the middle between two numbers of the format, ``lo``
    decides.
    """
    with np.errstate(all="ignore"):
        nearest = np.asarray(value.hi, dtype=np.float64).astype(to.dtype)
        off = value.hi - nearest.astype(np.float64)
        neighbour = np.nextafter(nearest, np.where(off > 0, np.inf, -np.inf).astype(to.dtype))
        in_the_middle = (off != 0) & (2.0 * off == neighbour.astype(np.float64) - nearest.astype(np.float64))
        return np.where(in_the_middle & (np.sign(value.lo) == np.sign(off)), neighbour, nearest)


def error(got: NDArray[Any], value: DoubleDouble) -> Floats:
    """Return |got - value| in float64, NaN where either is NaN; equal infinities differ by 0."""
    with np.errstate(all="ignore"):
        wide = np.asarray(got).astype(np.float64)
        apart = np.abs((wide - value.hi) - value.lo)
        return np.where(np.isinf(wide) & (wide == value.hi), 0.0, apart)


def size(value: DoubleDouble, of: FloatFormat) -> Floats:
    """Return one unit in the last place of the correctly rounded value; NaN where that is not finite."""
    with np.errstate(all="ignore"):
        return np.asarray(np.spacing(np.abs(rounded(value, of))), dtype=np.float64)


def ulps(got: NDArray[Any], value: DoubleDouble, *, of: FloatFormat) -> Floats:
    """Return the error in units in the last place of the correctly rounded value; equal infinities give 0."""
    with np.errstate(all="ignore"):
        apart = error(got, value)
        return np.where(apart == 0, 0.0, apart / size(value, of))
