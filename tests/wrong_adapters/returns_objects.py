from __future__ import annotations

from honest import Honest


class ReturnsObjects(Honest):
    name = "returns_objects"

    def misbehave(self, call):
        return super().misbehave(call).astype(object)
