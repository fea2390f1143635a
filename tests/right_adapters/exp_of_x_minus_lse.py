"""Probabilities as exp(x - fl(max x + log S)), as SciPy had them until 1.8: declared."""

from __future__ import annotations

from by_style import ByStyle

from harness.vocabulary import Form
from tests.reference.kernels import Style


class ExpOfXMinusLse(ByStyle):
    name = "exp-of-x-minus-lse"
    style = Style(normalised="lse")
    forms = (Form.LOG_SUM_EXP,)
