"""The losses of all rows added up: one number, with its bound."""

from __future__ import annotations

from typing import Final

import numpy as np

from reference import constants
from reference.arithmetic import Arithmetic
from reference.bounded import Bounded
from reference.doubledouble import DoubleDouble, product, where
from reference.exact_targets import Targets
from reference.judgement import Judgement

_ROUNDINGS: Final = 4.0  # of the weight, of its product, of the finished sum


def summed_up(judged: Judgement, targets: Targets, *, arithmetic: Arithmetic) -> Judgement:
    """Return what holds for the weighted sum of all rows; what is said against one row is said against the sum."""
    return Judgement(
        exact=summed(judged.exact, targets, arithmetic=arithmetic),
        shifted=summed(judged.shifted, targets, arithmetic=arithmetic),
        vacuous=np.array([[judged.vacuous.any()]]),
        shifted_vacuous=np.array([[judged.shifted_vacuous.any()]]),
        undefined=np.array([judged.undefined.any()]),
        out_of_range=np.array([judged.out_of_range.any()]),
    )


def summed(losses: Bounded, targets: Targets, *, arithmetic: Arithmetic) -> Bounded:
    """Return sum_r weight_r loss_r, (1, 1), for losses (rows, 1): any order of summation, weighted before or after."""
    if not losses.bound.size:
        return Bounded(value=DoubleDouble.exactly(np.zeros((1, 1))), bound=np.zeros((1, 1)))
    weight, infinite = targets.weight, np.isinf(losses.value.hi)
    finite = where(infinite, DoubleDouble.exactly(np.zeros_like(losses.bound)), losses.value)
    terms = product(finite, weight)
    total = DoubleDouble(hi=terms.hi.T, lo=terms.lo.T).sum_of_any_size()
    sizes = np.abs(terms.hi.T)
    each = (losses.bound * np.abs(weight.hi)).sum()
    stored = arithmetic.stored_output
    adding = arithmetic.summation(sizes) + _ROUNDINGS * arithmetic.u + stored.u
    bound = constants.SECOND_ORDER * (each + adding * sizes.sum(axis=-1, keepdims=True))
    bound = bound + 2.0 * arithmetic.omega * np.count_nonzero(weight.hi)
    if infinite.any():
        return Bounded(value=DoubleDouble.exactly(np.full((1, 1), np.inf)), bound=np.zeros((1, 1)))
    exact = ((sizes.sum() == 0) & (each == 0)) | np.isinf(total.hi)
    return Bounded(value=total, bound=np.where(exact, 0.0, bound)).stored(stored)
