"""The losses of all rows added up: one number, with its bound."""

from __future__ import annotations

import numpy as np

from reference import constants
from reference.arithmetic import Arithmetic
from reference.bounded import Bounded
from reference.doubledouble import DoubleDouble
from reference.exact_targets import Targets

_ROUNDINGS = 4.0  # of the weight, of its product, of the finished sum


def summed(losses: Bounded, targets: Targets, *, arithmetic: Arithmetic) -> Bounded:
    """Return sum_r weight_r loss_r, (1, 1), for losses (rows, 1): any order of summation, weighted before or after."""
    counted = targets.weight.hi != 0
    value, weight = losses.value, targets.weight
    endless = (counted & np.isinf(value.hi)).any()
    clean = DoubleDouble(
        hi=np.where(np.isfinite(value.hi), value.hi, 0.0), lo=np.where(np.isfinite(value.hi), value.lo, 0.0)
    )
    terms = clean * weight
    across = DoubleDouble(hi=terms.hi.T, lo=terms.lo.T)
    total = across.sum_rows()
    sizes = np.abs(across.hi)
    each = (losses.bound * np.abs(weight.hi)).sum()
    stored = arithmetic.stored_output
    adding = arithmetic.summation(sizes) + _ROUNDINGS * arithmetic.u + stored.u
    bound = constants.SECOND_ORDER * (each + adding * sizes.sum(axis=-1, keepdims=True))
    bound = bound + 2.0 * arithmetic.omega * counted.sum()
    if endless:
        return Bounded(value=DoubleDouble.exactly(np.full((1, 1), np.inf)), bound=np.zeros((1, 1)))
    result = Bounded(value=total, bound=np.where((sizes.sum() == 0) & (each == 0), 0.0, bound))
    return result.stored(stored)
