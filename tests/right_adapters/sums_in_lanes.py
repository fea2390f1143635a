"""Sums of every 16th element, and of those, as vector units have it."""

from __future__ import annotations

from by_style import ByStyle

from tests.reference.machine import in_lanes


class SumsInLanes(ByStyle):
    name = "sums-in-lanes"
    order = staticmethod(in_lanes)
