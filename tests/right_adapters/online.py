"""One pass over blocks with a running maximum, which rescales the sum: so the working format is that of sums, too."""

from __future__ import annotations

from by_style import ByStyle

from harness.call import Call
from reference.formats import FloatFormat
from tests.reference.kernels import Style


class Online(ByStyle):
    name = "online"
    style = Style(exponentials="online", block=3)

    def accumulation(self, call: Call) -> FloatFormat:
        return self.working(call)
