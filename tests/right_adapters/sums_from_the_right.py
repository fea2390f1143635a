"""Sums from the right."""

from __future__ import annotations

from by_style import ByStyle

from tests.reference.machine import reversed_order


class SumsFromTheRight(ByStyle):
    name = "sums-from-the-right"
    order = staticmethod(reversed_order)
