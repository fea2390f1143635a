"""Errors as shares of their bounds: of each element, or, for less, of those that can be the worst of their part."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference import ulp
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.second import InRows

WORTH_IT: Final = 1 << 13  # elements, from which on two more passes over a few rows take less time than one over all
_FIRST: Final = 4  # one row in so many is read first; of random rows two in five are read in the end


def share_of(got: Floats, value: DoubleDouble, bound: Floats) -> Floats:
    """Return |got - value| over its bound: 0 where there is no error, or no bound; NaN where either is NaN."""
    error = ulp.error(got, value)  # which may overflow where both are finite
    with np.errstate(all="ignore"):
        return np.where((error == 0) | (np.isinf(bound) & np.isfinite(got)), 0.0, error / bound)


def least_of_the_worst(plain: Floats, got: Floats, rows: InRows, *, parts: int) -> Floats:
    """Return the smaller share of both readings, wherever that can be the largest of its part; ``plain`` elsewhere.

    ``plain``: the shares of the first reading, finite numbers. The parts, equally large, lie along the first axis. The
    smaller share of an element is at most its plain one. So the rows of a part with the largest plain shares are read
    first, and then those whose largest plain share is no less than what came of these: no element of another row can
    be as far off as the worst of them.
    """
    shares, results = rows.cut(plain).copy(), rows.cut(got)
    by_part = shares.max(axis=-1).reshape(parts, -1)
    some = -(-by_part.shape[1] // _FIRST)
    first = np.argpartition(-by_part, some - 1, axis=1)[:, :some] + np.arange(parts)[:, np.newaxis] * by_part.shape[1]
    _read_again(shares, results, rows, first.reshape(-1))
    attained = shares[first].max(axis=(1, 2))
    may_exceed = by_part >= attained[:, np.newaxis]
    may_exceed.reshape(-1)[first] = False
    _read_again(shares, results, rows, np.flatnonzero(may_exceed))
    return rows.join(shares).reshape(plain.shape)


def _read_again(shares: Floats, results: Floats, rows: InRows, numbers: NDArray[np.intp]) -> None:
    """Put the smaller share of both readings into these rows of ``shares``."""
    if numbers.size:
        second = rows.read(numbers)
        again = share_of(results[numbers], second.value, second.bound)
        shares[numbers] = np.where(again <= shares[numbers], again, shares[numbers])
