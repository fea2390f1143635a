"""The smallest planted error that a check flags, by bisection on a logarithmic grid. NumPy alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reference.formats import format_named

Flags = Callable[[NDArray[Any]], NDArray[np.bool_]]  # of results (rows, n): which rows a check refuses

PER_OCTAVE: Final = 16  # sizes: neighbours are 4.4 % apart
_LOWEST, _HIGHEST = -1 * PER_OCTAVE, 64 * PER_OCTAVE  # half a unit roundoff, and far beyond every value


def planted(
    correct: NDArray[Any], *, at: NDArray[np.int64], sign: NDArray[np.float64], size: NDArray[np.float64]
) -> NDArray[Any]:
    """Return ``correct`` (rows, n) with the element ``at`` of each row off by ``size`` unit roundoffs, relatively."""
    rows = np.arange(len(correct))
    wrong = correct.copy()
    unit = format_named(correct.dtype.name).unit_roundoff
    value = correct[rows, at].astype(np.float64)
    wrong[rows, at] = (value + value * (sign * size * unit)).astype(correct.dtype)
    return wrong


def smallest(
    correct: NDArray[Any], flags: Flags, *, at: NDArray[np.int64], sign: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return, for each row, the smallest size in unit roundoffs that ``flags`` sees; sizes are 2^(k/16).

    0 where the correct row is flagged already, infinity where no size is. Larger errors are taken to be flagged
    where smaller ones are.
    """

    def seen(exponents: NDArray[np.int64]) -> NDArray[np.bool_]:
        return flags(planted(correct, at=at, sign=sign, size=np.exp2(exponents / PER_OCTAVE)))

    alarms = flags(correct)
    low = np.full(len(correct), _LOWEST)
    high = np.full(len(correct), _HIGHEST)
    never = ~seen(high)
    while (high - low > 1).any():
        middle = (low + high) // 2
        flagged = seen(middle)
        high, low = np.where(flagged, middle, high), np.where(flagged, low, middle)
    return np.where(alarms, 0.0, np.where(never, np.inf, np.exp2(high / PER_OCTAVE)))
