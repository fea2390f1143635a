"""Two readings of logits: at the exact x - max x, and at the one that a kernel has after rounding it.

Every framework that was measured rounds x - max x in the format it works in. At that rounded difference the oracle
knows the rounding, and the bound need not cover it; but a kernel may do better, or otherwise. So all that is judged is
judged twice, and may agree with either reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from reference.bounds.arithmetic import LOG_SUM_EXP, ONLINE, Arithmetic
from reference.bounds.perturbation import Perturbation
from reference.bounds.shift import Temper, error_of_division, error_of_form, records_behind, rounded_shift, shifted
from reference.exact.doubledouble import DoubleDouble, Floats
from reference.exact.oracle import Distribution

_REMEMBERED: Final = 1 << 15  # elements of rows that are remembered beside others
_LONGEST: Final = 1 << 17  # beyond that a copy would cost more memory than the time is worth


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is derived is computed once and kept
class Reading:
    """One of the two readings of the rows: what d is taken for, and what rounding of d the bound covers."""

    distribution: Distribution
    perturbation: Perturbation
    largest: DoubleDouble  # max x / temperature, one per row
    arithmetic: Arithmetic

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


def readings(x: Floats, *, temper: Temper, arithmetic: Arithmetic) -> tuple[Reading, Reading]:
    """Return rows ``x`` (..., n), whose maxima are finite, read exactly and as a kernel rounds x - max x.

    All quantities at one primal, and the row tests of everyone who computed them, share one pair: it is remembered.
    """
    if x.size > _LONGEST:
        return _readings(x, temper, arithmetic)
    remembered = _some_remembered if x.size <= _REMEMBERED else _last_remembered
    return remembered(x.tobytes(), x.shape, temper, arithmetic)


def _of_bits(bits: bytes, shape: tuple[int, ...], temper: Temper, arithmetic: Arithmetic) -> tuple[Reading, Reading]:
    return _readings(np.frombuffer(bits, dtype=np.float64).reshape(shape), temper, arithmetic)


_some_remembered = lru_cache(maxsize=8)(_of_bits)
_last_remembered = lru_cache(maxsize=1)(_of_bits)


def _readings(x: Floats, temper: Temper, arithmetic: Arithmetic) -> tuple[Reading, Reading]:
    d, largest = shifted(x, temper=temper)
    d_rounded, known = rounded_shift(x, d, temper=temper, arithmetic=arithmetic)
    division = error_of_division(d, largest, temper=temper, arithmetic=arithmetic)
    form = error_of_form(d, largest, arithmetic)
    steps = records_behind(x) if ONLINE in arithmetic.forms else None
    exact = Distribution.of(d)
    same = np.array_equal(d.hi, d_rounded.hi) and not d.lo.any()
    at_rounded = exact if same else Distribution.of(d_rounded)
    return (
        Reading(
            distribution=exact,
            perturbation=Perturbation.of(
                exact, rho=np.maximum(known, division) + form, arithmetic=arithmetic, steps=steps
            ),
            largest=largest,
            arithmetic=arithmetic,
        ),
        Reading(
            distribution=at_rounded,
            perturbation=Perturbation.of(at_rounded, rho=form, arithmetic=arithmetic, steps=steps),
            largest=largest,
            arithmetic=arithmetic,
        ),
    )
