"""Not wrong, only slow enough to be interrupted."""

from __future__ import annotations

import time

from honest import Honest


class Slow(Honest):
    name = "slow"

    def forward(self, call):
        time.sleep(0.05)
        return super().forward(call)
