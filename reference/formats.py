"""Floating point formats, by the numbers that rounding errors are made of, and their numbers as float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatFormat:
    """A binary floating point format with ``precision`` significant bits and normal exponents from ``min_exponent``.

    ``carrier`` is the NumPy dtype of arrays of such numbers: NumPy has no bfloat16, whose bits are kept as uint16.
    """

    name: str
    precision: int
    min_exponent: int
    max_exponent: int
    carrier: str

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

    def decode(self, array: NDArray[Any]) -> Floats:
        """Return the numbers of an array of this format as float64, which holds each of them exactly.

        Raise ValueError for an array of another dtype than :attr:`carrier`.
        """
        same = array.dtype == self.carrier or array.dtype.name == self.carrier  # noqa: PLR1714 - to name it takes long
        if not same:
            raise ValueError(
                f"an array of {array.dtype.name} where numbers of {self.name} were expected, which are kept as "
                f"{self.carrier} (the caller's mistake)"
            )
        if self.name != BFLOAT16.name:
            return array.astype(np.float64)
        with np.errstate(all="ignore"):  # widening a signalling NaN raises the invalid flag
            wide: NDArray[np.float32] = (array.astype(np.uint32) << np.uint32(16)).view(np.float32)
            return wide.astype(np.float64)

    def encode(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return float64 values rounded to this format, ties to even, as an array of :attr:`carrier`."""
        with np.errstate(all="ignore"):
            if self.name != BFLOAT16.name:
                return np.asarray(values, dtype=np.float64).astype(self.carrier)
            held = self.nearest(np.asarray(values, dtype=np.float64)).astype(np.float32)  # exact: bfloat16 fits
            return np.asarray((held.view(np.uint32) >> np.uint32(16)).astype(np.uint16))

    def nearest(self, values: Floats) -> Floats:
        """Return float64 values rounded to this format, ties to even, as float64; infinity beyond its range."""
        if self.name == FLOAT64.name:
            return values.copy()  # which the caller may write into, as into any other
        with np.errstate(all="ignore"):
            if self.name != BFLOAT16.name:
                return values.astype(self.carrier).astype(np.float64)
            finite = np.where(np.isfinite(values), values, 0.0)
            ulp = self.spacing(finite)
            rounded = np.rint(finite / ulp) * ulp
            rounded = np.where(np.abs(rounded) > self.largest, np.copysign(np.inf, finite), rounded)
            return np.where(np.isfinite(values), np.copysign(rounded, finite), values)

    def spacing(self, values: Floats) -> Floats:
        """Return the distance from |value| to the next larger number of this format; NaN where not finite."""
        with np.errstate(all="ignore"):
            _, exponent = np.frexp(np.where(np.isfinite(values), values, 1.0))
            exponent = np.where(values == 0, self.min_exponent + 1, exponent)  # frexp(0) says 0
            last = np.maximum(exponent - 1, self.min_exponent) - self.precision + 1
            return np.where(np.isfinite(values), np.ldexp(1.0, last), np.nan)


FLOAT16: Final = FloatFormat(name="float16", precision=11, min_exponent=-14, max_exponent=15, carrier="float16")
BFLOAT16: Final = FloatFormat(name="bfloat16", precision=8, min_exponent=-126, max_exponent=127, carrier="uint16")
FLOAT32: Final = FloatFormat(name="float32", precision=24, min_exponent=-126, max_exponent=127, carrier="float32")
FLOAT64: Final = FloatFormat(name="float64", precision=53, min_exponent=-1022, max_exponent=1023, carrier="float64")
FORMATS: Final = {one.name: one for one in (FLOAT16, BFLOAT16, FLOAT32, FLOAT64)}


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
