from __future__ import annotations

import time

from honest import Honest


class EatsMemory(Honest):
    name = "eats_memory"

    def misbehave(self, call):
        hoard = []
        while True:
            hoard.append(b"x" * (1 << 24))
            time.sleep(0.002)
