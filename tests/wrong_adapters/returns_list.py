from __future__ import annotations

from honest import Honest


class ReturnsList(Honest):
    name = "returns_list"

    def misbehave(self, call):
        return super().misbehave(call).tolist()
