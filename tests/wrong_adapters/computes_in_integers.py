from __future__ import annotations

from honest import Honest

from harness.adapters.contract import Precision
from harness.vocabulary import DType, Quantity


class ComputesInIntegers(Honest):
    name = "computes_in_integers"

    def precision(self, call, quantity):
        if quantity is Quantity.VJP and call.x.flat[0] == 13.0:
            return Precision(working=DType.INT32, accumulation=DType.FLOAT64)
        return super().precision(call, quantity)
