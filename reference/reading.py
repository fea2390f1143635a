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

from reference.arithmetic import FOLDED_SCALE, LOG_SUM_EXP, RECOMPUTED, Arithmetic
from reference.bounds import Perturbation
from reference.doubledouble import DoubleDouble, Floats, difference
from reference.formats import FloatFormat, coarser
from reference.oracle import Distribution

_REMEMBERED: Final = 1 << 15  # elements: beyond that the copy would cost more memory than the time is worth


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

    @cached_property
    def exp_of_log(self) -> Floats:
        """b: the relative error of a probability that is taken as exp of the log_softmax, or computed anew."""
        return self.perturbation.exp_of_log(
            self.distribution.log_softmax.hi, log_total=self.log_total, log_sum_exp=self.rounded_log_sum_exp
        )

    @cached_property
    def exp_of_difference(self) -> Floats:
        """The same for exp(x - lse) with a stored lse, as the derivatives of logsumexp take it."""
        return self.perturbation.exp_of_log(
            self.distribution.log_softmax.hi, log_total=self.log_total, log_sum_exp=np.abs(self.log_sum_exp.hi)
        )

    @cached_property
    def recomputed(self) -> tuple[Floats, Floats]:
        """By how much exp(x - lse), with a stored lse, errs more than s_i: what each element does, and what all do.

        Both are relative, and zero unless the kernel declares that its backward recomputes probabilities so.
        """
        size = np.abs(self.log_sum_exp.hi)
        if RECOMPUTED not in self.arithmetic.forms:
            return np.zeros_like(self.perturbation.s), np.zeros_like(size)
        u, stored = self.arithmetic.u, self.arithmetic.stored_output.u
        log = np.where(self.perturbation.s > 0, np.abs(self.distribution.log_softmax.hi), 0.0)
        own = (log + self.arithmetic.exp + self.arithmetic.exp_per_unit * log) * u
        return own, self.perturbation.log_sum(self.log_total) + (u + stored) * size


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """What is done to logits before softmax sees them."""

    temperature: float
    entering: FloatFormat | None  # the format of x; None for integers


def readings(x: Floats, *, temper: Temper, arithmetic: Arithmetic) -> tuple[Reading, Reading]:
    """Return rows ``x`` (..., n), whose maxima are finite, read exactly and as a kernel rounds x - max x.

    All quantities at one primal, and the row tests of everyone who computed them, share one pair: it is remembered.
    """
    if x.size > _REMEMBERED:
        return _readings(x, temper, arithmetic)
    return _remembered(x.tobytes(), x.shape, temper, arithmetic)


@lru_cache(maxsize=8)
def _remembered(bits: bytes, shape: tuple[int, ...], temper: Temper, arithmetic: Arithmetic) -> tuple[Reading, Reading]:
    return _readings(np.frombuffer(bits, dtype=np.float64).reshape(shape), temper, arithmetic)


def tempered(x: Floats, *, temper: Temper, arithmetic: Arithmetic) -> Floats:
    """Return the logits as a kernel has them: converted to its format and divided by the temperature, each rounded.

    A quotient may be an array of its own in the format of x, as where a user writes softmax(x / T).
    """
    working = arithmetic.working
    with np.errstate(all="ignore"):
        held = working.nearest(x)
        if temper.temperature == 1.0:
            return held
        return coarser(temper.entering or working, working).nearest(held / temper.temperature)


def _readings(x: Floats, temper: Temper, arithmetic: Arithmetic) -> tuple[Reading, Reading]:
    top = x.max(axis=-1, keepdims=True)
    d, largest = difference(x, top), DoubleDouble.exactly(top)
    if temper.temperature != 1.0:
        divisor = DoubleDouble.exactly(np.full_like(top, temper.temperature))
        d, largest = _quotient(d, divisor), _quotient(largest, divisor)
    d_rounded = _rounded_shift(x, d, temper=temper, arithmetic=arithmetic)
    apart = (d_rounded.hi - d.hi) - d.lo
    known = np.where(np.isfinite(apart), np.abs(apart), 0.0)
    form = _of_form(d, largest, arithmetic)
    exact = Distribution.of(d)
    same = np.array_equal(d.hi, d_rounded.hi) and not d.lo.any()
    shifted = exact if same else Distribution.of(d_rounded)
    division = _of_division(d, largest, temper=temper, arithmetic=arithmetic)
    return (
        Reading(
            distribution=exact,
            perturbation=Perturbation.of(exact, rho=np.maximum(known, division) + form, arithmetic=arithmetic),
            largest=largest,
            arithmetic=arithmetic,
        ),
        Reading(
            distribution=shifted,
            perturbation=Perturbation.of(shifted, rho=form, arithmetic=arithmetic),
            largest=largest,
            arithmetic=arithmetic,
        ),
    )


def _quotient(one: DoubleDouble, other: DoubleDouble) -> DoubleDouble:
    """Return one / other, and -inf where one is."""
    finite = np.isfinite(one.hi)
    ratio = DoubleDouble(hi=np.where(finite, one.hi, 0.0), lo=one.lo) / other
    return DoubleDouble(hi=np.where(finite, ratio.hi, one.hi), lo=np.where(finite, ratio.lo, 0.0))


def _rounded_shift(x: Floats, d: DoubleDouble, *, temper: Temper, arithmetic: Arithmetic) -> DoubleDouble:
    """Return fl(z - max z) for the tempered logits z; the exact d in rows whose z leave the format's range."""
    z = tempered(x, temper=temper, arithmetic=arithmetic)
    with np.errstate(all="ignore"):
        rounded = arithmetic.working.nearest(z - z.max(axis=-1, keepdims=True))
    kept = np.isfinite(z.max(axis=-1, keepdims=True)) & ((np.isneginf(z) == np.isneginf(x)).all(axis=-1, keepdims=True))
    return DoubleDouble(hi=np.where(kept, rounded, d.hi), lo=np.where(kept, 0.0, d.lo))


def _of_division(d: DoubleDouble, largest: DoubleDouble, *, temper: Temper, arithmetic: Arithmetic) -> Floats:
    """Return how far d may be off where x is divided by a temperature that is no power of two.

    The quotients x_i / T and max x / T are rounded before they cancel; so may T and 1 / T be, which scales d.
    """
    fraction, _ = np.frexp(temper.temperature)
    if fraction == 0.5:
        return np.zeros_like(d.hi)
    u = coarser(temper.entering or arithmetic.working, arithmetic.working).unit_roundoff
    return _of_products(d, largest, each=u, scaling=4.0 * u)


def _of_form(d: DoubleDouble, largest: DoubleDouble, arithmetic: Arithmetic) -> Floats:
    """Return how far d may be off where a kernel subtracts c x and c m after rounding them."""
    if FOLDED_SCALE not in arithmetic.forms:
        return np.zeros_like(d.hi)
    u = arithmetic.u
    size = np.abs(largest.hi)
    at_top = np.where(d.hi == 0, u * size, 0.0)  # fma(c, x, -fl(c m)) is the rounding of c m where x = m
    return _of_products(d, largest, each=u, scaling=3.0 * u) + at_top


def _of_products(d: DoubleDouble, largest: DoubleDouble, *, each: float, scaling: float) -> Floats:
    """Return the error of d = z - m from rounding z and m by ``each``, and d itself by ``scaling``, relatively."""
    size = np.where(np.isfinite(d.hi), np.abs(d.hi), 0.0)
    top = np.abs(largest.hi)
    below = np.where(np.isfinite(d.hi), np.abs(largest.hi + d.hi), 0.0)
    moved = each * (below + top) + scaling * size
    return np.where(d.hi == 0, 0.0, moved)
