"""Log-probabilities as x - fl(max x + log S), which rounds before it cancels: declared."""

from __future__ import annotations

from by_style import ByStyle

from harness.vocabulary import Form
from tests.reference.kernels import Style


class XMinusLse(ByStyle):
    name = "x-minus-lse"
    style = Style(logarithm="lse", loss="lse")
    forms = (Form.LOG_SUM_EXP,)
