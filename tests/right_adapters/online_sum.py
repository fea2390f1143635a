"""One pass for the sum alone, a second one for the numerators: no form that has to be declared."""

from __future__ import annotations

from by_style import ByStyle

from harness.call import Call
from reference.formats import FloatFormat
from tests.reference.kernels import Style


class OnlineSum(ByStyle):
    name = "online-sum"
    style = Style(exponentials="online", block=3)

    def accumulation(self, call: Call) -> FloatFormat:
        return self.working(call)
