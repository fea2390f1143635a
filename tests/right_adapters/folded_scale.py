"""exp as exp2 of c x - c m, rounded before they cancel, as GPU kernels have it: declared."""

from __future__ import annotations

from by_style import ByStyle

from harness.vocabulary import Form
from tests.reference.kernels import Style


class FoldedScale(ByStyle):
    name = "folded-scale"
    style = Style(exponentials="folded")
    forms = (Form.FOLDED_SCALE,)
