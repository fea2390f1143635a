"""e / S differentiated step by step, forwards and backwards, as automatic differentiation does."""

from __future__ import annotations

from by_style import ByStyle

from tests.reference.kernels import Style


class Quotient(ByStyle):
    name = "quotient"
    style = Style(backward="quotient squared", probabilities="anew", second="quotient reversed")
