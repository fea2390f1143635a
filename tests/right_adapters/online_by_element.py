"""The same by element: it rescales at every new maximum."""

from __future__ import annotations

from online import Online

from tests.reference.kernels import Style


class OnlineByElement(Online):
    name = "online-by-element"
    style = Style(exponentials="one pass", block=1)
