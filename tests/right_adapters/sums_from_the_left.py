"""Sums from the left."""

from __future__ import annotations

from by_style import ByStyle

from tests.reference.machine import sequential


class SumsFromTheLeft(ByStyle):
    name = "sums-from-the-left"
    order = staticmethod(sequential)
