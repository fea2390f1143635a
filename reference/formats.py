"""Floating point formats, by the numbers that rounding errors are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatFormat:
    """A binary floating point format with ``precision`` significant bits and normal exponents from ``min_exponent``."""

    name: str
    precision: int
    min_exponent: int
    max_exponent: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype that holds such numbers."""
        return np.dtype(self.name)

    @property
    def unit_roundoff(self) -> float:
        """u: the largest relative error of one rounding to nearest, where the result is normal."""
        return 2.0**-self.precision

    @property
    def smallest_normal(self) -> float:
        """lambda: results below it lose relative accuracy, or are flushed to zero."""
        return 2.0**self.min_exponent

    @property
    def smallest_subnormal(self) -> float:
        """The distance between neighbouring numbers below lambda."""
        return 2.0 ** (self.min_exponent - self.precision + 1)

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return (2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.max_exponent


FLOAT32: Final = FloatFormat(name="float32", precision=24, min_exponent=-126, max_exponent=127)
FLOAT64: Final = FloatFormat(name="float64", precision=53, min_exponent=-1022, max_exponent=1023)
FORMATS: Final = {one.name: one for one in (FLOAT32, FLOAT64)}


def format_named(name: str) -> FloatFormat:
    """Return the format of this name; raise ValueError for one that the reference does not know."""
    try:
        return FORMATS[name]
    except KeyError:
        known = ", ".join(FORMATS)
        raise ValueError(
            f"no floating point format is called {name!r}; the reference knows {known}: "
            "cast the array, or ask for one of these (the caller's mistake)"
        ) from None


def coarser(one: FloatFormat, other: FloatFormat) -> FloatFormat:
    """Return the format with fewer significant bits."""
    return one if one.precision <= other.precision else other
