"""Logits as exp sees them: d = (x - max x) / T, exactly and as a kernel rounds it, and how far it may be off.

d is a pair of float64 whose error is below 2^-100 of it. Where d is beyond the range of float64 it is -inf, and the
probability 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.bounds.arithmetic import FOLDED_SCALE, Arithmetic, Store, underflow
from reference.bounds.growth import NOTHING
from reference.exact.doubledouble import DoubleDouble, Floats, difference
from reference.formats import FloatFormat, coarser
from reference.rowwise import row_maxima


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """What is done to logits before softmax sees them."""

    temperature: float
    entering: FloatFormat | None  # the format of x; None for integers

    @property
    def exact(self) -> bool:
        """Whether dividing by the temperature is no rounding, but for underflow: it is a power of two."""
        fraction, _ = np.frexp(self.temperature)
        return bool(fraction == 0.5)

    def coarsest(self, arithmetic: Arithmetic) -> FloatFormat:
        """Return the format of a quotient, which may be an array of its own, as where a user writes softmax(x / T).

        That of integers has the format of the output.
        """
        return coarser(self.entering or arithmetic.output, arithmetic.working)

    def rounding(self, arithmetic: Arithmetic) -> float:
        """Return the relative error of a division by the temperature: of it, of its reciprocal, of their product."""
        return 0.0 if self.exact else 3.0 * self.coarsest(arithmetic).unit_roundoff

    def lost(self, arithmetic: Arithmetic) -> float:
        """Return the absolute error of a quotient that underflows."""
        return 0.0 if self.temperature == 1.0 else max(underflow(self.coarsest(arithmetic)), arithmetic.omega)

    def given(self, arithmetic: Arithmetic, quantity: str) -> tuple[Store, Store]:
        """Return how far off a kernel may be with a cotangent, and with a tangent: it converts them to its format.

        A tangent goes through x / T first; what it has lost there is lost of T times as much. One-hots are exact.
        """
        cotangent, tangent = arithmetic.taken(arithmetic.output), arithmetic.taken(self.entering)
        if quantity == "jacobian":
            cotangent = Store(u=0.0, omega=0.0)
        lost = tangent.omega + self.lost(arithmetic) * self.temperature
        return cotangent, Store(u=tangent.u + self.rounding(arithmetic), omega=lost)


def shifted(x: Floats, *, temper: Temper) -> tuple[DoubleDouble, DoubleDouble]:
    """Return (x - max x) / T and max x / T for rows ``x`` whose maxima are finite."""
    top = row_maxima(x)
    if temper.temperature == 1.0:
        return difference(x, top), DoubleDouble.exactly(top)
    halves = difference(0.5 * x, 0.5 * top)  # which do not overflow where their quotient does not
    return quotient(halves, temper.temperature, doubled=True), quotient(DoubleDouble.exactly(top), temper.temperature)


def quotient(number: DoubleDouble, divisor: float, *, doubled: bool = False) -> DoubleDouble:
    """Return number / divisor, or twice that, for a positive divisor; an infinity where it is one or overflows."""
    fraction, exponent = np.frexp(divisor)
    finite = np.isfinite(number.hi)
    mantissa, by = DoubleDouble(hi=np.where(finite, number.hi, 0.0), lo=number.lo).near_one()
    ratio = (mantissa / DoubleDouble.exactly(np.full_like(mantissa.hi, fraction))).scaled(by - exponent + int(doubled))
    return DoubleDouble(hi=np.where(finite, ratio.hi, number.hi), lo=ratio.lo)


def records_behind(x: Floats) -> Floats:
    """Return how many strict records of the running maximum of each row lie behind each element.

    One pass along the row rescales what it has made of an element at most so often; by element it does just that.
    """
    highest = np.maximum.accumulate(x, axis=-1)
    record = np.zeros(x.shape, dtype=np.float64)
    record[..., 1:] = highest[..., 1:] > highest[..., :-1]
    return np.asarray(record.sum(axis=-1, keepdims=True) - np.cumsum(record, axis=-1))


def rounded_shift(x: Floats, d: DoubleDouble, *, temper: Temper, arithmetic: Arithmetic) -> tuple[DoubleDouble, Floats]:
    """Return fl(z - max z) for the tempered logits z, and how far off d is with it, or with z - max z not rounded.

    It is the exact d, and off by 0, in rows whose max z leaves the format's range; -inf where z does so alone.
    """
    z = tempered(x, temper=temper, arithmetic=arithmetic)
    with np.errstate(all="ignore"):
        if temper.temperature == 1.0 and np.array_equal(z, x):  # the logits are numbers of the format, as most are
            rounded = DoubleDouble.exactly(arithmetic.working.nearest(d.hi))
            return rounded, _apart(rounded, d)
        top = row_maxima(z)
        plain = difference(z, top)
        kept = np.isfinite(top)
        rounded = DoubleDouble(
            hi=np.where(kept, arithmetic.working.nearest(plain.hi), d.hi), lo=np.where(kept, 0.0, d.lo)
        )
        off = np.maximum(_apart(rounded, d), np.where(kept, _apart(plain, d), 0.0))
    return rounded, off


def _apart(one: DoubleDouble, other: DoubleDouble) -> Floats:
    """Return |one - other|, 0 where either is infinite."""
    apart = np.abs((one.hi - other.hi) + (one.lo - other.lo))
    return np.where(np.isfinite(apart), apart, 0.0)


def tempered(x: Floats, *, temper: Temper, arithmetic: Arithmetic) -> Floats:
    """Return the logits as a kernel has them: converted to its format and divided by the temperature, each rounded.

    A quotient may be an array of its own in the format of x, as where a user writes softmax(x / T).
    """
    working = arithmetic.working
    with np.errstate(all="ignore"):
        held = working.nearest(x)
        if temper.temperature == 1.0:
            return held
        return temper.coarsest(arithmetic).nearest(held / temper.temperature)


def error_of_division(d: DoubleDouble, largest: DoubleDouble, *, temper: Temper, arithmetic: Arithmetic) -> Floats:
    """Return how far d may be off where x is divided by a temperature that is no power of two.

    The quotients x_i / T and max x / T are rounded before they cancel; so may T and 1 / T be, which scales d. Where a
    compiler fuses x_i / T and the difference, only one of the two is rounded.
    """
    if temper.exact:
        return NOTHING
    u = temper.coarsest(arithmetic).unit_roundoff
    return _error_of_products(d, largest, each=u, scaling=4.0 * u)


def error_of_form(d: DoubleDouble, largest: DoubleDouble, arithmetic: Arithmetic) -> Floats:
    """Return how far d may be off where a kernel subtracts c x and c m after rounding them."""
    if FOLDED_SCALE not in arithmetic.forms:
        return NOTHING
    return _error_of_products(d, largest, each=arithmetic.u, scaling=3.0 * arithmetic.u)


def _error_of_products(d: DoubleDouble, largest: DoubleDouble, *, each: float, scaling: float) -> Floats:
    """Return the error of d = z - m from rounding z and m by ``each``, and d itself by ``scaling``, relatively.

    A fused z - m is no zero at the maximum, but the rounding of m.
    """
    size = np.where(np.isfinite(d.hi), np.abs(d.hi), 0.0)
    below = np.where(np.isfinite(d.hi), np.abs(largest.hi + d.hi), 0.0)
    at_top = np.abs(largest.hi)
    return np.where(d.hi == 0, each * at_top, each * (below + at_top) + scaling * size)
