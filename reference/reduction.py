"""The losses of all rows added up: one number, with its bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from reference.bounds import constants
from reference.bounds.arithmetic import Arithmetic
from reference.bounds.bounded import Bounded
from reference.bounds.overflow import may_be_infinite
from reference.exact.doubledouble import DoubleDouble, Floats, product, where
from reference.formats import FLOAT32
from reference.judgement import Judgement
from reference.rowwise import row_sums

_ROUNDINGS: Final = 4.0  # of the weight, of its product, of the finished sum


def sizes_of(judged: Judgement) -> Floats:
    """Return the sizes of the rows' exact losses, (rows, 1), 0 for an infinite one; of the reading of the exact x."""
    value = judged.bounded.value.hi
    return np.abs(np.where(np.isfinite(value), value, 0.0))


def summed_up(judged: Judgement, weight: DoubleDouble, *, losses: Floats, arithmetic: Arithmetic) -> Judgement:
    """Return what holds for the weighted sum of all rows; what is said against one row is said against the sum.

    ``weight``: (rows, 1), 0 for a row that does not count. ``losses``: what :func:`sizes_of` gives.
    """
    counted = np.where(weight.hi != 0, losses, 0.0)
    nothing = _adding(counted.T, arithmetic) >= 1.0
    largest = min(arithmetic.working.largest, arithmetic.accumulation.largest, arithmetic.output.largest)
    total = summed(judged.bounded, weight, arithmetic=arithmetic)
    beyond = may_be_infinite(total, "forward", arithmetic=arithmetic).any()
    return Judgement(
        bounded=total,
        vacuous=nothing | judged.vacuous.any(),
        undefined=np.array([judged.undefined.any()]),
        infinite=np.array([judged.infinite.any() or 2.0 * float(counted.sum()) >= largest or beyond]),
    )


def summed(losses: Bounded, weight: DoubleDouble, *, arithmetic: Arithmetic) -> Bounded:
    """Return sum_r weight_r loss_r, (1, 1), for losses (rows, 1): any order of summation, weighted before or after."""
    if not losses.bound.size:
        return Bounded(value=DoubleDouble.exactly(np.zeros((1, 1))), bound=np.zeros((1, 1)))
    infinite = np.isinf(losses.value.hi)
    finite = where(infinite, DoubleDouble.exactly(np.zeros_like(losses.bound)), losses.value)
    terms = product(finite, weight)
    total = DoubleDouble(hi=terms.hi.T, lo=terms.lo.T).sum_of_any_size()
    sizes = np.abs(terms.hi.T)
    each = (losses.bound * np.abs(weight.hi)).sum()
    stored = arithmetic.stored_output
    adding = _adding(sizes, arithmetic) + _ROUNDINGS * arithmetic.u + stored.u
    bound = constants.SECOND_ORDER * (each + adding * row_sums(sizes))
    flushed = np.where(weight.hi != 0, 2.0 + np.abs(finite.hi), 0.0).sum()  # products, sums, and the weight itself
    bound = bound + arithmetic.omega * flushed
    if infinite.any():
        return Bounded(value=DoubleDouble.exactly(np.full((1, 1), np.inf)), bound=np.zeros((1, 1)))
    exact = ((sizes.sum() == 0) & (each == 0)) | np.isinf(total.hi)
    return Bounded(value=total, bound=np.where(exact, 0.0, bound)).stored(stored)


def _adding(terms: Floats, arithmetic: Arithmetic) -> Floats:
    """Return N of the losses, (1, 1): of a float32 accumulator where one of half precision explains everything.

    A sum that stagnates at 2048 of 4096 ones meets every bound of its own; that it does is what there is to say of it,
    as of the sums along a row (README.md, section 7).
    """
    declared = arithmetic.summation(terms)
    if arithmetic.accumulation.precision >= FLOAT32.precision or (declared < 1.0).all():
        return declared
    return replace(arithmetic, accumulation=FLOAT32).summation(terms)
