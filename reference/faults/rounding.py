"""Faults that are roundings: sums in a coarser format, probabilities that are flushed, exponentials that overflow.

They emulate the format that the kernel works in. A sum in a coarser format is taken one element after the other, each
term and each partial sum rounded; a kernel that adds in another order has the fault and not these numbers: then the
row's common scalar is off, which the row test says.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from reference.exact.doubledouble import DoubleDouble, Floats
from reference.faults.dots import with_dot
from reference.faults.estimate import Estimate, logarithm
from reference.faults.fault import Fault
from reference.faults.formula import formula
from reference.faults.kinds import Kind
from reference.faults.setting import Setting
from reference.faults.sums import with_sum
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FloatFormat
from reference.ops import LOGARITHMS

COARSER: Final = {FLOAT64.name: FLOAT32, FLOAT32.name: BFLOAT16, FLOAT16.name: BFLOAT16}
_FLUSHED_BELOW: Final = FLOAT16.smallest_normal


def added_up(terms: Floats, in_format: FloatFormat) -> Floats:
    """Return the sums along the last axis, kept with length one, from the first element to the last.

    Two numbers of a format of up to 24 bits add up to the same in float64, rounded to that format, as in itself: 53
    bits are more than twice as many and two (Figueroa, When is double rounding innocuous?, 1995).
    """
    given = in_format.nearest(terms)
    if in_format.name != BFLOAT16.name:
        with np.errstate(all="ignore"):
            every = np.add.accumulate(given.astype(in_format.carrier), axis=-1)
        return np.asarray(every[..., -1:].astype(np.float64) + 0.0)  # an accumulator begins at zero, which has no sign
    rows = given.reshape(-1, given.shape[-1]).tolist()  # NumPy has no such numbers, and is slow with one at a time
    return np.array([_in_bfloat16(row) for row in rows]).reshape(*given.shape[:-1], 1)


def _in_bfloat16(terms: list[float]) -> float:
    """Return the sum of one row, each partial sum rounded to nearest, ties to even."""
    least, precision, largest = BFLOAT16.min_exponent + 1, BFLOAT16.precision, BFLOAT16.largest
    total = 0.0
    for term in terms:
        total += term
        if math.isfinite(total):
            exponent = max(math.frexp(total)[1], least) - precision
            total = math.ldexp(round(math.ldexp(total, -exponent)), exponent)
            if abs(total) > largest:
                total = math.copysign(math.inf, total)
    return total


def _coarse(at: Setting, terms: Estimate) -> Estimate | None:
    """Return the sum of terms in the next coarser format; it errs as a right one, if it rounds where this one does."""
    coarser = COARSER.get(at.arithmetic.accumulation.name)
    if coarser is None or at.length < 2:
        return None
    total = added_up(terms.value.hi, coarser)
    return Estimate(value=DoubleDouble.exactly(total), error=terms.total().error, arithmetic=at.arithmetic)


def _flushed(at: Setting) -> Estimate | None:
    s = at.s
    near = np.abs(s.value.hi - _FLUSHED_BELOW) <= s.error
    if not ((s.value.hi > 0) & (s.value.hi < _FLUSHED_BELOW)).any():
        return None
    kept = s.where(s.value.hi >= _FLUSHED_BELOW, 0.0)
    error = np.where(near, s.size + s.error, kept.error)
    return Estimate(value=kept.value, error=error, arithmetic=at.arithmetic)


def _of_flushed(at: Setting) -> Estimate | None:
    s = _flushed(at)
    return None if s is None else s * at.vector - s * (s * at.vector).total()


def _through_probability(at: Setting) -> Estimate | None:
    """Return log s_i of a stored s_i: -inf where that underflows, and coarse where it is subnormal."""
    to = at.arithmetic.output
    s = at.s
    small = s.value.hi < 2.0 * to.smallest_normal
    if not (small & ~at.gone).any():
        return None
    stored = np.where(small, to.nearest(s.value.hi), 1.0)
    log = np.where(stored > 0, logarithm(DoubleDouble.exactly(np.where(stored > 0, stored, 1.0))).hi, -np.inf)
    usual = at.log_probability
    rounding = 0.5 * to.smallest_subnormal + s.error
    unsure = np.where(stored > 0, 2.0 * rounding / np.maximum(stored - rounding, to.smallest_subnormal / 4.0), 0.0)
    own = at.arithmetic.u * (2.0 * np.abs(np.where(np.isinf(log), 0.0, log)) + 2.0)
    value = DoubleDouble(hi=np.where(small, log, usual.value.hi), lo=np.where(small, 0.0, usual.value.lo))
    error = np.where(small, unsure + own, usual.error + 4.0 * at.arithmetic.u)
    return Estimate(value=value, error=error, arithmetic=at.arithmetic).where(~at.gone, -np.inf)


def _unshifted(at: Setting) -> Estimate | None:
    """Return what exp(x) gives without the shift, where it or the sum of it overflows, or all of it underflows."""
    working, x = at.arithmetic.working, at.x / at.temper.temperature
    log_sum = at.reading.log_sum_exp.hi
    over = x > np.log(working.largest)
    endless = log_sum > np.log(working.largest)
    nothing = log_sum < np.log(working.smallest_subnormal) - 1.0
    if not (over.any() or endless.any() or nothing.any()):
        return None
    of_log = at.evaluation.question.op in (*LOGARITHMS, "logsumexp")
    right = at.log_probability if of_log else at.e / at.e.total()
    if at.evaluation.question.op == "logsumexp":
        right = at.largest + at.e.total().log()
        return right.where(~(over.any(axis=-1, keepdims=True) | endless), np.inf).where(~nothing, -np.inf)
    if of_log:
        found = right.where(~(over.any(axis=-1, keepdims=True) | endless), -np.inf).where(~nothing, np.inf)
        return found.where(~at.gone | nothing, -np.inf)
    found = right.where(~(over.any(axis=-1, keepdims=True) | endless), 0.0)
    return found.where(~(over | nothing), np.nan)


ROUNDING: Final[tuple[Fault, ...]] = (
    formula(
        "coarse-sum",
        what="S in the next coarser format: the sum is rounded to it after each element",
        why="an accumulator in the storage format, or a matrix unit that rounds its inputs",
        of=with_sum(lambda at: _coarse(at, at.e)),
    ),
    formula(
        "coarse-dot",
        what="<s, v> in the next coarser format: the dot product is rounded to it after each element",
        why="an accumulator in the storage format, or a matrix unit that rounds its inputs",
        of=with_dot(_coarse),
    ),
    formula(
        "small-probabilities-flushed",
        what="0 for s below 2^-14: probabilities below the smallest normal float16 are flushed to zero",
        why="they pass through a half type on the way",
        of={Kind.PROBABILITY: _flushed, Kind.JACOBIAN: _of_flushed},
    ),
    formula(
        "logarithm-of-probability",
        what="log(softmax(x)): the logarithm is taken of probabilities that have underflowed",
        why="two calls where log_softmax is one",
        of={Kind.LOGARITHM: _through_probability},
    ),
    formula(
        "unshifted",
        what="exp(x)/sum exp(x): the shift by max x is missing, and exponentials overflow",
        why="the formula of the textbook",
        of={Kind.PROBABILITY: _unshifted, Kind.LOGARITHM: _unshifted, Kind.LOG_SUM: _unshifted},
    ),
)
