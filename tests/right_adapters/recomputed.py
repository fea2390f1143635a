"""A backward that makes its probabilities anew, exp(x - lse) of a stored lse, as fused attention does: declared."""

from __future__ import annotations

from by_style import ByStyle

from harness.vocabulary import Form
from tests.reference.kernels import Style


class Recomputed(ByStyle):
    name = "recomputed"
    style = Style(probabilities="recomputed")
    forms = (Form.RECOMPUTED,)
