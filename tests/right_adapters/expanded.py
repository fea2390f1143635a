"""s v - s t in the place of s (v - t), and s = e times fl(1 / S)."""

from __future__ import annotations

from by_style import ByStyle

from tests.reference.kernels import Style


class Expanded(ByStyle):
    name = "expanded"
    style = Style(normalised="reciprocal", backward="expanded", second="expanded")
