from __future__ import annotations

from honest import Honest


class ReturnsNone(Honest):
    name = "returns_none"

    def misbehave(self, call):
        return None
