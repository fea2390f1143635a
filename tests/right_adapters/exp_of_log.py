"""Probabilities as exp of log_softmax: declared."""

from __future__ import annotations

from by_style import ByStyle

from harness.vocabulary import Form
from tests.reference.kernels import Style


class ExpOfLog(ByStyle):
    name = "exp-of-log"
    style = Style(normalised="logarithm")
    forms = (Form.LOG_SUM_EXP,)
