"""Everything in float64, and one rounding at the end."""

from __future__ import annotations

from by_style import ByStyle

from harness.call import Call
from reference.formats import FLOAT64, FloatFormat


class Float64Inside(ByStyle):
    name = "float64-inside"

    def working(self, call: Call) -> FloatFormat:
        return FLOAT64

    def accumulation(self, call: Call) -> FloatFormat:
        return FLOAT64
