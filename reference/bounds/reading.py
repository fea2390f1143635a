"""Two readings of logits: at the exact x - max x, and at the one that a kernel has after rounding it.

Every framework that was measured rounds x - max x in the format it works in. At that rounded difference the oracle
knows the rounding, and the bound need not cover it; but a kernel may do better, or otherwise. So all that is judged is
judged twice, and may agree with either reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Final, TypeVar, cast

import numpy as np

from reference.bounds.arithmetic import LOG_SUM_EXP, ONLINE, Arithmetic
from reference.bounds.perturbation import Perturbation
from reference.bounds.remembered import Remembered
from reference.bounds.shift import Temper, error_of_division, error_of_form, records_behind, rounded_shift, shifted
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.exact.oracle import Distribution

T = TypeVar("T")
_ELEMENTS: Final = 1 << 16  # of all rows whose readings are remembered
_LONGEST: Final = 1 << 17  # beyond that a copy would cost more memory than the time is worth


class Shift(Enum):
    """What x - max x is taken for."""

    EXACT = "x - max x"
    ROUNDED = "fl(x - max x)"  # in the format that the kernel works in


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is derived is computed once and kept
class Reading:
    """One of the two readings of the rows: what d is taken for, and what rounding of d the bound covers."""

    distribution: Distribution
    perturbation: Perturbation
    largest: DoubleDouble  # max x / temperature, one per row
    arithmetic: Arithmetic
    _made: dict[Callable[..., object], object] = field(default_factory=dict, repr=False)

    def once(self, make: Callable[[Reading], T]) -> T:
        """Return what is made of this reading, which rules, limits and row tests all ask for, and is made once."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    @cached_property
    def log_total(self) -> Floats:
        """The logarithm of S, one per row."""
        return self.distribution.log_sum.hi

    @cached_property
    def log_sum_exp(self) -> DoubleDouble:
        """The logarithm of the sum of exp(x), one per row."""
        return self.largest + self.distribution.log_sum

    @cached_property
    def rounded_log_sum_exp(self) -> Floats:
        """|log sum exp| where the kernel subtracts a rounded one from x, else 0; one per row."""
        size = np.abs(self.log_sum_exp.hi)
        return size if LOG_SUM_EXP in self.arithmetic.forms else np.zeros_like(size)


def reading_of(x: Floats, shift: Shift, *, temper: Temper, arithmetic: Arithmetic) -> Reading:
    """Return rows ``x`` (..., n), whose maxima are finite, read at ``shift``.

    All quantities at one primal, and the row tests of everyone who computed them, share one reading: it is remembered.
    """
    if x.size > _LONGEST:
        return _read(x, shift, temper, arithmetic)
    key = (x.tobytes(), x.shape, shift, temper, arithmetic)
    return _remembered.once(key, lambda: _read(x, shift, temper, arithmetic), elements=x.size)


_remembered: Final = Remembered[Reading](elements=_ELEMENTS)


def _read(x: Floats, shift: Shift, temper: Temper, arithmetic: Arithmetic) -> Reading:
    d, largest = shifted(x, temper=temper)
    d_rounded, known = rounded_shift(x, d, temper=temper, arithmetic=arithmetic)
    rho = error_of_form(d, largest, arithmetic)
    if shift is Shift.EXACT:
        rho = np.maximum(known, error_of_division(d, largest, temper=temper, arithmetic=arithmetic)) + rho
        distribution = Distribution.of(d)
    elif np.array_equal(d.hi, d_rounded.hi) and not d.lo.any():
        distribution = reading_of(x, Shift.EXACT, temper=temper, arithmetic=arithmetic).distribution
    else:
        distribution = Distribution.of(d_rounded)
    steps = records_behind(x) if ONLINE in arithmetic.forms else None
    return Reading(
        distribution=distribution,
        perturbation=Perturbation.of(distribution, rho=rho, arithmetic=arithmetic, steps=steps),
        largest=largest,
        arithmetic=arithmetic,
    )
