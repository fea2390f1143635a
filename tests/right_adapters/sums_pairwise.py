"""Sums of neighbours, and of neighbouring sums."""

from __future__ import annotations

from by_style import ByStyle

from tests.reference.machine import pairwise


class SumsPairwise(ByStyle):
    name = "sums-pairwise"
    order = staticmethod(pairwise)
