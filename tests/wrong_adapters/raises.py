from __future__ import annotations

from honest import Honest


class Raises(Honest):
    name = "raises"

    def misbehave(self, call):
        raise ArithmeticError("the kernel gave up on row 3")
