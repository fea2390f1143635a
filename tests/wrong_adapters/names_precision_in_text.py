from __future__ import annotations

from honest import Honest

from harness.adapters.contract import Precision
from harness.vocabulary import Quantity


class NamesPrecisionInText(Honest):
    name = "names_precision_in_text"

    def precision(self, call, quantity):
        if quantity is Quantity.VJP and call.x.flat[0] == 13.0:
            return Precision(working="float32", accumulation="float64")
        return super().precision(call, quantity)
