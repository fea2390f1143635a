from __future__ import annotations

import ctypes

from honest import Honest


class Segfaults(Honest):
    name = "segfaults"

    def misbehave(self, call):
        ctypes.string_at(0)
