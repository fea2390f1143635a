"""The smallest planted error that a check flags, by search on a logarithmic grid. NumPy alone.

Numbers of any format are float64 here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from reference.formats import FloatFormat, Floats

Flags = Callable[[Floats], NDArray[np.bool_]]  # of results (rows, n): which rows a check refuses

PER_OCTAVE: Final = 16  # sizes: neighbours are 4.4 % apart
_FIRST_STRIDE: Final = 4
_LOWEST, _HIGHEST = -1 * PER_OCTAVE, 64 * PER_OCTAVE  # half a unit roundoff, and far beyond every value


def planted(correct: Floats, *, of: FloatFormat, at: NDArray[np.int64], sign: Floats, size: Floats) -> Floats:
    """Return ``correct`` (rows, n) with the element ``at`` of each row off by ``size`` unit roundoffs, relatively.

    What comes out are numbers of the format again.
    """
    rows = np.arange(len(correct))
    wrong = correct.copy()
    value = correct[rows, at]
    wrong[rows, at] = of.nearest(value + value * (sign * size * of.unit_roundoff))
    return wrong


def smallest(
    correct: Floats,
    flags: Flags,
    *,
    of: FloatFormat,
    at: NDArray[np.int64],
    sign: Floats,
    near: float | None = None,
) -> Floats:
    """Return, for each row, the smallest size in unit roundoffs that ``flags`` sees; sizes are 2^(k/16).

    0 where the correct row is flagged already, infinity where no size is. Larger errors are taken to be flagged
    where smaller ones are. ``near`` is where to look first, from where strides double: it saves time and changes
    nothing.
    """

    def seen(exponents: NDArray[np.int64]) -> NDArray[np.bool_]:
        return flags(planted(correct, of=of, at=at, sign=sign, size=np.exp2(exponents / PER_OCTAVE)))

    alarms = flags(correct)
    low = np.full(len(correct), _LOWEST - 1)  # what is below the smallest size counts as not seen, what is beyond
    high = np.full(len(correct), _HIGHEST + 1)  # the largest as seen
    tried, stride = (low + high) // 2, _HIGHEST - _LOWEST
    if near is not None:
        tried, stride = np.full(len(correct), _exponent(near)), _FIRST_STRIDE
    while (apart := high - low > 1).any():
        flagged = seen(tried) & apart
        high, low = np.where(flagged, tried, high), np.where(flagged | ~apart, low, tried)
        further = np.where(flagged, tried - stride, tried + stride)
        between = (low >= _LOWEST) & (high <= _HIGHEST)
        tried = np.where(between | (further <= low) | (further >= high), (low + high) // 2, further)
        stride *= 2
    return np.where(alarms, 0.0, np.where(high > _HIGHEST, np.inf, np.exp2(high / PER_OCTAVE)))


def _exponent(size: float) -> int:
    return round(float(np.clip(PER_OCTAVE * np.log2(max(size, 0.5)), _LOWEST, _HIGHEST)))
