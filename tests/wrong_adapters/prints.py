from __future__ import annotations

from honest import Honest


class Prints(Honest):
    name = "prints"

    def misbehave(self, call):
        print("a line that nobody asked for")  # noqa: T201
        return super().misbehave(call)
