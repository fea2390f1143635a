"""Errors as shares of their bounds: by the first of two readings, or, of what misses it, by the better of both."""

from __future__ import annotations

import numpy as np

from reference import ulp
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.second import InRows


def share_of(got: Floats, value: DoubleDouble, bound: Floats, *, error: Floats | None = None) -> Floats:
    """Return |got - value| over its bound: 0 where there is no error, or no bound; NaN where either is NaN.

    ``error`` is |got - value|, where somebody has it already; it may be infinite where both are finite.
    """
    error = ulp.error(got, value) if error is None else error
    with np.errstate(all="ignore"):
        return np.where((error == 0) | (np.isinf(bound) & np.isfinite(got)), 0.0, error / bound)


def met(plain: Floats, shifted: Floats) -> Floats:
    """Return the share by the first reading where that is at most 1, else the smaller one; NaN where the first is."""
    return np.where((plain > 1) & (shifted < plain), shifted, plain)


def read_again(plain: Floats, got: Floats, rows: InRows) -> Floats:
    """Return the shares :func:`met`, of results of which only some rows need the second reading.

    ``plain``: the shares by the first reading, finite numbers like those of ``got``, in the shape of the results.
    """
    shares, results = rows.cut(plain).copy(), rows.cut(got)
    numbers = np.flatnonzero((shares > 1).any(axis=-1))
    second = rows.read(numbers)
    shares[numbers] = met(shares[numbers], share_of(results[numbers], second.value, second.bound))
    return rows.join(shares).reshape(plain.shape)
