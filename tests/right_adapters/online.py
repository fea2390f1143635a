"""One pass over blocks with a running maximum, which rescales numerators and sum, as FlashAttention does: declared.

What rescales the sum is of the working format, which therefore is that of sums, too.
"""

from __future__ import annotations

from by_style import ByStyle

from harness.call import Call
from harness.vocabulary import Form
from reference.formats import FloatFormat
from tests.reference.kernels import Style


class Online(ByStyle):
    name = "online"
    style = Style(exponentials="one pass", block=3)
    forms = (Form.ONLINE,)

    def accumulation(self, call: Call) -> FloatFormat:
        return self.working(call)
