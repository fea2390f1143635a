from __future__ import annotations

import os

from honest import Honest


class Aborts(Honest):
    name = "aborts"

    def misbehave(self, call):
        os.write(2, b"kernel: assertion failed: n > 0\n")
        os.abort()
