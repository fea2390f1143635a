"""The NumPy reference, with a softmax gradient that is off by a thousandth where x is constant along a row."""

from __future__ import annotations

import numpy as np

from harness.adapters.contract import Adapter
from harness.adapters.reference import ReferenceAdapter
from harness.vocabulary import Mode, Op


class OffInSomeRows(Adapter):
    name = "off"
    modes = (Mode.EAGER,)

    def __init__(self) -> None:
        self._right = ReferenceAdapter()

    def describe(self):
        return self._right.describe()

    def unsupported(self, call, quantity):
        return self._right.unsupported(call, quantity)

    def forward(self, call):
        return self._right.forward(call)

    def vjp(self, call):
        right = self._right.vjp(call)
        constant = np.ptp(call.x, axis=call.axis, keepdims=True) == 0
        return np.where(constant & (call.op is Op.SOFTMAX), right * right.dtype.type(1.001), right)

    def jvp(self, call):
        return self._right.jvp(call)

    def jacobian(self, call):
        return self._right.jacobian(call)
