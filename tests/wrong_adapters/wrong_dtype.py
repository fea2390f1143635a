from __future__ import annotations

from honest import Honest


class WrongDtype(Honest):
    name = "wrong_dtype"

    def misbehave(self, call):
        return super().misbehave(call).astype("float32")
