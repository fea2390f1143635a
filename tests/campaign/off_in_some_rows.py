"""The NumPy reference, with a softmax gradient that is off by a thousandth where x is constant along a row."""

from __future__ import annotations

import numpy as np
from right import Right

from harness.vocabulary import Op


class OffInSomeRows(Right):
    name = "off"

    def vjp(self, call):
        right = super().vjp(call)
        constant = np.ptp(call.x, axis=call.axis, keepdims=True) == 0
        return np.where(constant & (call.op is Op.SOFTMAX), right * right.dtype.type(1.001), right)
