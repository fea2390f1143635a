"""The NumPy reference, with a softmax gradient that is off by a thousandth where x is constant along a row."""

from __future__ import annotations

import numpy as np
from right import Right

from harness.vocabulary import DType, Op


class OffInSomeRows(Right):
    name = "off"

    def vjp(self, call):
        right = super().vjp(call)
        if call.op is not Op.SOFTMAX or call.dtype not in (DType.FLOAT32, DType.FLOAT64):
            return right
        constant = np.ptp(call.x, axis=call.axis, keepdims=True) == 0
        return np.where(constant, right * right.dtype.type(1.001), right)
