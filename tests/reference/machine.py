"""Arithmetic as a kernel has it: every operation is rounded to a format, sums are added up in another, in some order.

Numbers of every format are held as float64, those of the format that is wider than float64 as long doubles. So the
kernels beside this module read as formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.formats import BFLOAT16, FLOAT32, FLOAT64, FloatFormat

Array = NDArray[Any]
Order = Callable[[Array, Callable[[Array], Array]], Array]

EXTENDED = FloatFormat(name="extended", precision=64, min_exponent=-16382, max_exponent=16383, carrier="longdouble")
"""Wider than float64 where the machine has such a format: a kernel that computes in it needs no exact model of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a kernel computes in: ``storage`` is the format of its outputs, ``entering`` of x and of gradients."""

    working: FloatFormat
    accumulation: FloatFormat
    storage: FloatFormat
    entering: FloatFormat
    order: Order
    flush: bool = False

    def number(self, values: Array) -> Number:
        """Return values as they come in: converted to the working format."""
        return Number(self, self.rounded(values))

    def rounded(self, values: Array, to: FloatFormat | None = None) -> Array:
        """Return values rounded to a format, the working format by default; what is subnormal may be flushed."""
        of = to or self.working
        if of is EXTENDED:
            return values.astype(np.longdouble)
        with np.errstate(all="ignore"):
            nearest = values.astype(np.float64) if of == FLOAT64 else _nearest(values.astype(np.float64), of)
            if not self.flush:
                return nearest
            return np.where(np.abs(nearest) < of.smallest_normal, np.copysign(0.0, nearest), nearest)

    def elementary(self, function: Callable[[Array], Array], values: Array) -> Array:
        """Return an elementary function as NumPy computes it: in float32 for narrower formats, then rounded."""
        wide = {FLOAT64: np.float64, EXTENDED: np.longdouble}.get(self.working, np.float32)
        with np.errstate(all="ignore"):
            return self.rounded(function(values.astype(wide)))

    def summed(self, values: Array) -> Array:
        """Return the sum of each row, (rows, 1), in the working format."""
        added = self.order(self.rounded(values, self.accumulation), lambda a: self.rounded(a, self.accumulation))
        return self.rounded(added)


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """Numbers of a machine's working format."""

    machine: Machine
    values: Array

    def _made(self, operation: Callable[[Array, Array], Array], other: Number | float) -> Number:
        machine = self.machine
        right = other.values if isinstance(other, Number) else machine.rounded(np.asarray(other))
        with np.errstate(all="ignore"):
            return Number(machine, machine.rounded(operation(self.values, right)))

    def __add__(self, other: Number | float) -> Number:
        return self._made(np.add, other)

    def __sub__(self, other: Number | float) -> Number:
        return self._made(np.subtract, other)

    def __mul__(self, other: Number | float) -> Number:
        return self._made(np.multiply, other)

    def __truediv__(self, other: Number | float) -> Number:
        return self._made(np.divide, other)

    def __neg__(self) -> Number:
        return Number(self.machine, -self.values)

    def __getitem__(self, columns: Any) -> Number:
        return Number(self.machine, self.values[:, columns])

    def times_plus(self, factor: float, addend: Number) -> Number:
        """Return factor times this plus an addend, rounded once."""
        with np.errstate(all="ignore"):
            exact = self.values.astype(np.longdouble) * factor + addend.values
            return Number(self.machine, self.machine.rounded(exact))

    def exp(self) -> Number:
        return Number(self.machine, self.machine.elementary(np.exp, self.values))

    def exp2(self) -> Number:
        return Number(self.machine, self.machine.elementary(np.exp2, self.values))

    def log(self) -> Number:
        return Number(self.machine, self.machine.elementary(np.log, self.values))

    def sum(self) -> Number:
        return Number(self.machine, self.machine.summed(self.values))

    def max(self) -> Number:
        return Number(self.machine, self.values.max(axis=-1, keepdims=True))

    def where(self, condition: Array, otherwise: Number | float) -> Number:
        other = otherwise.values if isinstance(otherwise, Number) else otherwise
        return Number(self.machine, np.where(condition, self.values, other))

    def stored(self, to: FloatFormat | None = None) -> Number:
        """Return the numbers once they have been an array, of the storage format by default."""
        machine = self.machine
        return Number(machine, machine.rounded(machine.rounded(self.values, to or machine.storage)))


def sequential(terms: Array, rounded: Callable[[Array], Array]) -> Array:
    """Add up from the left; NumPy's own running sum where it rounds as the accumulator does."""
    total = terms[:, :1]
    for k in range(1, terms.shape[-1]):
        total = rounded(total + terms[:, k : k + 1])
    return total


def reversed_order(terms: Array, rounded: Callable[[Array], Array]) -> Array:
    """Add up from the right."""
    return sequential(terms[:, ::-1], rounded)


def pairwise(terms: Array, rounded: Callable[[Array], Array]) -> Array:
    """Add up neighbours, then neighbouring sums."""
    while terms.shape[-1] > 1:
        unpaired = terms[:, terms.shape[-1] // 2 * 2 :]
        paired = rounded(terms[:, :-1:2] + terms[:, 1::2]) if terms.shape[-1] % 2 == 0 else None
        if paired is None:
            paired = rounded(terms[:, :-1:2] + terms[:, 1::2])
        terms = np.concatenate((paired, unpaired), axis=-1)
    return terms


def in_lanes(terms: Array, rounded: Callable[[Array], Array], *, lanes: int = 16) -> Array:
    """Add up every 16th element, then the 16 sums from the left."""
    count = -(-terms.shape[-1] // lanes)
    padded = np.zeros((terms.shape[0], count * lanes), dtype=terms.dtype)
    padded[:, : terms.shape[-1]] = terms
    total = padded[:, :lanes]
    for k in range(1, count):
        total = rounded(total + padded[:, k * lanes : (k + 1) * lanes])
    return sequential(total, rounded)


def _nearest(values: Array, of: FloatFormat) -> Array:
    return (
        of.nearest(values)
        if of in (BFLOAT16,)
        else values.astype(FLOAT32.carrier if of == FLOAT32 else of.carrier).astype(np.float64)
    )
