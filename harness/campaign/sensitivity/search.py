"""The smallest planted error that a check flags, by bisection on a logarithmic grid. NumPy alone.

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


def smallest(correct: Floats, flags: Flags, *, of: FloatFormat, at: NDArray[np.int64], sign: Floats) -> Floats:
    """Return, for each row, the smallest size in unit roundoffs that ``flags`` sees; sizes are 2^(k/16).

    0 where the correct row is flagged already, infinity where no size is. Larger errors are taken to be flagged
    where smaller ones are.
    """

    def seen(exponents: NDArray[np.int64]) -> NDArray[np.bool_]:
        return flags(planted(correct, of=of, at=at, sign=sign, size=np.exp2(exponents / PER_OCTAVE)))

    alarms = flags(correct)
    low = np.full(len(correct), _LOWEST - 1)  # below the smallest size that is tried
    high = np.full(len(correct), _HIGHEST)
    never = ~seen(high)
    while (apart := high - low > 1).any():
        middle = (low + high) // 2
        flagged = seen(middle) & apart
        high, low = np.where(flagged, middle, high), np.where(flagged, low, middle)
    return np.where(alarms, 0.0, np.where(never, np.inf, np.exp2(high / PER_OCTAVE)))
