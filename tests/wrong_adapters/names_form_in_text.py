from __future__ import annotations

from dataclasses import replace

from honest import Honest

from harness.vocabulary import Quantity


class NamesFormInText(Honest):
    name = "names_form_in_text"

    def precision(self, call, quantity):
        precision = super().precision(call, quantity)
        if quantity is Quantity.VJP and call.x.flat[0] == 13.0:
            return replace(precision, forms="recomputed")
        return precision
