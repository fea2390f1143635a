from __future__ import annotations

from honest import Honest


class WrongShape(Honest):
    name = "wrong_shape"

    def misbehave(self, call):
        return super().misbehave(call).reshape(-1)[:1]
